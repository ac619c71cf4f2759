"""Signs of life of the workers, and the nightly look at what must always hold."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import shared_task
from django.core.cache import cache

from core import invariants
from core.hints import ROOM_FOR_CANARIES

logger = logging.getLogger(__name__)

# The time of the last sign is kept far longer than it is fresh: "silent for three hours" says more than "unknown".
CANARY_KEPT_SECONDS = 7 * 24 * 3600


def canary_key(queue: str) -> str:
    return f"canary:{queue}"


@shared_task(bind=True, room_beyond=ROOM_FOR_CANARIES)
def canary(self: Any, queue: str) -> None:
    """Leave where /healthz looks when this queue was last served, and how long its message had been on its way.

    One per queue: a worker that went deaf after a Redis restart, or a queue nobody serves, stops doing so (PLATFORM.md).
    """
    now = time.time()
    # Put there by config/celery.py when it was sent: the beat's arguments never change.
    sent_at = float(getattr(self.request, "sent_at", None) or now)
    cache.set(canary_key(queue), [now, max(0.0, now - sent_at)], CANARY_KEPT_SECONDS)


@shared_task
def check_invariants() -> int:
    """Look at everything that must always hold; return how many rules are broken. Ids alone are logged (S51)."""
    broken = 0
    for invariant, ids in invariants.look():
        if ids:
            broken += 1
            logger.error("invariant broken: %s: %s", invariant.name, ids)
    return broken
