"""The servers that are measured: processes of their own, which end with the benchmark."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.children import Child, start_child, stop_children
from runner.places import ROOT
from runner.product import free_port
from runner.terminal import last_lines

START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """How to start one."""

    name: str
    application: str
    under: str = "daphne"
    environment: tuple[tuple[str, str], ...] = ()

    def command(self, port: int) -> list[str | Path]:
        if self.under == "uvicorn":
            # The load answers our questions, not the server's own pings.
            options = [
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                "--no-access-log",
                "--log-level",
                "warning",
                "--ws-ping-interval",
                "3600",
            ]
        else:
            options = ["-b", "127.0.0.1", "-p", str(port), "-v", "0", "--ping-interval", "3600"]
        return [sys.executable, "-m", self.under, *options, self.application]


@contextmanager
def running(servers: list[Server]) -> Iterator[Mapping[str, int]]:
    """Have the servers up; give the port of each."""
    with running_children(servers) as up:
        yield {name: port for name, (_child, port) in up.items()}


@contextmanager
def running_children(servers: list[Server]) -> Iterator[dict[str, tuple[Child, int]]]:
    """Have the servers up; give the process and the port of each."""
    children: list[Child] = []
    with tempfile.TemporaryDirectory(prefix="bench-logs-") as logs:
        try:
            up = {}
            for server in servers:
                port = free_port()
                child = start_child(
                    server.name,
                    server.command(port),
                    log=Path(logs) / f"{len(children)}.log",
                    environment={**os.environ, **dict(server.environment)},
                    folder=ROOT,
                )
                children.append(child)
                wait_until_up(child, port)
                up[server.name] = child, port
            yield up
        finally:
            stop_children(children)


def wait_until_up(child: Child, port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and child.is_running:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/webhooks/meta/", timeout=5).close()
        except urllib.error.HTTPError:
            # Any answer will do: whoever asks without a token is refused.
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{child.name} does not start:\n{last_lines(child.log)}")
