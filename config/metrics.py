"""/metrics for Prometheus. Closed unless METRICS_TOKEN is set, and then only to who brings it (S45).

Nothing is kept in this process: counters are added up in Redis over all processes (core/counters.py), the rest is read from the
database and Redis when asked. So every `web` process gives the same figures, however many there are; what is one process's own (its
open sockets) is labelled with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from core.counters import read_counters
from core.realtime.hub import read_socket_counts

METRICS_PATH = "/metrics"
TYPE = "text/plain; version=0.0.4; charset=utf-8"

# name in the code -> what Prometheus is told of it. One that is not listed is shown too: nobody needs to remember this table.
TOLD = {
    "deliveries": "POSTs of providers by answer",
    "deliveries_processed": "Deliveries read by the workers",
    "messages": "Messages stored, by direction",
    "duplicates": "Messages and statuses that came again and changed nothing (S25)",
    "sends": "Messages handed to the provider, by how it ended",
    "send_failures": "Refused messages by the provider's code",
    "tasks": "Tasks run, by name and end",
    "sockets_closed": "Sockets closed by us, by code",
}


def metrics(request: HttpRequest, *, look: Callable[[], Mapping[str, Any]]) -> HttpResponse:
    """Answer a scrape with `Authorization: Bearer <METRICS_TOKEN>`; anybody else learns nothing, not even that it is here."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if request.method != "GET" or scheme.lower() != "bearer" or not is_token(token):
        return HttpResponse(status=404, headers={"Cache-Control": "no-store"})
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(look()))
    return HttpResponse(
        generate_latest(registry),
        content_type=TYPE,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


def is_token(token: str) -> bool:
    return bool(settings.METRICS_TOKEN) and constant_time_compare(token.strip(), settings.METRICS_TOKEN)


class Figures(Collector):
    """One look, in Prometheus' terms."""

    def __init__(self, seen: Mapping[str, Any]) -> None:
        self.seen = seen

    def collect(self) -> Iterator[Metric]:
        yield from self.health()
        yield from self.queues()
        try:
            yield from self.counters()
            yield from self.sockets()
        except RedisError:
            # `ventanilla_up{part="redis"}` says why they are missing; zeroes would look like a restart.
            return

    def health(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("ventanilla_up", "1 while this part answers", labels=["part"])
        for part in ("database", "redis", "workers"):
            up.add_metric([part], float(self.seen[part] == "ok"))
        yield up
        backlog = GaugeMetricFamily("ventanilla_backlog", "What waits: rows, capped at 10,000", labels=["of"])
        age = GaugeMetricFamily("ventanilla_backlog_oldest_seconds", "How long the oldest has waited", labels=["of"])
        for name, value in self.seen["backlog"].items():
            if name.startswith("oldest_"):
                age.add_metric([name.removeprefix("oldest_").removesuffix("_s")], float(value))
            else:
                backlog.add_metric([name], float(value))
        yield from (backlog, age)

    def queues(self) -> Iterator[Metric]:
        told = {
            "seen_s_ago": GaugeMetricFamily("ventanilla_queue_canary_age_seconds", "Since a worker last served it", labels=["queue"]),
            "round_trip_ms": GaugeMetricFamily("ventanilla_queue_round_trip_milliseconds", "How long its canary had travelled", labels=["queue"]),
            "waiting": GaugeMetricFamily("ventanilla_queue_waiting", "Hints the broker holds", labels=["queue"]),
        }  # fmt: skip
        for queue, state in self.seen["queues"].items():
            for name, family in told.items():
                if state[name] is not None:
                    family.add_metric([queue], float(state[name]))
        yield from told.values()

    def counters(self) -> Iterator[Metric]:
        families: dict[str, CounterMetricFamily] = {}
        for (name, labels), total in sorted(read_counters().items()):
            keys = [key for key, _value in labels]
            family = families.setdefault(
                name, CounterMetricFamily(f"ventanilla_{name}", TOLD.get(name, name.replace("_", " ")), labels=keys)
            )
            family.add_metric([value for _key, value in labels], float(total))
        yield from families.values()

    def sockets(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("ventanilla_sockets", "Open sockets by process", labels=["process"])
        for process, count in read_socket_counts().items():
            family.add_metric([process], float(count))
        yield family
