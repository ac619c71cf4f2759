"""Why an action is not offered, and who is given what waits."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from functools import partial

import pytest
import time_machine
from django.db.models import Count
from django.utils import timezone, translation

from accounts.models import User
from campaigns.actions import add_agent
from campaigns.models import Campaign
from contacts.actions.members import release_member, take_next_member
from core.refusals import Refusal
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.distribution import assign_waiting
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.api import details
from inbox.errors import AlreadyTaken
from inbox.events import ConversationAssigned
from inbox.models import Assignment, Conversation
from inbox.models.conversation import Status
from inbox.tasks import distribute, distribute_to, distribute_waiting
from tests import factories
from tests.concurrency import scaled, together
from tests.contacts.members import base_of
from tests.factories import Cast, identity, inbound
from tests.figures import figure
from tests.inbox.test_assignment import NOON, put_into
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused

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


@pytest.mark.shows("000-01", "P0-40")
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


@pytest.mark.shows("000-02")
def test_who_has_a_record_open_gets_no_chats_but_where_the_campaign_blends(distributing: Cast) -> None:
    member = take_next_member(base_of(distributing, 1).pk, by=distributing.ana)
    assert member is not None
    conversation = factories.conversation(distributing)
    with nothing_happens():
        assert assign_waiting(conversation.pk) is None
    # A colleague without one gets it.
    put_into(factories.agent_of(distributing, "beto"), "social_new_and_active")
    got = assign_waiting(conversation.pk)
    assert got is not None
    assert got.username == "beto"
    put_into(got, "break")
    Campaign.objects.filter(pk=distributing.campaign.pk).update(blending=True)
    assert assign_waiting(factories.conversation(distributing).pk) == distributing.ana
    Campaign.objects.filter(pk=distributing.campaign.pk).update(blending=False)
    release_member(member.pk, by=distributing.ana)
    assert assign_waiting(factories.conversation(distributing).pk) == distributing.ana


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
