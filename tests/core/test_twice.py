"""A task that the broker delivers twice does its work once (R36)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings

from inbox.actions.sending import send_message
from inbox.models import Message, OutboxEntry
from tests import factories
from tests.figures import control, figure
from tests.live import stop
from tests.own_redis import broker_of, stack_address
from tests.stack import ROOT, stack_environment, wait_until

# Within the patience of a call, and long beyond the broker's, also on a busy machine.
SLOW_SECONDS = 8


@dataclass
class Twice:
    """What came of one task that the broker gave to a second worker while the first was at it."""

    runs: list[list[str]]
    calls: int

    @property
    def begun(self) -> Counter[str]:
        return Counter(task_id for what, _name, task_id, *_rest in self.runs if what == "begun")

    @property
    def results(self) -> list[int]:
        return sorted(int(line[3]) for line in self.runs if line[0] == "ended")


@pytest.mark.faults
@pytest.mark.shows("R36", "R17")
def test_a_send_that_outlasts_the_brokers_patience_is_made_once(committed_cast: factories.Cast) -> None:
    """Two workers, a broker that waits 2 s, a provider that takes longer: the second copy finds the lease taken and ends."""
    twice = delivered_twice(committed_cast, "tests.core.impatient")
    assert len(twice.begun) == 1, twice.runs
    # The broker did deliver the very same task again, and the copy came away with nothing.
    assert max(twice.begun.values()) >= 2
    assert twice.results == [*[0] * (len(twice.results) - 1), 1]
    assert twice.calls == 1
    fresh = Message.objects.get(direction="out")
    assert (fresh.status, fresh.provider_id) == ("sent", "wamid.once")
    figure("R36", f"one task delivered {max(twice.begun.values())} times: {twice.calls} call at the provider",
           data=f"two workers, visibility 2 s, a send of {SLOW_SECONDS} s", samples=1)  # fmt: skip


@pytest.mark.faults
@pytest.mark.shows("R36")
def test_without_lease_and_claim_the_second_copy_sends_again(committed_cast: factories.Cast) -> None:
    """The control: whoever has the task has the work."""
    twice = delivered_twice(committed_cast, "tests.core.unleased")
    control("R36", f"without lease and claim: {twice.calls} calls at the provider",
            data=f"two workers, visibility 2 s, a send of {SLOW_SECONDS} s", samples=1)  # fmt: skip
    assert twice.calls > 1


def delivered_twice(cast: factories.Cast, application: str) -> Twice:
    """Send one message by two workers of that Celery application, through a provider that outlasts the broker's patience."""
    calls: list[str] = []

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            calls.append(self.path)
            time.sleep(SLOW_SECONDS)
            body = b'{"messaging_product":"whatsapp","contacts":[{"wa_id":"1"}],"messages":[{"id":"wamid.once"}]}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    conversation = factories.taken_conversation(cast)
    send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="una vez")
    with tempfile.TemporaryDirectory() as folder, ThreadingHTTPServer(("127.0.0.1", 0), Provider) as provider:
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        runs = Path(folder) / "runs"
        runs.touch()
        environment = stack_environment(folder, 1, graph_url=f"http://127.0.0.1:{provider.server_address[1]}")
        workers = [worker(application, name, environment | {"RUNS_FILE": str(runs)}, Path(folder)) for name in "ab"]
        try:
            # By name, to the broker of those workers: this process's own settings name another.
            client = Celery(broker=broker_of(environment["REDIS_URL"]))
            client.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
            with client.connection_for_write() as connection:
                client.send_task(
                    "inbox.tasks.drain_outbox", args=[conversation.pk], queue="outbound", connection=connection
                )
            wait_until(
                lambda: runs.read_text().count("ended inbox.tasks.drain_outbox") >= 2, seconds=150, what="both runs"
            )
            wait_until(lambda: not OutboxEntry.objects.exists(), seconds=60, what="the send's end")
        finally:
            for each in workers:
                stop(each)
            provider.shutdown()
        return Twice([line.split() for line in runs.read_text().splitlines() if "drain_outbox" in line], len(calls))


def worker(application: str, name: str, environment: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "celery", "-A", application, "worker", "-n", f"impatient-{name}@here", "--pool", "threads",
               "--concurrency", "2", "-Q", "outbound", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]  # fmt: skip
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, stdout=log, stderr=log)


def test_this_test_speaks_to_the_broker_that_the_workers_have() -> None:
    assert broker_of(stack_address()).rpartition("=")[2] != os.environ["REDIS_URL"].rpartition("=")[2]
