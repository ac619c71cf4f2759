"""Fetch a file a customer sent: its id to an address (good for minutes), the address to bytes, within limits.

Ask for the address and use it in one go. On MediaGone from `download` the address may merely have expired: resolve
again, once.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import httpx

from connectors.media_types import HEAD_BYTES, agrees, base_type, sniff
from connectors.transport import GuardedTransport, RedirectRefused, guarded_client, origin
from connectors.whatsapp.errors import ProviderFailure, SendFailed
from connectors.whatsapp.graph import connect, exchange, open_client

DOWNLOAD_TOTAL_S: Final = 120.0
_CHUNK: Final = 64 * 1024
_MEDIA_ID: Final = re.compile(r"[A-Za-z0-9_\-]{1,255}\Z")

# Where Meta keeps files. Only these ever see our token.
_HOSTS: Final = frozenset({"graph.facebook.com", "lookaside.fbsbx.com"})
_DOMAINS: Final = (".fbsbx.com", ".fbcdn.net", ".whatsapp.net")


class MediaError(Exception):
    """The file was not fetched. `permanent`: it never will be."""

    permanent = True


class MediaGone(MediaError):
    """The provider no longer has the file, or the address has expired."""


class MediaTooLarge(MediaError):
    """The file is larger than the limit given."""


class MediaRefused(MediaError):
    """The file is not what it is declared to be, or lies where we do not go."""


class MediaUnavailable(MediaError):
    """The provider did not hand the file over this time."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class MediaAltered(MediaUnavailable):
    """What arrived is not what was announced: a part of it, or other bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaAddress:
    """Where a file can be fetched for the next few minutes, and what it is declared to be."""

    url: str
    mime: str
    sha256: str = ""
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """What was written: its declared type, which the bytes bear out, their number and their SHA-256 in hexadecimal."""

    mime: str
    size_bytes: int
    sha256: str


class MediaFetcher:
    """Fetches files with one account's token. Thread-safe; close it, or use it as a context manager."""

    def __init__(self, graph_url: str, token: str) -> None:
        self._graph = httpx.URL(graph_url)
        self._token = token
        self._resolving = open_client(graph_url)
        self._api = connect(graph_url, token, self._resolving).api
        # Only the configured Graph host may be a private one (the simulator); a file never leads inside (TRUST.md S41).
        transport = GuardedTransport(total_s=DOWNLOAD_TOTAL_S, max_bytes=None, trusted=origin(self._graph))
        self._downloading = guarded_client(transport)

    def resolve(self, media_id: str) -> MediaAddress:
        """Return where a file is. Raises MediaGone or MediaUnavailable."""
        if not _MEDIA_ID.match(media_id):
            raise MediaGone("The media id is not one.")
        try:
            answer = exchange(lambda: self._api.get_media_url(media_id))
        except SendFailed as failure:
            # 100 is how Graph says that an object does not exist, or is another account's.
            if failure.code in (33, 100) or _status_of(failure) == 404:
                raise MediaGone(failure.message) from failure
            raise MediaUnavailable(failure.message, permanent=failure.permanent) from failure
        except ProviderFailure as failure:
            raise MediaUnavailable(str(failure)) from failure
        return _address(answer)

    def download(self, address: MediaAddress, *, limit_bytes: int, into: BinaryIO) -> Downloaded:
        """Write the file into `into` as it arrives and return what it is. After an error `into` may hold a part of it.

        Raises MediaGone (401, 403, 404, 410), MediaTooLarge, MediaRefused (another type, another host), MediaAltered (not
        the length or the SHA-256 announced) or MediaUnavailable.

        Source: TRUST.md R45, S31, S41, S42.
        """
        url = self._allowed(address.url)
        if address.size_bytes > limit_bytes:
            raise MediaTooLarge(f"{address.size_bytes} bytes")
        # No compression: what is counted is what is written, and a small answer cannot unfold into a large one.
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Encoding": "identity"}
        try:
            with self._downloading.stream("GET", url, headers=headers) as response:
                _refuse_unless_ok(response, limit_bytes)
                return _pour(response, address, limit_bytes, into)
        except RedirectRefused as error:
            raise MediaRefused("The address leads elsewhere.") from error
        except httpx.RequestError as error:
            raise MediaUnavailable(type(error).__name__) from error

    def close(self) -> None:
        """Close the connections."""
        self._resolving.close()
        self._downloading.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _allowed(self, address: str) -> httpx.URL:
        try:
            url = httpx.URL(address)
        except (httpx.InvalidURL, ValueError) as error:
            raise MediaRefused("The address is not one.") from error
        is_graph = (url.scheme, *origin(url)) == (self._graph.scheme, *origin(self._graph))
        is_meta_host = url.host in _HOSTS or url.host.endswith(_DOMAINS)
        is_meta = is_meta_host and url.scheme == "https" and origin(url)[1] == 443
        if url.userinfo or not (is_graph or is_meta):
            raise MediaRefused("The address is not the provider's.")
        return url


def _status_of(failure: SendFailed) -> int | None:
    response = getattr(failure.__cause__, "raw_response", None)
    return response.status_code if isinstance(response, httpx.Response) else None


def _address(answer: dict[str, Any]) -> MediaAddress:
    url, mime, size = answer.get("url"), answer.get("mime_type"), answer.get("file_size")
    if not isinstance(url, str) or not isinstance(mime, str):
        raise MediaUnavailable("The answer holds no address.")
    # Meta writes the size as a number, its documentation shows a string.
    known_size = int(size) if isinstance(size, int) or (isinstance(size, str) and size.isdecimal()) else 0
    sha256 = answer.get("sha256")
    return MediaAddress(url=url, mime=mime, sha256=sha256 if isinstance(sha256, str) else "", size_bytes=known_size)


def known_digest(written: str) -> bytes:
    """Return the SHA-256 a provider wrote, b"" if it is none: Graph writes hexadecimal, webhooks Base64."""
    try:
        digest = bytes.fromhex(written) if len(written) == 64 else base64.b64decode(written, validate=True)
    except ValueError:
        return b""
    return digest if len(digest) == 32 else b""


def _refuse_unless_ok(response: httpx.Response, limit_bytes: int) -> None:
    status = response.status_code
    if status in (401, 403, 404, 410):
        raise MediaGone(f"HTTP {status}")
    if status != 200:
        raise MediaUnavailable(f"HTTP {status}", permanent=400 <= status < 500 and status not in (408, 425, 429))
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise MediaRefused("The file came compressed.")
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > limit_bytes:
        raise MediaTooLarge(f"{announced} bytes")


def _pour(response: httpx.Response, address: MediaAddress, limit_bytes: int, into: BinaryIO) -> Downloaded:
    digest = hashlib.sha256()
    size = 0
    head = b""
    for chunk in response.iter_raw(_CHUNK):
        size += len(chunk)
        if size > limit_bytes:
            raise MediaTooLarge(f"more than {limit_bytes} bytes")
        if len(head) < HEAD_BYTES:
            head = (head + chunk)[:HEAD_BYTES]
        digest.update(chunk)
        into.write(chunk)
    if size == 0:
        raise MediaUnavailable("The file came empty.")
    if address.size_bytes not in (0, size):
        # A part of it, with an honest length of its own: half a picture opens like a whole one.
        raise MediaAltered(f"{size} bytes of {address.size_bytes}")
    if not agrees(address.mime, head):
        raise MediaRefused(f"Declared {base_type(address.mime)}, and is {sniff(head) or 'something else'}.")
    announced = known_digest(address.sha256)
    if announced and announced != digest.digest():
        raise MediaAltered("Not the bytes that were announced.")
    return Downloaded(mime=address.mime, size_bytes=size, sha256=digest.hexdigest())
