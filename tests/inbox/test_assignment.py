"""Who holds a conversation: one owner whatever the race, and a reason for everybody else."""

from __future__ import annotations

import random
from functools import partial

import pytest
import time_machine
from django.utils import timezone, translation

from accounts.actions import join_team, switch_aux_state
from accounts.models import AuxState, User
from campaigns.actions import add_agent
from core.models import JournalEntry
from core.refusals import NotAllowed, NotFound
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.sending import send_message
from inbox.api import details
from inbox.errors import AlreadyClosed, AlreadyTaken, AuxStateForbids, NotAssigned
from inbox.events import ConversationAssigned, ConversationReleased, ConversationsQueued
from inbox.models import Assignment, Conversation, ConversationEvent
from tests import factories
from tests.concurrency import IS_FULL, scaled, together
from tests.factories import Cast
from tests.figures import figure
from tests.invariants import check_invariants
from tests.witness import announced, refused

NOON = "2031-03-04T12:00Z"


def put_into(user: User, code: str) -> None:
    """They stand in an auxiliary, before an open panel."""
    switch_aux_state(user, AuxState.objects.get(code=code))
    factories.be_here(user)


# --- Taking -----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("R30")
@pytest.mark.faults
@pytest.mark.parametrize("hands", [2, 50 if IS_FULL else 8])
def test_of_many_hands_one_takes_it_and_the_others_learn_whose_it_was(committed_cast: Cast, hands: int) -> None:
    agents = [committed_cast.ana, *(factories.agent_of(committed_cast, f"agente{n}") for n in range(hands - 1))]
    rounds = scaled(small=30, full=1000)
    wins: dict[str, int] = {}
    dice = random.Random(30)
    for _round in range(rounds):
        dice.shuffle(agents)
        conversation = factories.conversation(committed_cast)
        outcomes = together([partial(take_conversation, conversation.pk, by=agent) for agent in agents])
        conversation.refresh_from_db()
        winners = [agent for agent, outcome in zip(agents, outcomes, strict=True) if isinstance(outcome, Conversation)]
        assert winners == [conversation.assignee], outcomes
        wins[winners[0].username] = wins.get(winners[0].username, 0) + 1
        for outcome in outcomes:
            if isinstance(outcome, Conversation):
                continue
            assert type(outcome) is AlreadyTaken, repr(outcome)
            assert outcome.extra["by"] == {"id": winners[0].pk, "name": winners[0].name}
            assert outcome.message.startswith(winners[0].name)
        assert list(conversation.assignments.values_list("user", "ended_at")) == [(winners[0].pk, None)]
        assert [each.kind for each in conversation.events.all()] == ["assigned"]
    check_invariants()
    figure("R30", f"one owner each round; {len(wins)} of them won at least once", data=f"{hands} agents at a barrier", samples=rounds)  # fmt: skip
    assert len(wins) > 1, "one always won: there was no race"


def test_taking_is_told_once_and_begins_a_turn(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    with time_machine.travel(NOON, tick=False), announced() as facts:
        take_conversation(conversation.pk, by=cast.ana)
        now = timezone.now()
    conversation.refresh_from_db()
    assert facts == [ConversationAssigned(conversation_ids=(conversation.pk,), user_id=cast.ana.pk, by_id=cast.ana.pk)]
    assert (conversation.status, conversation.assignee, conversation.assigned_at) == ("assigned", cast.ana, now)
    turn = Assignment.objects.get()
    assert (turn.user, turn.assigned_by, turn.assigned_at, turn.first_reply_at) == (cast.ana, cast.ana, now, None)
    event = ConversationEvent.objects.get()
    assert (event.kind, event.actor, event.change) == ("assigned", cast.ana, conversation.change)
    # An agent at work is not worth an entry; stepping in is.
    assert not JournalEntry.objects.filter(verb="conversation_taken_over").exists()
    check_invariants()


@pytest.mark.shows("B-05")
def test_the_second_one_reads_who_was_faster_and_when(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    with time_machine.travel(NOON, tick=False) as clock:
        conversation = factories.taken_conversation(cast)
        for seconds, sentence in (
            (2, "Ana Gómez la tomó hace 2 s."),
            (120, "Ana Gómez la tomó hace 2 min."),
            (7200, "Ana Gómez la tomó hace 2 h."),
        ):
            clock.move_to(NOON)
            clock.shift(seconds)
            with refused(AlreadyTaken) as refusal, translation.override("es"):
                take_conversation(conversation.pk, by=beto)
            assert refusal.value.message == sentence
            assert refusal.value.extra == {"by": {"id": cast.ana.pk, "name": "Ana Gómez"}}


def test_taking_what_is_mine_already_is_refused_with_my_name(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(AlreadyTaken) as refusal, translation.override("es"):
        take_conversation(conversation.pk, by=cast.ana)
    assert refusal.value.message == "Ya es tuya."
    assert refusal.value.extra["by"]["id"] == cast.ana.pk


@pytest.mark.shows("S01", "S02")
def test_for_an_outsider_it_does_not_exist_waiting_taken_or_closed(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    with refused(NotFound):
        take_conversation(conversation.pk, by=cast.eva)
    take_conversation(conversation.pk, by=cast.ana)
    with refused(NotFound):
        take_conversation(conversation.pk, by=cast.eva)
    with refused(NotFound):
        release_conversation(conversation.pk, by=cast.eva)
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    with refused(NotFound):
        take_conversation(conversation.pk, by=cast.eva)
    with refused(NotFound):
        take_conversation(10**12, by=cast.admin)


def test_a_closed_one_is_not_taken(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    with refused(AlreadyClosed) as refusal, translation.override("es"):
        take_conversation(conversation.pk, by=cast.ana)
    assert refusal.value.message == "Esta conversación ya está finalizada."


def test_an_agent_of_another_channel_does_not_take_it(cast: Cast) -> None:
    add_agent(cast.campaign, cast.ana, by=None, channels=["email"])
    conversation = factories.conversation(cast)
    with refused(NotAllowed) as refusal, translation.override("es"):
        take_conversation(conversation.pk, by=cast.ana)
    assert refusal.value.message == "No eres agente de la campaña de esta conversación en este canal."
    with translation.override("es"):
        assert (
            details.conversation_detail(conversation.pk, cast.ana)["actions"]["take"]["reason"] == refusal.value.message
        )


def test_somebody_who_only_watches_the_team_does_not_take_it(cast: Cast) -> None:
    from django.contrib.auth.models import Permission

    join_team(cast.eva, cast.team, is_supervisor=False, by=None)
    cast.eva.user_permissions.add(Permission.objects.get(codename="view_team_conversations"))
    eva = User.objects.get(pk=cast.eva.pk)
    conversation = factories.conversation(cast)
    assert Conversation.objects.visible_to(eva).get() == conversation
    with refused(NotAllowed):
        take_conversation(conversation.pk, by=eva)


@pytest.mark.shows("000-01", "000-04", "B-05")
@pytest.mark.parametrize(
    ("code", "name"),
    [("break", "Descanso"), ("bathroom", "Baño"), ("training", "Capacitación"), ("offline", "Desconectado")],
)
def test_an_auxiliary_that_attends_nothing_takes_nothing(cast: Cast, code: str, name: str) -> None:
    conversation = factories.conversation(cast)
    put_into(cast.ana, code)
    with refused(AuxStateForbids) as refusal, translation.override("es"):
        take_conversation(conversation.pk, by=cast.ana)
    assert refusal.value.message == f"Tu auxiliar es {name}. Cambia a uno que atienda conversaciones."


@pytest.mark.shows("000-01")
@pytest.mark.parametrize("code", ["social_new_and_active", "social_active_only", "mixed", "back_office"])
def test_one_that_attends_takes(cast: Cast, code: str) -> None:
    put_into(cast.ana, code)
    assert factories.taken_conversation(cast).assignee == cast.ana


# --- Stepping in and letting go ---------------------------------------------------------------------------------------


@pytest.mark.shows("001-14")
def test_a_supervisor_steps_in_and_it_is_written_down(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Buenas")
    with announced() as facts:
        take_conversation(conversation.pk, by=cast.luis)
    conversation.refresh_from_db()
    assert facts == [
        ConversationAssigned(conversation_ids=(conversation.pk,), user_id=cast.luis.pk, by_id=cast.luis.pk)
    ]
    assert (conversation.assignee, conversation.status, conversation.needs_first_reply) == (cast.luis, "assigned", True)
    assert [(turn.user, turn.ended_at is None) for turn in Assignment.objects.order_by("pk")] == [
        (cast.ana, False),
        (cast.luis, True),
    ]
    assert conversation.events.latest("id").kind == ConversationEvent.Kind.TAKEN_OVER
    entry = JournalEntry.objects.get(verb="conversation_taken_over")
    assert (entry.actor_id, entry.subject_type, entry.subject_id) == (
        cast.luis.pk,
        "inbox.conversation",
        str(conversation.pk),
    )
    check_invariants(outbox_is_empty=False)


def test_a_supervisor_takes_a_waiting_one_and_that_is_written_down_too(cast: Cast) -> None:
    """They are no agent of the campaign: that somebody outside it answered must be seen afterwards."""
    conversation = take_conversation(factories.conversation(cast).pk, by=cast.luis)
    assert JournalEntry.objects.filter(verb="conversation_taken_over", subject_id=str(conversation.pk)).count() == 1
    check_invariants()


def test_a_supervisor_on_a_break_still_steps_in(cast: Cast) -> None:
    put_into(cast.luis, "break")
    assert take_conversation(factories.taken_conversation(cast).pk, by=cast.luis).assignee == cast.luis


def test_letting_go_puts_it_back_into_the_queue(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with announced() as facts:
        release_conversation(conversation.pk, by=cast.ana)
    conversation.refresh_from_db()
    assert facts == [
        ConversationReleased(conversation_ids=(conversation.pk,), by_id=cast.ana.pk),
        ConversationsQueued(conversation_ids=(conversation.pk,)),
    ]
    assert (conversation.status, conversation.assignee, conversation.assigned_at) == ("queued", None, None)
    assert conversation.needs_first_reply
    assert conversation.events.latest("id").kind == ConversationEvent.Kind.RELEASED
    assert take_conversation(conversation.pk, by=factories.agent_of(cast, "beto")).status == "assigned"
    check_invariants()


def test_letting_go_works_from_a_break(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    put_into(cast.ana, "break")
    assert release_conversation(conversation.pk, by=cast.ana).assignee is None


def test_only_the_assignee_or_a_supervisor_lets_go(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    conversation = factories.taken_conversation(cast)
    with refused(NotFound):
        release_conversation(conversation.pk, by=beto)
    release_conversation(conversation.pk, by=cast.luis)
    with refused(NotAssigned) as refusal, translation.override("es"):
        release_conversation(conversation.pk, by=cast.luis)
    assert refusal.value.message == "Nadie la tiene: ya espera en Pendiente."


def test_a_closed_one_is_not_let_go(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    with refused(AlreadyClosed):
        release_conversation(conversation.pk, by=cast.ana)
