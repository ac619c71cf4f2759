"""Files: stored before they are sent, or fetched after they were announced. Bytes lie under the row's own id (S32)."""

from __future__ import annotations

import datetime
import hashlib
import io
import warnings
from typing import BinaryIO, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from PIL import Image, UnidentifiedImageError

from accounts.models import User
from connectors.kinds import POLICIES, ChannelKind, MessageKind
from connectors.media_types import HEAD_BYTES, sniff
from core.events import publish
from core.refusals import TooLarge, UnsupportedMedia
from core.text import without_nul
from inbox.actions.locking import lock_conversation, lock_visible_conversation, next_change, save_touched
from inbox.events import MessagesChanged
from inbox.models import Attachment, Message
from inbox.permits import may_reply

# Against image bombs (S40): more pixels than any phone makes are refused from the header alone, nothing is decoded.
PIXEL_LIMIT = 60_000_000
# Longer than the slowest fetch: twice an address (10 s) and its bytes (120 s).
FETCH_LEASE_SECONDS = 300
# 5 s, 30 s, 2 min, 10 min, 1 h, then every 6 h for the 7 days the provider keeps it (CHANNELS.md).
FETCH_LADDER_SECONDS = (5, 30, 120, 600, 3600)
FETCH_LATER_SECONDS = 6 * 3600
FETCH_ATTEMPTS = 32

# Kept in the row as message ids, translated where they are shown.
GONE = gettext_noop("WhatsApp no longer has this file. Ask the customer to send it again.")
TOO_LARGE = gettext_noop("The file is larger than allowed and was not downloaded.")
REFUSED = gettext_noop("The file is not what it claims to be and was not kept.")


def store_upload(conversation_id: int, file: UploadedFile[bytes], *, by: User) -> Attachment:
    """Keep a picture that an agent is about to send. It belongs to this user and conversation until a message names it.

    Raises:
        NotFound, and may_reply's refusals. UnsupportedMedia: not a JPEG or PNG, whatever its name says. TooLarge.
    """
    with transaction.atomic():
        conversation = lock_visible_conversation(conversation_id, by)
        may_reply(conversation, by).require()
        kind = ChannelKind(conversation.channel_account.kind)
    limit = POLICIES[kind].media[MessageKind.IMAGE]
    if file.size is None or file.size > limit.max_bytes:
        megabytes = (file.size or 0) / 1_048_576
        raise TooLarge(
            _("The image weighs %(size).1f MB; WhatsApp accepts up to %(limit)d MB.")
            % {"size": megabytes, "limit": limit.max_bytes // 1_048_576}
        )
    content = file.read()
    mime = sniff(content[:HEAD_BYTES])
    if mime is None or not limit.admits_type(mime):
        raise UnsupportedMedia(_("Only JPEG and PNG images can be sent. This file is something else."))
    size = picture_size(io.BytesIO(content))
    if size is None:
        raise UnsupportedMedia(_("The image is damaged or too large to open."))
    attachment = Attachment(
        conversation=conversation,
        kind=MessageKind.IMAGE,
        name=without_nul(file.name or "")[:255],
        mime=mime,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        width=size[0],
        height=size[1],
        state=Attachment.State.STORED,
        uploaded_by=by,
    )
    attachment.path = default_storage.save(storage_name(attachment), ContentFile(content))
    attachment.save()
    return attachment


def storage_name(attachment: Attachment) -> str:
    name = attachment.pk.hex
    return f"{name[:2]}/{name[2:4]}/{name}"


def picture_size(file: BinaryIO) -> tuple[int, int] | None:
    """Width and height out of the header; None for what is no picture, or one too large to be one."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file, formats=("JPEG", "PNG", "WEBP", "GIF")) as picture:
                width, height = picture.size
        except (
            UnidentifiedImageError,
            OSError,
            ValueError,
            Image.DecompressionBombError,
            Image.DecompressionBombWarning,
        ):
            return None
    return (width, height) if 0 < width * height <= PIXEL_LIMIT else None


@transaction.atomic
def claim_fetch(attachment_id: str) -> Attachment | None:
    """Return a due file to fetch, postponed for the length of a lease so that nobody else fetches it meanwhile."""
    now = timezone.now()
    due = Attachment.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "message__channel_account"
    )
    attachment = due.filter(pk=attachment_id, state=Attachment.State.PENDING, next_attempt_at__lte=now).first()
    if attachment is None:
        return None
    attachment.attempt += 1
    attachment.next_attempt_at = now + datetime.timedelta(seconds=FETCH_LEASE_SECONDS)
    attachment.save(update_fields=["attempt", "next_attempt_at"])
    return attachment


def store_fetched(attachment: Attachment, file: File[bytes], *, mime: str, size: int, sha256: str) -> None:
    """Keep the bytes that were fetched, and show them."""
    dimensions = picture_size(cast(BinaryIO, file.file)) if attachment.kind == MessageKind.IMAGE else None
    if attachment.kind == MessageKind.IMAGE and dimensions is None:
        fail_fetch(attachment, reason=REFUSED)
        return
    file.seek(0)
    path = default_storage.save(storage_name(attachment), file)
    width, height = dimensions or (None, None)
    finish(
        attachment,
        state=Attachment.State.STORED,
        path=path,
        mime=mime[:100],
        size=size,
        sha256=sha256,
        width=width,
        height=height,
        reason="",
    )


def postpone_fetch(attachment: Attachment) -> None:
    """Try again later, on the ladder; after the last step the file is given up."""
    if attachment.attempt >= FETCH_ATTEMPTS:
        fail_fetch(attachment, reason=GONE)
        return
    step = attachment.attempt - 1
    seconds = FETCH_LADDER_SECONDS[step] if step < len(FETCH_LADDER_SECONDS) else FETCH_LATER_SECONDS
    Attachment.objects.filter(pk=attachment.pk).update(
        next_attempt_at=timezone.now() + datetime.timedelta(seconds=seconds)
    )


def fail_fetch(attachment: Attachment, *, reason: str) -> None:
    finish(attachment, state=Attachment.State.FAILED, reason=reason[:200])


@transaction.atomic
def finish(attachment: Attachment, **fields: object) -> None:
    assert attachment.message_id is not None
    conversation = lock_conversation(attachment.conversation_id)
    pending = Attachment.objects.filter(pk=attachment.pk, state=Attachment.State.PENDING)
    if not pending.update(next_attempt_at=None, **fields):
        # Another worker, given up for dead, was done first: a late failure must not hide the file it fetched.
        return
    Message.objects.filter(pk=attachment.message_id).update(change=next_change(conversation))
    save_touched(conversation)
    publish(MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(attachment.message_id,)))
