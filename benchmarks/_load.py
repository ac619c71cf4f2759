"""The load generator, a process of its own: keep-alive connections, each sends its next request when the last is answered.

Plain sockets and one selector: a request costs it some 20 µs, a tenth of what the fastest server here needs, and it reports the share of
a core it used, so that a reader can see that it was not the bottleneck.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import socket
import time
from collections import Counter
from itertools import cycle

from benchmarks._whatsapp import signed_requests

DISTINCT = 4_000
DRAIN_SECONDS = 15.0


class Lane:
    """One connection."""

    __slots__ = ("received", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> int | None:
        """Return the status of a complete answer, None while it is not, 0 when the server hung up."""
        chunk = self.socket.recv(65_536)
        if not chunk:
            return 0
        self.received += chunk
        head, separator, rest = self.received.partition(b"\r\n\r\n")
        if not separator or len(rest) < body_length(head):
            return None
        self.received = b""
        return int(head[9:12])


def body_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without a length")


def run(*, port: int, path: str, secret: str, connections: int, seconds: float, warm_up: float) -> dict[str, object]:
    """Send for `warm_up + seconds`, then only wait for the answers that are still due: what was sent was answered or lost."""
    requests = cycle(signed_requests(DISTINCT, path=path, secret=secret))
    selector = selectors.DefaultSelector()
    lanes = [Lane(port) for _ in range(connections)]
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    clock = time.perf_counter
    measured_from = clock() + warm_up
    stop_at = measured_from + seconds
    give_up_at = stop_at + DRAIN_SECONDS
    cpu_before = time.process_time()
    for lane in lanes:
        selector.register(lane.socket, selectors.EVENT_READ, lane)
        lane.send(next(requests))
    waiting = len(lanes)
    while waiting and clock() < give_up_at:
        for key, _events in selector.select(1.0):
            lane = key.data
            status = lane.read()
            if status is None:
                continue
            now = clock()
            statuses[status] += 1
            if measured_from <= now < stop_at:
                latencies.append(now - lane.sent_at)
            if status and now < stop_at:
                lane.send(next(requests))
            else:
                selector.unregister(lane.socket)
                waiting -= 1
    wall = clock() - measured_from + warm_up
    for lane in lanes:
        lane.socket.close()
    return {
        "acknowledged": statuses.pop(200, 0),
        "refused": {str(status): count for status, count in statuses.items()},
        "unanswered": waiting,
        "per_second": len(latencies) / seconds,
        "latencies_ms": [round(each * 1000, 3) for each in latencies],
        "generator_cpu": (time.process_time() - cpu_before) / wall,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--warm-up", type=float, required=True)
    asked = parser.parse_args()
    result = run(
        port=asked.port,
        path=asked.path,
        secret=os.environ["META_APP_SECRET"].split(",")[0].strip(),
        connections=asked.connections,
        seconds=asked.seconds,
        warm_up=asked.warm_up,
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
