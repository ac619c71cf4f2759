"""How a file leaves us: after a permission check, never as something that runs, in the part asked for, without being loaded.

Source: TRUST.md S31, S32, S43, S44.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from campaigns.models import Resource
from connectors.media_types import HEAD_BYTES, agrees, base_type, sniff
from core.media.names import safe_name, with_extension
from inbox.models import Attachment

logger = logging.getLogger(__name__)

# What a browser may show inside our pages. Everything else is handed over as a download, whatever it calls itself (S31).
SHOWN_INLINE = frozenset(
    {
        "image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/3gpp",
        "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr",
    }
)  # fmt: skip
DOWNLOADED = "application/octet-stream"
CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)


class Unsatisfiable(Exception):
    """The part asked for lies outside the file."""


def answer_with_file(request: HttpRequest, attachment: Attachment) -> HttpResponseBase:
    """The attachment's own file, for GET and HEAD. The caller has checked that the user may see it. Raises Http404."""
    name = safe_name(attachment.name) or f"{attachment.kind}-{attachment.pk.hex[:8]}"
    return answer(request, attachment.path, declared=attachment.mime, name=name, tag=attachment.sha256)


def answer_with_thumbnail(request: HttpRequest, attachment: Attachment) -> HttpResponseBase:
    """The small picture made of it. Raises Http404."""
    if not attachment.thumbnail_path:
        raise Http404
    return answer(request, attachment.thumbnail_path, declared="image/webp", name=f"{attachment.pk.hex[:8]}", tag="")


def answer_with_resource(request: HttpRequest, resource: Resource) -> HttpResponseBase:
    """A file of the gallery. The caller has checked that the user may see it. Raises Http404."""
    name = safe_name(resource.file_name) or f"{resource.kind}-{resource.pk}"
    return answer(request, resource.path, declared=resource.mime, name=name, tag=resource.sha256)


def answer_with_resource_thumbnail(request: HttpRequest, resource: Resource) -> HttpResponseBase:
    """The small picture made of it. Raises Http404."""
    if not resource.thumbnail_path:
        raise Http404
    return answer(request, resource.thumbnail_path, declared="image/webp", name=f"resource-{resource.pk}", tag="")


def answer(request: HttpRequest, path: str, *, declared: str, name: str, tag: str) -> HttpResponseBase:
    try:
        file = default_storage.open(path)
    except FileNotFoundError:
        raise Http404 from None
    except OSError as error:
        logger.error("files cannot be read: %s", error.strerror or type(error).__name__)
        return HttpResponse(status=503, headers={"Retry-After": "10", "Cache-Control": "no-store"})
    try:
        mime = shown_type(declared, file)
        response = handed_to_proxy(file, path) if settings.MEDIA_ACCEL_REDIRECT else part_of(request, file, tag)
    except BaseException:
        file.close()
        raise
    response["Content-Type"] = mime
    is_download = mime == DOWNLOADED
    shown_name = name if is_download else with_extension(name, mime)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=is_download, filename=shown_name) or "attachment"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def shown_type(declared: str, file: File[Any]) -> str:
    """The type to serve: a harmless one that both the row and the bytes tell; a download otherwise.

    Asked again at each answer, so that no row, however it came to be, makes a page of a file.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    mime = base_type(declared)
    if mime not in SHOWN_INLINE or not agrees(mime, head):
        return DOWNLOADED
    seen = sniff(head)
    # A picture is exactly what its bytes are; of the containers the row knows better whether there is a picture inside.
    return seen if seen is not None and seen.startswith("image/") else mime


def part_of(request: HttpRequest, file: File[Any], tag: str) -> HttpResponseBase:
    """The body: whole, or the one part asked for, or 416. HEAD says the same without one."""
    size = file.size
    try:
        asked = asked_range(request, size, tag)
    except Unsatisfiable:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, last = asked or (0, size - 1)
    length = last - first + 1
    headers = {"Content-Length": str(length), "Accept-Ranges": "bytes"}
    if tag:
        headers["ETag"] = f'"{tag}"'
    status = 200
    if asked is not None:
        status, headers["Content-Range"] = 206, f"bytes {first}-{last}/{size}"
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers)
    file.seek(first)
    if length <= CHUNK:
        # One chunk is no stream: pictures and thumbnails leave without a thread of their own.
        with file:
            return HttpResponse(file.read(length), status=status, headers=headers)
    # Under ASGI Django would gather a plain iterator in memory first: each kind of server gets its own.
    body = AsyncPart(file, length) if isinstance(request, ASGIRequest) else Part(file, length)
    response = StreamingHttpResponse(body, status=status, headers=headers)
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]  # as Django's own FileResponse does
    return response


def asked_range(request: HttpRequest, size: int, tag: str) -> tuple[int, int] | None:
    """First and last byte of the part asked for; None for the whole file.

    Several parts, other units and what cannot be read get the whole file, as RFC 9110 (14.2) allows: no answer has to be made
    of pieces, and none is longer than the file. A part of an earlier file (If-Range) does too.

    Raises:
        Unsatisfiable: it begins after the end, or is empty.
    """
    found = _RANGE.match(request.headers.get("Range", "").replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return None
    if (known := request.headers.get("If-Range")) is not None and (not tag or known != f'"{tag}"'):
        return None
    first, last = found.groups()
    if not first:
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - int(last)), size - 1
    if int(first) >= size:
        raise Unsatisfiable
    end = min(int(last), size - 1) if last else size - 1
    # «5-2» is no range at all.
    return (int(first), end) if end >= int(first) else None


def handed_to_proxy(file: File[Any], path: str) -> HttpResponse:
    """No body: the proxy takes the file from its internal location, and sees to the part asked for."""
    file.close()
    return HttpResponse(headers={"X-Accel-Redirect": settings.MEDIA_ACCEL_REDIRECT + quote(path)})


class Part:
    """`length` bytes of an open file from where it stands, a chunk at a time."""

    def __init__(self, file: File[Any], length: int) -> None:
        self._file = file
        self._left = length

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk

    def read(self) -> bytes:
        chunk: bytes = self._file.read(min(CHUNK, self._left))
        self._left -= len(chunk)
        return chunk


class AsyncPart:
    """The same for ASGI: read in threads, so that a slow disk holds up nobody else."""

    def __init__(self, file: File[Any], length: int) -> None:
        self._part = Part(file, length)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await asyncio.to_thread(self._part.read):
            yield chunk
