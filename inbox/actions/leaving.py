"""Who leaves leaves nothing behind: what they had in hand goes back to the queue of its campaign (B-06)."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import AgentStateInterval
from core.sweeping import one_by_one
from inbox.actions.locking import lock_conversations
from inbox.actions.returning import go_back
from inbox.models import Conversation
from inbox.models.conversation import Status

# What somebody works on. A snoozed one waits for its time first, and finds nobody there then.
IN_HAND = (Status.ASSIGNED, Status.IN_PROGRESS)


def redistribute(user_id: int) -> int:
    """Put back what somebody who left had in hand; return how many went back. Nothing while they stand in an auxiliary: they are here.

    Each conversation by itself: one that is being worked on holds up no other.
    """
    held = Conversation.objects.filter(assignee_id=user_id, status__in=IN_HAND).order_by("pk")
    return one_by_one(partial(return_conversation, of=user_id), list(held.values_list("pk")))


@transaction.atomic
def return_conversation(conversation_id: int, *, of: int) -> bool:
    """Whether one conversation went back: it is still in the hands of somebody who is gone."""
    conversation = lock_conversations([conversation_id]).get(conversation_id)
    if conversation is None or conversation.assignee_id != of or conversation.status not in IN_HAND:
        return False
    # Asked under the row's lock: whoever came back a moment ago keeps what they have.
    if AgentStateInterval.objects.filter(user_id=of, ended_at__isnull=True, user__is_active=True).exists():
        return False
    go_back(conversation, reason="left")
    return True


def abandoning_user_ids() -> list[int]:
    """Who left, or was switched off, and has something in hand still. Programs, who stand in no auxiliary, never leave."""
    intervals = AgentStateInterval.objects.filter(user=OuterRef("assignee"))
    is_gone = Q(Exists(intervals), ~Exists(intervals.filter(ended_at__isnull=True)))
    left = Conversation.objects.filter(is_gone | Q(assignee__is_active=False), status__in=IN_HAND)
    return list(left.order_by("assignee_id").values_list("assignee_id", flat=True).distinct())
