"""The socket of one tab: frames in and out, its watches, its end. docs/socket.md is its contract."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from functools import partial
from types import coroutine
from typing import Any

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from psycopg_pool import PoolTimeout

from core.api import encode
from core.counters import count
from core.realtime.hub import hub, topics

logger = logging.getLogger(__name__)

FRAME_LIMIT = 64 * 1024
# A tab sends a handful of frames when it opens and a ping each 20 s; a burst beyond this is a broken or hostile client.
FRAMES_PER_SECOND, FRAMES_AT_ONCE = 20.0, 100.0
# Neither Daphne nor uvicorn says how much of what we sent still waits for a tab, so the tab says it itself (docs/socket.md): after so
# many bytes or frames it is asked, and with so many questions unanswered nothing more is handed to the server in front (R25). Less than
# what an ordinary receive buffer holds: Daphne cuts the line a second after it closes it, and the reason must have left by then.
ASK_BYTES, ASK_FRAMES, UNANSWERED = 32 * 1024, 125, 3
# What waits here meanwhile, and for how long. Beyond it the snapshot is cheaper than the backlog.
QUEUE_LIMIT, QUEUE_BYTES, STALLED_SECONDS = 2000, 2 * 1024 * 1024, 30.0
WATCH_LIMIT = 16
CHECK_SECONDS = 15.0
# So many tabs a second may come back to a process that was started again, each with its list to read (R24): a tab that finds nobody
# at its first try spreads its next ones over as long as all tabs of its process need, which it is told here. Never longer than this.
RETURNS_PER_SECOND, RETURN_SECONDS = 50.0, 20.0
# Connections are renewed after some hours with jitter: nothing lives long enough to go stale, and never all at once.
AGE_SECONDS = (3 * 3600, 5 * 3600)

# Not 1009 for a large frame: autobahn, Daphne's protocol, lets an application close with codes of its own only.
MALFORMED, SIGNED_OUT, TOO_SLOW, RENEW = 4400, 4401, 4408, 4409


def return_within() -> float:
    """Over how many seconds the tabs of this process are to spread when it goes away."""
    return round(min(RETURN_SECONDS, len(hub().sockets) / RETURNS_PER_SECOND), 1)


class Socket(AsyncWebsocketConsumer):
    """One tab. Upper floors subclass it in the wiring to say who may connect (`admit`) and whether they still may (`still_valid`)."""

    async def admit(self) -> bool:
        """Tell whether this connection may open. Sets what topics need to know about the person."""
        raise NotImplementedError

    async def still_valid(self) -> bool:
        """Tell whether the session behind this socket still stands."""
        raise NotImplementedError

    async def connect(self) -> None:
        self.watches: dict[str, tuple[str, object]] = {}
        self.outgoing: deque[bytes] = deque()
        self.waiting_bytes = 0
        # Since the tab was last asked whether it keeps up.
        self.sent_frames = self.sent_bytes = 0
        self.writer: asyncio.Task[None] | None = None
        self.is_due = False
        self.asked = self.answered = 0
        self.heard = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.allowance, self.allowance_at = FRAMES_AT_ONCE, time.monotonic()
        self.ended = self.closing = False
        if not await self.admit():
            await self.close()
            return
        await self.accept()
        await hub().join(self)
        self.tasks = [asyncio.create_task(self.watch_over())]
        self.push(
            encode(
                {
                    "type": "hello",
                    "release": settings.RELEASE,
                    "server_time": timezone.now(),
                    "user_id": self.scope["user"].pk,
                    "return_within": return_within(),
                }
            )
        )

    async def disconnect(self, code: int) -> None:
        self.closing = True
        self.let_go()
        for task in (*self.tasks, self.writer):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        await self.left()

    async def left(self) -> None:
        """The socket is gone: for upper floors that keep account of who is here."""

    async def hear(self, watch: object, frame: Mapping[str, Any]) -> bool:
        """What a tab tells of something it watches, for upper floors. False: it means nothing."""
        return False

    # --- Frames in ----------------------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.ended:
            return
        if text_data is None or len(text_data.encode()) > FRAME_LIMIT or not self.spend():
            await self.end(MALFORMED)
            return
        try:
            await self.read_frame(text_data)
        except Exception:
            # Left to Channels it would end this consumer without `disconnect`: a ghost in the hub, present for hours.
            logger.exception("realtime: a frame failed")
            await self.end(RENEW)

    def spend(self) -> bool:
        """A bucket of frames that refills with time."""
        now = time.monotonic()
        self.allowance = min(FRAMES_AT_ONCE, self.allowance + (now - self.allowance_at) * FRAMES_PER_SECOND) - 1
        self.allowance_at = now
        return self.allowance >= 0

    async def read_frame(self, text: str) -> None:
        try:
            frame = orjson.loads(text)
        except orjson.JSONDecodeError:
            frame = None
        if not isinstance(frame, dict):
            await self.end(MALFORMED)
        elif frame.get("type") == "ping":
            self.push(encode({"type": "pong", "return_within": return_within()}))
        elif frame.get("type") == "answer":
            await self.note_answer(frame.get("number"))
        elif frame.get("type") == "watch":
            await self.start_watch(frame)
        elif frame.get("type") == "unwatch":
            self.watches.pop(str(frame.get("watch")), None)
        elif frame.get("type") == "tell":
            # Told of a watch that was taken away meanwhile, it is late and not wrong.
            _topic, watch = self.watches.get(str(frame.get("watch")), ("", None))
            if watch is not None and not await self.hear(watch, frame):
                await self.end(MALFORMED)
        else:
            await self.end(MALFORMED)

    async def note_answer(self, number: object) -> None:
        if not isinstance(number, int) or isinstance(number, bool) or not self.answered < number <= self.asked:
            await self.end(MALFORMED)
            return
        self.answered = number
        # We asked for this frame: it is not the client's to pay for.
        self.allowance += 1
        self.heard.set()

    async def start_watch(self, frame: Mapping[str, Any]) -> None:
        name, topic = frame.get("watch"), frame.get("topic")
        if (
            not isinstance(name, str)
            or len(name) > 40
            or not isinstance(topic, str)
            or topic not in topics()
            or (name not in self.watches and len(self.watches) >= WATCH_LIMIT)
        ):
            self.push(encode({"type": "error", "code": "malformed", "watch": str(name)[:40]}))
            return
        # What the name followed before ends now, whether or not the new watch is granted.
        self.watches.pop(name, None)
        await topics()[topic].watch(self, name, frame)

    # --- Frames out ---------------------------------------------------------------------------------------------------------

    def push(self, frame: bytes) -> None:
        """Queue a frame. A socket that does not read is closed rather than fed: it re-reads its snapshot when it comes back (R25)."""
        if self.ended:
            return
        if len(self.outgoing) >= QUEUE_LIMIT or self.waiting_bytes >= QUEUE_BYTES:
            self.tasks.append(asyncio.create_task(self.end(TOO_SLOW)))
            # Ended from this very moment: whoever pushes a thousand more in this turn of the loop fills nothing.
            self.let_go()
            return
        self.outgoing.append(frame)
        self.waiting_bytes += len(frame)
        if not self.is_due and (self.writer is None or self.writer.done()):
            self.is_due = True
            hub().hand_out_soon(self)

    def hand_out(self) -> None:
        """Send what waits, as far as that goes without waiting; where the tab or the server in front keeps us, a task goes on.

        Rejected: a task per socket that is woken for every frame. With a thousand sockets the waking cost as much as the sending.
        """
        self.is_due = False
        if self.ended or not self.outgoing:
            return
        if not self.keeps_up:
            self.writer = asyncio.create_task(self.write())
            return
        sending = self.send_gathered()
        try:
            waits_for = sending.send(None)
        except StopIteration:
            if self.outgoing:
                # What is left has its turn when the others had theirs: Daphne's send never waits.
                self.is_due = True
                hub().hand_out_soon(self)
        except OSError:
            # uvicorn's way to say that the tab went away; `disconnect` follows.
            pass
        else:
            self.writer = asyncio.create_task(self.write(resumed(sending, waits_for)))

    async def write(self, begun: Awaitable[None] | None = None) -> None:
        """Send the rest, waiting where it must; it ends with the last frame."""
        # OSError: as above.
        with contextlib.suppress(asyncio.CancelledError, OSError):
            if begun is not None:
                await begun
            while self.outgoing:
                if not await self.may_send():
                    await self.end(TOO_SLOW)
                if self.ended:
                    return
                await self.send_gathered()
                # Daphne's send never waits: without this a long queue is written in one turn of the loop.
                await asyncio.sleep(0)

    async def send_gathered(self) -> None:
        """What waits together leaves together: each message of its own costs the server in front as much as a hundred bytes do."""
        gathered: list[bytes] = []
        length = 0
        while self.outgoing and length < ASK_BYTES and len(gathered) < ASK_FRAMES:
            gathered.append(self.outgoing.popleft())
            length += len(gathered[-1])
        self.waiting_bytes -= length
        text = gathered[0] if len(gathered) == 1 else b"[" + b",".join(gathered) + b"]"
        await self.base_send({"type": "websocket.send", "text": text.decode()})
        self.sent_frames, self.sent_bytes = self.sent_frames + len(gathered), self.sent_bytes + length
        if self.sent_frames >= ASK_FRAMES or self.sent_bytes >= ASK_BYTES:
            self.sent_frames = self.sent_bytes = 0
            self.asked += 1
            await self.base_send({"type": "websocket.send", "text": f'{{"type":"ask","number":{self.asked}}}'})

    @property
    def keeps_up(self) -> bool:
        return self.asked - self.answered < UNANSWERED

    async def may_send(self) -> bool:
        """Wait until the tab has kept up. False: it has not for too long."""
        while not self.keeps_up:
            self.heard.clear()
            try:
                await asyncio.wait_for(self.heard.wait(), STALLED_SECONDS)
            except TimeoutError:
                return False
        return True

    def let_go(self) -> None:
        """Nothing more comes to this socket, and nothing is kept for it."""
        self.ended = True
        hub().leave(self)
        self.outgoing.clear()
        self.waiting_bytes = 0

    async def end(self, code: int) -> None:
        if not self.closing:
            self.closing = True
            count("sockets_closed", code=str(code))
            self.let_go()
            await self.close(code=code)

    async def watch_over(self) -> None:
        """Check now and then that the session still stands (a kick through Redis may be lost), and renew old connections."""
        until = time.monotonic() + random.uniform(*AGE_SECONDS)  # jitter, not a secret
        with contextlib.suppress(asyncio.CancelledError):
            while time.monotonic() < until:
                await asyncio.sleep(CHECK_SECONDS)
                try:
                    valid = await self.still_valid()
                except (DatabaseError, PoolTimeout, OSError):
                    # The database is away: that is not the user's doing, so the socket stays and is asked again.
                    logger.warning("realtime: a session could not be checked")
                    continue
                except Exception:
                    # Nobody would ever look again: rather a new connection, which asks at the door.
                    logger.exception("realtime: a session's check failed")
                    break
                if not valid:
                    await self.end(SIGNED_OUT)
                    return
            await self.end(RENEW)


@coroutine
def resumed(begun: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """The rest of a coroutine that was begun by hand and waits for `waits_for`, for a task to await."""
    while True:
        try:
            got = yield waits_for
        except BaseException as error:  # noqa: BLE001  # it is the coroutine's own to take or to let through
            step: Callable[[], Any] = partial(begun.throw, error)
        else:
            step = partial(begun.send, got)
        try:
            waits_for = step()
        except StopIteration:
            return
