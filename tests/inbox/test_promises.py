"""A wait longer than the client's promise is written down once, and counts while the campaign attends."""

from __future__ import annotations

import datetime

import pytest
import time_machine

from accounts.models import User
from campaigns.actions.schedules import ScheduleSheet, set_schedule
from campaigns.hours import Period
from campaigns.models import Campaign, Client
from core.models import JournalEntry
from inbox.actions.promises import note_breaches
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.api.me import me_with_work
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast, identity, inbound
from tests.witness import nothing_happens

MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
WRITER = identity("595981222000")


@pytest.fixture
def promised(cast: Cast) -> Cast:
    """Fibra Sur's customers wait ten minutes at most."""
    Client.objects.filter(pk=cast.campaign.project.client_id).update(sla_optimal_s=120, sla_low_s=600)
    return cast


def breaches() -> list[dict[str, int]]:
    return list(JournalEntry.objects.filter(verb="sla_breached").order_by("pk").values_list("details", flat=True))


def test_each_waiting_is_told_once(promised: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        waiting = factories.conversation(promised)
        held = factories.taken_conversation(promised, sender=WRITER)
        clock.shift(10 * MINUTE - datetime.timedelta(seconds=1))
        with nothing_happens():
            assert note_breaches() == 0
        clock.shift(1)
        assert note_breaches() == 2
        with nothing_happens():
            assert note_breaches() == 0
        assert breaches() == [
            {"seconds": 600, "campaign": promised.campaign.pk},
            {"seconds": 600, "campaign": promised.campaign.pk, "user": promised.ana.pk},
        ]
        subjects = JournalEntry.objects.filter(verb="sla_breached").order_by("pk").values_list("subject_id", flat=True)
        assert list(subjects) == [str(waiting.pk), str(held.pk)]
        # Answered, they wait for nothing; and another question is another waiting.
        send_message(held.pk, by=promised.ana, client_id=factories.client_id(), text="Disculpa")
        clock.shift(MINUTE)
        receive_messages(promised.account, [inbound("¿Y?", sender=WRITER)])
        clock.shift(10 * MINUTE)
        assert note_breaches() == 1


def test_nobody_waits_at_night_or_in_a_paused_campaign(promised: Cast) -> None:
    sheet = ScheduleSheet(periods=tuple(Period(day, 480, 1200) for day in range(5)))
    set_schedule(promised.campaign.pk, sheet=sheet, by=promised.admin)
    # An hour after closing.
    with time_machine.travel(MORNING + datetime.timedelta(hours=12), tick=False) as clock:
        factories.conversation(promised)
        clock.shift(60 * MINUTE)
        with nothing_happens():
            assert note_breaches() == 0
        clock.move_to(MORNING + datetime.timedelta(hours=23, minutes=9))
        with nothing_happens():
            assert note_breaches() == 0
        clock.shift(MINUTE)
        Campaign.objects.filter(pk=promised.campaign.pk).update(state="paused")
        assert note_breaches() == 0
        Campaign.objects.filter(pk=promised.campaign.pk).update(state="active")
        assert note_breaches() == 1


def test_the_list_knows_each_clients_promise(promised: Cast) -> None:
    (campaign,) = me_with_work(User.objects.get(pk=promised.ana.pk))["campaigns"]
    assert (campaign["sla_optimal_s"], campaign["sla_low_s"]) == (120, 600)


@pytest.mark.faults
def test_two_clocks_write_it_down_once(committed_cast: Cast) -> None:
    conversation = factories.conversation(committed_cast)
    type(conversation).objects.filter(pk=conversation.pk).update(waiting_since=MORNING - datetime.timedelta(days=3650))
    assert sum(all_well(together([note_breaches] * 4))) == 1
    assert len(breaches()) == 1
