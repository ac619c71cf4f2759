"""/healthz: is it well, and what waits. For load balancers and for people in a hurry; it names no data (docs/operations.md)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from config.metrics import METRICS_PATH, metrics
from core.hints import count_waiting
from core.realtime.bus import client
from core.signs import is_being_served
from core.tasks import canary_key
from inbox.models import Attachment, OutboxEntry
from webhooks.models import DeadLetter, Delivery

# A canary older than this means that no worker serves its queue, whatever its process says.
CANARY_SECONDS = 45
COUNT_CAP = 10_000
PATH = "/healthz"


class HealthMiddleware:
    """Answers before the Host is checked or https asked for: whoever probes a process names it by its address (127.0.0.1:8000)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == PATH:
            return healthz(request)
        if request.path == METRICS_PATH and settings.METRICS_TOKEN:
            return metrics(request, look=look)
        return self.get_response(request)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while deliveries are stored and pages served (the database answers); 503 otherwise. The rest is told, not judged:

    a load balancer that took every web process out because a worker is silent would turn a delay into an outage.
    """
    seen = look()
    return JsonResponse(
        seen,
        status=200 if seen["database"] == "ok" else 503,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


def look() -> dict[str, Any]:
    """Everything there is to know, as /healthz shows it."""
    database, backlog = look_at_database()
    redis = look_at_redis()
    queues = look_at_queues() if redis == "ok" else {}
    workers = judge_workers(queues)
    is_well = database == "ok" and redis == "ok" and workers == "ok" and not backlog.get("files_held_up")
    return {
        "status": "ok" if is_well else "degraded" if database == "ok" else "down",
        "database": database,
        "redis": redis,
        "workers": workers,
        "queues": queues,
        "backlog": backlog,
    }


def look_at_database() -> tuple[str, dict[str, Any]]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        deliveries = Delivery.objects.filter(processed_at__isnull=True)
        pending = Attachment.objects.filter(state=Attachment.State.PENDING)
        return "ok", {
            "deliveries": capped(deliveries),
            "oldest_delivery_s": oldest_seconds(deliveries.order_by("id"), "received_at"),
            "outbox": capped(OutboxEntry.objects.all()),
            "oldest_outbox_s": oldest_seconds(OutboxEntry.objects.order_by("due_at"), "due_at"),
            "attachments": capped(pending),
            # Ours is the side that cannot keep them: the disk is full, the bucket away (R44). Somebody has to look.
            "files_held_up": capped(Attachment.objects.held_up()),
            "dead_letters": capped(DeadLetter.objects.filter(state=DeadLetter.State.DEAD)),
        }
    except (DatabaseError, InterfaceError, PoolTimeout):
        return "away", {}


def capped(queryset: QuerySet[Any, Any]) -> int:
    return int(queryset.order_by()[:COUNT_CAP].count())


def oldest_seconds(queryset: QuerySet[Any, Model], field: str) -> int:
    """How long the first of them has waited; one that is due only later waits for nobody."""
    oldest = queryset.values_list(field, flat=True).first()
    return max(0, int((timezone.now() - oldest).total_seconds())) if oldest else 0


def look_at_redis() -> str:
    try:
        client().ping()
    except RedisError:
        return "away"
    return "ok"


def look_at_queues() -> dict[str, dict[str, Any]]:
    """Queue by queue: seconds since a worker last showed that it serves it, how long that hint had travelled, hints that wait."""
    found: dict[str, dict[str, Any]] = {}
    for queue in settings.WORK_QUEUES:
        seen = cache.get(canary_key(queue))
        age, travelled = (max(0.0, time.time() - seen[0]), seen[1]) if seen else (None, None)
        try:
            waiting, is_served = count_waiting(queue), is_being_served(queue)
        except RedisError:
            waiting, is_served = None, False
        found[queue] = {
            "seen_s_ago": None if age is None else round(age, 1),
            "round_trip_ms": None if travelled is None else round(travelled * 1000),
            "waiting": waiting,
            "state": judge_queue(age, waiting=waiting, is_served=is_served),
        }
    return found


def judge_queue(canary_age_s: float | None, *, waiting: int | None, is_served: bool) -> str:
    """`busy`: the canary stands in line behind other work, which is being done. `silent`: nobody serves it, or its workers are all held up."""
    if canary_age_s is not None and canary_age_s < CANARY_SECONDS:
        return "ok"
    return "busy" if waiting and is_served else "silent"


def judge_workers(queues: Mapping[str, Mapping[str, Any]]) -> str:
    """The worst of the queues: `silent` before `busy`, never `ok` for want of a sign. Unknown only while Redis, which holds them, is away."""
    states = {each["state"] for each in queues.values()}
    return next((each for each in ("silent", "busy", "ok") if each in states), "unknown")
