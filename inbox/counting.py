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

Question = tuple[Audience, InboxFilter]
Asker = tuple[Socket, ListWatch]

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
    # Somebody of this round waits for the next one: what fails for good is not asked without a rest.
    has_put_off: bool = False

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
            self.has_put_off = False
            questions = await self.questions(due)
            await asyncio.gather(*(self.answer(*each) for each in questions.items()))
            took = COUNTS_MOST_SECONDS if self.has_put_off else time.monotonic() - began

    async def questions(self, due: dict[ListWatch, Socket]) -> dict[Question, list[Asker]]:
        """Return what is asked and by whom. What befalls one asker leaves the others of the round their answers."""
        asking: dict[Question, list[Asker]] = defaultdict(list)
        while due:
            watch, socket = due.popitem()
            if socket.ended or not is_followed(socket, watch):
                continue
            try:
                # The audience of now, not of when the row changed: it may have shrunk meanwhile (S04).
                audience = await audience_of(socket)
            except DATABASE_AWAY as error:
                logger.warning("realtime: counts wait: %s", type(error).__name__)
                # The others would wait for it as long as this one did.
                self.put_off([(socket, watch), *((other, each) for each, other in due.items())])
                break
            except Exception:
                logger.exception("realtime: counts failed")
                self.put_off([(socket, watch)])
            else:
                asking[audience, replace(watch.asked, tray=None, order="-last_activity")].append((socket, watch))
        return asking

    async def answer(self, question: Question, askers: list[Asker]) -> None:
        try:
            async with self.turn:
                found = await read_counts(*question)
        except DATABASE_AWAY as error:
            logger.warning("realtime: counts wait: %s", type(error).__name__)
            self.put_off(askers)
            return
        except Exception:
            logger.exception("realtime: counts failed")
            self.put_off(askers)
            return
        frames: dict[str, bytes] = {}
        for socket, watch in askers:
            if is_followed(socket, watch):
                if watch.name not in frames:
                    frames[watch.name] = encode({"type": "counts", "watch": watch.name, "counts": found})
                socket.push(frames[watch.name])

    def put_off(self, askers: list[Asker]) -> None:
        """They are counted for in the next round."""
        self.has_put_off = True
        for socket, watch in askers:
            self.due[watch] = socket


# By loop, as the hub: one per process, and tests run several.
counting: WeakKeyDictionary[asyncio.AbstractEventLoop, Counting] = WeakKeyDictionary()
