"""Lanes: one account and one person's point, whose messages leave oldest first (R16).

Every entry of the outbox names its own lane. While it waits it follows its conversation to another number; once it is in a worker's
hands it stays where that worker's lease is, and what was typed after it waits for it there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from campaigns.models import ChannelAccount
from contacts.models import ContactPoint
from core.joined import Joined
from inbox.models import Attachment, Conversation, Message, OutboxEntry

# Workers of one number choose among so many, and seldom the same.
NEXT_AMONG = 64

Lane = tuple[int, int]  # (channel account, contact point)


def lanes_of(conversation_id: int) -> list[Lane]:
    """The lanes in which something of the conversation waits, the one with its oldest entry first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT channel_account_id, contact_point_id FROM inbox_outboxentry"
            " WHERE conversation_id = %s AND channel_account_id IS NOT NULL AND contact_point_id IS NOT NULL ORDER BY id",
            [conversation_id],
        )
        return list(dict.fromkeys(cursor.fetchall()))


def waiting_longest(channel_account_id: int) -> list[Lane]:
    """Lanes of this number whose oldest entry is due and in nobody's hands, those that wait longest.

    What stands behind one that waits for its next try, or is being sent, is nobody's to choose.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT channel_account_id, contact_point_id FROM inbox_outboxentry AS entry WHERE channel_account_id = %s"
            " AND contact_point_id IS NOT NULL AND claimed_at IS NULL AND due_at <= %s AND NOT EXISTS ("
            " SELECT FROM inbox_outboxentry AS earlier WHERE earlier.channel_account_id = entry.channel_account_id"
            " AND earlier.contact_point_id = entry.contact_point_id AND earlier.id < entry.id) ORDER BY id LIMIT %s",
            [channel_account_id, timezone.now(), NEXT_AMONG],
        )
        return list(cursor.fetchall())


def is_empty(lane: Lane) -> bool:
    """Whether nothing waits in it, due or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM inbox_outboxentry WHERE channel_account_id = %s AND contact_point_id = %s)",
            lane,
        )
        return not cursor.fetchone()[0]


@dataclass(frozen=True)
class Head:
    """The oldest entry of a lane, with what tells whether its turn is here.

    `home_point_id` is where its conversation is answered by now; `waits_for_another`, that something typed before it in its conversation
    is still in another lane: typed order outlives a change of number.
    """

    entry: OutboxEntry
    home_point_id: int
    waits_for_another: bool


# What a reaction needs and what is quoted is read where there is one: most messages are words.
HEAD = Joined(entry=OutboxEntry, message=Message, attachment=Attachment, point=ContactPoint, account=ChannelAccount)
FIND_HEAD = """
SELECT {columns}, home.contact_point_id, EXISTS (
         SELECT FROM inbox_outboxentry AS earlier WHERE earlier.conversation_id = entry.conversation_id AND earlier.id < entry.id
            AND (earlier.channel_account_id, earlier.contact_point_id) IS DISTINCT FROM (entry.channel_account_id, entry.contact_point_id))
  FROM inbox_outboxentry AS entry
  JOIN inbox_conversation AS home ON home.id = entry.conversation_id
  JOIN contacts_contactpoint AS point ON point.id = entry.contact_point_id
  JOIN campaigns_channelaccount AS account ON account.id = entry.channel_account_id
  LEFT JOIN inbox_message AS message ON message.id = entry.message_id
  LEFT JOIN inbox_attachment AS attachment ON attachment.message_id = entry.message_id
 WHERE entry.channel_account_id = %s AND entry.contact_point_id = %s ORDER BY entry.id LIMIT 1
"""


def head_of(lane: Lane) -> Head | None:
    with connection.cursor() as cursor:
        cursor.execute(FIND_HEAD.format(columns=HEAD.columns), lane)
        row = cursor.fetchone()
    if row is None:
        return None
    found, (home_point_id, waits_for_another) = HEAD.read(row)
    entry: OutboxEntry = found["entry"]
    entry.channel_account, entry.contact_point = found["account"], found["point"]
    if found["message"] is not None:
        entry.message = found["message"]
        # Also that there is none.
        Message._meta.get_field("attachment").set_cached_value(entry.message, found["attachment"])
    return Head(entry, home_point_id, waits_for_another)


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


def follow(entries: QuerySet[OutboxEntry]) -> int:
    home = Conversation.objects.filter(pk=OuterRef("conversation_id"))
    return entries.filter(claimed_at__isnull=True).update(
        channel_account_id=Subquery(home.values("channel_account_id")[:1]),
        contact_point_id=Subquery(home.values("contact_point_id")[:1]),
    )
