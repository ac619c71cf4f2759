"""Removing what was said: for a person's right to be erased, and for retention. That it took place, and how it ended, stays."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from core.events import publish
from core.personal import forget_values
from core.refusals import NoRoom
from inbox.actions.attachments import clear_file, delete_bytes, remove_file
from inbox.actions.closing import end_conversation
from inbox.actions.locking import lock_conversations, save_touched
from inbox.events import ContactCopiesRenewed, MessagesChanged
from inbox.models import (
    Attachment,
    Call,
    Callback,
    Conversation,
    ConversationEvent,
    Draft,
    Message,
    OutboxEntry,
    PushNotice,
    ScheduledMessage,
    Transfer,
)
from inbox.models.conversation import Status
from typification.models import Typification

# Of an event only what says nothing about anybody stays.
TOLD_STILL = ("typification", "before", "mode", "joined", "reason", "until")
FORGOTTEN = "\u2013"
COPIES = (
    "contact_name", "contact_name_folded", "contact_number", "contact_digits", "contact_is_vip", "preview", "close_note",
    "last_inbound_at", "last_outbound_at", "window_expires_at",
)  # fmt: skip


@transaction.atomic
def forget_conversation(conversation_id: int, *, by: User | None) -> int:
    """Take every message, draft and word out of a conversation, and end it where it lives; return how many messages went.

    Files are `forget_files`' and go before: a row that is gone cannot say where its bytes are. One that came in between keeps this
    from committing, and is found by whoever tries again.

    Raises:
        NoRoom: a file came in meanwhile.
    """
    conversation = lock_conversations([conversation_id]).get(conversation_id)
    if conversation is None:
        return 0
    if Attachment.objects.filter(conversation=conversation).exclude(path="").exists():
        raise NoRoom("a file came in while its conversation was being emptied")
    removed = Message.objects.filter(conversation=conversation).count()
    OutboxEntry.objects.filter(conversation=conversation).delete()
    PushNotice.objects.filter(conversation=conversation).delete()
    Draft.objects.filter(conversation=conversation).delete()
    ScheduledMessage.objects.filter(conversation=conversation).delete()
    # That it was transferred stays; the database wants it to say why.
    Transfer.objects.filter(conversation=conversation).update(note=FORGOTTEN)
    Attachment.objects.filter(conversation=conversation).delete()
    Message.objects.filter(conversation=conversation).delete()
    if conversation.status != Status.CLOSED:
        end_conversation(
            conversation,
            by=by,
            typification=Typification.objects.get(system_code="unanswered"),
            mode="erased",
            note="",
        )
    for event in ConversationEvent.objects.filter(conversation=conversation):
        event.details = {name: value for name, value in event.details.items() if name in TOLD_STILL}
        event.save(update_fields=["details"])
    for name in ("contact_name", "contact_name_folded", "contact_number", "contact_digits", "preview", "close_note"):
        setattr(conversation, name, "")
    conversation.contact_is_vip = False
    conversation.last_inbound_at = conversation.last_outbound_at = conversation.window_expires_at = None
    conversation.thread_key = ""
    save_touched(conversation, *COPIES, "thread_key")
    publish(ContactCopiesRenewed(conversation_ids=(conversation.pk,)))
    return removed


@transaction.atomic
def forget_calls(contact_ids: Sequence[int]) -> int:
    """Take number and note out of the calls with a person, and the notes out of what was promised them; that they were called, when and
    with what outcome stays. What is still promised ends: nobody is left to be contacted. Return how many calls.
    """
    calls = Call.objects.filter(contact__in=contact_ids).exclude(number="", note="")
    forget_values("inbox.call", Call.objects.filter(contact__in=contact_ids).values_list("pk", flat=True))
    promised = Callback.objects.filter(contact__in=contact_ids)
    promised.update(note="")
    promised.filter(state=Callback.State.PENDING).update(state=Callback.State.CANCELLED, ended_at=timezone.now())
    return calls.update(number="", note="")


def forget_files(attachments: QuerySet[Attachment]) -> int:
    """Delete the bytes and thumbnails of these files, and take them away from whoever could still ask; return how many.

    First nobody is served the file any more, then its bytes go, so that a stop in between leaves nothing that can be seen.

    Raises:
        NoRoom: the storage does not answer; what was done stays done, and the rest is found again.
    """
    forgotten = 0
    for attachment in list(attachments.order_by("pk")):
        with transaction.atomic():
            lock_conversations([attachment.conversation_id])
            remove_file(attachment)
        if not clear_file(attachment.pk) or not delete_bytes(attachment):
            raise NoRoom("the storage of files does not answer")
        forgotten += 1
    return forgotten


@transaction.atomic
def forget_messages(conversation_id: int, message_ids: Sequence[int], *, closed_before: datetime.datetime) -> int:
    """Remove messages of a conversation that closed long ago, with their files' rows; return how many.

    One that was opened again meanwhile keeps everything.
    """
    conversation: Conversation | None = lock_conversations([conversation_id]).get(conversation_id)
    if conversation is None or conversation.closed_at is None or conversation.closed_at >= closed_before:
        return 0
    Attachment.objects.filter(message__in=message_ids).delete()
    chosen = Message.objects.filter(conversation=conversation, pk__in=message_ids)
    removed = chosen.count()
    chosen.delete()
    if not Message.objects.filter(conversation=conversation).exists():
        conversation.preview, conversation.preview_at = "", timezone.now()
        save_touched(conversation, "preview", "preview_at")
    else:
        save_touched(conversation)
    publish(MessagesChanged(conversation_ids=(conversation.pk,), message_ids=()))
    return removed
