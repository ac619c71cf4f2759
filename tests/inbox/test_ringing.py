"""Offered to one after the other: accepted by one, and nobody is asked twice while another is free."""

from __future__ import annotations

import datetime
from functools import partial

import pytest
import time_machine
from django.test import Client

from accounts.models import AgentStateInterval, User
from campaigns.actions import remove_agent
from campaigns.models import Campaign
from core.refusals import NotFound
from inbox.actions.assignment import take_conversation
from inbox.actions.distribution import assign_waiting
from inbox.actions.offers import accept_offer, decline_offer, end_overdue, end_those_of
from inbox.errors import AlreadyTaken, AuxStateForbids, OfferOver
from inbox.events import ConversationAssigned, ConversationOffered, OfferEnded
from inbox.models import Offer
from inbox.tasks import distribute_waiting
from tests import factories
from tests.concurrency import scaled, together
from tests.factories import Cast
from tests.inbox.test_assignment import put_into
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused

MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)
Answer = Offer.Answer


@pytest.fixture
def ringing(cast: Cast) -> Cast:
    """Altas rings for 20 seconds at Ana, or at Beto: both are ready."""
    ready(cast)
    return cast


def ready(cast: Cast) -> User:
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="ring", ring_timeout_s=20)
    beto = factories.agent_of(cast, "beto")
    for agent in (cast.ana, beto):
        put_into(agent, "social_new_and_active")
    return beto


def rings() -> Offer:
    return Offer.objects.get(ended_at=None)


def test_it_rings_at_one_who_accepts_it(ringing: Cast) -> None:
    conversation = factories.conversation(ringing)
    with announced() as facts:
        assert assign_waiting(conversation.pk) == ringing.ana
    assert facts == [ConversationOffered(conversation_ids=(conversation.pk,), user_id=ringing.ana.pk)]
    conversation.refresh_from_db()
    # It is nobody's yet.
    assert (conversation.status, conversation.assignee) == ("queued", None)
    with nothing_happens():
        assert assign_waiting(conversation.pk) is None
        assert distribute_waiting() == 0
    offer = rings()
    with announced() as facts:
        accept_offer(offer.pk, by=ringing.ana)
    assert (
        ConversationAssigned(conversation_ids=(conversation.pk,), user_id=ringing.ana.pk, by_id=ringing.ana.pk) in facts
    )
    assert OfferEnded(conversation_ids=(conversation.pk,), user_id=ringing.ana.pk) in facts
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("assigned", ringing.ana)
    offer.refresh_from_db()
    assert (offer.answer, offer.ended_at is not None) == (Answer.ACCEPTED, True)
    with nothing_happens():
        accept_offer(offer.pk, by=ringing.ana)
    check_invariants()


def test_what_is_not_answered_in_time_rings_at_the_next_one(ringing: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = factories.conversation(ringing)
        order = []
        for _turn in range(4):
            who = assign_waiting(conversation.pk)
            assert who is not None
            order.append(who.username)
            clock.shift(19)
            with nothing_happens():
                assert end_overdue() == 0
            clock.shift(1)
            assert end_overdue() == 1
            with nothing_happens():
                assert end_overdue() == 0
    assert order == ["ana", "beto", "ana", "beto"]
    assert set(Offer.objects.values_list("answer", flat=True)) == {Answer.MISSED}
    assert conversation.events.filter(kind="missed").count() == 4


@pytest.mark.shows("P0-40")
def test_who_misses_three_in_a_row_is_spared_new_work_and_told_why(ringing: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        put_into(ringing.ana, "break")
        put_into(User.objects.get(username="beto"), "break")
        clock.shift(1)
        put_into(ringing.ana, "social_new_and_active")
        conversation = factories.conversation(ringing)
        for turn in range(3):
            assert assign_waiting(conversation.pk) == ringing.ana, turn
            clock.shift(21)
            assert end_overdue() == 1
        stands = AgentStateInterval.objects.get(user=ringing.ana, ended_at=None)
        assert (stands.aux_state.code, stands.reason) == ("social_active_only", "3 ofertas seguidas sin responder")
        with nothing_happens():
            assert assign_waiting(conversation.pk) is None
        # Back, and a new count: one more missed is one.
        clock.shift(60)
        put_into(ringing.ana, "social_new_and_active")
        assert assign_waiting(conversation.pk) == ringing.ana
        clock.shift(21)
        assert end_overdue() == 1
        assert AgentStateInterval.objects.get(user=ringing.ana, ended_at=None).aux_state.code == "social_new_and_active"


@pytest.mark.shows("P0-40")
def test_who_answers_in_between_is_not_spared(ringing: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        put_into(User.objects.get(username="beto"), "break")
        clock.shift(1)
        conversation = factories.conversation(ringing)
        for turn in range(5):
            assert assign_waiting(conversation.pk) == ringing.ana, turn
            if turn == 2:
                decline_offer(rings().pk, by=ringing.ana)
                clock.shift(60)
                continue
            clock.shift(21)
            assert end_overdue() == 1
        assert AgentStateInterval.objects.get(user=ringing.ana, ended_at=None).aux_state.code == "social_new_and_active"


def test_who_says_no_is_not_asked_again_at_once(ringing: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        put_into(User.objects.get(username="beto"), "break")
        conversation = factories.conversation(ringing)
        assign_waiting(conversation.pk)
        offer = rings()
        with announced() as facts:
            decline_offer(offer.pk, by=ringing.ana)
        assert facts == [OfferEnded(conversation_ids=(conversation.pk,), user_id=ringing.ana.pk)]
        with nothing_happens():
            decline_offer(offer.pk, by=ringing.ana)
            assert assign_waiting(conversation.pk) is None
        clock.shift(21)
        assert assign_waiting(conversation.pk) == ringing.ana


@pytest.mark.shows("B-05", "S01")
def test_an_offer_is_for_whom_it_rings(ringing: Cast) -> None:
    beto = User.objects.get(username="beto")
    conversation = factories.conversation(ringing)
    assign_waiting(conversation.pk)
    offer = rings()
    for user in (beto, ringing.eva, ringing.luis):
        with refused(NotFound):
            accept_offer(offer.pk, by=user)
        with refused(NotFound):
            decline_offer(offer.pk, by=user)
    put_into(ringing.ana, "break")
    with refused(AuxStateForbids):
        accept_offer(offer.pk, by=ringing.ana)
    with announced() as facts:
        take_conversation(conversation.pk, by=beto)
    assert OfferEnded(conversation_ids=(conversation.pk,), user_id=ringing.ana.pk) in facts
    offer.refresh_from_db()
    assert offer.answer == Answer.WITHDRAWN
    with refused(AlreadyTaken):
        accept_offer(offer.pk, by=ringing.ana)


def test_too_late_is_when_it_rings_elsewhere(ringing: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = factories.conversation(ringing)
        assign_waiting(conversation.pk)
        first = rings()
        clock.shift(20)
        end_overdue()
        assign_waiting(conversation.pk)
        with refused(OfferOver):
            accept_offer(first.pk, by=ringing.ana)
        # Nobody was asked in the meantime: a moment late is not too late.
        clock.shift(25)
        assert accept_offer(rings().pk, by=User.objects.get(username="beto")).assignee is not None


@pytest.mark.shows("S04")
def test_who_left_the_campaign_learns_nothing_of_it(ringing: Cast) -> None:
    conversation = factories.conversation(ringing)
    assign_waiting(conversation.pk)
    remove_agent(ringing.campaign, ringing.ana, by=None)
    with refused(NotFound):
        accept_offer(rings().pk, by=ringing.ana)
    client = Client()
    client.force_login(ringing.ana)
    assert client.get("/api/v1/offers/").json() == {"results": []}


@pytest.mark.shows("B-06")
def test_what_rings_at_who_leaves_rings_elsewhere(ringing: Cast) -> None:
    conversation = factories.conversation(ringing)
    assign_waiting(conversation.pk)
    with nothing_happens():
        assert end_those_of(ringing.ana.pk) == 0
    now = AgentStateInterval.objects.get(user=ringing.ana, ended_at=None)
    now.ended_at = now.started_at + datetime.timedelta(seconds=1)
    now.save()
    assert end_those_of(ringing.ana.pk) == 1
    assert assign_waiting(conversation.pk) == User.objects.get(username="beto")


def test_what_rings_counts_as_carried_and_one_rings_at_a_time(ringing: Cast) -> None:
    User.objects.filter(pk=ringing.ana.pk).update(capacity={"whatsapp": 1})
    put_into(User.objects.get(username="beto"), "break")
    first, second = factories.conversation(ringing), factories.conversation(ringing)
    assert assign_waiting(first.pk) == ringing.ana
    with nothing_happens():
        assert assign_waiting(second.pk) is None
    accept_offer(rings().pk, by=ringing.ana)
    with nothing_happens():
        assert assign_waiting(second.pk) is None


@pytest.mark.shows("R30")
@pytest.mark.faults
def test_of_accepting_taking_and_missing_at_once_one_wins(committed_cast: Cast) -> None:
    cast = committed_cast
    beto = ready(cast)
    User.objects.update(capacity={"whatsapp": 10_000})
    for _round in range(scaled(small=8, full=300)):
        conversation = factories.conversation(cast)
        who = assign_waiting(conversation.pk)
        assert who is not None
        offer = rings()
        Offer.objects.filter(pk=offer.pk).update(
            offered_at=MORNING - datetime.timedelta(days=4000), until=MORNING - datetime.timedelta(days=3999)
        )
        other = beto if who == cast.ana else cast.ana
        together(
            [
                partial(accept_offer, offer.pk, by=who),
                partial(accept_offer, offer.pk, by=who),
                partial(take_conversation, conversation.pk, by=other),
                end_overdue,
            ]
        )
        conversation.refresh_from_db()
        assert conversation.assignee in (who, other)
        assert Offer.objects.filter(ended_at=None).count() == 0
    check_invariants()


def test_over_rest(ringing: Cast) -> None:
    conversation = factories.conversation(ringing)
    assign_waiting(conversation.pk)
    client = Client()
    client.force_login(ringing.ana)
    (row,) = client.get("/api/v1/offers/").json()["results"]
    assert row["conversation"]["id"] == conversation.pk
    address = f"/api/v1/offers/{row['id']}/answer/"
    assert client.put(address).json()["assignee_id"] == ringing.ana.pk
    assert client.get("/api/v1/offers/").json() == {"results": []}
    assert client.delete(address).status_code == 409
    other = factories.conversation(ringing)
    assign_waiting(other.pk)
    client.force_login(User.objects.get(username="beto"))
    (row,) = client.get("/api/v1/offers/").json()["results"]
    assert client.delete(f"/api/v1/offers/{row['id']}/answer/").status_code == 204
