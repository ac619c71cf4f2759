"""Somebody asks for a customer's file once more, instead of waiting for the ladder or taking its end for the last word (P0-30)."""

from __future__ import annotations

import datetime
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import publish
from core.refusals import NotFound, Refusal
from inbox.actions.attachments import FETCH_ATTEMPTS, FETCH_LEASE_SECONDS, KEPT_BY_PROVIDER, change
from inbox.actions.locking import lock_visible_conversation
from inbox.events import AttachmentsWanted
from inbox.models import Attachment


class FileGone(Refusal):
    """The provider keeps it no longer."""

    code = "file_gone"


@transaction.atomic
def fetch_again(attachment_id: uuid.UUID, *, by: User) -> Attachment:
    """Try once more, now: one that waits is brought forward, one that was given up gets one more try. What is here stays as it is.

    Raises:
        NotFound: it is not theirs to see. FileGone: taken away, none of a customer's, or older than the provider keeps files.
    """
    known = Attachment.objects.filter(pk=attachment_id).first()
    if known is None:
        raise NotFound
    lock_visible_conversation(known.conversation_id, by)
    attachment: Attachment = Attachment.objects.select_for_update().get(pk=attachment_id)
    if attachment.state == Attachment.State.STORED:
        return attachment
    now = timezone.now()
    if not attachment.provider_media_id or attachment.created_at + KEPT_BY_PROVIDER <= now:
        raise FileGone(_("WhatsApp keeps files for 7 days. Ask the customer to send it again."))
    if attachment.state == Attachment.State.FAILED:
        Attachment.objects.filter(pk=attachment.pk).update(state=Attachment.State.PENDING, next_attempt_at=now)
        change(attachment, reason="", is_held_up=False, attempt=FETCH_ATTEMPTS - 1)
    elif attachment.is_held_up or _waits_longer_than_a_lease(attachment, now):
        # Nearer than a lease it may be on its way at this moment, and comes by itself if it is not.
        Attachment.objects.filter(pk=attachment.pk).update(next_attempt_at=now)
    else:
        return attachment
    publish(AttachmentsWanted(attachment_ids=(str(attachment.pk),)))
    attachment.refresh_from_db()
    return attachment


def _waits_longer_than_a_lease(attachment: Attachment, now: datetime.datetime) -> bool:
    lease = datetime.timedelta(seconds=FETCH_LEASE_SECONDS)
    return attachment.next_attempt_at is not None and attachment.next_attempt_at > now + lease
