"""A line that swallows everything is noticed, and shown (R22)."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from websockets.protocol import State
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_now

from tests import factories
from tests.concurrency import IS_FULL
from tests.figures import control, figure
from tests.live import live
from tests.proxies import proxy
from tests.stack import ROOT, frame_like, wait_until


class Desk:
    """static/js/desk/socket.js in a process of its own, on a real WebSocket."""

    def __init__(self, url: str, cookie: str) -> None:
        command = [
            shutil.which("node") or "node",
            # Node 20 has WebSocket behind this; later ones have it anyway.
            "--experimental-websocket",
            "--import",
            "./tests/js/register.mjs",
            "tests/realtime/desk_socket.js",
        ]
        self.process = subprocess.Popen(
            [*command, url.replace("http", "ws") + "/ws/", cookie], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        self.lines: list[dict[str, Any]] = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def when(self, what: str, *, after: float = 0.0, seconds: float = 60.0, **wanted: Any) -> float:
        """The moment it said this, waiting for it if need be."""

        def found() -> float:
            moments = [
                each["at"]
                for each in list(self.lines)
                if each["what"] == what
                and each["at"] >= after
                and all(each.get(key) == value for key, value in wanted.items())
            ]
            return moments[0] if moments else 0.0

        return wait_until(found, seconds=seconds, what=f"«{what}» after {self.lines[-4:]}")


@pytest.mark.faults
@pytest.mark.shows("R22")
def test_a_half_open_line_is_noticed_within_25_seconds_and_shown(committed_cast: factories.Cast) -> None:
    with live() as server, proxy(int(server.url.rpartition(":")[2])) as line, ExitStack() as tabs:
        luis = server.login("luis")
        desk = Desk(line.url, f"session={luis.cookies['session']}")
        try:
            desk.when("watching")
            silent = still_there(tabs.enter_context(silent_tab(line.url, luis)))
            dead_at = time.time()
            line.swallows = True
            factories.conversation(committed_cast, "nadie la oye")
            noticed = desk.when("reconnecting", after=dead_at, seconds=90) - dead_at
            # 20 s to the next ping, 5 s of patience, and two until a person is told; beside other tests the clock is theirs, too.
            assert noticed <= (28 if IS_FULL else 45)
            assert not [each for each in desk.lines if each.get("row") == "nadie la oye"]
            believes = silent()
            line.swallows = False
            back = desk.when("online", after=dead_at)
            desk.when("watching", after=back)
            factories.conversation(committed_cast, "ya se oye", sender=factories.identity("595971000001"))
            desk.when("put", after=back, row="ya se oye")
        finally:
            desk.process.kill()
            desk.process.wait(5)
            assert desk.process.stdout is not None
            desk.process.stdout.close()
    figure(
        "R22", f"noticed after {noticed - 2:.1f} s, shown two seconds later; back {back - dead_at - noticed:.1f} s later", data="bytes swallowed, one desk", samples=1
    )  # fmt: skip
    control("R22", f"a tab that does not ask: after {noticed:.1f} s it {'still believes in its line' if believes else 'knows'}", data="the same line", samples=1)  # fmt: skip
    assert believes


def silent_tab(url: str, client: httpx.Client) -> ClientConnection:
    """A socket that never pings."""
    return connect_now(
        url.replace("http", "ws") + "/ws/", origin=url, ping_interval=None, close_timeout=0.2,  # type: ignore[arg-type]  # a plain string is what goes on the wire
        additional_headers={"Cookie": f"session={client.cookies['session']}"},
    )  # fmt: skip


def still_there(opened: ClientConnection) -> Callable[[], bool]:
    """Ask later whether the tab knows of any trouble."""
    frame_like(opened, type="hello")
    return lambda: opened.state is State.OPEN
