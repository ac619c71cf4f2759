"""A mass close taken back (B-02): conversations go on as they were before, where nothing happened to them since."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign
from contacts.actions import hold_contacts
from contacts.actions.taking_back import hold_records, take_back
from core import journal
from core.events import publish
from inbox.actions.calling_back import unkeep_promises, unmake_promises
from inbox.actions.closing_many import apart
from inbox.actions.locking import as_seen, lock_conversations, note_events, save_all_touched
from inbox.audience import Audience
from inbox.events import ConversationReopened, ConversationsQueued
from inbox.models import Assignment, Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.pictures import pictures_of

CHANGED = "changed"
REOPENED = (
    "status", "waiting_since", "unread", "closed_at", "closed_by", "typification", "close_mode", "close_note", "reminders_sent",
    "reminded_at",
)  # fmt: skip
WORKING = (Campaign.State.ACTIVE, Campaign.State.PAUSED)

# Before and after, as `close_many` told them.
Pictures = tuple[dict[str, Any], dict[str, Any]]


def reopen_many(closings: Mapping[int, Pictures], *, by: User) -> Mapping[int, str]:
    """Take closings back, by conversation; return why one stays closed, empty where it goes on. A part of somebody else's transaction.

    One goes on with whoever had it, its record and what was promised are as before. It stays closed where it, its record or its promise
    changed since, where its contact goes on in another one, or where its agent, campaign or contact is not there any more.
    """
    contacts = Conversation.objects.filter(pk__in=list(closings)).values_list("contact_id", flat=True)
    # Whoever receives holds the contact first: a message that arrives meanwhile either finds it open, or opened another.
    hold_contacts(set(contacts))
    held = lock_conversations(closings)
    hold_records(each.base_member_id for each in held.values() if each.base_member_id is not None)
    audience, ends = Audience.of(by), dict.fromkeys(closings, CHANGED)
    seen = [each for each in held.values() if audience.sees(as_seen(each))]
    # The last first: what two of one record left there is taken off in the order in which it was laid on.
    for some in apart(reversed(seen)):
        ends.update(dict.fromkeys(reopen_those_unchanged(some, closings, by=by), ""))
    return ends


def reopen_those_unchanged(
    conversations: Sequence[Conversation], closings: Mapping[int, Pictures], *, by: User
) -> list[int]:
    now, elsewhere = pictures_of(conversations), going_on_elsewhere(conversations)
    free = [
        each
        for each in conversations
        if now[each.pk] == closings[each.pk][1] and key_of(each) not in elsewhere and may_go_on(each)
    ]
    if free:
        reopen(free, closings, by=by)
    return [each.pk for each in free]


def reopen(conversations: Sequence[Conversation], closings: Mapping[int, Pictures], *, by: User) -> None:
    now, ids = timezone.now(), tuple(sorted(each.pk for each in conversations))
    before = {each.pk: closings[each.pk][0] for each in conversations}
    Assignment.objects.filter(conversation__in=ids, ended_at=F("conversation__closed_at")).update(ended_at=None)
    take_back({each.uuid: told for each in conversations if (told := before[each.pk]["landing"]) is not None}, by=by)
    unmake_promises([each.uuid for each in conversations if before[each.pk]["promise"] is None], by=by)
    unkeep_promises({each.uuid: each.closed_at for each in conversations if each.closed_at is not None}, by=by)
    for each in conversations:
        was = before[each.pk]
        each.status, each.unread = was["status"], was["unread"]
        each.waiting_since = datetime.datetime.fromisoformat(was["waiting_since"]) if was["waiting_since"] else None
        each.closed_at = each.closed_by = each.typification = None
        each.close_mode, each.close_note = "", ""
        # A silent customer is asked from here on: it is not to end by itself the moment after.
        each.reminders_sent, each.reminded_at = 0, now
    note_events(conversations, ConversationEvent.Kind.REOPENED, at=now, by=by)
    save_all_touched(conversations, *REOPENED)
    journal.record_many("conversation_reopened", conversations, by=by)
    publish(ConversationReopened(conversation_ids=ids, by_id=by.pk))
    if waiting := tuple(sorted(each.pk for each in conversations if each.status == Status.QUEUED)):
        publish(ConversationsQueued(conversation_ids=waiting))


def may_go_on(conversation: Conversation) -> bool:
    """Whether those it is between are still there."""
    campaign, assignee = conversation.campaign, conversation.assignee
    return (
        conversation.contact.erased_at is None
        and (campaign is None or campaign.state in WORKING)
        and (assignee is None or assignee.is_active)
    )


Key = tuple[int, int, int | None, str]


def going_on_elsewhere(conversations: Sequence[Conversation]) -> set[Key]:
    """What their contacts have open by now: one live conversation each (DOMAIN.md)."""
    points = {each.contact_point_id for each in conversations}
    live = Conversation.objects.live().filter(contact_point__in=points)
    return set(live.values_list("contact_point_id", "channel_account_id", "campaign_id", "thread_key"))


def key_of(conversation: Conversation) -> Key:
    return (
        conversation.contact_point_id,
        conversation.channel_account_id,
        conversation.campaign_id,
        conversation.thread_key,
    )
