"""The fan-out's load: many sockets in one process that count what they are told. Reads one JSON line with what to do, answers with one.

By hand rather than with a WebSocket library: what is measured is the server, and this process shares its cores.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sys
import time
from typing import Any

import orjson
import redis

from benchmarks._group_send import make_layer

ASK = re.compile(rb'"ask","number":(\d+)')
PUT = b'"type":"put"'
WATCH = b'{"type":"watch","watch":"list","topic":"inbox","filter":{}}'
TAIL = 48
PATIENCE_SECONDS = 30.0


def masked(payload: bytes) -> bytes:
    """A client's text frame of less than 126 bytes; a mask of zeroes is a mask."""
    return bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload


class Counting(asyncio.Protocol):
    """One tab."""

    def __init__(self, crowd: Crowd, cookie: str) -> None:
        self.crowd, self.cookie = crowd, cookie
        self.is_open = False
        self.tail = b""
        self.puts = self.answered = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        origin = f"http://127.0.0.1:{self.crowd.port}"
        transport.write(
            f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{self.crowd.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: {origin}\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nCookie: session={self.cookie}\r\n\r\n".encode()
        )

    def data_received(self, received: bytes) -> None:
        assert self.transport is not None
        seen = self.tail + received
        if not self.is_open:
            if b"\r\n\r\n" not in seen:
                self.tail = seen
                return
            self.is_open = True
            self.transport.write(masked(WATCH))
        if b'"watching"' in seen and not self.puts:
            self.crowd.watching.add(self)
        puts = seen.count(PUT) - self.tail.count(PUT)
        if puts:
            self.puts += puts
            self.crowd.heard(puts)
        for match in ASK.finditer(seen):
            # Seen again in the tail, or its last digit still on its way: only a closed, new number is answered.
            if int(match[1]) > self.answered and seen[match.end() : match.end() + 1] == b"}":
                self.answered = int(match[1])
                self.transport.write(masked(b'{"type":"answer","number":%d}' % self.answered))
        self.tail = seen[-TAIL:]

    def connection_lost(self, error: Exception | None) -> None:
        self.crowd.lost += 1
        # A close frame's code stands near the end of what was said last.
        self.crowd.last_words = self.tail


class Crowd:
    """All tabs, and what they were told of the events under way."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.port: int = wanted["port"]
        self.cookies: list[str] = wanted["cookies"]
        self.sockets: int = wanted["sockets"]
        self.ids: list[int] = wanted["ids"]
        self.channel: str | None = wanted["channel"]
        self.frame: dict[str, Any] = wanted["frame"]
        self.watching: set[Counting] = set()
        self.lost = self.left = 0
        self.last_words = b""
        self.sent_at = 0.0
        self.latencies: list[float] | None = None
        self.done = asyncio.Event()
        self.client = redis.Redis.from_url(os.environ["REDIS_URL"])
        self.layer = make_layer()

    def heard(self, puts: int) -> None:
        self.left -= puts
        if self.latencies is not None:
            self.latencies += [(time.perf_counter() - self.sent_at) * 1000] * puts
        if self.left <= 0:
            self.done.set()

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for number in range(self.sockets):
            cookie = self.cookies[number % len(self.cookies)]
            await loop.create_connection(lambda cookie=cookie: Counting(self, cookie), "127.0.0.1", self.port)
            if number % 50 == 49:
                await self.until(number - 25)
        await self.until(self.sockets)

    async def until(self, watching: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.watching) < watching:
            if time.monotonic() > deadline:
                raise SystemExit(f"only {len(self.watching)} of {watching} sockets opened")
            await asyncio.sleep(0.02)

    async def tell(self, ids: list[int]) -> None:
        """Announce these rows, and wait until every tab has each of them."""
        self.left = len(ids) * self.sockets
        self.done.clear()
        self.sent_at = time.perf_counter()
        if self.channel:
            for each in ids:
                self.client.publish(self.channel, orjson.dumps(["inbox", [each]]))
        else:
            for _each in ids:
                await self.layer.group_send(f"inbox{self.port}", {"type": "show", "frame": self.frame})
        try:
            await asyncio.wait_for(self.done.wait(), PATIENCE_SECONDS)
        except TimeoutError:
            raise SystemExit(
                f"{self.left} of {len(ids) * self.sockets} deliveries never came; {self.lost} sockets were closed, the last with {self.last_words!r}"
            ) from None

    async def throughput(self, seconds: float, batch: int) -> dict[str, float]:
        await self.tell(self.ids[:batch])
        began, told = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < seconds:
            await self.tell(self.ids[:batch])
            told += batch
        spent = time.perf_counter() - began
        return {"per_second": told * self.sockets / spent, "deliveries": told * self.sockets}

    async def waits(self, seconds: float, per_second: float) -> dict[str, Any]:
        self.latencies = []
        until, number = time.perf_counter() + seconds, 0
        while (began := time.perf_counter()) < until:
            await self.tell([self.ids[number % len(self.ids)]])
            number += 1
            await asyncio.sleep(max(0.0, 1 / per_second - (time.perf_counter() - began)))
        found, self.latencies = self.latencies, None
        return {"latencies_ms": [round(each, 2) for each in found]}


async def main() -> None:
    crowd = Crowd(json.loads(sys.stdin.readline()))
    await crowd.connect()
    say({"open": len(crowd.watching)})
    # In a thread: between two turns the tabs go on answering, or the server would take them for suspended ones.
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        work = crowd.throughput if asked.pop("what") == "throughput" else crowd.waits
        say({**await work(**asked), "lost": crowd.lost})


def say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
