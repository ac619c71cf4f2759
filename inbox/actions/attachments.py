"""Files: fetched after they were announced; kept, given up with a reason, removed (R44, R45). inbox.actions.uploads has the others.

Bytes lie under the row's own id (S32). `path` is written before the bytes and cleared after them, so that whatever stops a
worker in between, a row still knows the file: none is ever left that no row names.
"""

from __future__ import annotations

import datetime
import logging
import tempfile
import uuid
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.kinds import MessageKind
from connectors.media_types import HEAD_BYTES, agrees, base_type
from core.events import publish
from core.media.limited import Job, Measures, Overrun, Unreadable, measure
from core.media.storage import clear_parts
from inbox.actions.locking import lock_conversation, next_change, save_touched
from inbox.events import FilesGivenUp, MessagesChanged
from inbox.models import Attachment, Message

logger = logging.getLogger(__name__)

# Longer than the slowest fetch: twice an address (10 s) and its bytes (120 s), and the measuring (35 s).
FETCH_LEASE_SECONDS = 360
# 5 s, 30 s, 2 min, 10 min, 1 h, then every 6 h for the 7 days the provider keeps it (CHANNELS.md).
FETCH_LADDER_SECONDS = (5, 30, 120, 600, 3600)
FETCH_LATER_SECONDS = 6 * 3600
FETCH_ATTEMPTS = 32
KEPT_BY_PROVIDER = datetime.timedelta(days=7)
# Our own side cannot keep it: no try is spent, and it is tried again soon; later the longer it waited, so that a full disk does
# not have everything downloaded again each minute.
HELD_UP_SECONDS = 60
HELD_UP_LONGEST_SECONDS = 900
UNSENT_KEPT = datetime.timedelta(days=1)
UNKNOWN_TYPE = "application/octet-stream"

# Kept in the row as message ids, translated where they are shown.
GONE = gettext_noop("WhatsApp no longer has this file. Ask the customer to send it again.")
UNREACHABLE = gettext_noop("WhatsApp did not hand this file over for a week. Ask the customer to send it again.")
ALTERED = gettext_noop("The file kept arriving incomplete or altered and was not kept.")
TOO_LARGE = gettext_noop("The file is larger than allowed and was not downloaded.")
REFUSED = gettext_noop("The file is not what it claims to be and was not kept.")
DAMAGED = gettext_noop("The file is damaged or unsafe to open and was not kept.")
WITHDRAWN = gettext_noop("The file was removed.")
HELD_UP = gettext_noop("Waiting to be downloaded: there is no room for files at the moment.")

PDF = b"%PDF-"

JOBS = {
    MessageKind.IMAGE: Job.PICTURE,
    MessageKind.STICKER: Job.PICTURE,
    MessageKind.VIDEO: Job.VIDEO,
    MessageKind.AUDIO: Job.SOUND,
    MessageKind.VOICE: Job.SOUND,
}


# --- Fetching ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def claim_fetch(attachment_id: str) -> Attachment | None:
    """Return a due file to fetch, postponed for the length of a lease so that nobody else fetches it meanwhile."""
    now = timezone.now()
    due = Attachment.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "message__channel_account"
    )
    attachment: Attachment | None = due.filter(
        pk=attachment_id, state=Attachment.State.PENDING, next_attempt_at__lte=now
    ).first()
    if attachment is None:
        return None
    attachment.attempt += 1
    attachment.next_attempt_at = now + datetime.timedelta(seconds=FETCH_LEASE_SECONDS)
    attachment.save(update_fields=["attempt", "next_attempt_at"])
    return attachment


def store_fetched(attachment: Attachment, file: IO[bytes], *, mime: str, size: int, sha256: str) -> None:
    """Measure the bytes that were fetched, keep them, and show them. `file` is a real file (it has a descriptor).

    A picture or a sound that cannot be opened is not kept. What cannot be measured in time is: as a download, without preview.

    Raises:
        OSError: the storage cannot keep it now; nothing is shown, and what was written is known to the row.
    """
    with tempfile.TemporaryFile() as preview:
        try:
            measures = measures_of(MessageKind(attachment.kind), file, preview)
        except Overrun:
            if attachment.kind in (MessageKind.IMAGE, MessageKind.STICKER):
                fail_fetch(attachment, reason=DAMAGED)
                return
            measures, mime = Measures(), UNKNOWN_TYPE
        except Unreadable:
            fail_fetch(attachment, reason=DAMAGED)
            return
        kept = keep_files(attachment, file, preview, measures)
    is_shown = finish(
        attachment,
        state=Attachment.State.STORED,
        mime=believed_type(mime, file)[:100],
        size=size,
        sha256=sha256,
        reason="",
        **kept,
    )
    if not is_shown and Attachment.objects.filter(pk=attachment.pk, state=Attachment.State.FAILED).update(
        path=kept["path"]
    ):
        # Removed or given up while its bytes were on their way: they must not stay behind.
        clear_file(attachment.pk)
    elif not is_shown and not Attachment.objects.filter(pk=attachment.pk).exists():
        # Erased with its message meanwhile.
        delete_bytes(attachment)


def measures_of(kind: MessageKind, file: IO[bytes], preview: IO[bytes]) -> Measures:
    """What a file measures. Raises Unreadable, Overrun, OSError, the first two never for a document, which is handed on as it is."""
    job = JOBS.get(kind)
    if job is not None:
        return measure(job, file, preview)
    return pages_of(file, preview) if kind is MessageKind.DOCUMENT else Measures()


def pages_of(file: IO[bytes], preview: IO[bytes]) -> Measures:
    """A PDF's pages, to be looked at where the message is (P0-30). Of one that is locked or damaged there is nothing to see."""
    if not is_pdf(file):
        return Measures()
    try:
        return measure(Job.PAGES, file, preview)
    except Unreadable:
        return Measures()


def is_pdf(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(len(PDF)) == PDF


def believed_type(declared: str, file: IO[bytes]) -> str:
    """The declared type if the first bytes bear it out; else none at all, so that it is only ever downloaded (S31)."""
    file.seek(0)
    return base_type(declared) if agrees(declared, file.read(HEAD_BYTES)) else UNKNOWN_TYPE


def keep_files(attachment: Attachment, file: IO[bytes], preview: IO[bytes], measures: Measures) -> dict[str, Any]:
    """Put a file and what was made of it into the storage; return the row's columns for them. Raises OSError."""
    name = storage_name(attachment)
    Attachment.objects.filter(pk=attachment.pk, state=Attachment.State.PENDING).update(path=name)
    file.seek(0)
    path = default_storage.save(name, File(file))
    thumbnail_path = ""
    if measures.has_preview:
        preview.seek(0)
        thumbnail_path = default_storage.save(thumbnail_name(attachment), File(preview))
    return {
        "path": path,
        "thumbnail_path": thumbnail_path,
        "width": measures.width,
        "height": measures.height,
        "duration_ms": measures.duration_ms,
        "pages": measures.pages,
        "waveform": None if measures.waveform is None else list(measures.waveform),
    }


def storage_name(attachment: Attachment) -> str:
    name = attachment.pk.hex
    return f"{name[:2]}/{name[2:4]}/{name}"


def thumbnail_name(attachment: Attachment) -> str:
    return f"{storage_name(attachment)}.thumbnail"


def postpone_fetch(attachment: Attachment, *, reason: str = GONE) -> None:
    """Try again later, on the ladder; after its last step, or a week, the file is given up for `reason`."""
    is_over = attachment.created_at + KEPT_BY_PROVIDER <= timezone.now()
    if attachment.attempt >= FETCH_ATTEMPTS or is_over:
        fail_fetch(attachment, reason=reason)
        return
    step = attachment.attempt - 1
    seconds = FETCH_LADDER_SECONDS[step] if step < len(FETCH_LADDER_SECONDS) else FETCH_LATER_SECONDS
    Attachment.objects.filter(pk=attachment.pk, state=Attachment.State.PENDING).update(
        next_attempt_at=timezone.now() + datetime.timedelta(seconds=seconds)
    )


def hold_fetch(attachment: Attachment, error: OSError) -> None:
    """Ours is the side that cannot keep it (disk full, bucket away): it waits, marked so, and no try is spent (R44)."""
    logger.error("no room for files: attachment %s waits (%s)", attachment.pk, error.strerror or type(error).__name__)
    if attachment.is_held_up:
        Attachment.objects.filter(pk=attachment.pk, state=Attachment.State.PENDING).update(**when_held_up(attachment))
    else:
        change(attachment, is_held_up=True, reason=HELD_UP, **when_held_up(attachment))


def when_held_up(attachment: Attachment) -> dict[str, Any]:
    now = timezone.now()
    waited_s = (now - attachment.created_at).total_seconds()
    again_in = datetime.timedelta(seconds=min(max(waited_s / 10, HELD_UP_SECONDS), HELD_UP_LONGEST_SECONDS))
    return {"next_attempt_at": now + again_in, "attempt": attachment.attempt - 1}


def fail_fetch(attachment: Attachment, *, reason: str) -> None:
    finish(attachment, state=Attachment.State.FAILED, reason=reason[:200])


def finish(attachment: Attachment, **fields: object) -> bool:
    return change(attachment, next_attempt_at=None, is_held_up=False, **fields)


@transaction.atomic
def change(attachment: Attachment, **fields: object) -> bool:
    """Move a file that is still waited for, and its message with it; return whether it still was."""
    assert attachment.message_id is not None
    conversation = lock_conversation(attachment.conversation_id)
    pending = Attachment.objects.filter(pk=attachment.pk, state=Attachment.State.PENDING)
    if not pending.update(**fields):
        # Another worker, given up for dead, was done first: a late failure must not hide the file it fetched.
        return False
    Message.objects.filter(pk=attachment.message_id).update(change=next_change(conversation))
    save_touched(conversation)
    publish(MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(attachment.message_id,)))
    return True


# --- Removing ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def remove_file(attachment: Attachment) -> None:
    """Take a message's file away for good: from now on it is served to nobody, and its bytes go soon after.

    For messages their sender withdrew, and for erasure. The caller holds the conversation's lock, moves the message's `change`
    and announces it. A storage that hangs must not hold up who calls this (a reader of deliveries), so a worker for files deletes
    the bytes; a hint that is lost leaves them to `clear_files`.
    """
    Attachment.objects.filter(pk=attachment.pk).update(
        state=Attachment.State.FAILED,
        reason=WITHDRAWN,
        next_attempt_at=None,
        is_held_up=False,
        provider_media_id="",
        name="",
        sha256="",
        waveform=None,
    )
    publish(FilesGivenUp(attachment_ids=(str(attachment.pk),)))


def clear_file(attachment_id: uuid.UUID | str) -> bool:
    """Delete the bytes of a row that gave its file up; return whether they are gone. The row forgets them only then."""
    attachment = Attachment.objects.to_clear().filter(pk=attachment_id).first()
    if attachment is None:
        return True
    if not delete_bytes(attachment):
        return False
    Attachment.objects.to_clear().filter(pk=attachment_id).update(path="", thumbnail_path="")
    return True


def delete_bytes(attachment: Attachment) -> bool:
    try:
        for name in (storage_name(attachment), thumbnail_name(attachment), attachment.path, attachment.thumbnail_path):
            if name:
                default_storage.delete(name)
    except OSError as error:
        logger.warning("file of attachment %s not deleted: %s", attachment.pk, type(error).__name__)
        return False
    return True


def discard_upload(attachment: Attachment) -> None:
    """Take back an upload that no message names: first nobody can use it, then its bytes go, then its row."""
    with transaction.atomic():
        mine = Attachment.objects.select_for_update(skip_locked=True).filter(pk=attachment.pk, message__isnull=True)
        if not mine.first():
            return
        Attachment.objects.filter(pk=attachment.pk).update(state=Attachment.State.FAILED)
    if delete_bytes(attachment):
        Attachment.objects.filter(pk=attachment.pk, message__isnull=True).delete()


def clear_files(*, limit: int = 500) -> int:
    """Remove what nobody can reach any more: bytes of rows that gave them up, uploads a day old that were never sent, and
    parts that a killed process left. Return how many rows were looked at."""
    given_up = list(Attachment.objects.to_clear().order_by("created_at").values_list("pk", flat=True)[:limit])
    for attachment_id in given_up:
        clear_file(attachment_id)
    before = timezone.now() - UNSENT_KEPT
    unsent = list(Attachment.objects.never_sent(before=before).order_by("created_at")[:limit])
    for attachment in unsent:
        discard_upload(attachment)
    clear_parts(default_storage, before=before)
    return len(given_up) + len(unsent)
