"""A task is a hint: the truth is a row, and a sweeper hints again. So hints may be dropped, and never pile up (TRUST.md, "Rule")."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery import Task
from django.conf import settings
from redis.exceptions import RedisError

from core.realtime.bus import client

logger = logging.getLogger(__name__)

# More than any number of workers takes on in the time that a hint is worth: beyond it nobody listens, or a sweeper will do.
MOST_WAITING = 5_000
# Canaries are let in beyond that: a queue that is full but served must not look as if nobody served it. Bounded all the same.
ROOM_FOR_CANARIES = 1_000
LOOK_EVERY_SECONDS = 1.0


class Hint(Task):
    """Every task of ours. One whose hints age (`expires`, in the settings' annotations) is not announced to a queue that is full.

    `expires` alone would not do: the broker keeps an expired message until a worker comes to throw it away, and while there is
    none they would fill its memory.
    """

    abstract = True
    # How many more than MOST_WAITING may wait before this one is left out.
    room_beyond = 0

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        if self.expires or options.get("expires"):
            queue = options.get("queue") or queue_of(self.name)
            if isinstance(queue, str) and waiting.is_full(queue, room_beyond=self.room_beyond):
                return None
        return super().apply_async(args, kwargs, **options)


def queue_of(task_name: str) -> str:
    """Where the settings' routes send a task of this name."""
    routes: dict[str, dict[str, str]] = settings.CELERY_TASK_ROUTES
    whole = routes.get(task_name) or routes.get(f"{task_name.rpartition('.')[0]}.*")
    return whole["queue"] if whole else str(settings.CELERY_TASK_DEFAULT_QUEUE)


def count_waiting(queue: str) -> int:
    """How many messages the broker holds for this queue.

    Raises:
        RedisError: it is away.
    """
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    return int(client().llen(f"{prefix}{queue}"))


class Waiting:
    """How full each queue was a moment ago. Asked before every hint, so it asks the broker itself once a second."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: dict[str, tuple[float, int]] = {}

    def is_full(self, queue: str, *, room_beyond: int = 0) -> bool:
        now = time.monotonic()
        with self.lock:
            looked_at, count = self.seen.get(queue, (-LOOK_EVERY_SECONDS, 0))
            if now - looked_at >= LOOK_EVERY_SECONDS:
                # Whoever comes meanwhile goes by the last look.
                self.seen[queue] = (now, count)
            else:
                return count >= MOST_WAITING + room_beyond
        try:
            count = count_waiting(queue)
        except RedisError:
            # Publishing will find out by itself, and has its own way of saying so.
            return False
        with self.lock:
            self.seen[queue] = (now, count)
        is_full = count >= MOST_WAITING + room_beyond
        if is_full:
            logger.warning("queue %s is full: %s hints wait, no more are sent", queue, count)
        return is_full


waiting = Waiting()
