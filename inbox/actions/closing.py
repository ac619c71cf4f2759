"""The one closing action: panel, API, mass close, inactivity and bots end a conversation here and nowhere else (B-03)."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from typing import Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.outcomes import Purpose, offered_outcomes
from connectors.kinds import ChannelKind
from contacts.actions import is_worth_noting, note_interactions
from contacts.actions.engaging import land_outcome
from contacts.models import Attempt, BaseMember
from core import journal
from core.events import publish
from core.refusals import Invalid
from core.text import without_nul
from inbox.actions.assignment import end_assignments
from inbox.actions.calling_back import LATEST, keep_promises, promise_after, promised
from inbox.actions.locking import lock_visible_conversation, note_events, save_all_touched
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
    due_at = promised_for(typification, callback_at)
    refuse_unless_fit(
        conversation, typification, offered=offered_ids(conversation), note=note, mode=mode, due_at=due_at
    )
    assert typification is not None
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
    """End one that the caller holds and of which they asked whether it may end: see `end_conversations`."""
    end_conversations([conversation], by=by, typification=typification, mode=mode, note=note, due_at=due_at)


def end_conversations(
    conversations: Sequence[Conversation],
    *,
    by: User | None,
    typification: Typification,
    mode: str,
    note: str,
    due_at: datetime.datetime | None = None,
) -> None:
    """The one place that writes `closed`: for whoever closed it, and for what ends it without asking (a person erased). The caller holds
    the conversations, in order, and has asked whether they may end. What came of each lands on the record it is about (000-12).

    However many they are, the statements are as many, but for those that are about a record or whose contact was promised something.
    """
    now = timezone.now()
    end_assignments([each.pk for each in conversations], now)
    for conversation in conversations:
        conversation.status, conversation.closed_at, conversation.closed_by = Status.CLOSED, now, by
        conversation.typification, conversation.close_mode, conversation.close_note = typification, mode, note
        conversation.waiting_since, conversation.unread = None, 0
    said = {"typification": full_name(typification), "mode": mode, "note": note}
    note_events(conversations, ConversationEvent.Kind.CLOSED, at=now, by=by, **said)
    save_all_touched(conversations, *CLOSED)
    note_interactions({each.contact_id: now for each in conversations if is_worth_noting(each.last_word_at, now)})
    members = {each.pk: land(each, by=by, typification=typification, due_at=due_at) for each in conversations}
    if by is not None:
        # What ends by itself reached nobody.
        for each in promised(conversations):
            keep_promises(each.contact, members[each.pk], campaign=each.campaign, interaction_id=each.uuid, by=by)
    for each in conversations:
        promise_after(each, typification, member=members[each.pk], due_at=due_at, by=by)
    details = {"typification": typification.pk, "mode": mode}
    journal.record_many("conversation_closed", conversations, by=by, details=details)
    publish(ConversationClosed(conversation_ids=tuple(each.pk for each in conversations), by_id=by.pk if by else None))


def land(
    conversation: Conversation, *, by: User | None, typification: Typification, due_at: datetime.datetime | None
) -> BaseMember | None:
    """What came of a conversation, on the record it is about."""
    if conversation.base_member_id is None:
        return None
    is_mail = conversation.channel_account.kind == ChannelKind.EMAIL
    return land_outcome(
        conversation.base_member_id,
        by=by,
        typification=typification,
        medium=Attempt.Medium.EMAIL if is_mail else Attempt.Medium.CHAT,
        interaction_id=conversation.uuid,
        due_at=due_at,
    )


def refuse_unless_fit(
    conversation: Conversation,
    typification: Typification | None,
    *,
    offered: Collection[int],
    note: str,
    mode: Mode,
    due_at: datetime.datetime | None,
) -> None:
    """What an outcome demands of a conversation, whichever door it is closed by (B-03). `offered`: see `offered_ids`.

    Raises:
        TypificationNotOffered, QuickCloseUnavailable, NoteRequired, Invalid, BaseRequired, CallbackTimeRequired.
    """
    refuse_unless_offered(typification, offered)
    assert typification is not None
    refuse_unless_complete(typification, note=note, mode=mode)
    refuse_without_base(conversation, typification)
    refuse_untimed(typification, due_at)


def promised_for(typification: Typification | None, said: datetime.datetime | None) -> datetime.datetime | None:
    """When they are to be contacted again; of an outcome that does not ask for it a time says nothing."""
    asks = typification is not None and typification.asks_callback != Typification.AsksCallback.NO
    return said if asks else None


def refuse_unless_offered(typification: Typification | None, offered: Collection[int]) -> None:
    if typification is None or typification.pk not in offered:
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
