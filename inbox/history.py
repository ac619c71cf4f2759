"""How far back the desk shows what was said: a campaign's hours of one conversation, a client's number of conversations (004-02, 004-16)."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from inbox.models import Conversation, Message
from inbox.record_permits import may_read_beyond


@dataclass(frozen=True)
class Mark:
    """One message: which, and when."""

    id: int
    at: datetime.datetime


@dataclass(frozen=True)
class Bound:
    """From when on a conversation is shown, and the hours of its campaign that say so."""

    since: datetime.datetime
    hours: int


def bound_of(conversation: Conversation) -> Bound | None:
    """None: all of it is shown. The hours are counted back from the last activity, so that who comes back after a weekend finds what was
    said before; what nobody has answered or read yet is shown however old it is.
    """
    hours = conversation.campaign.history_hours if conversation.campaign is not None else None
    if hours is None:
        return None
    since = conversation.last_activity_at - datetime.timedelta(hours=hours)
    if conversation.waiting_since is not None:
        since = min(since, conversation.waiting_since)
    if (unread := first_unread(conversation)) is not None:
        since = min(since, unread.at)
    return Bound(since=since, hours=hours)


def first_unread(conversation: Conversation) -> Mark | None:
    """The first customer's message that the assignee has not read; None: all are read."""
    if not conversation.unread:
        return None
    received = Message.objects.filter(conversation=conversation, direction="in").order_by("-happened_at", "-id")
    newest = list(received.values_list("pk", "happened_at")[: conversation.unread])
    return Mark(*newest[-1]) if newest else None


def without_old(message_ids: Collection[int], user: User) -> set[int]:
    """Those of these messages that lie within the hours of their campaign, or all of them for who may read beyond."""
    if may_read_beyond(user).allowed:
        return set(message_ids)
    bounded = (
        Conversation.objects.filter(messages__in=message_ids, campaign__history_hours__isnull=False)
        .select_related("campaign")
        .distinct()
    )
    bounds = {each.pk: bound.since for each in bounded if (bound := bound_of(each)) is not None}
    if not bounds:
        return set(message_ids)
    found = Message.objects.filter(pk__in=message_ids).values_list("pk", "conversation_id", "happened_at")
    return {pk for pk, conversation_id, at in found if conversation_id not in bounds or at >= bounds[conversation_id]}


def most_shown(conversation: Conversation) -> int | None:
    """How many of a person's other conversations its client lets the desk show; None: no client says."""
    return conversation.campaign.project.client.max_history_conversations if conversation.campaign is not None else None


def newest_of(conversations: QuerySet[Conversation], most: int | None) -> QuerySet[Conversation]:
    """The newest `most` of them (by their keys, newest first); all where nobody says how many."""
    if most is None:
        return conversations
    last = conversations.values_list("pk", flat=True)[most - 1 : most] if most else []
    for pk in last:
        return conversations.filter(pk__gte=pk)
    return conversations if most else conversations.none()
