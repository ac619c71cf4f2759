"""However a conversation ends, it ends whole: one outcome, one step in its story, nothing left open, what came of it on its record (B-03)."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
import time_machine
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from campaigns.actions.schedules import ScheduleSheet, set_schedule
from campaigns.hours import Period
from campaigns.models import Client
from contacts.models import Attempt
from core.models import JournalEntry
from inbox.actions.arrival import greet
from inbox.actions.associating import associate_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.closing_many import close_many
from inbox.actions.forgetting import forget_conversation
from inbox.actions.inactivity import step_on
from inbox.actions.transferring import transfer_to_campaign
from inbox.errors import AlreadyClosed
from inbox.events import ConversationClosed
from inbox.models import Assignment, Conversation, Offer
from tests import factories
from tests.factories import Cast
from tests.inbox.test_associating import answered, open_base
from tests.inbox.test_transferring import sharing
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused
from typification.models import Typification

# A Monday, 9 in Asunción.
MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)


def by_agent(cast: Cast, conversation: Conversation) -> None:
    close_conversation(conversation.pk, by=cast.ana, typification_id=factories.leaf().pk)


def quickly(cast: Cast, conversation: Conversation) -> None:
    Typification.objects.filter(pk=factories.leaf().pk).update(quick_close=True)
    close_conversation(conversation.pk, by=cast.ana, typification_id=factories.leaf().pk, mode="quick")


def by_supervisor(cast: Cast, conversation: Conversation) -> None:
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)


def over_rest(cast: Cast, conversation: Conversation) -> None:
    browser = Browser()
    browser.force_login(cast.ana)
    body = {"typification": factories.leaf().pk, "mode": "normal"}
    answer = browser.post(f"/api/v1/conversations/{conversation.pk}/closure/", body, "application/json")
    assert answer.status_code == 200, answer.content


def among_many(cast: Cast, conversation: Conversation) -> None:
    with transaction.atomic():
        ends = close_many([conversation.pk], by=cast.luis, typification_id=factories.leaf().pk, note="")
    assert ends[conversation.pk].reason == ""


def by_silence(cast: Cast, conversation: Conversation) -> None:
    Client.objects.update(max_inactivity_s=60, inactivity_attempts=1)
    long_ago = timezone.now() - datetime.timedelta(hours=1)
    Conversation.objects.filter(pk=conversation.pk).update(
        status="in_progress", waiting_since=None, last_outbound_at=long_ago, reminded_at=long_ago, reminders_sent=1
    )
    assert step_on() == 1


def at_night(cast: Cast, conversation: Conversation) -> None:
    """Nobody holds it: it wrote to a closed campaign."""
    sheet = ScheduleSheet(
        periods=(Period(6, 0, 60),), out_of_hours_action="close", out_of_hours_message="Atendemos los domingos."
    )
    set_schedule(cast.campaign.pk, sheet=sheet, by=cast.admin)
    Assignment.objects.filter(conversation=conversation).delete()
    Conversation.objects.filter(pk=conversation.pk).update(status="queued", assignee=None, awaits_greeting=True)
    assert greet(conversation.pk)


def by_joining(cast: Cast, conversation: Conversation) -> None:
    target = sharing(cast)
    Conversation.objects.create(
        contact=conversation.contact, contact_point=conversation.contact_point, channel_account=cast.account,
        campaign=target, team=cast.other_team, last_activity_at=timezone.now(),
    )  # fmt: skip
    transfer_to_campaign(conversation.pk, by=cast.ana, campaign_id=target.pk, note="Pide otra cosa", joins=True)


def by_erasure(cast: Cast, conversation: Conversation) -> None:
    forget_conversation(conversation.pk, by=cast.admin)


# How it ends, the mode that is kept, and whether something came of its record: joined, it goes on with the other conversation.
WAYS: dict[str, tuple[Callable[[Cast, Conversation], None], str, bool]] = {
    "agent": (by_agent, "normal", True),
    "quick": (quickly, "quick", True),
    "supervisor": (by_supervisor, "normal", True),
    "rest": (over_rest, "normal", True),
    "bulk": (among_many, "bulk", True),
    "inactivity": (by_silence, "inactivity", True),
    "out of hours": (at_night, "out_of_hours", True),
    "joined": (by_joining, "merged", False),
    "erased": (by_erasure, "", True),
}


@pytest.mark.shows("B-03", "000-12", "004-17")
@pytest.mark.parametrize("way", WAYS)
def test_however_it_ends_it_ends_whole(cast: Cast, way: str) -> None:
    end, mode, lands = WAYS[way]
    with time_machine.travel(MORNING, tick=False):
        conversation = answered(cast)
        associate_conversation(conversation.pk, by=cast.ana, base_id=open_base(cast).pk)
        with announced() as facts:
            end(cast, conversation)
        conversation.refresh_from_db()
        assert conversation.status == "closed"
        assert conversation.typification is not None
        assert conversation.closed_at == MORNING
        assert mode in ("", conversation.close_mode)
        assert (conversation.unread, conversation.waiting_since) == (0, None)
        assert not Assignment.objects.filter(conversation=conversation, ended_at=None).exists()
        assert not Offer.objects.filter(conversation=conversation, ended_at=None).exists()
        assert conversation.events.filter(kind="closed").count() == 1
        assert conversation.events.latest("change").kind == "closed"
        assert [type(each) for each in facts].count(ConversationClosed) == 1
        (entry,) = JournalEntry.objects.filter(verb="conversation_closed", subject_id=str(conversation.pk))
        assert entry.details == {"typification": conversation.typification_id, "mode": conversation.close_mode}
        landed = Attempt.objects.filter(interaction_id=conversation.uuid)
        assert list(landed.values_list("typification", flat=True)) == [conversation.typification_id] * lands
        # And no more than once.
        with nothing_happens(), refused(AlreadyClosed):
            close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    check_invariants(outbox_is_empty=False)
