"""The return timer: what is not answered in the time its campaign allows goes back, and to somebody else where there is one."""

from __future__ import annotations

import datetime
from functools import partial

import pytest
import time_machine

from campaigns.actions.schedules import ScheduleSheet, set_schedule
from campaigns.hours import Period
from campaigns.models import Campaign
from core.models import JournalEntry
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.distribution import assign_waiting
from inbox.actions.moving import begin_conversation
from inbox.actions.returning import return_late, return_unanswered
from inbox.actions.sending import send_message
from inbox.events import ConversationReleased, ConversationsQueued
from inbox.models import Conversation
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast
from tests.inbox.test_assignment import put_into
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens

# A Monday, 9 in Asunción.
MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)


def timed(cast: Cast, *, seconds: int | None = 300, distribution: str = "manual") -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(return_after_s=seconds, distribution=distribution)


@pytest.mark.shows("B-06")
def test_what_is_not_answered_in_time_goes_back(cast: Cast) -> None:
    timed(cast)
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = factories.taken_conversation(cast)
        clock.shift(299)
        with nothing_happens():
            assert return_unanswered(most=10) == 0
        clock.shift(1)
        with announced() as facts:
            assert return_unanswered(most=10) == 1
        assert facts == [
            ConversationReleased(conversation_ids=(conversation.pk,), by_id=None),
            ConversationsQueued(conversation_ids=(conversation.pk,)),
        ]
        with nothing_happens():
            assert return_unanswered(most=10) == 0
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee, conversation.needs_first_reply) == ("queued", None, True)
    event = conversation.events.get(kind="returned")
    assert event.details == {"reason": "unanswered", "assignee_id": cast.ana.pk, "assignee_name": "Ana Gómez"}
    assert JournalEntry.objects.get(verb="conversation_returned").details == {
        "user": cast.ana.pk,
        "reason": "unanswered",
    }
    check_invariants()


@pytest.mark.shows("B-06")
def test_somebody_else_gets_it_and_only_where_nobody_else_is_whoever_let_it_lie(cast: Cast) -> None:
    timed(cast, distribution="assign")
    beto = factories.agent_of(cast, "beto")
    for agent in (cast.ana, beto):
        put_into(agent, "social_new_and_active")
    with time_machine.travel(MORNING, tick=False) as clock:
        # Ana has less to do, and would get it again and again.
        factories.taken_conversation(cast, by=beto)
        conversation = factories.conversation(cast)
        assert assign_waiting(conversation.pk) == cast.ana
        clock.shift(300)
        assert return_late(conversation.pk, since=MORNING)
        assert assign_waiting(conversation.pk) == beto
        clock.shift(300)
        assert return_late(conversation.pk, since=MORNING + datetime.timedelta(seconds=300))
        put_into(beto, "break")
        assert assign_waiting(conversation.pk) == cast.ana


def test_what_is_answered_begun_closed_or_let_go_stays_where_it_is(cast: Cast) -> None:
    timed(cast)
    with time_machine.travel(MORNING, tick=False) as clock:
        answered, begun, closed, released = (factories.taken_conversation(cast) for _each in range(4))
        send_message(answered.pk, by=cast.ana, client_id=factories.client_id(), text="Te escucho")
        begin_conversation(begun.pk, by=cast.ana)
        close_conversation(closed.pk, by=cast.luis, typification_id=factories.leaf().pk)
        release_conversation(released.pk, by=cast.ana)
        clock.shift(3600)
        with nothing_happens():
            assert return_unanswered(most=10) == 0
        # A turn that begins anew has its whole time.
        take_conversation(released.pk, by=cast.ana)
        clock.shift(299)
        assert return_unanswered(most=10) == 0


@pytest.mark.parametrize("change", [{"return_after_s": None}, {"state": "paused"}, {"state": "finished"}])
def test_without_a_time_or_at_rest_nothing_goes_back(cast: Cast, change: dict[str, str | None]) -> None:
    timed(cast)
    with time_machine.travel(MORNING, tick=False) as clock:
        factories.taken_conversation(cast)
        Campaign.objects.filter(pk=cast.campaign.pk).update(**change)
        clock.shift(3600)
        with nothing_happens():
            assert return_unanswered(most=10) == 0


def test_outside_of_hours_nothing_goes_back_until_it_opens(cast: Cast) -> None:
    timed(cast)
    set_schedule(cast.campaign.pk, sheet=ScheduleSheet(periods=(Period(0, 480, 1200),)), by=cast.admin)
    with time_machine.travel(MORNING + datetime.timedelta(hours=10, minutes=58), tick=False) as clock:
        factories.taken_conversation(cast)
        clock.shift(600)
        assert return_unanswered(most=10) == 0
        clock.move_to(MORNING + datetime.timedelta(days=7))
        assert return_unanswered(most=10) == 1


@pytest.mark.shows("R32")
@pytest.mark.faults
def test_of_the_timer_and_the_answer_at_once_one_comes_first_and_nothing_is_lost(committed_cast: Cast) -> None:
    cast = committed_cast
    timed(cast)
    for _round in range(5):
        conversation = factories.taken_conversation(cast)
        since = conversation.assigned_at
        assert since is not None
        outcomes = together(
            [
                partial(return_late, conversation.pk, since=since),
                partial(return_late, conversation.pk, since=since),
                partial(send_message, conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola"),
            ]
        )
        conversation.refresh_from_db()
        returned = [each for each in outcomes if each is True]
        if returned:
            assert len(returned) == 1
            assert (conversation.status, conversation.assignee) == ("queued", None)
        else:
            assert (conversation.status, conversation.assignee) == ("in_progress", cast.ana)
    assert all_well(together([partial(Conversation.objects.count)])) == [5]
    check_invariants(outbox_is_empty=False)
