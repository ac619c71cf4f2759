"""Who holds a conversation: taking, releasing, and what every change of hands has in common."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from accounts.actions import hold_user
from accounts.models import User
from core import journal
from core.events import publish
from core.refusals import NotFound
from inbox.actions.locking import as_seen, lock_conversation, lock_visible_conversation, note_event, save_touched
from inbox.audience import Audience
from inbox.events import ConversationAssigned, ConversationReleased, ConversationsQueued, OfferEnded
from inbox.models import Assignment, Conversation, ConversationEvent, Message, Offer
from inbox.models.conversation import Status
from inbox.permits import is_campaign_agent, may_release, may_take, taken_by_somebody

HELD = (
    "status", "assignee", "assigned_at", "needs_first_reply", "answered", "unread", "reminders_sent", "reminded_at", "chooses_since",
)  # fmt: skip


@transaction.atomic
def take_conversation(conversation_id: int, *, by: User) -> Conversation:
    """Make `by` the one in charge. Of many who try at once one wins and the others learn who (R30).

    Raises:
        AlreadyTaken: somebody else holds it (named under `by`), or it is theirs already.
        AlreadyClosed, AuxStateForbids, NotFound.
    """
    conversation = lock_conversation(conversation_id)
    audience = Audience.of(by)
    if not audience.sees(as_seen(conversation)):
        # A colleague of the campaign was faster: it left the waiting ones just now, so say who, rather than "not found".
        if conversation.is_live and conversation.assignee_id and conversation.campaign_id in audience.campaign_ids:
            raise taken_by_somebody(conversation)
        raise NotFound
    may_take(conversation, by).require()
    was_held = conversation.assignee_id is not None
    kind = ConversationEvent.Kind.TAKEN_OVER if was_held else ConversationEvent.Kind.ASSIGNED
    give(conversation, by, kind=kind, by=by)
    if was_held or not is_campaign_agent(conversation, by):
        journal.record("conversation_taken_over", conversation, by=by)
    return conversation


@transaction.atomic
def release_conversation(conversation_id: int, *, by: User) -> Conversation:
    """Let it go back to the queue of its campaign."""
    conversation = lock_visible_conversation(conversation_id, by)
    may_release(conversation, by).require()
    put_back(conversation, kind=ConversationEvent.Kind.RELEASED, by=by)
    return conversation


def put_back(conversation: Conversation, *, kind: str, by: User | None, **details: object) -> None:
    """Let a conversation that the caller holds wait for somebody in its campaign again."""
    now = timezone.now()
    end_assignment(conversation, now)
    conversation.status, conversation.assignee, conversation.assigned_at = Status.QUEUED, None, None
    begin_anew(conversation)
    note_event(conversation, kind, at=now, by=by, **details)
    save_touched(conversation, *HELD)
    publish(ConversationReleased(conversation_ids=(conversation.pk,), by_id=by.pk if by else None))
    publish(ConversationsQueued(conversation_ids=(conversation.pk,)))


def give(conversation: Conversation, user: User, *, kind: str, by: User | None, **details: object) -> None:
    """Hand a locked conversation to a user: a new turn, with its own red dot and unread mark.

    The user is held, after the conversation, as everywhere: who counts what they carry counts this one, or waits for it.
    """
    hold_user(user)
    now = timezone.now()
    end_assignment(conversation, now)
    Assignment.objects.create(conversation=conversation, user=user, assigned_at=now, assigned_by=by)
    conversation.status = Status.IN_PROGRESS if conversation.status == Status.SNOOZED else Status.ASSIGNED
    conversation.assignee, conversation.assigned_at = user, now
    # Somebody attends them: whither they want is told to them from here on.
    conversation.chooses_since = None
    begin_anew(conversation)
    note_event(conversation, kind, at=now, by=by, assignee_id=user.pk, assignee_name=user.name, **details)
    save_touched(conversation, *HELD)
    publish(ConversationAssigned(conversation_ids=(conversation.pk,), user_id=user.pk, by_id=by.pk if by else None))


def begin_anew(conversation: Conversation) -> None:
    """Red dot and unread mark belong to a turn: whoever comes next has neither answered nor read what still waits (001-14, 001-15)."""
    conversation.needs_first_reply, conversation.answered = True, False
    count_silence_anew(conversation)
    waiting = Message.objects.filter(conversation=conversation, direction="in")
    if conversation.last_outbound_at is not None:
        waiting = waiting.filter(happened_at__gt=conversation.last_outbound_at)
    conversation.unread = max(conversation.unread, waiting.count())


def count_silence_anew(conversation: Conversation) -> None:
    """Whoever takes it on is not to see it end the moment after: a silent customer is asked from here on (inactivity.py)."""
    conversation.reminders_sent, conversation.reminded_at = 0, timezone.now()


def end_assignment(conversation: Conversation, now: datetime.datetime) -> None:
    """Nobody's turn any more; where it rang, it rings no longer."""
    end_assignments([conversation.pk], now)


def end_assignments(conversation_ids: Collection[int], now: datetime.datetime) -> None:
    """The same for many, held by the caller: two statements, whatever their number."""
    ringing = Offer.objects.filter(conversation__in=conversation_ids, ended_at__isnull=True)
    rang_at: dict[int, list[int]] = {}
    for conversation_id, user_id in ringing.order_by("pk").values_list("conversation_id", "user_id"):
        rang_at.setdefault(user_id, []).append(conversation_id)
    if rang_at:
        ringing.update(ended_at=now, answer=Offer.Answer.WITHDRAWN)
    for user_id, ids in rang_at.items():
        publish(OfferEnded(conversation_ids=tuple(ids), user_id=user_id))
    Assignment.objects.filter(conversation__in=conversation_ids, ended_at__isnull=True).update(ended_at=now)
