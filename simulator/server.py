"""Runs the simulator: in the foreground for the demo, in a thread for the tests."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.app import build
from simulator.config import BusinessNumber, Config
from simulator.customers import Customer
from simulator.messages import Message
from simulator.wire import TRANSPORT
from simulator.world import World

T = TypeVar("T")

START_SECONDS = 10.0


class CuttableProtocol(H11Protocol):
    """Hands the transport to the application, which may have to cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope | {TRANSPORT: transport}, receive, send)  # type: ignore[operator]

        self.app = with_transport


class Server(uvicorn.Server):
    """Ends the streams and the black holes first: otherwise it would wait for them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        assert isinstance(app, Starlette)
        app.state.world.hub.close()
        await super().shutdown(sockets)


def make_server(config: Config, host: str, port: int, *, log_level: str = "warning") -> tuple[Server, socket.socket]:
    # The protocol by name: asyncio sets TCP_NODELAY only where it reads IPPROTO_TCP, and without it every answer
    # on a kept connection waits 40 ms for a delayed acknowledgement.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    app = build(config)
    shown_host = f"[{host}]" if ":" in host else host
    app.state.world.public_url = f"http://{shown_host}:{listener.getsockname()[1]}"
    settings = uvicorn.Config(
        app,
        http=CuttableProtocol,
        log_level=log_level,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=2,
        backlog=2048,
    )
    return Server(settings), listener


class Running:
    """A simulator in another thread. Everything that touches the world is done on the world's own loop."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop) -> None:
        self.world = world
        self.url = world.public_url
        self._loop = loop

    def call(self, action: Callable[[], T]) -> T:
        async def act() -> T:
            return action()

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(30)

    def customer(self, customer_id: str) -> Customer:
        person = self.world.customers.get(customer_id)
        if person is None:
            raise KeyError(customer_id)
        return person

    def add_customer(self, **wanted: Any) -> Customer:
        return self.call(lambda: self.world.add_customer(wanted))

    def change_customer(self, customer_id: str, **values: Any) -> None:
        self.call(lambda: self.world.change_customer(self.customer(customer_id), values))

    def write(self, customer_id: str, text: str, *, number: str = "", **options: Any) -> Message:
        person = self.customer(customer_id)
        return self.call(lambda: self.world.writes_text(person, text, number=self._number(number), **options))

    def write_raw(self, customer_id: str, message: dict[str, Any], *, number: str = "", **options: Any) -> Message:
        person, kind = self.customer(customer_id), str(message.get("type", ""))
        return self.call(
            lambda: self.world.customer_writes(person, kind, message, number=self._number(number), **options)
        )

    def send_photo(
        self,
        customer_id: str,
        photo: bytes | None = None,
        mime_type: str = "image/jpeg",
        *,
        caption: str = "",
        number: str = "",
        **options: Any,
    ) -> Message:
        """Without bytes, the sample photo."""
        person = self.customer(customer_id)
        return self.call(
            lambda: self.world.sends_photo(
                person, photo, mime_type, number=self._number(number), caption=caption, **options
            )
        )

    def send_file(self, customer_id: str, kind: str, content: bytes, mime_type: str, **options: Any) -> Message:
        person = self.customer(customer_id)
        return self.call(
            lambda: self.world.sends_file(person, kind, content, mime_type, number=self._number(""), **options)
        )

    def read_all(self, customer_id: str, *, number: str = "") -> int:
        """The customer opens the chat."""
        return self.call(lambda: self.world.read_all(self.customer(customer_id), self._number(number).id))

    def report(self, message: Message, status: str, **options: Any) -> None:
        self.call(lambda: self.world.report(message, status, **options))

    def faults(self, **settings: Any) -> None:
        """Exactly these faults; with nothing, none."""
        self.call(lambda: self.world.faults.change(settings, replace=True))

    def advance(self, seconds: float) -> None:
        self.call(lambda: self.world.clock.advance(seconds))

    def sent(self, *, to: str = "", opaque: str = "") -> list[Message]:
        """What the business sent and the simulator accepted, oldest first."""
        return self.call(lambda: list(self.world.messages.sent(to=to, opaque=opaque)))

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """Until no webhook, retry or status is under way."""
        return asyncio.run_coroutine_threadsafe(self.world.wait_idle(timeout), self._loop).result(timeout + 5)

    def reset(self) -> None:
        self.call(self.world.reset)

    def _number(self, number_id: str) -> BusinessNumber:
        return self.world.numbers[number_id] if number_id else next(iter(self.world.numbers.values()))


@contextmanager
def running(config: Config, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running]:
    """A simulator on a free port for as long as the block lasts."""
    server, listener = make_server(config, host, port)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="simulator", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        app = server.config.app
        assert isinstance(app, Starlette)
        yield Running(app.state.world, loops[0])
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()


def _wait_until_started(server: Server, thread: threading.Thread) -> None:
    # The monotonic clock by its own name: tests freeze `time.time`, and this must not wait for ever then.
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the simulator did not start")
        time.sleep(0.005)
