"""Servers of one test's own, beside the shared stack: under Daphne or uvicorn, patched or not, killed and started again."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.stack import ROOT, START_SECONDS, Stack, answers, free_port, stack_environment, wait_until

APPLICATION = "config.asgi:application"


def server_command(under: str, port: int, application: str = APPLICATION) -> list[str]:
    """As docker-compose.yml and run.py start them."""
    if under == "uvicorn":
        options = ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    else:
        options = ["-b", "127.0.0.1", "-p", str(port), "-v", "0"]
    return [sys.executable, "-m", under, *options, application]


@dataclass
class Live(Stack):
    """A Stack without workers and simulator: one server."""

    rss_before: int = 0
    peak: list[int] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.processes["web"].pid

    def rss(self) -> int:
        """Resident bytes of the server now."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096

    def restart(self) -> None:
        self.kill("web")
        self.start("web")

    def wait_until_up(self) -> None:
        wait_until(lambda: answers(f"{self.url}/healthz"), seconds=START_SECONDS, what="the server's start")


@contextmanager
def live(under: str = "daphne", application: str = APPLICATION, **environment: str) -> Iterator[Live]:
    """Have one server up on this worker's test database."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        server = Live(
            url=f"http://127.0.0.1:{port}", simulator_url="", processes={}, logs=Path(folder),
            commands={"web": server_command(under, port, application)},
            environment=stack_environment(folder, port, graph_url="http://127.0.0.1:9") | environment,
        )  # fmt: skip
        server.forget_the_last_test()
        server.start("web")
        try:
            server.wait_until_up()
            yield server
        except AssertionError as error:
            raise AssertionError(f"{error}\n--- web\n{server.log('web')[-2500:]}") from error
        finally:
            for client in server.clients:
                client.close()
            stop(server.processes["web"])


@contextmanager
def pages_beside(server: Live) -> Iterator[str]:
    """The `web` process of docker-compose.yml beside a live one: pages and REST under gunicorn. Gives its address."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}", "--workers", "2",
        "--worker-class", "gthread", "--threads", "8", "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=server.environment)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), seconds=START_SECONDS, what="the pages' start")
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(8)


def median_ms(client: httpx.Client, path: str, *, times: int) -> float:
    took = []
    for _time in range(times):
        began = time.perf_counter()
        client.get(path)
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[len(took) // 2]
