"""The product's Celery with a broker that gives a task to somebody else after two seconds (R36). `celery -A tests.core.impatient worker`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery.signals import task_postrun, task_prerun

from config.celery import app

__all__ = ["app"]

app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "visibility_timeout": 2,
    # And looks for such tasks every second, not every hundredth.
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}
RUNS = Path(os.environ["RUNS_FILE"])


@task_prerun.connect
def begun(task_id: str = "", task: Any = None, **_rest: Any) -> None:
    note(f"begun {task.name} {task_id}")


@task_postrun.connect
def ended(task_id: str = "", task: Any = None, retval: Any = None, **_rest: Any) -> None:
    note(f"ended {task.name} {task_id} {retval}")


def note(line: str) -> None:
    with RUNS.open("a") as file:
        file.write(line + "\n")
