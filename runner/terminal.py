"""What the person at the terminal sees: calm progress lines, and sentences that say what to do."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TAIL_LINES = 25
LAST_BYTES = 64 * 1024


class Refusal(Exception):
    """We will not go on. The text is whole sentences: what is the matter, then what to do about it."""


def prepare_terminal() -> None:
    """Lines appear as they happen, also through a pipe; a terminal without UTF-8 gets a `?`, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="replace")  # type: ignore[union-attr]  # TextIO hides TextIOWrapper's method


def paint(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


def good(text: str) -> str:
    return paint(text, "32")


def bad(text: str) -> str:
    return paint(text, "31")


def faint(text: str) -> str:
    return paint(text, "2")


def strong(text: str) -> str:
    return paint(text, "1")


def say(text: str = "") -> None:
    print(text)


def complain(text: str) -> None:
    print(text, file=sys.stderr)


@contextmanager
def step(title: str) -> Iterator[None]:
    """One progress line: what, a tick, seconds. On a terminal the line is there while the work goes on."""
    began = time.monotonic()
    live = sys.stdout.isatty()
    if live:
        print(f"  {faint('·')} {title}", end="", flush=True)
    try:
        yield
    except BaseException:
        print(("\r" if live else "") + f"  {bad('✗')} {title}")
        raise
    seconds = faint(f"{time.monotonic() - began:.1f} s")
    print(("\r" if live else "") + f"  {good('✓')} {title}  {seconds}")


def last_lines(path: Path, count: int = TAIL_LINES) -> str:
    """Return the end of a log, indented; a log of gigabytes is never read whole."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - LAST_BYTES))
            text = log.read().decode(errors="replace")
    except OSError:
        return "    (no log)"
    return indented(text, count)


def indented(text: str, count: int = TAIL_LINES) -> str:
    lines = [line for line in text.splitlines() if line.strip()][-count:]
    return "\n".join(f"    {line}" for line in lines) or "    (it said nothing)"
