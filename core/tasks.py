"""Signs of life of the workers."""

from __future__ import annotations

import time

from celery import shared_task
from django.core.cache import cache

CANARY_KEY = "canary"


@shared_task
def canary() -> None:
    """Leave the time of day where /healthz looks: a worker that went deaf after a Redis restart stops doing so (PLATFORM.md)."""
    cache.set(CANARY_KEY, time.time(), 120)
