"""Workers of the outbox for fault tests: threads that take hints from a queue, as Celery's do, and a sweeper beside them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections

from inbox import tasks
from inbox.models import OutboxEntry
from tests.concurrency import scaled


@contextmanager
def workers(number: int, monkeypatch: pytest.MonkeyPatch, *, sweep_seconds: float = 0.3) -> Iterator[None]:
    """So many workers for as long as the block lasts. A failure in one of them fails the test."""
    hints: queue.Queue[tuple[Any, Any]] = queue.Queue()
    under_way: set[tuple[Any, Any]] = set()
    lock, over = threading.Lock(), threading.Event()
    errors: list[BaseException] = []

    def hint(task: Any, about: Any) -> None:
        # As the broker's expiry: a hint that still waits is not given twice. Whoever goes on with a number is one of several.
        with lock:
            if (task, about) not in under_way or task is tasks.keep_sending:
                under_way.add((task, about))
                hints.put((task, about))

    def work() -> None:
        try:
            while not over.is_set():
                try:
                    task, about = hints.get(timeout=0.05)
                except queue.Empty:
                    continue
                with lock:
                    under_way.discard((task, about))
                task(about)
                # As Celery does after each task: two dozen threads that keep theirs while they rest would be the whole pool.
                connections.close_all()
        except BaseException as error:  # noqa: BLE001  # told below
            errors.append(error)
        finally:
            connections.close_all()

    def sweep() -> None:
        try:
            while not over.wait(sweep_seconds):
                tasks.sweep_outbox()
                connections.close_all()
        except BaseException as error:  # noqa: BLE001  # told below
            errors.append(error)
        finally:
            connections.close_all()

    monkeypatch.setattr(tasks, "hint_again", hint)
    threads = [threading.Thread(target=work, daemon=True) for _each in range(number)]
    threads.append(threading.Thread(target=sweep, daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(90)
    assert errors == []


def until_sent(seconds: float) -> None:
    """Until the outbox is empty. Where other tests run beside this one it may take longer."""
    deadline = time.monotonic() + seconds * scaled(small=4, full=1)
    while OutboxEntry.objects.exists():
        assert time.monotonic() < deadline, f"{OutboxEntry.objects.count()} still wait"
        time.sleep(0.05)
