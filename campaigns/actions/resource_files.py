"""The gallery's files: checked and measured like what agents attach (inbox.actions.uploads), and kept under a name of their own."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import uuid
from dataclasses import asdict, dataclass
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from campaigns.models import Resource
from connectors.kinds import POLICIES, MessageKind
from connectors.media_types import HEAD_BYTES, agrees, base_type, sniff
from connectors.outgoing import Problem, file_problems
from core.media.limited import Job, Measures, Unreadable, measure
from core.refusals import Invalid, NoRoom
from core.text import without_nul

logger = logging.getLogger(__name__)

UNKNOWN_TYPE = "application/octet-stream"
HASHED_BYTES = 256 * 1024
JOBS = {Resource.Kind.IMAGE: Job.PICTURE, Resource.Kind.VIDEO: Job.VIDEO}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file in the storage that no row names yet; the names are a resource's columns."""

    file_name: str
    mime: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    duration_ms: int | None
    path: str
    thumbnail_path: str

    def as_columns(self) -> dict[str, Any]:
        return asdict(self)


def keep_resource_file(kind: str, file: UploadedFile[bytes]) -> KeptFile:
    """Check, measure and store a file. Whoever called deletes it again where no row comes to name it (`drop_files`).

    Raises:
        Invalid: too heavy, of a type no channel takes as this kind, or damaged (field `file`).
        NoRoom: the storage cannot keep it now.
    """
    # By what it says it weighs, before a byte of it is copied.
    refuse_unsendable(kind, mime=None, size=file.size or 0)
    try:
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as preview:
            for chunk in file.chunks():
                source.write(chunk)
            size = source.tell()
            mime = type_of(kind, source, file.content_type or "")
            refuse_unsendable(kind, mime=mime, size=size)
            measures = measured(kind, source, preview)
            name = uuid.uuid4().hex
            path, thumbnail_path = store(f"resources/{name[:2]}/{name}", source, preview, measures)
            return KeptFile(
                file_name=without_nul(file.name or "")[:255],
                mime=mime,
                size=size,
                sha256=digest_of(source),
                width=measures.width,
                height=measures.height,
                duration_ms=measures.duration_ms,
                path=path,
                thumbnail_path=thumbnail_path,
            )
    except OSError as error:
        logger.error("no room for files: a resource was refused (%s)", error.strerror or type(error).__name__)
        raise NoRoom(_("There is no room for files right now. Try again later.")) from error


def refuse_unsendable(kind: str, *, mime: str | None, size: int) -> None:
    """Refuse what no channel would take: a resource is there to be sent. `mime` None: only its weight is known yet."""
    problems: list[Problem] = []
    for policy in POLICIES.values():
        limit = policy.media.get(MessageKind(kind))
        if limit is None:
            continue
        shown = mime if mime is not None else next(iter(limit.mime_types or policy.document_types))
        problems = file_problems(policy, MessageKind(kind), mime=shown, size_bytes=size, is_moving=False)
        if not problems:
            break
    if size == 0:
        raise refused(_("The file is empty."))
    if problems:
        raise refused(*(_(each.message) % each.values if each.values else _(each.message) for each in problems))


def type_of(kind: str, source: IO[bytes], declared: str) -> str:
    """What a file is by its bytes; a document is what it is declared to be, unless its bytes deny it (S31)."""
    source.seek(0)
    head = source.read(HEAD_BYTES)
    if kind == Resource.Kind.DOCUMENT:
        return (base_type(declared) or UNKNOWN_TYPE)[:100] if agrees(declared, head) else UNKNOWN_TYPE
    return sniff(head) or UNKNOWN_TYPE


def measured(kind: str, source: IO[bytes], preview: IO[bytes]) -> Measures:
    job = JOBS.get(Resource.Kind(kind))
    if job is None:
        return Measures()
    try:
        return measure(job, source, preview)
    except Unreadable as error:
        raise refused(_("The file is damaged or too large to open.")) from error


def store(name: str, source: IO[bytes], preview: IO[bytes], measures: Measures) -> tuple[str, str]:
    source.seek(0)
    path = default_storage.save(name, File(source))
    if not measures.has_preview:
        return path, ""
    preview.seek(0, os.SEEK_SET)
    return path, default_storage.save(f"{name}.thumbnail", File(preview))


def digest_of(source: IO[bytes]) -> str:
    source.seek(0)
    digest = hashlib.sha256()
    while chunk := source.read(HASHED_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def drop_files(*paths: str) -> None:
    """Delete files that no row names any more. One that cannot be deleted now is left and told: nobody can reach it."""
    for path in filter(None, paths):
        try:
            default_storage.delete(path)
        except OSError as error:
            logger.warning("a file of the gallery was not deleted: %s", type(error).__name__)


def refused(*sentences: str) -> Invalid:
    return Invalid(_("Check the marked fields."), fields={"file": list(sentences)})
