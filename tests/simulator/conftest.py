"""One simulator and one business that listens, on loopback; every test begins with a fresh world."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from simulator.config import Config
from simulator.server import Running, running

SECRET, TOKEN, NUMBER = "s3cr3t", "EAAtoken", "100000001"


@dataclass
class Hook:
    """One POST that reached the business."""

    body: bytes
    headers: dict[str, str]
    payload: Any

    def values(self) -> list[dict[str, Any]]:
        return [change["value"] for entry in self.payload["entry"] for change in entry["changes"]]


@dataclass
class Business:
    """Stands for the product's ingress: remembers what came and answers what the test wants."""

    url: str
    hooks: list[Hook] = field(default_factory=list)
    answer: Callable[[Hook], int] = lambda hook: 200

    def values(self) -> list[dict[str, Any]]:
        return [value for hook in list(self.hooks) for value in hook.values()]

    def messages(self) -> list[dict[str, Any]]:
        return [message for value in self.values() for message in value.get("messages", ())]

    def statuses(self) -> list[dict[str, Any]]:
        return [status for value in self.values() for status in value.get("statuses", ())]


def eventually(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The moment it becomes true, or a failure: nothing here sleeps for a fixed time."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.005)
    return result


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    business: Business

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            payload = json.loads(body)
        except ValueError:
            payload = None
        hook = Hook(body, {name.lower(): value for name, value in self.headers.items()}, payload)
        status = self.business.answer(hook)
        self.business.hooks.append(hook)
        self._end(status, b"")

    def do_GET(self) -> None:
        challenge = self.path.split("hub.challenge=")[1].split("&")[0]
        self._end(200 if "verify-me" in self.path else 403, challenge.encode())

    def _end(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@pytest.fixture(scope="session")
def listening() -> Iterator[Business]:
    server = _Server(("127.0.0.1", 0), _Handler)
    business = Business(f"http://127.0.0.1:{server.server_address[1]}/webhooks/meta/")
    _Handler.business = business
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    yield business
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture(scope="session")
def started(listening: Business) -> Iterator[Running]:
    config = Config(
        webhook_url=listening.url,
        app_secret=SECRET,
        token=TOKEN,
        verify_token="verify-me",
        phone_number_ids=(NUMBER, "100000002"),
        delivered_after=0.03,
        read_after=0.02,
        webhook_timeout=20.0,
    )
    with running(config) as simulator:
        yield simulator


@pytest.fixture
def simulator(started: Running) -> Running:
    started.reset()
    return started


@pytest.fixture
def business(simulator: Running, listening: Business) -> Business:
    listening.answer = lambda hook: 200
    listening.hooks.clear()
    return listening


@pytest.fixture(scope="session")
def _client(started: Running) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=started.url, headers=headers, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def graph(_client: httpx.Client, simulator: Running, business: Business) -> httpx.Client:
    return _client


def send(
    graph: httpx.Client, to: str | None = "595991651351", text: str | None = "Buenas", **fields: Any
) -> httpx.Response:
    """A text to Rocío; None leaves a field out."""
    words = None if text is None else {"body": text}
    body = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": words} | fields
    return graph.post(f"/v25.0/{NUMBER}/messages", json={k: v for k, v in body.items() if v is not None})
