"""Agents write: replies that go out, notes that stay in, and second tries."""

from __future__ import annotations

import datetime
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.kinds import MessageKind
from connectors.whatsapp.details import outgoing
from contacts.actions import is_worth_noting, note_interactions
from core.events import publish
from core.refusals import Invalid, NotFound
from core.text import without_nul
from inbox.actions.composing import Content, TemplateChoice, compose, too_long
from inbox.actions.drafting import empty_draft
from inbox.actions.locking import lock_conversation, lock_visible_conversation, next_change, save_touched
from inbox.errors import ColleagueAnswered, MessageNotFailed
from inbox.events import MessageQueued, MessagesChanged, NoteWritten
from inbox.models import Assignment, Attachment, Conversation, Draft, Message, OutboxEntry
from inbox.models.conversation import Status
from inbox.models.message import AuthorKind
from inbox.permits import may_note, may_reply, may_send_template, person
from inbox.previews import preview_of

NOTE_LIMIT = 4096
LAST_WORDS = 30
# What Graph answers to an id of a file it does not know (100, 131009), or to a file it could not fetch or take.
FILE_REFUSED = (100, 131009, 131052, 131053)
REPLY_MOVED = ("status", "reminders_sent", "needs_first_reply", "answered", "waiting_since", "last_outbound_at", "last_activity_at", "preview", "preview_kind", "preview_direction", "preview_at")  # fmt: skip  # one line reads as the list it is

SHOWN_LAST = ("last_activity_at", "preview", "preview_kind", "preview_direction", "preview_at")


@transaction.atomic
def send_message(
    conversation_id: int,
    *,
    by: User,
    client_id: uuid.UUID,
    text: str,
    attachment_id: uuid.UUID | None = None,
    reply_to_id: int | None = None,
    kind: str = "",
    content: Content | None = None,
    written_after: int | None = None,
) -> tuple[Message, bool]:
    """Queue a reply: words, a file with its caption, or `content` (a place, cards, buttons, a template …). `kind` is what it must turn out to be, "" whatever it is. Return it and whether it is new: the same `client_id` again is the same message and sends nothing (R17).

    `written_after`: the newest message its writer had before them when they began; None sends whatever was said since.
    The message and its outbox entry are one transaction; a lost hint is found by the sweeper.

    Raises:
        ColleagueAnswered: somebody else did, since then: the writer looks at it first (P0-31).
        NotFound: the conversation is not this user's to see.
        Refusal: closed, not theirs, window closed unless it is a template, auxiliary (inbox.permits).
        Invalid: empty, more than the channel takes, or a file that is not theirs or already used.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    if known := Message.objects.filter(conversation=conversation, client_id=client_id).first():
        return known, False
    permit = may_send_template if isinstance(content, TemplateChoice) else may_reply
    permit(conversation, by).require()
    if written_after is not None:
        refuse_if_answered(conversation, by, after=written_after)
    attachment = usable_attachment(conversation, attachment_id, by)
    composed = compose(conversation, text=text, attachment=attachment, content=content)
    if kind not in ("", composed.kind):
        # A file that is something else than what was asked for: an audio is no voice note.
        raise Invalid(_("Check the marked fields."), fields={"kind": [_("The file is of another kind.")]})
    now = timezone.now()
    message = Message.objects.create(
        conversation=conversation,
        channel_account=conversation.channel_account,
        change=next_change(conversation),
        happened_at=now,
        direction="out",
        kind=composed.kind,
        text=composed.text,
        payload=composed.payload,
        details=outgoing(MessageKind(composed.kind), composed.payload.get(composed.kind)),
        reply_to=quoted_message(conversation, reply_to_id),
        author=by,
        author_kind="agent",
        status="queued",
        client_id=client_id,
    )
    if attachment is not None:
        Attachment.objects.filter(pk=attachment.pk).update(message=message)
    queue(conversation, message)
    note_reply(conversation, message, now)
    if text:
        # What was typed is sent; a place or a voice note leaves a half-written answer where it is.
        empty_draft(conversation, by=by, mode=Draft.Mode.REPLY)
    publish(MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk))
    return message, True


def send_by_itself(
    conversation: Conversation, text: str, *, client_id: uuid.UUID, content: Content | None = None
) -> Message:
    """Queue words that nobody in person wrote, in a conversation that the caller holds; the same `client_id` again is the same message.
    `content`: what there is beside them, such as choices, which the channel has to take.

    The customer still waits for an answer, and the agent has not given one: red dot, check and waiting time stay (001-14, 001-16).
    """
    if known := Message.objects.filter(conversation=conversation, client_id=client_id).first():
        return known
    now = timezone.now()
    composed = compose(conversation, text=text, attachment=None, content=content)
    message = Message.objects.create(
        conversation=conversation,
        channel_account=conversation.channel_account,
        change=next_change(conversation),
        happened_at=now,
        direction="out",
        kind=composed.kind,
        text=composed.text,
        payload=composed.payload,
        details=outgoing(MessageKind(composed.kind), composed.payload.get(composed.kind)),
        author_kind=AuthorKind.BOT,
        status="queued",
        client_id=client_id,
    )
    queue(conversation, message)
    conversation.last_activity_at = max(conversation.last_activity_at, now)
    conversation.preview, conversation.preview_kind = preview_of(message), message.kind
    conversation.preview_direction, conversation.preview_at = "out", now
    save_touched(conversation, *SHOWN_LAST)
    publish(MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk))
    return message


def refuse_if_answered(conversation: Conversation, by: User, *, after: int) -> None:
    """Among the last words only: what a colleague wrote further up was on the screen."""
    last = (
        Message.objects.filter(conversation=conversation)
        .select_related("author")
        .order_by("-happened_at", "-id")[:LAST_WORDS]
    )
    for message in last:
        is_reply = message.direction == "out" and not message.is_note and message.deleted_at is None
        if is_reply and message.pk > after and message.author is not None and message.author_id != by.pk:
            raise ColleagueAnswered(
                _("%(name)s answered while you were writing. Look at their message before you send.")
                % {"name": message.author.first_name or message.author.name},
                by=person(message.author),
            )


def queue(conversation: Conversation, message: Message) -> OutboxEntry:
    """Put the message at the end of its lane: this person on this account (R16)."""
    return OutboxEntry.objects.create(
        message=message,
        conversation=conversation,
        channel_account_id=conversation.channel_account_id,
        contact_point_id=conversation.contact_point_id,
    )


def note_reply(conversation: Conversation, message: Message, now: datetime.datetime) -> None:
    """The customer was answered: the red dot goes, the check comes, nobody waits any more (001-14, 001-16)."""
    if conversation.status == Status.ASSIGNED:
        conversation.status = Status.IN_PROGRESS
    Assignment.objects.filter(conversation=conversation, ended_at__isnull=True, first_reply_at__isnull=True).update(
        first_reply_at=now
    )
    conversation.needs_first_reply, conversation.answered, conversation.waiting_since = False, True, None
    conversation.reminders_sent = 0
    # Whoever wrote or was answered a moment ago is noted already.
    if is_worth_noting(conversation.last_word_at, now):
        note_interactions({conversation.contact_id: now})
    conversation.last_outbound_at = now
    conversation.last_activity_at = max(conversation.last_activity_at, now)
    conversation.preview, conversation.preview_kind = preview_of(message), message.kind
    conversation.preview_direction, conversation.preview_at = "out", now
    save_touched(conversation, *REPLY_MOVED)


@transaction.atomic
def write_note(conversation_id: int, *, by: User, client_id: uuid.UUID, text: str) -> tuple[Message, bool]:
    """Leave an internal note in the thread. It has no outbox entry: nothing could ever send it (S10)."""
    conversation = lock_visible_conversation(conversation_id, by)
    if known := Message.objects.filter(conversation=conversation, client_id=client_id).first():
        return known, False
    may_note(conversation, by).require()
    text = without_nul(text).strip()
    if not text:
        raise Invalid(_("Check the marked fields."), fields={"text": [_("Write something first.")]})
    if len(text) > NOTE_LIMIT:
        raise Invalid(_("Check the marked fields."), fields={"text": [too_long(len(text), NOTE_LIMIT)]})
    message = Message.objects.create(
        conversation=conversation,
        channel_account=conversation.channel_account,
        change=next_change(conversation),
        happened_at=timezone.now(),
        direction="out",
        text=text,
        is_note=True,
        author=by,
        author_kind="agent",
        status="noted",
        client_id=client_id,
    )
    save_touched(conversation)
    empty_draft(conversation, by=by, mode=Draft.Mode.NOTE)
    publish(NoteWritten(conversation_ids=(conversation.pk,), message_id=message.pk))
    return message, True


@transaction.atomic
def retry_message(conversation_id: int, message_id: int, *, by: User) -> Message:
    """Queue a failed message again: the same bubble, a new try.

    Raises:
        MessageNotFailed: it is on its way, arrived, or its outcome is not known (sending again could double it).
    """
    conversation = lock_visible_conversation(conversation_id, by)
    message = failed_message(conversation, message_id)
    permit = may_send_template if message.kind == MessageKind.TEMPLATE else may_reply
    permit(conversation, by).require()
    if message.failure_code in FILE_REFUSED:
        # The file may be what the provider does not find any more: the new try brings it anew.
        Attachment.objects.filter(message=message).update(provider_media_id="", uploaded_at=None)
    message.status, message.failure_code, message.failure_reason = "queued", None, ""
    message.failure_is_permanent = False
    message.change = next_change(conversation)
    # A new try is a new message to the provider: statuses of the failed one must not speak for it.
    message.provider_id, message.uuid = None, uuid.uuid4()
    message.save(
        update_fields=[
            "status",
            "failure_code",
            "failure_reason",
            "failure_is_permanent",
            "change",
            "provider_id",
            "uuid",
        ]
    )
    queue(conversation, message)
    save_touched(conversation)
    publish(MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk))
    return message


@transaction.atomic
def discard_message(conversation_id: int, message_id: int, *, by: User) -> Message:
    """Take a failed message off the thread. The row stays: what was tried is part of the record."""
    conversation = lock_visible_conversation(conversation_id, by)
    message = failed_message(conversation, message_id)
    may_reply_or_own(message, by)
    message.deleted_at, message.change = timezone.now(), next_change(conversation)
    message.save(update_fields=["deleted_at", "change"])
    save_touched(conversation)
    publish(MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(message.pk,)))
    return message


def may_reply_or_own(message: Message, by: User) -> None:
    # Its author may always clear their own failure away, also after the conversation went to somebody else.
    if message.author_id != by.pk:
        may_reply(lock_conversation(message.conversation_id), by).require()


def failed_message(conversation: Conversation, message_id: int) -> Message:
    message = Message.objects.filter(conversation=conversation, pk=message_id, is_note=False, direction="out").first()
    if message is None:
        raise NotFound
    # The provider's «failed» may overtake its answer to our call: until that is in, the message is still being handed over.
    is_on_its_way = OutboxEntry.objects.filter(message=message).exists()
    if message.status != "failed" or message.deleted_at is not None or is_on_its_way:
        raise MessageNotFailed(_("Only a failed message can be tried again or removed."))
    return message


def usable_attachment(conversation: Conversation, attachment_id: uuid.UUID | None, by: User) -> Attachment | None:
    """A stored file of this conversation, uploaded by this user and not sent yet; anybody else's does not exist (S02)."""
    if attachment_id is None:
        return None
    attachment = Attachment.objects.select_for_update().filter(
        pk=attachment_id, conversation=conversation, uploaded_by=by, message__isnull=True, state=Attachment.State.STORED
    ).first()  # fmt: skip
    if attachment is None:
        raise Invalid(
            _("Check the marked fields."), fields={"attachment": [_("The file is no longer there. Attach it again.")]}
        )
    return attachment


def quoted_message(conversation: Conversation, reply_to_id: int | None) -> Message | None:
    if reply_to_id is None:
        return None
    quoted = Message.objects.filter(conversation=conversation, pk=reply_to_id, is_note=False).first()
    if quoted is None:
        raise Invalid(
            _("Check the marked fields."), fields={"reply_to": [_("The quoted message is not in this conversation.")]}
        )
    return quoted
