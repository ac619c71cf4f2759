"""Many at once: threads let go at one barrier, each with its own connection to the database."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import connections

T = TypeVar("T")

# `python3 run.py faults` asks for the figures that a closing note quotes; `python3 run.py test` for the same in small.
IS_FULL = os.environ.get("FAULTS_SCALE") == "full"
PATIENCE_SECONDS = 240.0
# A process's pool holds 24 connections; the test itself has one of them.
POOLED = 16


def scaled(*, small: int, full: int) -> int:
    return full if IS_FULL else small


def together(jobs: Sequence[Callable[[], T]]) -> list[T | BaseException]:
    """Run each job in a thread of its own, all let go at once; return what each gave or raised, in the jobs' order.

    Many threads stand for several processes: their connections are their own then, beside this process's pool, whose size would
    cap how many really are at it at once.
    """
    barrier = threading.Barrier(len(jobs))
    outcomes: list[T | BaseException] = [AssertionError("it never ended")] * len(jobs)

    def run(place: int, job: Callable[[], T]) -> None:
        try:
            if len(jobs) > POOLED:
                leave_the_pool()
            barrier.wait(PATIENCE_SECONDS)
            outcomes[place] = job()
        except BaseException as error:  # noqa: BLE001  # whatever it was, the test reads it
            outcomes[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return outcomes


def leave_the_pool() -> None:
    settings = connections["default"].settings_dict
    options = {name: value for name, value in settings["OPTIONS"].items() if name != "pool"}
    connections["default"].settings_dict = {**settings, "OPTIONS": options}
    connections["default"].ensure_connection()


def all_well(outcomes: Sequence[T | BaseException]) -> list[T]:
    """The outcomes, or the first error among them."""
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return list(outcomes)  # type: ignore[arg-type]  # no error is left among them
