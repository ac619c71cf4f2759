"""A record whose call is never given an outcome goes back by itself, and takes the outcome all the same if it comes late (000-02)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import partial

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Attempt, BaseMember, ContactBase
from contacts.open_records import OUTCOME_WITHIN, open_record_of
from core.models import JournalEntry
from inbox.actions.calling import end_call
from inbox.actions.previewing import release_unfinished, take_record
from inbox.models import Conversation
from tests import factories
from tests.concurrency import together
from tests.contacts.members import broken
from tests.factories import Cast
from tests.inbox.test_preview import called, opened, outcome_of_calls, worked_base

SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def left_alone(cast: Cast, *, how_many: int = 1) -> tuple[ContactBase, BaseMember]:
    """Ana calls the contact of her record, and is never heard of again."""
    base = worked_base(cast, how_many)
    record = opened(base, cast.ana)
    called(record, cast.ana)
    return base, record


@pytest.mark.shows("000-02")
def test_a_call_that_nobody_ended_gives_its_record_back_in_time(cast: Cast, clock: time_machine.Coordinates) -> None:
    base, record = left_alone(cast)
    beto = factories.agent_of(cast, "beto")
    clock.shift(OUTCOME_WITHIN - SECOND)
    assert release_unfinished() == 0
    assert open_record_of(cast.ana) == record
    assert take_record(base.pk, by=beto) is None
    clock.shift(SECOND)
    assert release_unfinished() == 1
    assert release_unfinished() == 0
    record.refresh_from_db()
    # It was tried: that is not forgotten.
    assert (record.state, record.attempts, record.last_user) == ("retry", 1, cast.ana)
    assert open_record_of(cast.ana) is None
    told = JournalEntry.objects.get(verb="member_timed_out")
    assert (told.subject_id, told.details["user_id"]) == (str(record.pk), cast.ana.pk)
    assert opened(base, beto) == record
    assert broken() == {}


@pytest.mark.shows("000-02")
def test_a_second_call_begins_the_time_anew(cast: Cast, clock: time_machine.Coordinates) -> None:
    _base, record = left_alone(cast)
    clock.shift(OUTCOME_WITHIN / 2)
    called(record, cast.ana)
    clock.shift(OUTCOME_WITHIN / 2)
    assert release_unfinished() == 0
    clock.shift(OUTCOME_WITHIN / 2)
    assert release_unfinished() == 1


@pytest.mark.shows("000-02")
def test_an_outcome_that_comes_late_leads_the_record_all_the_same(cast: Cast, clock: time_machine.Coordinates) -> None:
    base = worked_base(cast, 1)
    record = opened(base, cast.ana)
    call = called(record, cast.ana)
    clock.shift(OUTCOME_WITHIN)
    assert release_unfinished() == 1
    end_call(call.uuid, by=cast.ana, typification_id=outcome_of_calls(closes_member=True).pk)
    record.refresh_from_db()
    assert (record.state, record.attempts) == ("closed", 1)
    assert broken() == {}


def test_an_outcome_that_comes_late_takes_a_record_out_of_nobodys_hands(
    cast: Cast, clock: time_machine.Coordinates
) -> None:
    base = worked_base(cast, 1)
    record, beto = opened(base, cast.ana), factories.agent_of(cast, "beto")
    call = called(record, cast.ana)
    clock.shift(OUTCOME_WITHIN)
    release_unfinished()
    assert opened(base, beto) == record
    sale = outcome_of_calls(closes_member=True)
    end_call(call.uuid, by=cast.ana, typification_id=sale.pk)
    record.refresh_from_db()
    assert (record.state, record.reserved_by) == ("reserved", beto)
    assert Attempt.objects.get().typification == sale
    assert broken() == {}


def test_what_a_conversation_is_about_waits_for_its_end(cast: Cast, clock: time_machine.Coordinates) -> None:
    _base, record = left_alone(cast)
    talk = factories.taken_conversation(cast)
    Conversation.objects.filter(pk=talk.pk).update(base_member=record, status="in_progress")
    clock.shift(OUTCOME_WITHIN)
    assert release_unfinished() == 0
    record.refresh_from_db()
    assert record.state == "in_progress"


def test_whom_nobody_may_contact_any_more_is_offered_to_nobody(cast: Cast, clock: time_machine.Coordinates) -> None:
    base, record = left_alone(cast)
    type(record.contact).objects.filter(pk=record.contact_id).update(do_not_contact=True)
    clock.shift(OUTCOME_WITHIN)
    assert release_unfinished() == 1
    record.refresh_from_db()
    assert record.state == "suppressed"
    assert take_record(base.pk, by=cast.ana) is None


def test_two_sweeps_at_once_give_it_back_once(committed_cast: Cast) -> None:
    _base, record = left_alone(committed_cast)
    Attempt.objects.update(at=timezone.now() - OUTCOME_WITHIN - SECOND)
    got = together([partial(release_unfinished) for _each in range(3)])
    assert sum(each for each in got if isinstance(each, int)) == 1, got
    record.refresh_from_db()
    assert record.state == "retry"
    assert JournalEntry.objects.filter(verb="member_timed_out").count() == 1


@pytest.mark.shows("000-02", "B-05")
def test_the_page_says_until_when(cast: Cast, client: Client) -> None:
    _base, record = left_alone(cast)
    client.force_login(cast.ana)
    page = client.get(reverse("preview"))
    assert page.context["outcome_due_at"] == Attempt.objects.get().at + OUTCOME_WITHIN
    assert "Di cómo fue antes de las" in page.content.decode()
    # Not where a conversation about it goes on.
    Conversation.objects.filter(pk=factories.taken_conversation(cast).pk).update(base_member=record)
    assert client.get(reverse("preview")).context["outcome_due_at"] is None
