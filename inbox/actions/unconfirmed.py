"""Messages whose answer was lost: nobody knows whether they arrived. The provider's next status settles them; if none comes, a person may."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core import journal
from core.events import publish
from core.refusals import NotFound
from inbox.actions.locking import lock_visible_conversation, next_change, save_touched
from inbox.actions.sending import may_reply_or_own, queue
from inbox.errors import MayArriveTwice, MessageNotUnconfirmed
from inbox.events import MessageQueued, MessagesChanged
from inbox.models import Conversation, Message, OutboxEntry
from inbox.models.message import PATIENCE
from inbox.permits import may_reply, may_send_template


@transaction.atomic
def resend_unconfirmed(conversation_id: int, message_id: int, *, by: User, accepts_twice: bool) -> Message:
    """Send a message again though it may have arrived [Reenviar]. Only a person decides that, and says that they know (R13).

    Raises:
        NotFound, and may_reply's refusals. MessageNotUnconfirmed: settled, or its status may still come. MayArriveTwice: not
        accepted; its message is the warning to show.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    message = unconfirmed_message(conversation, message_id)
    permit = may_send_template if message.kind == "template" else may_reply
    permit(conversation, by).require()
    if not accepts_twice:
        raise MayArriveTwice(_("The customer may receive this message twice. Send it again all the same?"))
    # Statuses of the try that was lost must not speak for this one.
    first_try, message.uuid = message.uuid, uuid.uuid4()
    message.status, message.unconfirmed_since, message.provider_id = "queued", None, None
    message.change = next_change(conversation)
    message.save(update_fields=["uuid", "status", "unconfirmed_since", "provider_id", "change"])
    queue(conversation, message)
    save_touched(conversation)
    journal.record("unconfirmed_message_resent", message, by=by, details={"first_try": str(first_try)})
    publish(MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk))
    return message


@transaction.atomic
def discard_unconfirmed(conversation_id: int, message_id: int, *, by: User) -> Message:
    """Take such a message off the thread [Descartar]. The row stays, and a late status still finds it.

    Raises:
        NotFound, and MessageNotUnconfirmed as above.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    message = unconfirmed_message(conversation, message_id)
    may_reply_or_own(message, by)
    message.deleted_at, message.change = timezone.now(), next_change(conversation)
    message.save(update_fields=["deleted_at", "change"])
    save_touched(conversation)
    journal.record("unconfirmed_message_discarded", message, by=by)
    publish(MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(message.pk,)))
    return message


def unconfirmed_message(conversation: Conversation, message_id: int) -> Message:
    message = (
        Message.objects.select_for_update()
        .filter(conversation=conversation, pk=message_id, is_note=False, direction="out")
        .first()
    )
    if message is None:
        raise NotFound
    is_on_its_way = OutboxEntry.objects.filter(message=message).exists()
    if message.status != "unknown" or message.deleted_at is not None or is_on_its_way:
        raise MessageNotUnconfirmed(_("Only a message that was not confirmed can be sent again or removed here."))
    since = message.unconfirmed_since or message.happened_at
    waited = timezone.now() - since
    if waited < PATIENCE:
        minutes = int((PATIENCE - waited).total_seconds() // 60) + 1
        raise MessageNotUnconfirmed(
            ngettext(
                "Its confirmation may still come. Wait %(n)d more minute.",
                "Its confirmation may still come. Wait %(n)d more minutes.",
                minutes,
            )
            % {"n": minutes}
        )
    return message
