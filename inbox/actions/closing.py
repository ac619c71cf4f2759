"""The one closing action: panel, API, mass close, inactivity and bots end a conversation here and nowhere else (B-03)."""

from __future__ import annotations

import datetime
from typing import Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.outcomes import Purpose, offered_outcomes
from connectors.kinds import ChannelKind
from contacts.actions import is_worth_noting, note_interactions
from contacts.actions.engaging import land_outcome
from contacts.models import Attempt
from core import journal
from core.events import publish
from core.refusals import Invalid
from core.text import without_nul
from inbox.actions.assignment import end_assignment
from inbox.actions.calling_back import LATEST, keep_promises, promise_after
from inbox.actions.locking import lock_visible_conversation, note_event, save_touched
from inbox.errors import BaseRequired, CallbackTimeRequired, NoteRequired, QuickCloseUnavailable, TypificationNotOffered
from inbox.events import ConversationClosed
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.permits import may_close
from typification.models import Typification

Mode = Literal["normal", "quick", "bulk"]
NOTE_LIMIT = 4000
CLOSED = ("status", "closed_at", "closed_by", "typification", "close_mode", "close_note", "waiting_since", "unread")


@transaction.atomic
def close_conversation(
    conversation_id: int,
    *,
    by: User,
    typification_id: int,
    note: str = "",
    mode: Mode = "normal",
    callback_at: datetime.datetime | None = None,
) -> Conversation:
    """End a conversation with an outcome its campaign offers. Closing it again is refused, never doubled.

    `callback_at`: when they are to be contacted again, for an outcome that asks for it; of others it says nothing.

    Raises:
        NotFound, AlreadyClosed, NotAssigned, NotYours, NotAnswered, AuxStateForbids, RecordOpen: see inbox.permits.may_close.
        TypificationNotOffered: not of this campaign, a heading, or archived. NoteRequired. QuickCloseUnavailable.
        BaseRequired, CallbackTimeRequired.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    typification = Typification.objects.filter(pk=typification_id).first()
    note = without_nul(note).strip()
    may_close(conversation, by).require()
    refuse_unless_offered(conversation, typification)
    assert typification is not None
    refuse_unless_complete(typification, note=note, mode=mode)
    refuse_without_base(conversation, typification)
    due_at = callback_at if typification.asks_callback != Typification.AsksCallback.NO else None
    refuse_untimed(typification, due_at)
    end_conversation(conversation, by=by, typification=typification, mode=mode, note=note, due_at=due_at)
    return conversation


def end_conversation(
    conversation: Conversation,
    *,
    by: User | None,
    typification: Typification,
    mode: str,
    note: str,
    due_at: datetime.datetime | None = None,
) -> None:
    """The one place that writes `closed`: for whoever closed it, and for what ends it without asking (a person erased). The caller holds
    the conversation and has asked whether it may end. What came of it lands on the record it is about (000-12).
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
    member = None
    if conversation.base_member_id is not None:
        is_mail = conversation.channel_account.kind == ChannelKind.EMAIL
        member = land_outcome(
            conversation.base_member_id,
            by=by,
            typification=typification,
            medium=Attempt.Medium.EMAIL if is_mail else Attempt.Medium.CHAT,
            interaction_id=conversation.uuid,
            due_at=due_at,
        )
    if by is not None:
        # What ends by itself reached nobody.
        keep_promises(
            conversation.contact, member, campaign=conversation.campaign, interaction_id=conversation.uuid, by=by
        )
    promise_after(conversation, typification, member=member, due_at=due_at, by=by)
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


def refuse_without_base(conversation: Conversation, typification: Typification) -> None:
    if typification.requires_base and conversation.base_member_id is None:
        text = _("«%(name)s» is for contacts of a base: associate the conversation first.") % {
            "name": typification.name
        }
        raise BaseRequired(text)


def refuse_untimed(typification: Typification, due_at: datetime.datetime | None) -> None:
    """A promise is made for a time to come, within a year. Raises CallbackTimeRequired."""
    if typification.asks_callback == Typification.AsksCallback.NO:
        return
    now = timezone.now()
    if due_at is None or not now < due_at <= now + LATEST:
        text = _("Say when they are contacted again: a time to come.")
        raise CallbackTimeRequired(text, fields={"callback_at": [text]})


def offered_ids(conversation: Conversation) -> set[int]:
    """The outcomes that may be chosen to finish a conversation: of its campaign's set, for chats."""
    offered = offered_outcomes(conversation.campaign_id, Purpose.FINISH, medium=Typification.AppliesTo.CHAT)
    return {each.pk for each in offered}


def full_name(typification: Typification) -> str:
    return f"{typification.parent.name} › {typification.name}" if typification.parent else typification.name
