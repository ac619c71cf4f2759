"""One page of a thread, by position: (happened_at, id), newest page first, oldest message on top."""

from __future__ import annotations

import base64
import datetime
from typing import Any

import orjson
from django.db.models import Q
from django.utils.translation import gettext as _

from core.refusals import Invalid
from inbox import rows
from inbox.models import Conversation, ConversationEvent, Message

EVENTS_PER_PAGE = 100


def message_page(conversation: Conversation, *, limit: int, before: str) -> dict[str, Any]:
    """Return the messages before a cursor (the newest without one) and the events between them.

    `change` is the counter as it was before the rows were read: asking for what came after it can repeat, never miss.
    """
    messages = Message.objects.filter(conversation=conversation).order_by("-happened_at", "-id")
    events = ConversationEvent.objects.filter(conversation=conversation).order_by("-happened_at", "-id")
    if before:
        at, pk = decode(before)
        # The first condition says nothing new, but it is where the index scan begins; an OR alone would be read from the newest.
        messages = messages.filter(Q(happened_at__lt=at) | Q(happened_at=at, id__lt=pk), happened_at__lte=at)
        events = events.filter(happened_at__lte=at)
    found = rows.message_rows(messages.filter(deleted_at__isnull=True)[: limit + 1])
    has_more = len(found) > limit
    found = found[:limit][::-1]
    if has_more:
        events = events.filter(happened_at__gt=found[0]["happened_at"])
    return {
        "results": found,
        "events": rows.event_rows(events[:EVENTS_PER_PAGE])[::-1],
        "previous": encode(found[0]) if has_more else None,
        "change": conversation.change,
    }


def encode(message: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([message["happened_at"], message["id"]])).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime.datetime, int]:
    try:
        at, pk = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.datetime.fromisoformat(at)
        if not isinstance(pk, int) or moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(datetime.UTC), pk
    except (ValueError, TypeError, OverflowError):
        raise Invalid(
            _("Check the marked fields."),
            fields={"before": [_("This cursor belongs to another list. Start again without it.")]},
        ) from None
