"""A worker of the inbound pipeline without its broker: told to begin by a line, it takes in what waits and says how long it took."""

from __future__ import annotations

import cProfile
import logging
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection

from config.celery import collect_rarely
from webhooks.tasks import ingest


def main() -> None:
    connection.ensure_connection()
    # As every worker does when it starts.
    collect_rarely()
    # Every repetition is counted in the log; here all are on purpose.
    logging.getLogger("webhooks.actions").setLevel(logging.WARNING)
    say("ready")
    for _line in sys.stdin:
        began, taken = time.perf_counter(), 0
        while now := ingest():
            taken += now
        say(f"{taken} {time.perf_counter() - began:.6f}")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if path := os.environ.get("BENCH_PROFILE"):
        profile = cProfile.Profile()
        profile.runcall(main)
        profile.dump_stats(f"{path}.{os.getpid()}")
    else:
        main()
