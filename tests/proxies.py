"""A line between the product and whoever it speaks to, or who speaks to it: it can be cut and mended, and swallow what it carries."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 65_536
# The path of a Unix socket, or an address.
Upstream = str | tuple[str, int]


@dataclass
class Line:
    """Listens on `port` of this machine; each new connection goes to the next upstream.

    `refuses`: nobody new is let in; `cut` ends those who are in as well. `swallows`: bytes are taken and never handed on, and nobody is told:
    a dead network, a half-open line.
    """

    upstreams: Iterator[Upstream]
    port: int
    refuses: bool = False
    swallows: bool = False
    connections: int = 0
    pairs: set[tuple[socket.socket, socket.socket]] = field(default_factory=set)
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self.refuses = True
        self.hang_up()

    def mend(self) -> None:
        self.refuses = False

    def hang_up(self) -> None:
        """End the connections there are; new ones are welcome."""
        with self.guard:
            pairs, self.pairs = self.pairs, set()
        for pair in pairs:
            end(pair)

    def carry(self, near: socket.socket) -> None:
        with self.guard:
            self.connections += 1
            if self.refuses:
                near.close()
                return
            try:
                far = connected(next(self.upstreams))
            except OSError:
                near.close()
                return
            pair = (near, far)
            self.pairs.add(pair)
        for source, target in (pair, pair[::-1]):
            threading.Thread(target=self.pump, args=(pair, source, target), daemon=True).start()

    def pump(self, pair: tuple[socket.socket, socket.socket], source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                if not self.swallows:
                    target.sendall(chunk)
        end(pair)
        source.close()
        with self.guard:
            self.pairs.discard(pair)


def end(pair: tuple[socket.socket, socket.socket]) -> None:
    """Whoever reads from either wakes up; closing alone would leave them asleep."""
    for each in pair:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def connected(upstream: Upstream) -> socket.socket:
    if isinstance(upstream, tuple):
        far = socket.create_connection(upstream, timeout=5)
        far.settimeout(None)
        return far
    far = socket.socket(socket.AF_UNIX)
    far.connect(str(Path(upstream)))
    return far


@contextmanager
def line_to(*upstreams: Upstream) -> Iterator[Line]:
    """A line to these, taking turns, as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        line = Line(itertools.cycle(upstreams), port=door.getsockname()[1])

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    near, _address = door.accept()
                    threading.Thread(target=line.carry, args=(near,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield line
        finally:
            line.cut()
            # `close` alone does not wake the thread that waits in `accept`.
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(*ports: int) -> Iterator[Line]:
    """The same in front of ports of this machine."""
    with line_to(*(("127.0.0.1", port) for port in ports)) as line:
        yield line
