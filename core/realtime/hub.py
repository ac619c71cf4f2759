"""One per process: hears the bus, gathers for a few milliseconds, lets each topic read its rows once and offer them to sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket as network
import time
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import orjson
import redis.asyncio
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from core.realtime.bus import channel_name, client

if TYPE_CHECKING:
    from core.realtime.socket import Socket

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.010
RECONNECT_SECONDS = 0.5
# Frames of a thousand sockets are handed out this long at a time: pings, pages and the ingress have their turn in between.
TURN_SECONDS = 0.005
# How often a process says how many sockets it holds, and for how long it is believed.
TELL_SECONDS, BELIEVED_SECONDS = 5.0, 20.0
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)


class Topic(Protocol):
    """What an upper floor brings: who may watch, and what changed rows mean to those who do."""

    async def watch(self, socket: Socket, name: str, frame: Mapping[str, Any]) -> object | None:
        """Return what to remember of this watch, or None to refuse it (the socket is told to let go)."""

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        """Read the rows and push to the hub's sockets."""

    async def resync(self, hub: Hub) -> None:
        """Announcements may have been missed: tell the sockets to read their snapshots again."""


@cache
def topics() -> Mapping[str, Topic]:
    found: Mapping[str, Topic] = import_string(settings.REALTIME_TOPICS)
    return found


class Hub:
    """The sockets of this process and the one subscription they share."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self.pending: dict[str, set[Any]] = defaultdict(set)
        self.listener: asyncio.Task[None] | None = None
        self.flusher: asyncio.Task[None] | None = None
        self.teller: asyncio.Task[None] | None = None
        self.ready: list[Socket] = []
        self.postman: asyncio.Task[None] | None = None
        self.subscribed = asyncio.Event()

    async def join(self, socket: Socket) -> None:
        self.sockets.add(socket)
        if self.listener is None or self.listener.done():
            self.listener = asyncio.create_task(self.listen())
        if self.teller is None or self.teller.done():
            self.teller = asyncio.create_task(self.tell_count())
        # A watch promises that nothing after it is missed, so the subscription must stand; while Redis is away it cannot,
        # and the snapshot every 60 s carries the panel.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.subscribed.wait(), timeout=1.0)

    def leave(self, socket: Socket) -> None:
        self.sockets.discard(socket)

    def hand_out_soon(self, socket: Socket) -> None:
        """Have the socket's frames sent once whoever pushes now has pushed all."""
        self.ready.append(socket)
        if self.postman is None or self.postman.done():
            self.postman = asyncio.create_task(self.hand_out())

    async def hand_out(self) -> None:
        """One task for every socket of the process."""
        turn = time.monotonic()
        while self.ready:
            ready, self.ready = self.ready, []
            for socket in ready:
                if time.monotonic() - turn > TURN_SECONDS:
                    await asyncio.sleep(0)
                    turn = time.monotonic()
                try:
                    socket.hand_out()
                except Exception:
                    # The others' frames do not wait for one that is broken; its tab finds out by its ping and reads anew.
                    logger.exception("realtime: a frame could not be sent")

    async def listen(self) -> None:
        while True:
            try:
                await self.hear()
            except (RedisError, OSError, *DATABASE_AWAY) as error:
                logger.warning("realtime away: %s", type(error).__name__)
            except Exception:
                # Whatever it was: a listener that ends leaves every open panel deaf until somebody else connects.
                logger.exception("realtime: the subscription failed")
            self.subscribed.clear()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def hear(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1.0, health_check_interval=10)
        try:
            async with client.pubsub() as pubsub:
                await pubsub.subscribe(channel_name())
                self.subscribed.set()
                for topic in topics().values():
                    # Whatever was announced while nobody listened is read again from the rows.
                    await topic.resync(self)
                while True:
                    message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5.0)
                    if message is not None:
                        self.gather(message["data"])
        finally:
            await client.aclose()

    async def tell_count(self) -> None:
        """Write down now and then how many sockets this process holds (/metrics); ends with the last of them."""
        while True:
            count = len(self.sockets)
            await asyncio.to_thread(write_socket_count, count)
            # Asked again: who came while it was written saw this task still running and started no other.
            if not count and not self.sockets:
                return
            if count:
                await asyncio.sleep(TELL_SECONDS)

    def gather(self, raw: bytes) -> None:
        try:
            topic, ids = orjson.loads(raw)
            ids = {each for each in ids if isinstance(each, int | str)}
        except (orjson.JSONDecodeError, ValueError, TypeError):
            logger.warning("realtime: an announcement could not be read")
            return
        if not isinstance(topic, str) or topic not in topics():
            return
        self.pending[topic].update(ids)
        if self.flusher is None or self.flusher.done():
            self.flusher = asyncio.create_task(self.flush())

    async def flush(self) -> None:
        while self.pending:
            await asyncio.sleep(GATHER_SECONDS)
            pending, self.pending = self.pending, defaultdict(set)
            for name, ids in pending.items():
                try:
                    await topics()[name].deliver(self, ids)
                except DATABASE_AWAY as error:
                    # Kept until the rows can be read: an ended session among them must not wait for its socket's own look.
                    logger.warning("realtime: topic %s waits: %s", name, type(error).__name__)
                    self.pending[name].update(ids)
                    await asyncio.sleep(RECONNECT_SECONDS)
                except Exception:
                    # One topic's trouble must not end the subscription of all.
                    logger.exception("realtime: topic %s failed", name)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of the running loop (one per process; tests run several loops)."""
    loop = asyncio.get_running_loop()
    for other in [each for each in _hubs if each.is_closed()]:
        del _hubs[other]
    return _hubs.setdefault(loop, Hub())


def sockets_key() -> str:
    return f"sockets:{settings.DATABASES['default']['NAME']}"


def write_socket_count(count: int) -> None:
    with contextlib.suppress(RedisError):
        client().hset(sockets_key(), f"{network.gethostname()}:{os.getpid()}", f"{count} {time.time():.0f}")


def read_socket_counts() -> dict[str, int]:
    """Return how many sockets each process holds; those that have not said so lately are gone.

    Raises:
        RedisError: it is away.
    """
    raw: dict[bytes, bytes] = client().hgetall(sockets_key())  # type: ignore[assignment]  # redis-py's one type for both of its faces
    told = {process.decode(): value.decode().split() for process, value in raw.items()}
    gone = [process for process, (_count, at) in told.items() if time.time() - float(at) > BELIEVED_SECONDS]
    if gone:
        client().hdel(sockets_key(), *gone)
    return {process: int(count) for process, (count, _at) in told.items() if process not in gone}
