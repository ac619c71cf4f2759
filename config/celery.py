"""Celery turns the crank; the truth is in rows. A lost or doubled hint is harmless: leases and sweepers see to it."""

import gc
import os
import time
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, task_postrun, task_prerun, worker_init
from django.conf import settings

from core.counters import count
from core.signs import service

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ventanilla", task_cls="core.hints:Hint")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="push_tasks")
app.autodiscover_tasks(related_name="attention_tasks")


@worker_init.connect
def collect_rarely(**_: object) -> None:
    """Batches make thousands of short-lived objects without cycles: looking through all of them again and again for some cost a
    fifth of the pipeline's time. What was loaded by now stays for good.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@before_task_publish.connect
def stamp(headers: dict[str, Any] | None = None, **_rest: Any) -> None:
    """When it was sent: how long the canary was on its way (core.tasks.canary)."""
    if headers is not None:
        headers["sent_at"] = time.time()


@task_prerun.connect
@task_postrun.connect
def note_service(task: Any = None, **_rest: Any) -> None:
    """This queue is served: something of it begins or ends here."""
    queue = (getattr(task.request, "delivery_info", None) or {}).get("routing_key")
    if queue in settings.WORK_QUEUES:
        service.note(queue)


@task_postrun.connect
def note_run(task: Any = None, state: str | None = None, **_rest: Any) -> None:
    """Tasks by name and how they ended, for /metrics. Imported late by Celery itself, when a worker runs."""
    count("tasks", task=getattr(task, "name", "?"), state=(state or "?").lower())
