"""The provider of the inbox's tests: the simulator in a thread, whose webhooks become deliveries when a test asks for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pytest_django import Settings

from inbox.actions.handing_over import sender_for
from simulator.config import Config
from simulator.messages import Message as Sent
from simulator.server import Running, running
from tests import factories
from webhooks.models import Delivery
from webhooks.tasks import ingest


@dataclass
class Provider:
    """The simulated provider, and what it posted to us and we have not read yet."""

    simulator: Running
    posted: list[bytes] = field(default_factory=list)

    def pump(self) -> None:
        """Everything the provider still has to say arrives, is stored and is read."""
        assert self.simulator.wait_idle()
        bodies, self.posted[:] = list(self.posted), []
        Delivery.objects.bulk_create([Delivery(body=body) for body in bodies])
        # One round takes in so many batches and leaves the rest to the next hint.
        while ingest():
            pass

    def writes(self, text: str = "Hola", *, customer: str = "rocio") -> None:
        self.simulator.write(customer, text)
        self.pump()

    def sent(self, *, opaque: str = "") -> list[Sent]:
        """What we sent and it accepted, oldest first."""
        return self.simulator.sent(opaque=opaque)

    def texts(self) -> list[str]:
        return [each.text for each in self.sent()]


class _Listener(BaseHTTPRequestHandler):
    posted: list[bytes]

    def do_POST(self) -> None:
        self.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def started_provider() -> Iterator[Provider]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Listener)
    server.daemon_threads = True
    _Listener.posted = []
    listening = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05), daemon=True)
    listening.start()
    config = Config(
        webhook_url=f"http://127.0.0.1:{server.server_address[1]}/",
        app_secret="s3cr3t",
        token=factories.TOKEN,
        phone_number_ids=(factories.PHONE_NUMBER_ID,),
        waba_id=factories.WABA_ID,
        delivered_after=0.0,
        read_after=0.0,
    )
    with running(config) as simulator:
        yield Provider(simulator=simulator, posted=_Listener.posted)
    server.shutdown()
    listening.join(5)
    server.server_close()


@pytest.fixture
def provider(started_provider: Provider, settings: Settings, tmp_path: Path) -> Iterator[Provider]:
    """A fresh provider: five customers who said nothing yet, no faults. Files are kept in a folder of this test."""
    settings.META_GRAPH_URL = started_provider.simulator.url
    settings.MEDIA_ROOT = tmp_path
    sender_for.cache_clear()
    started_provider.simulator.reset()
    started_provider.posted.clear()
    yield started_provider
    started_provider.simulator.faults()
    # Clients are kept open per token: the ones this test opened are closed before their sockets are found open.
    for token in (factories.TOKEN, "a-new-token"):
        sender_for(factories.PHONE_NUMBER_ID, token).close()
    sender_for.cache_clear()
