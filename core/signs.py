"""Signs of life of the workers, queue by queue: not that a canary came through, but that anything at all was begun or ended.

A queue that is full holds its canary up for long: with this, `busy` is told from `silent` (config/health.py, core/alive.py).
"""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from redis.exceptions import RedisError

from core.alive import alive_key
from core.realtime.bus import client

logger = logging.getLogger(__name__)

# A queue's worker begins or ends something at least this often, if it works at all: the longest call, an upload, takes two minutes.
SERVED_SECONDS = 150
NOTED_EVERY_SECONDS = 5.0


class Service:
    """Which queues this process served of late: written down every few seconds, not with every task."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.noted: dict[str, float] = {}

    def note(self, queue: str) -> None:
        """A worker of this queue began or ended something. Never raises."""
        now = time.monotonic()
        with self.lock:
            if now - self.noted.get(queue, -NOTED_EVERY_SECONDS) < NOTED_EVERY_SECONDS:
                return
            self.noted[queue] = now
        try:
            client().set(served_key(queue), "1", ex=SERVED_SECONDS)
        except RedisError as error:
            logger.warning("sign of life of %s not written: %s", queue, type(error).__name__)


service = Service()


def served_key(queue: str) -> str:
    return alive_key(str(settings.DATABASES["default"]["NAME"]), queue)


def is_being_served(queue: str) -> bool:
    """Whether a worker of this queue began or ended anything within SERVED_SECONDS. Raises RedisError."""
    return bool(client().exists(served_key(queue)))
