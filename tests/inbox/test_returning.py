"""What nobody answers goes back in time, and nobody waits for who is not there (B-06)."""

from __future__ import annotations

import datetime

import pytest
import time_machine

from campaigns.actions import add_agent, remove_agent
from campaigns.actions.schedules import ScheduleSheet, set_schedule
from campaigns.hours import Period
from campaigns.models import Campaign
from core.models import JournalEntry
from inbox.actions.assignment import take_conversation
from inbox.actions.distribution import assign_waiting
from inbox.actions.returning import return_one, return_strays, return_unanswered
from inbox.actions.sending import send_message
from inbox.actions.transferring import transfer_to_agent
from inbox.attention_tasks import tick
from inbox.events import ConversationReleased, ConversationsQueued
from inbox.models import Conversation
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast
from tests.inbox.test_assignment import put_into
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens

# A Monday morning in Asunción.
MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)


@pytest.fixture
def patient(cast: Cast) -> Cast:
    """Altas lets an agent think for two minutes."""
    Campaign.objects.filter(pk=cast.campaign.pk).update(return_after_s=120)
    return cast


@pytest.mark.shows("B-06")
def test_who_does_not_answer_in_time_loses_it_to_the_queue(patient: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = factories.taken_conversation(patient)
        clock.shift(119)
        with nothing_happens():
            assert return_unanswered() == 0
        clock.shift(1)
        with announced() as facts:
            assert return_unanswered() == 1
        assert facts == [
            ConversationReleased(conversation_ids=(conversation.pk,), by_id=None),
            ConversationsQueued(conversation_ids=(conversation.pk,)),
        ]
        with nothing_happens():
            assert return_unanswered() == 0
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee, conversation.unread) == ("queued", None, 1)
    event = conversation.events.get(kind="returned")
    assert event.details["reason"] == "unanswered"
    entry = JournalEntry.objects.get(verb="conversation_returned")
    assert (entry.actor_id, entry.details) == (None, {"user": patient.ana.pk, "reason": "unanswered"})
    check_invariants()


@pytest.mark.shows("B-06")
def test_who_answered_or_talks_to_somebody_who_does_not_wait_keeps_it(patient: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        answered, waiting_for_them = (factories.taken_conversation(patient) for _each in range(2))
        for each in (answered, waiting_for_them):
            send_message(each.pk, by=patient.ana, client_id=factories.client_id(), text="Te escucho")
        beto = factories.agent_of(patient, "beto")
        put_into(beto, "social_new_and_active")
        # New to Beto, and its customer waits for nothing.
        transfer_to_agent(waiting_for_them.pk, by=patient.ana, user_id=beto.pk, note="Sigue tú")
        clock.shift(3600)
        with nothing_happens():
            assert return_unanswered() == 0


@pytest.mark.shows("B-06")
@pytest.mark.parametrize("state", ["paused", "finished"])
def test_a_campaign_at_rest_takes_nothing_away(patient: Cast, state: str) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = factories.taken_conversation(patient)
        Campaign.objects.filter(pk=patient.campaign.pk).update(state=state)
        clock.shift(3600)
        with nothing_happens():
            assert return_unanswered() == 0
            assert return_one(conversation.pk) is False


@pytest.mark.shows("B-06")
def test_at_night_it_stays_and_goes_back_in_the_morning(patient: Cast) -> None:
    sheet = ScheduleSheet(periods=tuple(Period(day, 480, 1200) for day in range(5)))
    set_schedule(patient.campaign.pk, sheet=sheet, by=patient.admin)
    # One minute before eight in the evening.
    with time_machine.travel(MORNING + datetime.timedelta(hours=10, minutes=59), tick=False) as clock:
        factories.taken_conversation(patient)
        clock.shift(600)
        with nothing_happens():
            assert return_unanswered() == 0
        clock.shift(12 * 3600)
        assert return_unanswered() == 1


@pytest.mark.shows("B-06")
def test_it_is_given_to_another_who_is_there_and_else_to_the_same_again(patient: Cast) -> None:
    Campaign.objects.filter(pk=patient.campaign.pk).update(distribution="assign")
    with time_machine.travel(MORNING, tick=False) as clock:
        put_into(patient.ana, "social_new_and_active")
        conversation = factories.conversation(patient)
        assert assign_waiting(conversation.pk) == patient.ana
        clock.shift(120)
        assert tick()["return_unanswered"] == 1
        assert assign_waiting(conversation.pk) == patient.ana
        beto = factories.agent_of(patient, "beto")
        put_into(beto, "social_new_and_active")
        # Beto carries more, and yet it is his turn.
        take_conversation(factories.conversation(patient).pk, by=beto)
        take_conversation(factories.conversation(patient).pk, by=beto)
        clock.shift(120)
        assert return_one(conversation.pk) is True
        assert assign_waiting(conversation.pk) == beto
    check_invariants()


@pytest.mark.shows("B-06")
@pytest.mark.faults
def test_two_clocks_take_it_away_once(committed_cast: Cast) -> None:
    Campaign.objects.filter(pk=committed_cast.campaign.pk).update(return_after_s=30)
    conversation = factories.taken_conversation(committed_cast)
    Conversation.objects.filter(pk=conversation.pk).update(assigned_at=MORNING - datetime.timedelta(days=3650))
    assert sum(all_well(together([return_unanswered] * 4))) == 1
    assert conversation.events.filter(kind="returned").count() == 1
    check_invariants()


@pytest.mark.shows("B-06", "S04")
def test_what_is_held_by_who_left_the_campaign_goes_back(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    gone, channel, stays = (factories.taken_conversation(cast, by=beto) for _each in range(3))
    mine = factories.taken_conversation(cast)
    stepped_in = take_conversation(factories.conversation(cast).pk, by=cast.luis)
    take_conversation(stays.pk, by=cast.luis)
    with nothing_happens():
        assert return_strays(cast.campaign.pk) == 0
    add_agent(cast.campaign, beto, by=None, channels=["email"])
    assert return_strays(cast.campaign.pk) == 2
    remove_agent(cast.campaign, beto, by=None)
    assert return_strays(cast.campaign.pk) == 0
    for each in (gone, channel):
        each.refresh_from_db()
        assert (each.status, each.events.get(kind="returned").details["reason"]) == ("queued", "not_an_agent")
    for each, holder in ((mine, cast.ana), (stepped_in, cast.luis), (stays, cast.luis)):
        each.refresh_from_db()
        assert each.assignee == holder
    check_invariants()
