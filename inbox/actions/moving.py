"""Moving a conversation between trays by hand (001-24). Whither it may go is DOMAIN.md's table of states; closing has its own action.

Back to Pendiente is `release_conversation`: what waits is nobody's.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from contacts.actions import hold_contacts
from core import journal
from core.events import publish
from core.refusals import NotFound
from inbox.actions.assignment import HELD, begin_anew, count_silence_anew, give
from inbox.actions.locking import lock_visible_conversation, note_event, save_touched
from inbox.events import ConversationMoved, ConversationReopened
from inbox.models import Assignment, Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.permits import is_campaign_agent, may_begin, may_reopen

CLOSING = ("closed_at", "closed_by", "typification", "close_mode", "close_note")


@transaction.atomic
def begin_conversation(conversation_id: int, *, by: User) -> Conversation:
    """Move one's own conversation, or one that waits, to En curso before it is answered. Doing it again changes nothing.

    The red dot stays: nobody has answered yet.

    Raises:
        NotFound, AlreadyClosed, AlreadyTaken, AuxStateForbids, NotAllowed: see inbox.permits.may_begin.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    if conversation.status == Status.IN_PROGRESS and conversation.assignee_id == by.pk:
        return conversation
    may_begin(conversation, by).require()
    if conversation.assignee_id is None:
        if not is_campaign_agent(conversation, by):
            journal.record("conversation_taken_over", conversation, by=by)
        give(conversation, by, kind=ConversationEvent.Kind.ASSIGNED, by=by)
    conversation.status = Status.IN_PROGRESS
    note_event(conversation, ConversationEvent.Kind.BEGUN, at=timezone.now(), by=by)
    save_touched(conversation, "status")
    publish(ConversationMoved(conversation_ids=(conversation.pk,), by_id=by.pk))
    return conversation


@transaction.atomic
def reopen_conversation(conversation_id: int, *, by: User) -> Conversation:
    """Take a closed conversation back into En curso, in one's own hands, where its campaign reopens what was closed lately.

    Raises:
        NotFound, NotClosed, NotReopened, AnotherIsOpen, NotAllowed, AuxStateForbids: see inbox.permits.may_reopen.
    """
    contact_id = Conversation.objects.filter(pk=conversation_id).values_list("contact_id", flat=True).first()
    if contact_id is None:
        raise NotFound
    # Whoever receives holds the contact first: a message that arrives meanwhile either finds this one open, or opened another.
    hold_contacts([contact_id])
    conversation = lock_visible_conversation(conversation_id, by)
    may_reopen(conversation, by).require()
    now = timezone.now()
    resume(conversation, by, now)
    conversation.closed_at = conversation.closed_by = conversation.typification = None
    conversation.close_mode, conversation.close_note = "", ""
    note_event(conversation, ConversationEvent.Kind.REOPENED, at=now, by=by)
    save_touched(conversation, *HELD, *CLOSING)
    if not is_campaign_agent(conversation, by):
        journal.record("conversation_taken_over", conversation, by=by)
    journal.record("conversation_reopened", conversation, by=by)
    publish(ConversationReopened(conversation_ids=(conversation.pk,), by_id=by.pk))
    return conversation


def resume(conversation: Conversation, by: User, now: datetime) -> None:
    """A new turn. Whoever had answered in the turn before goes on with it: their answer was the first, and still is."""
    before = Assignment.objects.filter(conversation=conversation).order_by("-assigned_at", "-id").first()
    answered_at = before.first_reply_at if before is not None and before.user_id == by.pk else None
    Assignment.objects.create(
        conversation=conversation, user=by, assigned_at=now, assigned_by=by, first_reply_at=answered_at
    )
    conversation.status, conversation.assignee, conversation.assigned_at = Status.IN_PROGRESS, by, now
    if answered_at is None:
        begin_anew(conversation)
        # Closing left nothing to read, and nobody wrote since.
        conversation.unread = 0
    else:
        conversation.needs_first_reply = False
        count_silence_anew(conversation)
