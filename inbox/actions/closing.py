"""The one closing action: panel, API, mass close, inactivity and bots end a conversation here and nowhere else (B-03)."""

from __future__ import annotations

from typing import Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.outcomes import Purpose, offered_outcomes
from contacts.actions import is_worth_noting, note_interactions
from core import journal
from core.events import publish
from core.refusals import Invalid
from core.text import without_nul
from inbox.actions.assignment import end_assignment
from inbox.actions.locking import lock_visible_conversation, note_event, save_touched
from inbox.errors import NoteRequired, QuickCloseUnavailable, TypificationNotOffered
from inbox.events import ConversationClosed
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.permits import may_close
from typification.models import Typification

Mode = Literal["normal", "quick"]
NOTE_LIMIT = 4000
CLOSED = ("status", "closed_at", "closed_by", "typification", "close_mode", "close_note", "waiting_since", "unread")


@transaction.atomic
def close_conversation(
    conversation_id: int, *, by: User, typification_id: int, note: str = "", mode: Mode = "normal"
) -> Conversation:
    """End a conversation with an outcome its campaign offers. Closing it again is refused, never doubled.

    Raises:
        NotFound, AlreadyClosed, NotAssigned, NotYours, NotAnswered, AuxStateForbids: see inbox.permits.may_close.
        TypificationNotOffered: not of this campaign, a heading, or archived. NoteRequired. QuickCloseUnavailable.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    typification = Typification.objects.filter(pk=typification_id).first()
    note = without_nul(note).strip()
    may_close(conversation, by).require()
    refuse_unless_offered(conversation, typification)
    assert typification is not None
    refuse_unless_complete(typification, note=note, mode=mode)
    end_conversation(conversation, by=by, typification=typification, mode=mode, note=note)
    return conversation


def end_conversation(
    conversation: Conversation, *, by: User | None, typification: Typification, mode: str, note: str
) -> None:
    """The one place that writes `closed`: for whoever closed it, and for what ends it without asking (a person erased). The caller holds
    the conversation and has asked whether it may end.
    """
    now = timezone.now()
    end_assignment(conversation, now)
    conversation.status, conversation.closed_at, conversation.closed_by = Status.CLOSED, now, by
    conversation.typification, conversation.close_mode, conversation.close_note = typification, mode, note
    conversation.waiting_since, conversation.unread = None, 0
    note_event(
        conversation,
        ConversationEvent.Kind.CLOSED,
        at=now,
        by=by,
        typification=full_name(typification),
        mode=mode,
        note=note,
    )
    save_touched(conversation, *CLOSED)
    if is_worth_noting(conversation.last_word_at, now):
        note_interactions({conversation.contact_id: now})
    journal.record("conversation_closed", conversation, by=by, details={"typification": typification.pk, "mode": mode})
    publish(ConversationClosed(conversation_ids=(conversation.pk,), by_id=by.pk if by else None))


def refuse_unless_offered(conversation: Conversation, typification: Typification | None) -> None:
    if typification is None or typification.pk not in offered_ids(conversation):
        raise TypificationNotOffered(_("This campaign does not close with that outcome. Choose one of the list."))


def refuse_unless_complete(typification: Typification, *, note: str, mode: Mode) -> None:
    if mode == "quick" and not typification.quick_close:
        raise QuickCloseUnavailable(_("«%(name)s» cannot be used for a quick close.") % {"name": typification.name})
    if typification.requires_note and not note:
        text = _("«%(name)s» needs a note.") % {"name": typification.name}
        raise NoteRequired(text, fields={"note": [text]})
    if len(note) > NOTE_LIMIT:
        raise Invalid(
            _("Check the marked fields."),
            fields={"note": [_("The note is too long: at most %(limit)d characters.") % {"limit": NOTE_LIMIT}]},
        )


def offered_ids(conversation: Conversation) -> set[int]:
    """The outcomes that may be chosen to finish a conversation: of its campaign's set, for chats."""
    offered = offered_outcomes(conversation.campaign_id, Purpose.FINISH, medium=Typification.AppliesTo.CHAT)
    return {each.pk for each in offered}


def full_name(typification: Typification) -> str:
    return f"{typification.parent.name} › {typification.name}" if typification.parent else typification.name
