"""Who holds a conversation: one owner whatever the race, and a reason for everybody else."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from functools import partial

import pytest
import time_machine
from django.db.models import Count
from django.utils import timezone, translation

from accounts.actions import join_team, switch_aux_state
from accounts.models import AuxState, User
from campaigns.actions import add_agent
from campaigns.models import Campaign
from core.models import JournalEntry
from core.refusals import NotAllowed, NotFound, Refusal
from inbox.actions.assignment import assign_waiting, release_conversation, take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.api import details
from inbox.errors import AlreadyClosed, AlreadyTaken, AuxStateForbids, NotAssigned
from inbox.events import ConversationAssigned, ConversationReleased, ConversationsQueued
from inbox.models import Assignment, Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.tasks import distribute, distribute_to, distribute_waiting
from tests import factories
from tests.concurrency import IS_FULL, scaled, together
from tests.factories import Cast, identity, inbound
from tests.figures import figure
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused

NOON = "2031-03-04T12:00Z"


def put_into(user: User, code: str) -> None:
    switch_aux_state(user, AuxState.objects.get(code=code))


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


# --- Why not ----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("B-05", "000-04")
def test_every_disabled_button_says_why(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    taken = factories.taken_conversation(cast)
    with translation.override("es"):
        waiting = details.conversation_detail(conversation.pk, cast.ana)
        assert waiting["actions"]["take"] == {"allowed": True, "code": "", "reason": ""}
        assert waiting["actions"]["release"]["reason"] == "Nadie la tiene: ya espera en Pendiente."
        assert waiting["actions"]["close"]["reason"] == "Toma la conversación para finalizarla."
        assert waiting["composer"]["reason"] == "Toma la conversación para responder."
        mine = details.conversation_detail(taken.pk, cast.ana)
        assert mine["actions"]["take"] == {"allowed": False, "code": "already_taken", "reason": "Ya es tuya."}
        assert mine["composer"]["allowed"] is True
        assert mine["actions"]["close"]["reason"] == (
            "Responde al menos una vez antes de finalizar: la campaña no cierra conversaciones sin respuesta."
        )
        put_into(cast.ana, "break")
        paused = details.conversation_detail(taken.pk, cast.ana)
        assert paused["composer"]["code"] == "aux_state_forbids"
        assert paused["composer"]["reason"] == "Tu auxiliar es Descanso. Cambia a uno que atienda conversaciones."
        watching = details.conversation_detail(taken.pk, cast.luis)
        assert watching["composer"]["code"] == "not_yours"
        assert (
            watching["composer"]["reason"]
            == "Solo la persona a cargo puede hacerlo. Pide la transferencia a Ana Gómez."
        )
        close_conversation(taken.pk, by=cast.luis, typification_id=factories.leaf().pk)
        closed = details.conversation_detail(taken.pk, cast.ana)
        assert (
            closed["composer"]["reason"] == "Esta conversación está finalizada. Un mensaje nuevo del cliente abre otra."
        )
        for name in ("take", "release", "close", "quick_close"):
            assert closed["actions"][name] == {
                "allowed": False, "code": "already_closed", "reason": "Esta conversación ya está finalizada.",
            }  # fmt: skip
        assert closed["actions"]["note"]["allowed"] is True


@pytest.mark.shows("B-05")
@pytest.mark.parametrize("language", ["es", "en", "pt-br"])
def test_the_reason_on_the_button_is_the_reason_of_the_refusal(cast: Cast, language: str) -> None:
    conversation = factories.taken_conversation(cast)
    with translation.override(language):
        shown = details.conversation_detail(conversation.pk, cast.luis)["actions"]["take"]
        assert shown["allowed"] is True
        row = details.conversation_detail(conversation.pk, cast.ana)["actions"]["take"]
        with refused(AlreadyTaken) as refusal:
            take_conversation(conversation.pk, by=cast.ana)
        assert (row["code"], row["reason"]) == (refusal.value.code, refusal.value.message)
        assert row["reason"]


# --- Giving to the least loaded ---------------------------------------------------------------------------------------


@pytest.fixture
def distributing(cast: Cast) -> Cast:
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    put_into(cast.ana, "social_new_and_active")
    return cast


def loads() -> dict[str, int]:
    return dict(Conversation.objects.exclude(assignee=None).values_list("assignee__username").annotate(n=Count("id")))


def test_a_waiting_one_goes_to_a_ready_agent(distributing: Cast) -> None:
    conversation = factories.conversation(distributing)
    with announced() as facts:
        distribute(conversation.pk)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("assigned", distributing.ana)
    assert facts == [ConversationAssigned(conversation_ids=(conversation.pk,), user_id=distributing.ana.pk, by_id=None)]
    assert Assignment.objects.get().assigned_by is None
    check_invariants()


def test_the_fewest_go_first_then_who_waited_longest(distributing: Cast) -> None:
    beto, caro = (factories.agent_of(distributing, name) for name in ("beto", "caro"))
    for agent in (beto, caro):
        put_into(agent, "social_new_and_active")
    with time_machine.travel(NOON, tick=False) as clock:
        order = []
        for _each in range(6):
            clock.shift(60)
            got = assign_waiting(factories.conversation(distributing).pk)
            assert got is not None
            order.append(got.username)
        assert order == ["ana", "beto", "caro", "ana", "beto", "caro"]
        close_conversation(
            Conversation.objects.filter(assignee=caro).latest("id").pk,
            by=distributing.luis,
            typification_id=factories.leaf().pk,
        )
        assert assign_waiting(factories.conversation(distributing).pk) == caro


@pytest.mark.shows("000-01")
@pytest.mark.parametrize("code", ["social_active_only", "telephony", "break", "offline"])
def test_who_accepts_nothing_new_is_given_nothing(distributing: Cast, code: str) -> None:
    put_into(distributing.ana, code)
    conversation = factories.conversation(distributing)
    with nothing_happens():
        assert assign_waiting(conversation.pk) is None


def test_nothing_is_given_to_the_absent_the_closed_or_other_channels(distributing: Cast) -> None:
    conversation = factories.conversation(distributing)
    distributing.ana.state_intervals.update(ended_at=timezone.now() + datetime.timedelta(seconds=1))
    with nothing_happens():
        assert assign_waiting(conversation.pk) is None
    distributing.ana.state_intervals.update(ended_at=None)
    User.objects.filter(pk=distributing.ana.pk).update(is_active=False)
    with nothing_happens():
        assert assign_waiting(conversation.pk) is None
    User.objects.filter(pk=distributing.ana.pk).update(is_active=True)
    add_agent(distributing.campaign, distributing.ana, by=None, channels=["email"])
    with nothing_happens():
        assert assign_waiting(conversation.pk) is None


def test_a_campaign_distributed_by_hand_is_left_to_hands(cast: Cast) -> None:
    put_into(cast.ana, "social_new_and_active")
    conversation = factories.conversation(cast)
    with nothing_happens():
        assert assign_waiting(conversation.pk) is None


def test_what_somebody_took_meanwhile_is_left_alone(distributing: Cast) -> None:
    conversation = take_conversation(factories.conversation(distributing).pk, by=distributing.luis)
    with nothing_happens():
        assert assign_waiting(conversation.pk) is None


def test_nobody_is_given_more_than_they_can_carry(distributing: Cast) -> None:
    User.objects.filter(pk=distributing.ana.pk).update(capacity={"whatsapp": 2})
    waiting = [factories.conversation(distributing).pk for _each in range(3)]
    assert [assign_waiting(pk) is not None for pk in waiting] == [True, True, False]
    assert Conversation.objects.get(status=Status.QUEUED).pk == waiting[2]


def test_those_that_wait_are_tried_again_vip_first_then_by_how_long_they_wait(distributing: Cast) -> None:
    User.objects.filter(pk=distributing.ana.pk).update(capacity={"whatsapp": 2})
    now = timezone.now()
    later, sooner, vip = (
        factories.conversation(distributing, at=now - datetime.timedelta(minutes=n)) for n in (1, 9, 0)
    )
    Conversation.objects.filter(pk=vip.pk).update(contact_is_vip=True)
    assert distribute_waiting() == 2
    assert set(Conversation.objects.filter(assignee=distributing.ana)) == {vip, sooner}
    assert Conversation.objects.get(pk=later.pk).status == Status.QUEUED


def test_an_agent_who_becomes_ready_is_given_what_waits(distributing: Cast) -> None:
    put_into(distributing.ana, "break")
    factories.conversation(distributing)
    distribute_to(distributing.eva.pk)
    assert loads() == {}
    put_into(distributing.ana, "social_new_and_active")
    distribute_to(distributing.ana.pk)
    assert loads() == {"ana": 1}


@pytest.mark.shows("R31")
@pytest.mark.faults
def test_arrivals_all_at_once_never_go_over_anybodys_capacity(committed_cast: Cast) -> None:
    cast = committed_cast
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    agents = [cast.ana, *(factories.agent_of(cast, name) for name in ("beto", "caro"))]
    for agent in agents:
        put_into(agent, "social_new_and_active")
    arrivals = scaled(small=24, full=100)
    senders = [identity(f"59598300{n:04d}") for n in range(arrivals)]
    random.Random(3).shuffle(senders)
    for start in range(0, arrivals, 12):

        def arrive(batch: list[factories.Identity]) -> int:
            receive_messages(cast.account, [inbound(sender=sender) for sender in batch])
            ids = Conversation.objects.filter(contact__points__value__in=[each.phone for each in batch])
            return sum(assign_waiting(pk) is not None for pk in ids.values_list("pk", flat=True))

        outcomes = together([partial(arrive, [sender]) for sender in senders[start : start + 12]])
        assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
        assert max(loads().values()) <= 5
    assert loads() == {"ana": 5, "beto": 5, "caro": 5}
    assert Conversation.objects.filter(status=Status.QUEUED).count() == arrivals - 15
    check_invariants()


@pytest.mark.shows("R31")
@pytest.mark.faults
def test_giving_taking_answering_letting_go_and_closing_at_once_end_in_one_legal_state(committed_cast: Cast) -> None:
    cast = committed_cast
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    beto = factories.agent_of(cast, "beto")
    User.objects.update(capacity={"whatsapp": 10_000})
    for agent in (cast.ana, beto):
        put_into(agent, "social_new_and_active")
    outcome = factories.leaf().pk
    ends: dict[str, int] = {}
    for number in range(scaled(small=10, full=1000)):
        sender = identity(f"59598310{number:04d}")
        pk = factories.conversation(cast, sender=sender).pk
        jobs: list[Callable[[], object]] = [
            partial(assign_waiting, pk),
            partial(take_conversation, pk, by=beto),
            partial(take_conversation, pk, by=cast.luis),
            partial(release_conversation, pk, by=cast.luis),
            partial(send_message, pk, by=cast.ana, client_id=factories.client_id(), text="Buenas"),
            partial(receive_messages, cast.account, [inbound("¿Y?", sender=sender)]),
            *([partial(close_conversation, pk, by=cast.luis, typification_id=outcome)] if number % 2 else []),
        ]
        random.Random(number).shuffle(jobs)
        outcomes = together(jobs)
        assert not [each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, Refusal)], (
            outcomes
        )
        conversation = Conversation.objects.get(pk=pk)
        story = [*conversation.events.order_by("change").values_list("kind", flat=True)]
        # Steps follow from one another: nothing is let go that nobody held, nothing comes after the end.
        held = False
        for place, kind in enumerate(story):
            assert kind != "released" or held, story
            assert kind != "assigned" or not held, story
            assert kind != "closed" or place == len(story) - 1, story
            held = kind in ("assigned", "taken_over")
        ends[conversation.status] = ends.get(conversation.status, 0) + 1
    check_invariants(outbox_is_empty=False)
    figure("R31", f"legal states only: {ends}", data="give, take, step in, let go, answer, receive and close at once", samples=sum(ends.values()))  # fmt: skip
