"""Counts of the watched lists, told again soon after something in them changed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

from core.api import encode
from core.realtime.hub import DATABASE_AWAY
from core.realtime.socket import Socket
from inbox.audience import Audience
from inbox.filters import InboxFilter
from inbox.listing import counts
from inbox.watches import ListWatch, audience_of, is_followed

logger = logging.getLogger(__name__)

COUNTS_SECONDS, COUNTS_AT_ONCE = 0.5, 2
# After a round of counting it rests so many times as long as that took, and never longer than this.
COUNTS_REST, COUNTS_MOST_SECONDS = 3.0, 3.0

read_counts = database_sync_to_async(counts, thread_sensitive=False)


def count_soon(socket: Socket, watch: ListWatch) -> None:
    """At most two counts a second per list, fewer where many ask: a burst of a thousand rows is counted once at its end."""
    counting.setdefault(asyncio.get_running_loop(), Counting()).soon(socket, watch)


@dataclass(eq=False)
class Counting:
    """Lists of this process whose counts changed. One task counts for all of them: a task for each tab woke a thousand times a second.

    Whoever asks the same is counted for once, two questions at a time: a thousand tabs must not keep the database counting.
    """

    due: dict[ListWatch, Socket] = field(default_factory=dict)
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(COUNTS_AT_ONCE))
    teller: asyncio.Task[None] | None = None

    def soon(self, socket: Socket, watch: ListWatch) -> None:
        self.due[watch] = socket
        if self.teller is None or self.teller.done():
            self.teller = asyncio.create_task(self.tell())

    async def tell(self) -> None:
        took = 0.0
        while self.due:
            # Two hundred agents are two hundred questions: counting never takes more than a share of the process from what is read.
            await asyncio.sleep(min(max(COUNTS_SECONDS, took * COUNTS_REST), COUNTS_MOST_SECONDS))
            began = time.monotonic()
            # Taken before counting: a row that changes while the database counts is counted once more.
            due, self.due = self.due, {}
            asking: dict[tuple[Audience, InboxFilter], list[tuple[Socket, ListWatch]]] = defaultdict(list)
            try:
                for watch, socket in due.items():
                    if is_followed(socket, watch):
                        # The audience of now, not of when the row changed: it may have shrunk meanwhile (S04).
                        question = (await audience_of(socket), replace(watch.asked, tray=None, order="-last_activity"))
                        asking[question].append((socket, watch))
                await asyncio.gather(*(self.answer(*each) for each in asking.items()))
            except DATABASE_AWAY as error:
                logger.warning("realtime: counts wait: %s", type(error).__name__)
                self.due = {**due, **self.due}
            except Exception:
                logger.exception("realtime: counts failed")
            took = time.monotonic() - began

    async def answer(self, question: tuple[Audience, InboxFilter], askers: list[tuple[Socket, ListWatch]]) -> None:
        async with self.turn:
            found = await read_counts(*question)
        frames: dict[str, bytes] = {}
        for socket, watch in askers:
            if is_followed(socket, watch):
                if watch.name not in frames:
                    frames[watch.name] = encode({"type": "counts", "watch": watch.name, "counts": found})
                socket.push(frames[watch.name])


# By loop, as the hub: one per process, and tests run several.
counting: WeakKeyDictionary[asyncio.AbstractEventLoop, Counting] = WeakKeyDictionary()
