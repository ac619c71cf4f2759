"""Files that agents are about to send: checked, measured, turned into what the channel takes, and kept until a message names them.

What a customer sent is inbox.actions.attachments' matter; the two share how bytes are kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.kinds import POLICIES, ChannelKind, MediaLimit, MessageKind
from connectors.media_types import HEAD_BYTES, agrees, base_type, sniff
from connectors.outgoing import is_moving_webp
from core.media.limited import Job, Unreadable, measure
from core.refusals import Crowded, NoRoom, TooLarge, UnsupportedMedia
from core.text import without_nul
from inbox.actions.attachments import UNKNOWN_TYPE, discard_upload, is_pdf, keep_files, measures_of
from inbox.actions.locking import lock_visible_conversation
from inbox.models import Attachment
from inbox.permits import may_attach, may_send_template

logger = logging.getLogger(__name__)

HASHED_BYTES = 256 * 1024
# What a form holds besides its file.
FORM_BYTES = 64 * 1024
# Opening a long sound takes up to 90 s, drawing a PDF's pages up to 20: a process that serves pages must not spend all its threads on it (docker-compose.yml: 8).
SLOW_KINDS = frozenset({MessageKind.VOICE, MessageKind.AUDIO, MessageKind.VIDEO})
PREPARED_AT_ONCE, CROWDED_SECONDS = 3, 10.0
being_prepared = threading.BoundedSemaphore(PREPARED_AT_ONCE)


def store_upload(
    conversation_id: int, file: UploadedFile[bytes], *, by: User, kind: MessageKind = MessageKind.IMAGE
) -> Attachment:
    """Keep a file that an agent is about to send as `kind`. It is this user's and conversation's until a message names it.

    A voice note may be whatever the browser recorded; it is kept as Ogg/Opus. Unsent, it is purged after a day.

    Raises:
        NotFound, and may_attach's refusals. UnsupportedMedia: the bytes are not of a type this kind may have, or damaged.
        TooLarge. Crowded: others' sounds and videos are being prepared. NoRoom: the storage cannot keep it now; the text and its draft are untouched (R44).
    """
    with transaction.atomic():
        conversation = lock_visible_conversation(conversation_id, by)
        # A note spoken here is no file from elsewhere (004-05, 001-40).
        permit = may_send_template if kind is MessageKind.VOICE else may_attach
        permit(conversation, by).require()
        limit = POLICIES[ChannelKind(conversation.channel_account.kind)].media[kind]
    if file.size is None or file.size > limit.max_bytes:
        raise TooLarge(too_heavy(kind, file.size or 0, limit.max_bytes))
    attachment = Attachment(
        conversation=conversation, kind=kind, name=without_nul(file.name or "")[:255], mime=UNKNOWN_TYPE, uploaded_by=by
    )
    try:
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as made:
            for chunk in file.chunks():
                source.write(chunk)
            keep_upload(attachment, source, made, declared=file.content_type or "", limit=limit)
    except OSError as error:
        logger.error("no room for files: an upload was refused (%s)", error.strerror or type(error).__name__)
        discard_upload(attachment)
        raise NoRoom(
            _("There is no room for files right now. Your text is kept; send it without the file or try again later.")
        ) from error
    return attachment


def keep_upload(
    attachment: Attachment, source: IO[bytes], made: IO[bytes], *, declared: str, limit: MediaLimit
) -> None:
    kind = MessageKind(attachment.kind)
    if kind is MessageKind.VOICE:
        content, mime = made, "audio/ogg"
    else:
        content, mime = source, uploaded_type(kind, source, declared)
        if not limit.admits_type(mime):
            raise UnsupportedMedia(not_such_a_file(kind))
    try:
        with turn_for(kind, source):
            measures = (
                measure(Job.VOICE, source, made) if kind is MessageKind.VOICE else measures_of(kind, source, made)
            )
    except Unreadable as error:
        raise UnsupportedMedia(damaged(kind)) from error
    attachment.mime, attachment.size = mime, content.seek(0, os.SEEK_END)
    content.seek(0)
    attachment.is_moving = kind is MessageKind.STICKER and is_moving_webp(content.read(HEAD_BYTES))
    content.seek(0)
    attachment.sha256 = digest_of(content)
    attachment.save()
    for name, value in keep_files(attachment, content, made, measures).items():
        setattr(attachment, name, value)
    attachment.state = Attachment.State.STORED
    attachment.save()


@contextlib.contextmanager
def turn_for(kind: MessageKind, source: IO[bytes]) -> Iterator[None]:
    """Wait for one of the few places where sounds, videos and PDFs are opened; pictures and other documents need none.

    Raises:
        Crowded: nobody was done in CROWDED_SECONDS.
    """
    if kind not in SLOW_KINDS and not (kind is MessageKind.DOCUMENT and is_pdf(source)):
        yield
        return
    if not being_prepared.acquire(timeout=CROWDED_SECONDS):
        raise Crowded(_("Too many requests in a short time. Wait a moment and try again."))
    try:
        yield
    finally:
        being_prepared.release()


def digest_of(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(HASHED_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def refuse_heavy_body(size_bytes: int) -> None:
    """Refuse a body by what it says it weighs, before any of it is read: no kind of file on any channel is that large. Raises TooLarge."""
    most = max(limit.max_bytes for policy in POLICIES.values() for limit in policy.media.values())
    if size_bytes > most + FORM_BYTES:
        raise TooLarge(too_heavy(MessageKind.DOCUMENT, size_bytes, most))


def uploaded_type(kind: MessageKind, source: IO[bytes], declared: str) -> str:
    """What an upload is by its bytes. A document may be anything, and is what it is declared to be unless its bytes deny it."""
    source.seek(0)
    head = source.read(HEAD_BYTES)
    if kind is MessageKind.DOCUMENT:
        return (base_type(declared) or UNKNOWN_TYPE)[:100] if agrees(declared, head) else UNKNOWN_TYPE
    seen = sniff(head) or UNKNOWN_TYPE
    # An MP4 does not say in front whether there is a picture in it.
    return "audio/mp4" if kind is MessageKind.AUDIO and seen == "video/mp4" else seen


def too_heavy(kind: MessageKind, size: int, limit: int) -> str:
    if kind is MessageKind.IMAGE:
        return _("The image weighs %(size).1f MB; WhatsApp accepts up to %(limit)d MB.") % {
            "size": size / 1_048_576,
            "limit": limit // 1_048_576,
        }
    return _("The file weighs %(size)s; WhatsApp accepts up to %(limit)s.") % {
        "size": filesizeformat(size),
        "limit": filesizeformat(limit),
    }


def not_such_a_file(kind: MessageKind) -> str:
    if kind is MessageKind.IMAGE:
        return _("Only JPEG and PNG images can be sent. This file is something else.")
    return _("WhatsApp does not accept this type of file here. Send it as a document.")


def damaged(kind: MessageKind) -> str:
    if kind is MessageKind.IMAGE:
        return _("The image is damaged or too large to open.")
    return _("The file is damaged or too long to open.")
