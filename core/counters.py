"""What happened how often, added up over all processes in one Redis hash: /metrics reads it there (config/metrics.py).

Not prometheus_client's own files: they are one machine's, and here a web, several workers and an ingress count together.
"""

from __future__ import annotations

import threading
from collections import defaultdict

from django.conf import settings
from redis.exceptions import RedisError

from core.realtime.bus import client

FLUSH_SECONDS = 1.0
# Labels come from a few fixed sets (a status, a code, a queue); a mistake must not fill Redis.
MOST_SERIES = 2_000


def counters_key() -> str:
    """As the realtime channel: one hash per database."""
    return f"counters:{settings.DATABASES['default']['NAME']}"


class Counters:
    """Adds up in this process, and hands over once a second. What was not handed over when a process is killed is lost: figures only."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pending: dict[str, int] = defaultdict(int)
        self.timer: threading.Timer | None = None

    def add(self, series: str, amount: int) -> None:
        with self.lock:
            if series not in self.pending and len(self.pending) >= MOST_SERIES:
                return
            self.pending[series] += amount
            if self.timer is None:
                self.timer = threading.Timer(FLUSH_SECONDS, self.flush)
                self.timer.daemon = True
                self.timer.start()

    def flush(self) -> None:
        with self.lock:
            pending, self.pending = self.pending, defaultdict(int)
            self.timer = None
        try:
            with client().pipeline(transaction=False) as pipeline:
                for series, amount in pending.items():
                    pipeline.hincrby(counters_key(), series, amount)
                pipeline.execute()
        except RedisError:
            # Kept for the next hand-over, which the next count brings about.
            with self.lock:
                for series, amount in pending.items():
                    self.pending[series] += amount


counters = Counters()


def count(name: str, amount: int = 1, **labels: str) -> None:
    """Count `amount` of `name`. Never raises, never waits. Labels: lower-case words, never a person's or a message's value (S51)."""
    if amount:
        counters.add("|".join([name, *(f"{key}={value}" for key, value in sorted(labels.items()))]), amount)


def read_counters() -> dict[tuple[str, tuple[tuple[str, str], ...]], int]:
    """Return every series: (name, labels) -> total since Redis was last emptied.

    Raises:
        RedisError: it is away.
    """
    found: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
    raw: dict[bytes, bytes] = client().hgetall(counters_key())  # type: ignore[assignment]  # redis-py's one type for both of its faces
    for series, total in raw.items():
        name, *pairs = series.decode().split("|")
        labels = [pair.partition("=") for pair in pairs]
        found[name, tuple((key, value) for key, _equals, value in labels)] = int(total)
    return found
