"""Lines that die, servers and brokers that go away: everybody is back by themselves, and shows the truth (R22, R24, R29)."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
import redis
from websockets.asyncio.client import connect

from core.realtime.bus import channel_name
from runner.places import VENV
from runner.redis_server import redis_on_path
from tests import factories
from tests.concurrency import scaled
from tests.live import Live, live, stop
from tests.proxy import proxy
from tests.running import run
from tests.stack import ROOT, frame_like, frames_of, wait_until

# --- A line that swallows everything ----------------------------------------------------------------------------------------------


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

    def when(self, what: str, *, after: float = 0.0, seconds: float = 30.0, **wanted: Any) -> float:
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
    with live() as server, proxy(int(server.url.rpartition(":")[2])) as line:
        luis = server.login("luis")
        desk = Desk(line.url, f"session={luis.cookies['session']}")
        try:
            desk.when("watching")
            dead_at = time.time()
            line.swallows = True
            factories.conversation(committed_cast, "nadie la oye")
            noticed = desk.when("reconnecting", after=dead_at, seconds=40) - dead_at
            # 20 s to the next ping, 5 s of patience, and two until a person is told (one for a busy machine).
            assert noticed <= 28
            assert not [each for each in desk.lines if each.get("row") == "nadie la oye"]
            line.swallows = False
            back = desk.when("online", after=dead_at, seconds=30)
            desk.when("watching", after=back)
            factories.conversation(committed_cast, "ya se oye", sender=factories.identity("595971000001"))
            desk.when("put", after=back, row="ya se oye")
        finally:
            desk.process.kill()
            desk.process.wait(5)
            assert desk.process.stdout is not None
            desk.process.stdout.close()
    print(
        f"R22: bytes swallowed, noticed after {noticed - 2:.1f} s, shown two seconds later; back {back - dead_at - noticed:.1f} s later"
    )


# --- Everybody at once -------------------------------------------------------------------------------------------------------------


async def one_tab(
    server: Live, cookie: str, dice: random.Random, log: list[tuple[float, str]], over: asyncio.Event
) -> None:
    """A tab as static/js/desk/socket.js is one: half of the doubling delay left to chance."""
    attempt = 0
    while not over.is_set():
        with suppress(OSError, Exception):
            async with connect(
                server.url.replace("http", "ws") + "/ws/", origin=server.url, additional_headers={"Cookie": cookie},  # type: ignore[arg-type]
                open_timeout=15, ping_interval=None, compression=None,
            ) as opened:  # fmt: skip
                async for text in opened:
                    if '"hello"' in str(text)[:30]:
                        await opened.send('{"type":"watch","watch":"list","topic":"inbox","filter":{}}')
                    elif '"watching"' in str(text)[:30]:
                        log.append((time.monotonic(), "back"))
                        attempt = 0
                    if over.is_set():
                        return
        log.append((time.monotonic(), "lost"))
        whole = min(15.0, 0.5 * 2 ** min(attempt, 10))
        attempt += 1
        await asyncio.sleep(whole / 2 + dice.random() * whole / 2)


@pytest.mark.faults
@pytest.mark.shows("R24")
def test_after_a_restart_of_the_server_every_tab_is_back_within_thirty_seconds(committed_cast: factories.Cast) -> None:
    tabs = scaled(small=40, full=1_000)
    with live() as server:
        luis = server.login("luis")
        cookie = f"session={luis.cookies['session']}"
        logs: list[list[tuple[float, str]]] = [[] for _tab in range(tabs)]

        async def everybody() -> tuple[float, list[float]]:
            over = asyncio.Event()
            tasks = [
                asyncio.create_task(one_tab(server, cookie, random.Random(number), log, over))
                for number, log in enumerate(logs)
            ]
            await until(lambda: all(log and log[-1][1] == "back" for log in logs), 120)
            killed_at = time.monotonic()
            await asyncio.to_thread(server.restart)
            await until(lambda: all(log[-1][1] == "back" and log[-1][0] > killed_at for log in logs), 60)
            over.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return killed_at, [log[-1][0] - killed_at for log in logs]

        _killed_at, took = run(everybody())
        # The pages answer as before.
        began = time.monotonic()
        assert luis.get("/api/v1/conversations/").status_code == 200
        answered = time.monotonic() - began
    assert max(took) <= 30
    assert answered <= 2
    spread = max(took) - min(took)
    print(f"R24: {tabs} tabs, the server killed and started again: all back after {max(took):.1f} s (the first after {min(took):.1f}, spread over {spread:.1f} s); "
          f"a page then took {answered * 1000:.0f} ms")  # fmt: skip


async def until(question: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "not everybody is back"
        await asyncio.sleep(0.05)


# --- Redis restarts ----------------------------------------------------------------------------------------------------------------


@contextmanager
def own_redis(folder: Path) -> Iterator[Any]:
    """A Redis that may be ended; gives the function that starts it, and its address."""
    address = folder / "redis.sock"
    binary = redis_on_path() or str(VENV / "services" / "redis-server")
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        command = [
            binary,
            "--port",
            "0",
            "--unixsocket",
            str(address),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(folder),
        ]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_until(address.exists, what="Redis's start")

    start()
    try:
        yield address, running, start
    finally:
        stop(running[-1])


@pytest.mark.faults
@pytest.mark.shows("R29")
def test_after_a_restart_of_redis_in_the_middle_of_the_flow_everybody_converges_within_five_seconds(
    committed_cast: factories.Cast,
) -> None:
    per_second, away = 200, scaled(small=2, full=10)
    ids = [
        factories.conversation(committed_cast, "antes", sender=factories.identity(f"59596{number:07d}")).pk
        for number in range(20)
    ]
    with (
        tempfile.TemporaryDirectory(prefix="r29-", dir="/tmp") as folder,
        own_redis(Path(folder)) as (address, running, start),
        live(REDIS_URL=f"unix://{address}") as server,
    ):
        luis = server.login("luis")
        over = threading.Event()

        def flow() -> None:
            """What the product's processes announce, to this Redis; one that is away is nobody's worry."""
            client = redis.Redis.from_url(f"unix://{address}", socket_timeout=0.5)
            while not over.wait(1 / per_second):
                with suppress(redis.RedisError):
                    client.publish(channel_name(), orjson.dumps(["inbox", [random.choice(ids)]]))

        with server.socket(luis) as opened:
            frame_like(opened, type="hello")
            opened.send('{"type":"watch","watch":"list","topic":"inbox","filter":{}}')
            frame_like(opened, type="watching")
            flowing = threading.Thread(target=flow, daemon=True)
            flowing.start()
            frame_like(opened, type="put")
            running[-1].kill()
            running[-1].wait()
            address.unlink(missing_ok=True)
            # What happens meanwhile is announced to nobody.
            missed = factories.conversation(committed_cast, "mientras tanto", sender=factories.identity("595960000099"))
            frames_of(opened, seconds=away)
            start()
            back_at = time.monotonic()
            frame_like(opened, type="stale", seconds=8)
            shown = luis.get("/api/v1/conversations/", params={"limit": "100"}).json()["results"]
            assert missed.pk in {row["id"] for row in shown}
            frame_like(opened, type="put", seconds=8)
            converged = time.monotonic() - back_at
            over.set()
            flowing.join(5)
        assert converged <= 5
    print(
        f"R29: {per_second} announcements a second, Redis away for {away} s: converged {converged:.2f} s after its return"
    )
