"""Lanes: one account and one person's point, whose messages leave oldest first (R16).

Every entry of the outbox names its own lane. While it waits it follows its conversation to another number; once it is in a worker's
hands it stays where that worker's lease is, and what was typed after it waits for it there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from inbox.models import Conversation, OutboxEntry

# Workers of one number choose among so many, and seldom the same.
NEXT_AMONG = 100

Lane = tuple[int, int]  # (channel account, contact point)


def lanes_of(conversation_id: int) -> list[Lane]:
    """The lanes in which something of the conversation waits, the one with its oldest entry first."""
    named = OutboxEntry.objects.filter(
        conversation_id=conversation_id, channel_account__isnull=False, contact_point__isnull=False
    )
    pairs = named.order_by("pk").values_list("channel_account_id", "contact_point_id")
    return list(dict.fromkeys((int(account_id), int(point_id)) for account_id, point_id in pairs))


def waiting_longest(channel_account_id: int) -> list[Lane]:
    """Lanes of this number in which something waits and is due, of the entries that wait longest; each once."""
    waiting = OutboxEntry.objects.filter(
        channel_account_id=channel_account_id, claimed_at__isnull=True, due_at__lte=timezone.now()
    )
    points = waiting.order_by("pk").values_list("contact_point_id", flat=True)[:NEXT_AMONG]
    return [(channel_account_id, point_id) for point_id in dict.fromkeys(points) if point_id is not None]


def is_empty(lane: Lane) -> bool:
    """Whether nothing waits in it, due or not."""
    account_id, point_id = lane
    return not OutboxEntry.objects.filter(channel_account_id=account_id, contact_point_id=point_id).exists()


def lease_key(lane: Lane) -> str:
    account_id, point_id = lane
    return f"outbox:{account_id}:{point_id}"


def follow_conversations(conversation_ids: Iterable[int]) -> int:
    """Let what waits in these conversations leave through the point they are answered through now; return how many entries moved.

    The caller holds the conversations and has written their points. What is claimed stays: its call may be under way.
    """
    return follow(OutboxEntry.objects.filter(conversation_id__in=sorted(conversation_ids)))


def name_lanes() -> int:
    """Give their lane to entries that have none: a version that knew no lanes wrote them while this one was being started."""
    return follow(OutboxEntry.objects.filter(Q(channel_account__isnull=True) | Q(contact_point__isnull=True)))


def bring_back(entry: OutboxEntry) -> None:
    """The same for one entry: it was in a worker's hands while its conversation moved, and is to be tried again."""
    follow(OutboxEntry.objects.filter(pk=entry.pk))


def standing() -> dict[str, Any]:
    """What tells of an entry whether its turn is here, to annotate its query with.

    `home_point_id` is where its conversation is answered by now; `waits_for_another`, that something typed before it in its conversation
    is still in another lane: typed order outlives a change of number.
    """
    here = Q(channel_account_id=OuterRef("channel_account_id"), contact_point_id=OuterRef("contact_point_id"))
    earlier = OutboxEntry.objects.filter(conversation_id=OuterRef("conversation_id"), pk__lt=OuterRef("pk"))
    return {"home_point_id": F("conversation__contact_point_id"), "waits_for_another": Exists(earlier.exclude(here))}


def follow(entries: QuerySet[OutboxEntry]) -> int:
    home = Conversation.objects.filter(pk=OuterRef("conversation_id"))
    return entries.filter(claimed_at__isnull=True).update(
        channel_account_id=Subquery(home.values("channel_account_id")[:1]),
        contact_point_id=Subquery(home.values("contact_point_id")[:1]),
    )
