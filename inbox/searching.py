"""Words in messages: in one conversation, and in all that somebody may see (P1-35). Accents and case aside, words from their beginning.

Two plans, chosen by asking the index how many there are (measured in docs/performance.md). Few: all of them, those the person may see
sorted by time. Many: the newest conversations of the person, each read until enough were met. No answer ever tells how many
messages there are that its reader may not see (S05).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import text
from core.refusals import Invalid
from inbox.audience import Audience
from inbox.filters import InboxFilter
from inbox.listing import slices_of
from inbox.models import Conversation, Message
from inbox.slices import in_order

SHORTEST, LONGEST, MOST_WORDS = 2, 80, 8
# A word of two letters begins thousands of others: it is taken as it stands.
SHORTEST_BEGINNING = 3
# More than this of one word, and sorting what the person may see of them costs more than reading their newest conversations.
FEW = 2_000
CONVERSATIONS_AT_ONCE, MOST_CONVERSATIONS, MOST_SECONDS = 100, 1_000, 0.15
OF_ONE_CONVERSATION = 3
IN_CONVERSATION = 500
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Wanted:
    """What is looked for: folded words."""

    words: tuple[str, ...]

    @classmethod
    def read(cls, query: str) -> Wanted:
        """Return the words of what somebody typed.

        Raises:
            Invalid: shorter than two characters, longer than eighty, or nothing but signs.
        """
        query = " ".join(text.without_nul(query).split())
        words = tuple(dict.fromkeys(_WORD.findall(text.fold(query))))[:MOST_WORDS]
        if not SHORTEST <= len(query) <= LONGEST or not words:
            raise Invalid(_("Check the marked fields."), fields={"search": [_("From 2 to 80 characters.")]})
        return cls(words)

    def for_index(self) -> str:
        """The words for `to_tsquery`: letters and digits alone, so that none of its signs is ever in them."""
        return " & ".join(f"{each}:*" if len(each) >= SHORTEST_BEGINNING else each for each in self.words)

    def for_reading(self) -> list[str]:
        """The same as patterns, for rows that are read one after the other: cheaper there than making a vector of each."""
        return [rf"\m{each}" if len(each) >= SHORTEST_BEGINNING else rf"\m{each}\M" for each in self.words]


def found_in_conversation(conversation: Conversation, query: str) -> dict[str, Any]:
    """The messages of one conversation that hold the words, newest first: their ids, where to stop, and whether there are more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM inbox_message
            WHERE conversation_id = %s AND deleted_at IS NULL AND text <> '' AND inbox_fold(text) ~ ALL(%s)
            ORDER BY happened_at DESC, id DESC LIMIT %s
            """,
            [conversation.pk, Wanted.read(query).for_reading(), IN_CONVERSATION + 1],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    return {"results": ids[:IN_CONVERSATION], "more": len(ids) > IN_CONVERSATION}


def found_messages(audience: Audience, query: str, *, limit: int) -> tuple[list[int], bool]:
    """The ids of the newest messages with these words among what somebody may see, and whether all of it was looked through."""
    wanted = Wanted.read(query)
    few = ids_if_few(wanted)
    if few is None:
        return among_newest(audience, wanted, limit=limit)
    if not few:
        return [], True
    seen = Conversation.objects.filter(audience.condition()).order_by()
    mine = Message.objects.filter(pk__in=few, conversation__in=seen).order_by("-happened_at", "-id")
    ids = list(mine.values_list("pk", flat=True)[: limit + 1])
    return ids[:limit], len(ids) <= limit


def ids_if_few(wanted: Wanted) -> list[int] | None:
    """All messages with these words; None where there are more than FEW, or where the words say too little for the index."""
    with transaction.atomic(), connection.cursor() as cursor:
        # The planner takes a word for more common than it is and reads the table: twenty times the cost of being wrong the other way.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "SELECT id FROM inbox_message WHERE inbox_words(text) @@ to_tsquery('simple', %s) AND deleted_at IS NULL LIMIT %s",
            [wanted.for_index(), FEW + 1],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    return ids if len(ids) <= FEW else None


def among_newest(audience: Audience, wanted: Wanted, *, limit: int) -> tuple[list[int], bool]:
    found: list[tuple[Any, int]] = []
    until = time.monotonic() + MOST_SECONDS
    has_more = False
    for ids in newest_conversations(audience):
        found += newest_in(ids, wanted, limit=limit)
        has_more = len(ids) == CONVERSATIONS_AT_ONCE
        if len(found) >= limit or time.monotonic() > until:
            break
    ids = [pk for _at, pk in sorted(found, reverse=True)[:limit]]
    return ids, not has_more and len(found) <= limit


def newest_conversations(audience: Audience) -> Iterator[list[int]]:
    """What somebody may see, in handfuls, by last activity: the merge of ordered indexes that lists are made of."""
    asked = InboxFilter()
    beyond = Q()
    for _handful in range(MOST_CONVERSATIONS // CONVERSATIONS_AT_ONCE):
        rows = in_order(
            slices_of(audience, asked, beyond), ordering=asked.ordering(), limit=CONVERSATIONS_AT_ONCE
        )  # fmt: skip
        if not rows:
            return
        yield [pk for _at, pk in rows]
        at, pk = rows[-1]
        beyond = Q(last_activity_at__lte=at) & (Q(last_activity_at__lt=at) | Q(id__lt=pk))


def newest_in(conversation_ids: list[int], wanted: Wanted, *, limit: int) -> list[tuple[Any, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT found.happened_at, found.id FROM unnest(%s::bigint[]) each(id) CROSS JOIN LATERAL (
                SELECT happened_at, id FROM inbox_message
                WHERE conversation_id = each.id AND deleted_at IS NULL AND text <> '' AND inbox_fold(text) ~ ALL(%s)
                ORDER BY happened_at DESC, id DESC LIMIT %s
            ) found ORDER BY found.happened_at DESC LIMIT %s
            """,
            [conversation_ids, wanted.for_reading(), OF_ONE_CONVERSATION, limit],
        )
        return cursor.fetchall()
