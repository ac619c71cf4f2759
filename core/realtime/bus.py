"""What travels between processes: a topic and ids, through one Redis channel. Never a value: readers read the rows themselves.

A forged or stale message can therefore show nothing to the wrong person (S60), and a lost one is healed by the snapshot.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from functools import cache

import orjson
import redis
from django.conf import settings

logger = logging.getLogger(__name__)

# While Redis is away nobody waits for it twice: announcements are dropped for this long (the snapshot heals).
PAUSE_SECONDS = 1.0


def channel_name() -> str:
    """One channel per database: two installations, or two test processes, on one Redis do not hear each other."""
    return f"realtime:{settings.DATABASES['default']['NAME']}"


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)


class Breaker:
    """Remembers that Redis was away a moment ago."""

    def __init__(self) -> None:
        self.closed_until = 0.0
        self.lock = threading.Lock()

    def is_open(self) -> bool:
        return time.monotonic() >= self.closed_until

    def trip(self) -> None:
        with self.lock:
            self.closed_until = time.monotonic() + PAUSE_SECONDS


breaker = Breaker()


def announce(topic: str, ids: Iterable[int | str]) -> None:
    """Tell every process that the rows `ids` of `topic` changed. Never raises and never waits longer than half a second."""
    ids = list(ids)
    if not ids or not breaker.is_open():
        return
    try:
        client().publish(channel_name(), orjson.dumps([topic, ids]))
    except redis.RedisError as error:
        breaker.trip()
        logger.warning("realtime away: %s", type(error).__name__)
