"""A TCP proxy of the test's own: it takes turns between servers, and swallows bytes or hangs up when told to."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """`swallows`: bytes are taken and never handed on, and nobody is told: a dead network, a half-open line. `refuses`: nobody is let in."""

    port: int
    swallows: bool = False
    refuses: bool = False
    connections: int = 0
    pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hang_up(self) -> None:
        for pair in self.pairs:
            for each in pair:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self.pairs.clear()


@contextmanager
def proxy(*ports: int) -> Iterator[Proxy]:
    """Have a proxy up in front of these ports of this machine; each new connection goes to the next of them."""
    turns = itertools.cycle(ports)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mine = Proxy(port=listener.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    client, _address = listener.accept()
                except OSError:
                    return
                mine.connections += 1
                if mine.refuses:
                    client.close()
                    continue
                try:
                    server = socket.create_connection(("127.0.0.1", next(turns)), timeout=5)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                mine.pairs.append((client, server))
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=pump, args=(mine, source, target), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield mine
        finally:
            # Wakes the accepting thread, which a mere close would not.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            mine.hang_up()


def pump(mine: Proxy, source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65_536):
            if not mine.swallows:
                target.sendall(chunk)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
