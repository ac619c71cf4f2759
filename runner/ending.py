"""How a run ends: the first Ctrl-C, SIGTERM or SIGHUP is raised in the main thread, the later ones find us already cleaning up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """Somebody asked us to end. A BaseException, so that no `except Exception` on the way swallows it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number


def listen_for_endings() -> None:
    for number in SIGNALS:
        signal.signal(number, end)


def end(signal_number: int, frame: FrameType | None) -> None:
    ignore_endings()
    raise Ended(signal_number)


def ignore_endings() -> None:
    # A function, not SIG_IGN: an ignored signal would stay ignored in the children started meanwhile.
    for number in SIGNALS:
        signal.signal(number, do_nothing)


def do_nothing(signal_number: int, frame: FrameType | None) -> None:
    pass


@contextmanager
def interrupt_is_the_childs() -> Iterator[None]:
    """While a command owns the terminal, Ctrl-C is for that command: `manage shell` stays, pytest prints its summary."""
    before = signal.signal(signal.SIGINT, do_nothing)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
