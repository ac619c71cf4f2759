"""A small HTTP/1.1 client for one address, with kept connections.

httpx was here first: at 64 connections its pool looks at every connection for every request, and carried 180
webhooks a second where this carries thousands.
"""

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 1024 * 1024


class BadAnswer(OSError):
    """The other side spoke, but not HTTP."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Poster:
    """Raises `TimeoutError` or `OSError`. How many at once is the caller's affair."""

    def __init__(self, url: str, *, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"la dirección del webhook no sirve: {url}")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host, self._port = parts.hostname, parts.port or (443 if self._tls else 80)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._host_header = parts.netloc.rpartition("@")[2]
        self._timeout = timeout
        self._idle: list[Connection] = []

    async def request(self, method: str, body: bytes, headers: dict[str, str], *, query: str = "") -> Answer:
        head = self._head(method, body, headers, query)
        async with asyncio.timeout(self._timeout):
            while (kept := self._take()) is not None:
                try:
                    return await self._exchange(kept, head + body)
                except (ConnectionError, asyncio.IncompleteReadError):
                    continue  # closed while it rested: nobody read this yet, a fresh connection is next
            try:
                return await self._exchange(await self._connect(), head + body)
            except asyncio.IncompleteReadError as error:
                raise ConnectionError("closed before an answer") from error

    async def close(self) -> None:
        while self._idle:
            self._idle.pop()[1].close()

    def _head(self, method: str, body: bytes, headers: dict[str, str], query: str) -> bytes:
        path = self._path + (("&" if "?" in self._path else "?") + query if query else "")
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host_header}", "Accept: */*"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("una cabecera no puede tener saltos de línea")
        return "\r\n".join([*lines, "", ""]).encode()

    def _take(self) -> Connection | None:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return None

    async def _connect(self) -> Connection:
        return await asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=LARGEST_HEAD)

    async def _exchange(self, connection: Connection, request: bytes) -> Answer:
        reader, writer = connection
        keep = False
        try:
            writer.write(request)
            await writer.drain()
            answer, keep = await _read_answer(reader)
            return answer
        except (asyncio.LimitOverrunError, ValueError) as error:
            raise BadAnswer(str(error)) from error
        finally:
            # Also on a time-out: what comes late must not be taken for the answer to the next request.
            if keep:
                self._idle.append(connection)
            else:
                writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    status = 100
    while status < 200:  # 1xx announce; the answer follows
        version, status, headers = await _read_head(reader)
    keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    if status in (204, 304):
        return Answer(status, b""), keep
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, await _read_chunks(reader)), keep
    if "content-length" in headers:
        length = int(headers["content-length"])
        body = await reader.readexactly(min(length, LARGEST_BODY))
        return Answer(status, body), keep and length <= LARGEST_BODY
    return Answer(status, await reader.read(LARGEST_BODY)), False


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    version, _, rest = lines[0].partition(" ")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return version, int(rest[:3]), headers


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        if len(body) + size > LARGEST_BODY:
            raise BadAnswer("the answer is too large")
        body += (await reader.readexactly(size + 2))[:-2]
    while (await reader.readuntil(b"\r\n")) != b"\r\n":
        pass  # trailers
    return body
