"""Giving a closed conversation another outcome: what it had before stays in its history, and the record it counted for follows."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from contacts.actions.members import correct_outcome
from core import journal
from core.events import publish
from core.text import without_nul
from inbox.actions.closing import (
    full_name,
    offered_ids,
    refuse_unless_complete,
    refuse_unless_offered,
    refuse_without_base,
)
from inbox.actions.locking import lock_visible_conversation, note_event, save_touched
from inbox.events import ConversationRetypified
from inbox.models import Conversation, ConversationEvent, OutcomeChange
from inbox.permits import may_retypify
from typification.models import Typification


@transaction.atomic
def retypify_conversation(conversation_id: int, *, by: User, typification_id: int, note: str = "") -> Conversation:
    """Put another outcome and note in the place of those a conversation was closed with. The same again changes nothing.

    What the outcome demands it demands here, too (B-03).

    Raises:
        NotFound, NotClosed, NotYours, TooLate: see inbox.permits.may_retypify.
        TypificationNotOffered: not of this campaign, a heading, or archived. NoteRequired. BaseRequired.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    typification = Typification.objects.select_related("parent").filter(pk=typification_id).first()
    note = without_nul(note).strip()
    may_retypify(conversation, by).require()
    before = conversation.typification
    # The database itself says so: closed_has_outcome.
    assert before is not None
    if (before.pk, conversation.close_note) == (typification_id, note):
        return conversation
    refuse_unless_offered(typification, offered_ids(conversation))
    assert typification is not None
    refuse_unless_complete(typification, note=note, mode="normal")
    refuse_without_base(conversation, typification)
    now = timezone.now()
    if before.pk != typification.pk:
        OutcomeChange.objects.create(
            conversation=conversation, before=before, after=typification, changed_by=by, changed_at=now
        )
    conversation.typification, conversation.close_note = typification, note
    note_event(
        conversation,
        ConversationEvent.Kind.RETYPIFIED,
        at=now,
        by=by,
        typification=full_name(typification),
        before=full_name(before),
        note=note,
    )
    save_touched(conversation, "typification", "close_note")
    correct_outcome(conversation.uuid, by=by, typification=typification)
    details = {"before": {"typification": before.pk}, "after": {"typification": typification.pk}}
    journal.record("conversation_retypified", conversation, by=by, details=details)
    publish(ConversationRetypified(conversation_ids=(conversation.pk,), by_id=by.pk))
    return conversation
