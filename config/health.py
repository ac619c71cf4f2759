"""/healthz: is it well, and what waits. For load balancers and for people in a hurry; it names no data."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from core.realtime.bus import client
from core.tasks import CANARY_KEY
from inbox.models import Attachment, OutboxEntry
from webhooks.models import DeadLetter, Delivery

# A canary older than this means that no worker does its work, whatever its process says.
CANARY_SECONDS = 45
COUNT_CAP = 10_000
PATH = "/healthz"


class HealthMiddleware:
    """Answers before the Host is checked or https asked for: whoever probes a process names it by its address (127.0.0.1:8000)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return healthz(request) if request.path == PATH else self.get_response(request)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while deliveries are stored and pages served (the database answers); 503 otherwise. The rest is told, not judged."""
    database, backlog = look_at_database()
    redis = look_at_redis()
    body: dict[str, Any] = {
        "status": "ok"
        if database == "ok" and redis == "ok" and not backlog.get("files_held_up")
        else "degraded"
        if database == "ok"
        else "down",
        "database": database,
        "redis": redis,
        "workers": look_at_workers(),
        "backlog": backlog,
    }
    return JsonResponse(
        body,
        status=200 if database == "ok" else 503,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


def look_at_database() -> tuple[str, dict[str, Any]]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok", {
            "deliveries": Delivery.objects.filter(processed_at__isnull=True).order_by()[:COUNT_CAP].count(),
            "oldest_delivery_s": oldest_seconds(),
            "outbox": OutboxEntry.objects.order_by()[:COUNT_CAP].count(),
            # Ours is the side that cannot keep them: the disk is full, the bucket away (R44). Somebody has to look.
            "files_held_up": Attachment.objects.held_up().order_by()[:COUNT_CAP].count(),
            "dead_letters": DeadLetter.objects.filter(state=DeadLetter.State.DEAD).order_by()[:COUNT_CAP].count(),
        }
    except (DatabaseError, PoolTimeout):
        return "away", {}


def oldest_seconds() -> int:
    oldest = (
        Delivery.objects.filter(processed_at__isnull=True).order_by("id").values_list("received_at", flat=True).first()
    )
    return int((timezone.now() - oldest).total_seconds()) if oldest else 0


def look_at_redis() -> str:
    try:
        client().ping()
    except RedisError:
        return "away"
    return "ok"


def look_at_workers() -> str:
    seen = cache.get(CANARY_KEY)
    if seen is None:
        return "unknown"
    return "ok" if time.time() - float(seen) < CANARY_SECONDS else "silent"
