"""What a socket says in the end."""

from __future__ import annotations

import json
import time
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.stack import PATIENCE_SECONDS

# What every tab hears about itself and its colleagues; it names nothing.
NOT_ABOUT_WORK = {"hello", "pong", "me", "presence", "watching"}


def watch(opened: ClientConnection, name: str, **frame: Any) -> None:
    opened.send(json.dumps({"type": "watch", "watch": name, **frame}))


def about_work(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in frames if each["type"] not in NOT_ABOUT_WORK]


def closing_code(opened: ClientConnection, *, seconds: float = PATIENCE_SECONDS) -> int | None:
    """The code the server closes with; None when it does not within that time. 1006: it hung up without a word."""
    until = time.monotonic() + seconds
    try:
        while (left := until - time.monotonic()) > 0:
            opened.recv(timeout=left)
    except TimeoutError:
        return None
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
    return None


def is_alive(opened: ClientConnection) -> bool:
    """It still answers."""
    opened.send('{"type":"ping"}')
    until = time.monotonic() + PATIENCE_SECONDS
    while (left := until - time.monotonic()) > 0:
        if str(opened.recv(timeout=left)).startswith('{"type":"pong"'):
            return True
    return False
