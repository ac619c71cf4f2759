"""Taking rows in hand. Always in the order of their keys, so that two batches never wait for each other in a ring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects

from accounts.models import User
from core.bulk import update_from
from core.locks import hold_names
from core.refusals import NotFound
from inbox.audience import Audience
from inbox.models import Conversation, ConversationEvent

POINTED_AT = ("channel_account", "campaign", "assignee", "contact")


def lock_conversation(conversation_id: int) -> Conversation:
    """Return the conversation, held to the end of the transaction.

    Raises:
        NotFound: there is none.
    """
    locked = lock_conversations([conversation_id])
    if not locked:
        raise NotFound
    return locked[conversation_id]


def lock_if_free(conversation_id: int) -> Conversation | None:
    """The same for whoever comes round again: None where there is none, or somebody works on it this moment."""
    free = Conversation.objects.select_for_update(skip_locked=True).filter(pk=conversation_id).order_by("pk")
    conversation: Conversation | None = free.first()
    if conversation is not None:
        prefetch_related_objects([conversation], *POINTED_AT)
    return conversation


def lock_visible_conversation(conversation_id: int, user: User) -> Conversation:
    """The same, for somebody: what they may not see does not exist for them, whatever changed while they waited for the lock.

    Raises:
        NotFound: there is none, or it is not theirs to see.
    """
    conversation = lock_conversation(conversation_id)
    if not Audience.of(user).sees(as_seen(conversation)):
        raise NotFound
    return conversation


def lock_conversations(ids: Iterable[int]) -> dict[int, Conversation]:
    """The rows themselves in one query, in the order of their keys; what they point to is read after the lock is held.

    Never joined to the locking query: a row that waited for its lock is read anew, but a joined one is not, so the loser of a
    race would see the assignee of before.
    """
    locked = lock_rows(ids)
    prefetch_related_objects(list(locked.values()), *POINTED_AT)
    return locked


def lock_rows(ids: Iterable[int]) -> dict[int, Conversation]:
    """The same without what they point to, where only their counters are wanted."""
    queryset = Conversation.objects.select_for_update().filter(pk__in=sorted(set(ids))).order_by("pk")
    return {each.pk: each for each in queryset}


def lock_row(conversation_id: int) -> Conversation:
    """One of them.

    Raises:
        NotFound: there is none.
    """
    locked = lock_rows([conversation_id])
    if not locked:
        raise NotFound
    return locked[conversation_id]


def hold_provider_ids(channel_account_id: int, provider_ids: Sequence[str]) -> None:
    """Hold these ids of messages to the end of the transaction: whoever parks what speaks of one, and whoever brings it, meet here."""
    hold_names(f"provider id|{channel_account_id}|{each}" for each in provider_ids)


def as_seen(conversation: Conversation) -> dict[str, Any]:
    return {
        "assignee_id": conversation.assignee_id,
        "status": conversation.status,
        "campaign_id": conversation.campaign_id,
        "team_id": conversation.team_id,
    }


def next_change(conversation: Conversation) -> int:
    """The next stamp of the conversation's counter. Only under its lock; `save_touched` writes it."""
    conversation.change += 1
    return conversation.change


def save_touched(conversation: Conversation, *fields: str) -> None:
    """Write the named fields and the counters: every write of the row makes it a newer version."""
    conversation.version += 1
    conversation.save(update_fields=[*fields, "version", "change"])


def save_all_touched(conversations: Iterable[Conversation], *fields: str) -> None:
    """The same for many, in one statement."""
    touched = list(conversations)
    for each in touched:
        each.version += 1
    update_from(Conversation, touched, *fields, "version", "change")


def note_event(
    conversation: Conversation, kind: str, *, at: datetime, by: User | None, **details: Any
) -> ConversationEvent:
    """Add a step to the conversation's story, stamped with its next change."""
    return ConversationEvent.objects.create(
        conversation=conversation,
        change=next_change(conversation),
        happened_at=at,
        kind=kind,
        actor=by,
        details=details,
    )


def note_events(
    conversations: Iterable[Conversation], kind: str, *, at: datetime, by: User | None, **details: Any
) -> None:
    """Add the same step to the stories of many that are held, in one statement."""
    ConversationEvent.objects.bulk_create(
        ConversationEvent(
            conversation=each, change=next_change(each), happened_at=at, kind=kind, actor=by, details=details
        )
        for each in conversations
    )
