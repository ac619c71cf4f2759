"""What happened how often, added up over all processes in one Redis hash: /metrics reads it there (config/metrics.py).

Not prometheus_client's own files: they are one machine's, and here a web, several workers and an ingress count together.
"""

from __future__ import annotations

import threading
import uuid
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
        self.handing = threading.Lock()
        self.unanswered: tuple[str, dict[str, int]] | None = None

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
            self.timer = None
        with self.handing:
            # First what could not be handed over before, under its old name: where only the answer was lost, Redis has it already.
            for _each in range(2):
                if self.unanswered is None:
                    with self.lock:
                        pending, self.pending = self.pending, defaultdict(int)
                    if not pending:
                        return
                    self.unanswered = uuid.uuid4().hex, dict(pending)
                try:
                    add_up(*self.unanswered)
                except RedisError:
                    # Kept for the next hand-over, which the next count brings about.
                    return
                self.unanswered = None


# All of a hand-over or nothing, once under each name, and no series beyond the most.
ADD_UP = """
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', 3600) then return 0 end
local left = tonumber(ARGV[1]) - redis.call('HLEN', KEYS[1])
for i = 2, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
    redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  elseif left > 0 then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    left = left - 1
  end
end
return 1
"""


def add_up(hand_over: str, amounts: dict[str, int]) -> None:
    """Add these amounts to the totals of all processes, once whatever number of times it is asked. Raises RedisError."""
    pairs = [each for pair in amounts.items() for each in pair]
    client().eval(ADD_UP, 2, counters_key(), f"{counters_key()}:{hand_over}", MOST_SERIES, *pairs)


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
