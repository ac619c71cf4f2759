"""A line between the product and a service of its own, which a test can cut, and mend."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 65_536


@dataclass
class Line:
    """Listens on `port` of this machine. While it is cut, every connection is reset, and so is every new one."""

    upstream: str | tuple[str, int]
    port: int = 0
    is_cut: bool = False
    pairs: set[tuple[socket.socket, socket.socket]] = field(default_factory=set)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def cut(self) -> None:
        with self.guard:
            self.is_cut = True
            for pair in self.pairs:
                for end in pair:
                    # Whoever reads from it wakes up; closing alone would leave it asleep.
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        with self.guard:
            self.is_cut = False

    def carry(self, near: socket.socket) -> None:
        with self.guard:
            if self.is_cut:
                near.close()
                return
            far = connect(self.upstream)
            pair = (near, far)
            self.pairs.add(pair)
        with near, far, selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            with contextlib.suppress(OSError):
                while all(pass_on(key.fileobj, key.data) for key, _events in ready.select()):  # type: ignore[arg-type]  # we registered sockets
                    pass
        with self.guard:
            self.pairs.discard(pair)


def pass_on(source: socket.socket, target: socket.socket) -> bool:
    if got := source.recv(CHUNK):
        target.sendall(got)
    return bool(got)


def connect(upstream: str | tuple[str, int]) -> socket.socket:
    if isinstance(upstream, tuple):
        return socket.create_connection(upstream)
    far = socket.socket(socket.AF_UNIX)
    far.connect(str(Path(upstream)))
    return far


@contextmanager
def line_to(upstream: str | tuple[str, int]) -> Iterator[Line]:
    """A line to a Unix socket's path or an address, as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        line = Line(upstream, port=door.getsockname()[1])

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    near, _address = door.accept()
                    threading.Thread(target=line.carry, args=(near,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield line
        line.cut()
        # `close` alone does not wake the thread that waits in `accept`.
        with contextlib.suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
