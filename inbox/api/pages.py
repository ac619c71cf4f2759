"""One page of a thread, by position (happened_at, id), oldest message on top: its end, or what stands before, after or around a message."""

from __future__ import annotations

import base64
import datetime
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.refusals import Invalid, NotFound
from inbox import rows
from inbox.history import Bound
from inbox.models import Conversation, ConversationEvent, Message

EVENTS_PER_PAGE = 100
NEWEST_FIRST = ("-happened_at", "-id")
OLDEST_FIRST = ("happened_at", "id")


@dataclass(frozen=True)
class Position:
    """Where a message stands in its conversation."""

    at: datetime.datetime
    id: int


def message_page(
    conversation: Conversation,
    *,
    limit: int,
    before: str = "",
    after: str = "",
    around: str = "",
    bound: Bound | None = None,
) -> dict[str, Any]:
    """Return the messages before, after or around a message (the newest without any of them) and the events between them.

    `before` and `after` take a cursor of an earlier page or a message's id, `around` an id. `change` is the counter as it was before
    the rows were read: asking for what came after it can repeat, never miss. Nothing from before the `bound` is in any page.

    Raises:
        Invalid: two of them at once, or what is no cursor. NotFound: `around` names no message of this conversation, or one from
        before the bound.
    """
    since = bound.since if bound is not None else None
    if sum(bool(each) for each in (before, after, around)) > 1:
        raise Invalid(_("Check the marked fields."), fields={"before": [_("This value is not understood.")]})
    if around:
        middle = position_of(conversation, around, name="around")
        if since is not None and middle.at < since:
            raise NotFound(_("It does not exist or is not yours to see."))
        return page_around(conversation, middle, limit=limit, since=since)
    if after:
        start = position_of(conversation, after, name="after")
        found, has_more = read_after(conversation, start, limit=limit, since=since)
        return with_events(conversation, found, has_older=True, has_newer=has_more, above=start, since=since)
    end = position_of(conversation, before, name="before") if before else None
    found, has_more = read_before(conversation, end, limit=limit, since=since)
    return with_events(conversation, found, has_older=has_more, has_newer=False, below=end, since=since)


def page_around(
    conversation: Conversation, middle: Position, *, limit: int, since: datetime.datetime | None
) -> dict[str, Any]:
    above, has_older = read_before(conversation, middle, limit=max(1, limit // 2), since=since)
    below, has_newer = read_after(conversation, middle, limit=max(1, limit // 2), since=since)
    sought = rows.message_rows(Message.objects.filter(conversation=conversation, pk=middle.id, deleted_at=None))
    return with_events(conversation, [*above, *sought, *below], has_older=has_older, has_newer=has_newer, since=since)


def read_before(
    conversation: Conversation, start: Position | None, *, limit: int, since: datetime.datetime | None
) -> tuple[list[dict[str, Any]], bool]:
    messages = shown_messages(conversation, since).order_by(*NEWEST_FIRST)
    if start is not None:
        # The first condition says nothing new, but it is where the index scan begins; an OR alone would be read from the newest.
        messages = messages.filter(
            Q(happened_at__lt=start.at) | Q(happened_at=start.at, id__lt=start.id), happened_at__lte=start.at
        )
    found = rows.message_rows(messages[: limit + 1])
    return found[:limit][::-1], len(found) > limit


def read_after(
    conversation: Conversation, start: Position, *, limit: int, since: datetime.datetime | None
) -> tuple[list[dict[str, Any]], bool]:
    messages = (
        shown_messages(conversation, since)
        .filter(Q(happened_at__gt=start.at) | Q(happened_at=start.at, id__gt=start.id), happened_at__gte=start.at)
        .order_by(*OLDEST_FIRST)
    )
    found = rows.message_rows(messages[: limit + 1])
    return found[:limit], len(found) > limit


def shown_messages(conversation: Conversation, since: datetime.datetime | None) -> QuerySet[Message]:
    shown = Message.objects.filter(conversation=conversation, deleted_at__isnull=True)
    return shown if since is None else shown.filter(happened_at__gte=since)


def with_events(
    conversation: Conversation,
    found: list[dict[str, Any]],
    *,
    has_older: bool,
    has_newer: bool,
    above: Position | None = None,
    below: Position | None = None,
    since: datetime.datetime | None = None,
) -> dict[str, Any]:
    """The page. What happened between two pages comes with the one that is read second: from `above` on, or up to `below`."""
    events = ConversationEvent.objects.filter(conversation=conversation).order_by(*NEWEST_FIRST)
    if above is not None:
        events = events.filter(happened_at__gt=above.at)
    elif has_older and found:
        events = events.filter(happened_at__gt=found[0]["happened_at"])
    elif since is not None:
        events = events.filter(happened_at__gte=since)
    if has_newer and found:
        events = events.filter(happened_at__lte=found[-1]["happened_at"])
    elif below is not None:
        events = events.filter(happened_at__lte=below.at)
    return {
        "results": found,
        "events": rows.event_rows(events[:EVENTS_PER_PAGE])[::-1],
        "previous": encode(found[0]) if has_older and found else None,
        "next": encode(found[-1]) if has_newer and found else None,
        "change": conversation.change,
    }


def encode(message: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([message["happened_at"], message["id"]])).decode().rstrip("=")


def position_of(conversation: Conversation, given: str, *, name: str) -> Position:
    """The place a cursor or a message's id stands for.

    Raises:
        NotFound: an id of no message of this conversation. Invalid: neither an id nor a cursor.
    """
    if given.isascii() and given.isdigit() and len(given) < 19:
        found = (
            Message.objects.filter(conversation=conversation, pk=int(given)).values_list("happened_at", "id").first()
        )
        if found is None:
            raise NotFound(_("It does not exist or is not yours to see."))
        return Position(*found)
    return decode(given, name=name)


def decode(cursor: str, *, name: str) -> Position:
    try:
        at, pk = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.datetime.fromisoformat(at)
        if not isinstance(pk, int) or moment.tzinfo is None:
            raise ValueError
        return Position(moment.astimezone(datetime.UTC), pk)
    except (ValueError, TypeError, OverflowError):
        raise Invalid(
            _("Check the marked fields."),
            fields={name: [_("This cursor belongs to another list. Start again without it.")]},
        ) from None
