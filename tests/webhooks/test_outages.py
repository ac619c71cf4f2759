"""A provider that sends again whatever was not acknowledged, while processes are killed and the database goes away under it."""

from __future__ import annotations

import hashlib
import hmac
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
import psycopg
import pytest

from runner.children import Child, stop_children
from runner.datadir import DataFolder, temporary_data_folder
from runner.migrated import CLUSTER_NAME, begin_with
from runner.postgres import start_postgres
from runner.services import socket_folder
from tests.concurrency import scaled
from tests.connectors.payloads import body, change, contact, delivery, message
from tests.figures import control, figure
from tests.own_redis import lone_address
from tests.stack import APP_SECRET, ROOT, Stack, answers, running_stack, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("outages")]

SENDERS = 4
AGAIN_SECONDS = 0.1
PREPARE = "import django; django.setup(); from django.core.management import call_command; call_command('migrate', verbosity=0); from tests.factories import make_cast; make_cast()"


@dataclass
class Database:
    """A PostgreSQL of these tests' own, which may be stopped in the middle of anything. Its disk is written as production's."""

    folder: DataFolder
    sockets: Path
    child: Child
    url: str

    def kill(self) -> None:
        """An immediate shutdown: no farewell, recovery at the next start."""
        os.kill(self.child.process.pid, signal.SIGQUIT)
        self.child.process.wait(30)

    def start(self) -> None:
        self.child, self.url = start_postgres(self.folder, self.sockets, durable=True)

    def stored(self) -> list[str]:
        with psycopg.connect(self.url) as connection:
            rows = connection.execute("SELECT provider_id FROM inbox_message WHERE direction = 'in'").fetchall()
        return [provider_id for (provider_id,) in rows]

    def waiting(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT count(*) FROM webhooks_delivery WHERE processed_at IS NULL").fetchone()
        return int(row[0]) if row else 0

    def forget(self) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute("TRUNCATE webhooks_delivery, webhooks_deadletter, inbox_conversation CASCADE")


@dataclass
class Provider:
    """Posts numbered messages until each was answered 200, and remembers every answer and when it came."""

    url: str
    prefix: str
    todo: list[int]
    pause: float = 0.0
    answers: list[tuple[float, float, int]] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    again: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        self.threads = [threading.Thread(target=self.send, daemon=True) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def end(self, *, seconds: float) -> None:
        until = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, until - time.monotonic()))
        assert not any(thread.is_alive() for thread in self.threads), f"{len(self.todo)} posts were never acknowledged"

    def send(self) -> None:
        with httpx.Client(timeout=60) as client:
            while True:
                with self.lock:
                    if not self.todo:
                        return
                    number = self.todo.pop(0)
                began = time.monotonic()
                status = self.post(client, number)
                with self.lock:
                    self.answers.append((began, time.monotonic(), status))
                    if status == 200:
                        self.acknowledged.add(self.name(number))
                    else:
                        self.todo.append(number)
                        self.again.add(number)
                time.sleep(self.pause if status == 200 else AGAIN_SECONDS)

    def post(self, client: httpx.Client, number: int) -> int:
        """The status, or 0 where none came."""
        raw = body(
            delivery(
                change(
                    messages=[message(id_=self.name(number), sender=f"5959814{number % 50:05d}")], contacts=[contact()]
                )
            )
        )
        signature = "sha256=" + hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
        try:
            return client.post(
                f"{self.url}/webhooks/meta/", content=raw, headers={"X-Hub-Signature-256": signature}
            ).status_code
        except httpx.HTTPError:
            return 0

    def name(self, number: int) -> str:
        return f"wamid.{self.prefix}.{number}"

    def statuses(self) -> dict[int, int]:
        found = [status for _began, _ended, status in self.answers]
        return {status: found.count(status) for status in sorted(set(found))}


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with temporary_data_folder("outages") as folder, socket_folder(folder) as sockets:
        if CLUSTER_NAME in os.environ:
            begin_with(Path(os.environ[CLUSTER_NAME]), folder)
        child, url = start_postgres(folder, sockets, durable=True)
        database = Database(folder, sockets, child, url)
        try:
            yield database
        finally:
            stop_children([database.child])


@pytest.fixture(scope="module")
def product(database: Database) -> Iterator[Stack]:
    """The whole product on that database, with the cast."""
    with running_stack(database=database.url, redis=lone_address(), prepared_by=prepare) as stack:
        yield stack


def prepare(environment: dict[str, str]) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "-c", PREPARE], cwd=ROOT, env=environment | settings, check=True, timeout=600)


@contextmanager
def posting(product: Stack, database: Database, *, prefix: str, count: int, pause: float = 0.0) -> Iterator[Provider]:
    """The provider at work; afterwards everything is acknowledged, stored, and stored once."""
    database.forget()
    provider = Provider(product.url, prefix, list(range(count)), pause)
    provider.begin()
    yield provider
    provider.end(seconds=scaled(small=300, full=600))
    wait_until(lambda: database.waiting() == 0, seconds=240, what="the reading of what came in")
    stored = database.stored()
    assert len(provider.acknowledged) == count
    assert provider.acknowledged - set(stored) == set(), "acknowledged, and not stored"
    assert len(stored) == len(set(stored)) == count


@pytest.mark.shows("R05")
def test_killed_servers_and_workers_lose_nothing_that_was_acknowledged(product: Stack, database: Database) -> None:
    count = scaled(small=300, full=5000)
    with posting(product, database, prefix="R05", count=count) as provider:
        for part in range(1, scaled(small=2, full=5) + 1):
            reached = count * part // scaled(small=4, full=7)
            wait_until(lambda reached=reached: len(provider.acknowledged) >= reached, seconds=240, what="half-way")
            product.kill("web")
            # What is acknowledged is on the disk, whatever becomes of who acknowledged it.
            acknowledged = set(provider.acknowledged)
            with psycopg.connect(database.url) as connection:
                bodies = connection.execute("SELECT body FROM webhooks_delivery").fetchall()
            kept = {provider_id_in(bytes(content)) for (content,) in bodies}
            assert acknowledged <= kept
            product.kill("worker")
            # The lease of what the dead worker had in hand runs out: not waited for here.
            with psycopg.connect(database.url) as connection:
                connection.execute("UPDATE webhooks_delivery SET locked_until = now() WHERE processed_at IS NULL")
            product.start("web")
            product.start("worker")
    said = provider.statuses()
    assert said.keys() <= {0, 200, 503}
    assert provider.again, "nothing was interrupted: the kills showed nothing"
    figure(
        "R05", f"answers {said} (0: none came), stored once each, 0 acknowledged and lost",
        data=f"{SENDERS} senders, servers and workers killed {scaled(small=2, full=5)} times, {len(provider.again)} posts sent again", samples=count,
    )  # fmt: skip


@pytest.mark.shows("R05", "R06")
def test_a_door_that_answers_before_it_keeps_loses_what_it_acknowledged(product: Stack, database: Database) -> None:
    """The control of both: 200 first, the row half a second later."""
    count = 80
    database.forget()

    def kill_the_server() -> None:
        product.kill("web")
        product.start("web")

    def kill_the_database() -> None:
        database.kill()
        time.sleep(2)
        database.start()

    with behind_another_door(product, "answers_first"):
        for behaviour, kill in (("R05", kill_the_server), ("R06", kill_the_database)):
            provider = Provider(product.url, f"{behaviour}-hasty", list(range(count)), pause=0.01)
            provider.begin()
            wait_until(
                lambda provider=provider: len(provider.acknowledged) >= count // 2, seconds=180, what="half of them"
            )
            kill()
            provider.end(seconds=180)
            time.sleep(1)
            wait_until(lambda: database.waiting() == 0, seconds=180, what="the reading of what came in")
            lost = provider.acknowledged - set(database.stored())
            control(behaviour, f"200 before the commit: {len(lost)} of {count} acknowledged and lost", data=f"{SENDERS} senders", samples=count)  # fmt: skip
            assert lost


@contextmanager
def behind_another_door(product: Stack, name: str) -> Iterator[None]:
    """The same product, but for when its door answers (tests.webhooks.hasty)."""
    usual = product.commands["web"]
    open_door(product, [*usual[:-1], f"tests.webhooks.hasty:{name}"])
    try:
        yield
    finally:
        open_door(product, usual)


def open_door(product: Stack, command: list[str]) -> None:
    product.kill("web")
    product.commands["web"] = command
    product.start("web")
    wait_until(lambda: answers(f"{product.url}/healthz"), seconds=180, what="the door")


def provider_id_in(content: bytes) -> str:
    (change_,) = orjson.loads(content)["entry"][0]["changes"]
    return str(change_["value"]["messages"][0]["id"])


@pytest.mark.shows("R06")
def test_without_a_database_nothing_is_acknowledged_and_nothing_is_lost(product: Stack, database: Database) -> None:
    count, away_seconds = scaled(small=200, full=5000), scaled(small=3, full=60)
    with posting(product, database, prefix="R06", count=count, pause=0.02) as provider:
        wait_until(lambda: len(provider.acknowledged) >= count // 4, seconds=180, what="the first quarter")
        database.kill()
        gone_at = time.monotonic()
        time.sleep(away_seconds)
        back_from = time.monotonic()
        database.start()
        back_at = time.monotonic()
    within = [status for began, ended, status in provider.answers if began > gone_at and ended < back_from]
    assert within, "nobody posted while the database was away: nothing was tried"
    assert set(within) <= {503, 0}
    assert 503 in within
    caught_up = time.monotonic() - back_at
    assert caught_up < scaled(small=300, full=60)
    figure(
        "R06", f"{len(within)} posts meanwhile, none acknowledged ({within.count(503)} x 503); all stored once, caught up {caught_up:.1f} s after its return",
        data=f"database away for {away_seconds} s, {SENDERS} senders", samples=count,
    )  # fmt: skip


@pytest.mark.shows("R47")
def test_an_immediate_restart_of_the_database_loses_nothing_acknowledged(product: Stack, database: Database) -> None:
    """Some 100 messages a second; the panel answers again within 15 s."""
    count = scaled(small=300, full=3000)
    with posting(product, database, prefix="R47", count=count, pause=SENDERS / 100) as provider:
        wait_until(lambda: len(provider.acknowledged) >= count // 3, seconds=180, what="the first third")
        database.kill()
        acknowledged = set(provider.acknowledged)
        database.start()
        back_at = time.monotonic()
        wait_until(lambda: panel_answers(product), seconds=scaled(small=90, full=15), what="the panel's return")
        recovered = time.monotonic() - back_at
        assert acknowledged, "nothing was acknowledged before"
    figure(
        "R47", f"panel back after {recovered:.1f} s, 0 of {len(acknowledged)} acknowledged before the restart lost, answers {provider.statuses()}",
        data=f"{SENDERS} senders, some 100 posts/s", samples=count,
    )  # fmt: skip


@pytest.mark.shows("R47")
def test_a_database_that_does_not_wait_for_its_disk_loses_what_was_acknowledged(
    product: Stack, database: Database
) -> None:
    """The control: commits that are on the disk some seconds later."""
    count = 150
    database.forget()
    with psycopg.connect(database.url, user="postgres", autocommit=True) as connection:
        for setting in ("synchronous_commit = off", "wal_writer_delay = '10s'", "wal_writer_flush_after = '1GB'"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    try:
        provider = Provider(product.url, "R47-careless", list(range(count)), pause=SENDERS / 100)
        provider.begin()
        wait_until(lambda: len(provider.acknowledged) >= count // 2, seconds=180, what="half of them")
        database.kill()
        database.start()
        provider.end(seconds=180)
        wait_until(lambda: database.waiting() == 0, seconds=180, what="the reading of what came in")
        lost = provider.acknowledged - set(database.stored())
    finally:
        with psycopg.connect(database.url, user="postgres", autocommit=True) as connection:
            connection.execute("ALTER SYSTEM RESET ALL")
            connection.execute("SELECT pg_reload_conf()")
    control("R47", f"commits that do not wait for the disk: {len(lost)} of {count} acknowledged and lost",
            data=f"{SENDERS} senders, some 100 posts/s", samples=count)  # fmt: skip
    assert lost


def panel_answers(product: Stack) -> bool:
    """Signing in reads and writes the database."""
    try:
        product.login("ana")
    except (AssertionError, httpx.HTTPError, KeyError):
        return False
    finally:
        for client in product.clients:
            client.close()
        product.clients.clear()
    return True
