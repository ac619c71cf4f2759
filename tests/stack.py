"""The whole product as a user meets it: processes of its own on the test database, the simulator as provider."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import orjson
import redis
from django.conf import settings
from django.db import connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Data

from tests import factories
from tests.own_redis import stack_address

ROOT = Path(__file__).resolve().parent.parent
APP_SECRET, VERIFY_TOKEN = "stack-app-secret", "stack-verify-token"  # this stack's own
START_SECONDS = 120
# Whatever a test waits for comes, also where other work keeps the machine busy; what does not come fails after this long.
PATIENCE_SECONDS = 30.0
T = TypeVar("T")


def wait_until(question: Callable[[], T], *, seconds: float = PATIENCE_SECONDS, what: str = "it") -> T:
    """Ask again and again until the answer is true; fail with words after a while."""
    until = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not happen within {seconds} s; last answer: {answer!r}")
        time.sleep(0.05)


class Tab(ClientConnection):
    """A socket that says that it keeps up, as static/js/desk/socket.js does (docs/socket.md, `ask`)."""

    def recv(self, timeout: float | None = None, decode: bool | None = None) -> Data:
        """The next frame but `ask`, which is answered; frames that came together one after the other."""
        until = None if timeout is None else time.monotonic() + timeout
        waiting: deque[str] = self.__dict__.setdefault("waiting", deque())
        while True:
            if not waiting:
                text = super().recv(
                    timeout=None if until is None else max(0.0, until - time.monotonic()), decode=decode
                )
                if not isinstance(text, str):
                    return text
                together = orjson.loads(text) if text.startswith("[") else None
                waiting.extend([text] if together is None else [orjson.dumps(each).decode() for each in together])
            frame = waiting.popleft()
            if not frame.startswith('{"type":"ask"'):
                return frame
            with contextlib.suppress(ConnectionClosed):
                self.send(json.dumps({"type": "answer", "number": json.loads(frame)["number"]}))


@dataclass
class Stack:
    """Addresses and processes. `begin` tells it whom it serves, `settle` waits until it has nothing left to do."""

    url: str
    simulator_url: str
    processes: dict[str, subprocess.Popen[bytes]]
    commands: dict[str, list[str]]
    environment: dict[str, str]
    logs: Path
    cast: factories.Cast | None = None
    clients: list[httpx.Client] = field(default_factory=list)

    def begin(self, cast: factories.Cast) -> None:
        self.cast = cast
        self.forget_the_last_test()
        self.signal(signal.SIGCONT)
        self.simulator("POST", "/control/reset", json={})

    def settle(self) -> None:
        for client in self.clients:
            client.close()
        self.clients.clear()
        # The next test truncates the tables: no task may still be writing to them.
        with contextlib.suppress(AssertionError):
            wait_until(self.is_idle, seconds=10, what="the stack's rest")

    def pause(self) -> None:
        """Hold every process still: the tests in between use the same database, and their rows are not for this worker.

        Never in the middle of a transaction, whose locks the next test's clean-up would wait for.
        """
        for attempt in range(100):
            self.signal(signal.SIGSTOP)
            if is_at_rest():
                return
            self.signal(signal.SIGCONT)
            # Longer and longer: on a busy machine one transaction may take more than a twentieth of a second.
            time.sleep(min(0.05 + attempt * 0.01, 0.5))
        raise AssertionError("the stack is never between two transactions")

    def signal(self, number: int) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(number)

    def is_idle(self) -> bool:
        backlog = health_of(self.url).get("backlog", {})
        return backlog.get("deliveries") == 0 and backlog.get("outbox") == 0

    def forget_the_last_test(self) -> None:
        """People and accounts have the same ids in every test: nobody is at the desk yet, no circuit is open, nothing was counted."""
        self.forget("gate:*", "*:presence", "cache:*")

    def forget_throttles(self) -> None:
        """All of a worker's tests sign in from one address: sixty in a minute are no attack here."""
        self.forget("*allauth:rl:*")

    def forget(self, *patterns: str) -> None:
        """Take these keys out of its Redis, but for its workers' signs of life."""
        with redis.Redis.from_url(self.environment["REDIS_URL"]) as broker:
            for key in itertools.chain.from_iterable(map(broker.scan_iter, patterns)):
                if b"canary" not in key:
                    broker.delete(key)

    def login(self, username: str, password: str = factories.PASSWORD) -> httpx.Client:
        """Return a signed-in browser's client: cookies, CSRF header, this site as referer."""
        client = httpx.Client(base_url=self.url, follow_redirects=True, headers={"Referer": f"{self.url}/"}, timeout=60)
        self.clients.append(client)
        self.forget_throttles()
        client.get("/accounts/login/")
        client.post(
            "/accounts/login/",
            data={"login": username, "password": password, "csrfmiddlewaretoken": client.cookies["csrf"]},
        )
        assert "session" in client.cookies, f"{username} could not sign in"
        client.headers["X-CSRFToken"] = client.cookies["csrf"]
        return client

    def socket(self, client: httpx.Client, *, origin: str | None = "", **options: Any) -> ClientConnection:
        """Open the client's socket. `origin=""` is this site's own; None sends none."""
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return connect(
            self.url.replace("http", "ws") + "/ws/",
            origin=self.url if origin == "" else origin,  # type: ignore[arg-type]  # a plain string is what goes on the wire
            additional_headers={"Cookie": cookies} if cookies else {},
            max_size=2**24,
            **({"create_connection": Tab, "open_timeout": 2 * PATIENCE_SECONDS} | options),
        )

    def simulator(self, method: str, path: str, **options: Any) -> Any:
        response = httpx.request(method, self.simulator_url + path, timeout=60, **options)
        assert response.status_code < 300, f"{method} {path}: {response.status_code} {response.text[:300]}"
        return response.json() if response.content else None

    def now(self) -> int:
        return int(time.time())

    def write(self, text: str, *, customer: str = "rocio") -> Any:
        """A customer writes."""
        return self.simulator("POST", f"/control/customers/{customer}/messages", json={"text": text})

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait(30)

    def start(self, name: str) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.commands[name], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")


def is_at_rest() -> bool:
    """Whether nobody else is in the middle of something, also once the server has read what was sent before the processes were held."""
    for moment in (0.0, 0.05, 0.1):
        time.sleep(moment)
        if transactions_of_others():
            return False
    return True


def transactions_of_others() -> int:
    """How many other sessions of this database are in the middle of something."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The test database of this worker, as an address for other processes."""
    database: dict[str, Any] = settings.DATABASES["default"]
    query = {
        name: value
        for name, value in (
            ("host", database["HOST"]),
            ("port", database["PORT"]),
            ("user", database["USER"]),
            ("password", database["PASSWORD"]),
        )
        if value
    }
    return f"postgresql:///{quote(connection.settings_dict['NAME'])}?{urlencode(query)}"


def stack_environment(folder: str, port: int, *, graph_url: str) -> dict[str, str]:
    """What processes of the product need to serve the test database of this worker."""
    return os.environ | {
        "VENTANILLA_MODE": "test",
        "REDIS_URL": stack_address(),
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEYS": ",".join(f"{key_id}:{encode_key(key)}" for key_id, key in settings.FIELD_KEYS),
        "META_APP_SECRET": APP_SECRET,
        "META_VERIFY_TOKEN": VERIFY_TOKEN,
        "META_GRAPH_URL": graph_url,
        "MEDIA_ROOT": f"{folder}/media",
        "PORT": str(port),
        "C_FORCE_ROOT": "1",
    }


@contextmanager
def running_stack(
    *,
    database: str | None = None,
    redis: str | None = None,
    prepared_by: Callable[[dict[str, str]], object] = lambda _environment: None,
) -> Iterator[Stack]:
    """The product on this worker's test database and Redis, or on others given by their addresses and prepared first."""
    port, simulator_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="stack-") as folder:
        environment = stack_environment(folder, port, graph_url=f"http://127.0.0.1:{simulator_port}")
        environment |= {"REDIS_URL": redis or stack_address(), "DATABASE_URL": database or database_url()}
        commands = {
            "web": [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0", "config.asgi:application"],
            "worker": [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "threads", "--concurrency", "4",
                       "-Q", "celery,inbound,outbound,media,bulk,push", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"],
            "beat": [sys.executable, "-m", "celery", "-A", "config", "beat", "--schedule", f"{folder}/beat", "--pidfile", "", "--loglevel", "WARNING"],
            "simulator": [sys.executable, "-m", "simulator", "--port", str(simulator_port), "--webhook", f"http://127.0.0.1:{port}/webhooks/meta/",
                          "--app-secret", APP_SECRET, "--verify-token", VERIFY_TOKEN, "--token", factories.TOKEN,
                          "--phone-number-id", factories.PHONE_NUMBER_ID, "--waba-id", factories.WABA_ID, "--display-number", "+595 21 728 1000"],
        }  # fmt: skip
        stack = Stack(
            url=f"http://127.0.0.1:{port}", simulator_url=f"http://127.0.0.1:{simulator_port}", processes={}, commands=commands,
            environment=environment, logs=Path(folder),
        )  # fmt: skip
        prepared_by(environment)
        try:
            for name in commands:
                stack.start(name)
            wait_until(lambda: answers(f"{stack.url}/healthz"), seconds=START_SECONDS, what="the web's start")
            wait_until(
                lambda: answers(f"{stack.simulator_url}/healthz"), seconds=START_SECONDS, what="the simulator's start"
            )
            wait_until(
                lambda: health_of(stack.url).get("workers") == "ok",
                seconds=START_SECONDS,
                what="a worker's first sign of life",
            )
            yield stack
        except AssertionError as error:
            tails = "\n".join(f"--- {name}\n{stack.log(name)[-1500:]}" for name in commands)
            raise AssertionError(f"{error}\n{tails}") from error
        finally:
            # A stopped process hears nothing, not even that it should end.
            stack.signal(signal.SIGCONT)
            stack.signal(signal.SIGTERM)
            for process in stack.processes.values():
                try:
                    process.wait(8)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(8)


def encode_key(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def health_of(url: str) -> dict[str, Any]:
    """What a server tells of itself; nothing where it does not answer soon."""
    try:
        told: dict[str, Any] = httpx.get(f"{url}/healthz", timeout=10).json()
    except (httpx.HTTPError, ValueError):
        return {}
    return told


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=10).status_code == 200
    except httpx.HTTPError:
        return False


def frames_of(opened: ClientConnection, *, seconds: float) -> list[dict[str, Any]]:
    """Everything the socket says in that time."""
    found, until = [], time.monotonic() + seconds
    with contextlib.suppress(TimeoutError):
        while (left := until - time.monotonic()) > 0:
            found.append(json.loads(opened.recv(timeout=left)))
    return found


def until_quiet(opened: ClientConnection, *, seconds: float = 1.3) -> list[dict[str, Any]]:
    """Everything it says until it has said nothing for so long: counts come half a second after the rows."""
    found: list[dict[str, Any]] = []
    until = time.monotonic() + PATIENCE_SECONDS
    while more := frames_of(opened, seconds=seconds):
        assert time.monotonic() < until, f"it goes on and on: {more[-1]}"
        found += more
    return found


def frame_like(opened: ClientConnection, *, seconds: float = PATIENCE_SECONDS, **wanted: Any) -> dict[str, Any]:
    """The next frame with these values; frames before it are passed over."""
    until = time.monotonic() + seconds
    passed = []
    while (left := until - time.monotonic()) > 0:
        try:
            frame: dict[str, Any] = json.loads(opened.recv(timeout=left))
        except TimeoutError:
            break
        if all(frame.get(name) == value for name, value in wanted.items()):
            return frame
        passed.append(frame)
    raise AssertionError(f"no frame like {wanted} within {seconds} s; there were {passed}")
