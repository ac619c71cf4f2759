"""Servers and brokers that go away: everybody is back by themselves, and shows the truth (R24, R29)."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import tempfile
import threading
import time
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import redis
from django.db import connection
from websockets.asyncio.client import connect
from websockets.sync.client import ClientConnection

from core.realtime.bus import channel_name
from inbox.actions.receiving import receive_messages
from runner.places import VENV
from runner.redis_server import redis_on_path
from tests import factories
from tests.concurrency import IS_FULL, scaled
from tests.figures import control, figure, p95_ms
from tests.live import Live, live, pages_beside, stop
from tests.running import run
from tests.stack import PATIENCE_SECONDS, frame_like, frames_of, wait_until

# As static/js/desk/socket.js and its sweep of the panel have them.
PING_SECONDS, SWEEP_SECONDS = 20, 60

# --- Everybody at once -------------------------------------------------------------------------------------------------------------


@dataclass
class Tab:
    """A tab as static/js/desk/socket.js is one: half of the doubling delay left to chance."""

    dice: random.Random
    has_jitter: bool = True
    is_back: bool = False
    back_at: float = 0.0
    took: float = 0.0
    # How far it came, for who asks why it is not back.
    stage: str = "not begun"
    spread: float = 0.0
    line: Any = None
    tries: list[float] = field(default_factory=list)
    heard: deque[str] = field(default_factory=lambda: deque(maxlen=9))

    async def live(self, server: Live, cookie: str, pages: httpx.AsyncClient, over: asyncio.Event) -> None:
        attempt = 0
        while not over.is_set():
            self.tries.append(time.monotonic())
            self.stage = "connecting"
            try:
                async with connect(
                    server.url.replace("http", "ws") + "/ws/", origin=server.url, additional_headers={"Cookie": cookie},  # type: ignore[arg-type]
                    open_timeout=15, ping_interval=None, compression=None,
                ) as opened:  # fmt: skip
                    self.stage = "open"
                    while not over.is_set():
                        try:
                            told = orjson.loads(await asyncio.wait_for(opened.recv(), PING_SECONDS))
                        except TimeoutError:
                            await opened.send('{"type":"ping"}')
                            if self.stage == "greeted" and time.monotonic() - self.tries[-1] > SWEEP_SECONDS:
                                await self.read_again(pages, cookie, opened)
                            continue
                        # Frames that leave together come together.
                        for frame in told if isinstance(told, list) else [told]:
                            self.heard.append(frame["type"])
                            await self.take(frame, opened, pages, cookie)
            except Exception as error:  # noqa: BLE001  # told as its stage
                self.stage = f"{self.stage}: {type(error).__name__}"
            self.is_back = False
            if self.stage.startswith("back"):
                attempt = 0
            whole = min(15.0, 0.5 * 2 ** min(attempt, 10))
            attempt += 1
            delay = whole / 2 + self.dice.random() * whole / 2
            if attempt > 1:
                delay = max(delay, self.spread * self.dice.random())
            await asyncio.sleep(delay if self.has_jitter else whole)

    async def take(self, frame: dict[str, Any], opened: Any, pages: httpx.AsyncClient, cookie: str) -> None:
        if "return_within" in frame:
            self.spread = frame["return_within"]
        if frame["type"] == "ask":
            # Unanswered it would be closed as too slow.
            await opened.send(orjson.dumps({"type": "answer", "number": frame["number"]}).decode())
        elif frame["type"] == "hello":
            self.stage = "greeted"
            await opened.send('{"type":"watch","watch":"list","topic":"inbox","filter":{}}')
        elif frame["type"] == "watching":
            await self.read_again(pages, cookie, opened)

    async def read_again(self, pages: httpx.AsyncClient, cookie: str, opened: Any) -> None:
        """Back is who has read the list again, as the desk does."""
        self.stage = "reading"
        await read_list(pages, cookie)
        self.is_back, self.back_at = True, time.monotonic()
        self.took = self.back_at - self.tries[-1]
        self.stage, self.line = "back", opened


async def read_list(pages: httpx.AsyncClient, cookie: str) -> None:
    """As the desk: a kept connection that the server had just given up is no failure."""
    try:
        await pages.get("/api/v1/conversations/", headers={"Cookie": cookie})
    except (httpx.ReadError, httpx.RemoteProtocolError):
        await pages.get("/api/v1/conversations/", headers={"Cookie": cookie})


@dataclass
class Return:
    """How everybody came back after the server was killed and started again."""

    seconds: list[float]
    resyncs: list[float]
    # Of the tries that brought them back, how many fell into the busiest fifth of a second.
    herd: float
    cpu: float


def everybody_returns(committed_cast: factories.Cast, tabs: int, *, has_jitter: bool) -> Return:
    people = [factories.identity(f"59597{number:07d}") for number in range(50)]
    receive_messages(committed_cast.account, [factories.inbound("Hola", sender=each) for each in people])
    # As in production: sockets have a process of their own, pages and REST another.
    with live() as server, pages_beside(server) as pages_url:
        cookie = f"session={server.login('luis').cookies['session']}"
        crowd = [Tab(random.Random(number), has_jitter) for number in range(tabs)]

        async def work() -> Return:
            over = asyncio.Event()
            limits = httpx.Limits(max_connections=100)
            async with httpx.AsyncClient(base_url=pages_url, timeout=30, limits=limits) as pages:
                tasks = [asyncio.create_task(tab.live(server, cookie, pages, over)) for tab in crowd]
                try:
                    await until(lambda: all(tab.is_back for tab in crowd), 120, crowd)
                    # The ping of each twenty seconds: now all know how many they are.
                    await asyncio.gather(*(tab.line.send('{"type":"ping"}') for tab in crowd))
                    await asyncio.sleep(2)
                    killed_at = time.monotonic()
                    meter = asyncio.create_task(asyncio.to_thread(database_cpu, over))
                    await asyncio.to_thread(server.restart)
                    await until(lambda: all(tab.is_back and tab.back_at > killed_at for tab in crowd), 120, crowd)
                finally:
                    # The meter's thread waits for it, and the loop for the thread.
                    over.set()
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
                cpu = await meter
            return Return(
                [tab.back_at - killed_at for tab in crowd], [tab.took for tab in crowd],
                busiest([tab.tries[-1] for tab in crowd]), cpu,
            )  # fmt: skip

        return run(work())


def busiest(moments: list[float]) -> float:
    """The share of them within the busiest fifth of a second."""
    ordered = sorted(moments)
    return max((bisect_right(ordered, at + 0.2) - place for place, at in enumerate(ordered)), default=0) / max(
        len(ordered), 1
    )


def database_cpu(over: asyncio.Event) -> float:
    """How many per cent of the machine the backends of this database took at most, second by second, until it is over."""
    spent: dict[int, float] = {}
    total, totals = 0.0, deque[tuple[float, float]]()
    most = 0.0
    while not over.is_set():
        for pid in backends():
            with suppress(OSError):
                words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                now = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
                # What it had spent before it was first seen is not of this second; a new one began with nothing.
                total += now - spent.get(pid, now if not totals else 0.0)
                spent[pid] = now
        totals.append((time.monotonic(), total))
        while totals[-1][0] - totals[0][0] > 1.0 and len(totals) > 2:
            totals.popleft()
        seconds = totals[-1][0] - totals[0][0]
        if seconds > 0.5:
            most = max(most, (totals[-1][1] - totals[0][1]) / seconds / (os.cpu_count() or 1) * 100)
        time.sleep(0.1)
    connection.close()
    return most


def backends() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


@pytest.mark.faults
@pytest.mark.shows("R24")
def test_after_a_restart_of_the_server_every_tab_is_back_within_thirty_seconds(committed_cast: factories.Cast) -> None:
    tabs = scaled(small=40, full=1_000)
    back = everybody_returns(committed_cast, tabs, has_jitter=True)
    figure(
        "R24", f"all back after {max(back.seconds):.1f} s; connecting, watching and reading the list p95 {p95_ms(back.resyncs):.0f} ms; "
        f"at most {back.herd:.0%} of them within 200 ms; database at most {back.cpu:.0f} % of the machine's CPU in a second",
        data=f"{tabs} tabs, the server killed and started again", samples=tabs,
    )  # fmt: skip
    # What else the machine does is in all of them: held at full scale.
    assert max(back.seconds) <= (30 if IS_FULL else 120)
    assert not IS_FULL or (back.herd < 0.6 and p95_ms(back.resyncs) <= 2_000 and back.cpu < 80)


@pytest.mark.faults
@pytest.mark.shows("R24")
def test_without_chance_in_the_delay_everybody_comes_at_once(committed_cast: factories.Cast) -> None:
    """The control: the same doubling, the same for everybody."""
    tabs = 40
    back = everybody_returns(committed_cast, tabs, has_jitter=False)
    control(
        "R24", f"the same delay for everybody: {back.herd:.0%} of them within 200 ms, p95 {p95_ms(back.resyncs):.0f} ms", data=f"{tabs} tabs", samples=tabs
    )  # fmt: skip
    # How close together a busy machine lets them come is its own affair: the figure is held at full scale.
    assert not IS_FULL or back.herd > 0.6


async def until(question: Any, seconds: float, crowd: list[Tab]) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, f"not everybody is back: {told_of(crowd)}"
        await asyncio.sleep(0.05)


def told_of(crowd: list[Tab]) -> str:
    away = [f"{tab.stage}: {list(tab.heard)}, tries {tab.tries}" for tab in crowd if not tab.is_back]
    return f"{Counter(tab.stage for tab in crowd)} {away[:3]} now {time.monotonic()}"


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
    seconds = converges_after_redis_restarts(committed_cast, per_second, away)
    assert seconds is not None
    figure("R29", f"converged {seconds:.2f} s after its return", data=f"{per_second} announcements/s, Redis away for {away} s", samples=1)  # fmt: skip
    assert seconds <= (5 if IS_FULL else 45)


@pytest.mark.faults
@pytest.mark.shows("R29")
def test_a_subscription_that_says_nothing_of_what_it_missed_never_shows_it(committed_cast: factories.Cast) -> None:
    """The control: Redis is back, rows come again, and the one that changed meanwhile is not among them."""
    seconds = converges_after_redis_restarts(
        committed_cast, 200, 1, application="tests.realtime.careless:application", WITHOUT="resync"
    )
    control("R29", "without reading anew: what changed meanwhile is not shown within 6 s", data="200 announcements/s, Redis away for 1 s", samples=1)  # fmt: skip
    assert seconds is None


def converges_after_redis_restarts(cast: factories.Cast, per_second: int, away: float, **variant: str) -> float | None:
    """How long after its return a tab was told to read anew and heard of rows again; None: it was never told."""
    ids = [
        factories.conversation(cast, "antes", sender=factories.identity(f"59596{number:07d}")).pk
        for number in range(20)
    ]
    with (
        tempfile.TemporaryDirectory(prefix="r29-", dir="/tmp") as folder,
        own_redis(Path(folder)) as (address, running, start),
        live(REDIS_URL=f"unix://{address}", **variant) as server,
    ):
        luis = server.login("luis")
        over = threading.Event()

        def flow() -> None:
            """What the product's processes announce, to this Redis; one that is away is nobody's worry."""
            client = redis.Redis.from_url(f"unix://{address}", socket_timeout=0.5)
            while not over.wait(1 / per_second):
                with suppress(redis.RedisError):
                    client.publish(channel_name(), orjson.dumps(["inbox", [random.choice(ids)]]))

        flowing = threading.Thread(target=flow, daemon=True)
        with server.socket(luis) as opened:
            try:
                frame_like(opened, type="hello")
                opened.send('{"type":"watch","watch":"list","topic":"inbox","filter":{}}')
                frame_like(opened, type="watching")
                flowing.start()
                frame_like(opened, type="put")
                running[-1].kill()
                running[-1].wait()
                address.unlink(missing_ok=True)
                # What happens meanwhile is announced to nobody.
                missed = factories.conversation(cast, "mientras tanto", sender=factories.identity("595960000099"))
                frames_of(opened, seconds=away)
                start()
                back_at = time.monotonic()
                if not told_to_read_anew(opened, missed.pk):
                    return None
                shown = luis.get("/api/v1/conversations/", params={"limit": "100"}).json()["results"]
                assert missed.pk in {row["id"] for row in shown}
                frame_like(opened, type="put")
                return time.monotonic() - back_at
            finally:
                over.set()
                flowing.join(5)


def told_to_read_anew(opened: ClientConnection, missed: int) -> bool:
    """Whether, once rows come again, the tab is told that there may be others, or of the one it missed."""
    until, heard = time.monotonic() + PATIENCE_SECONDS, False
    while time.monotonic() < until:
        for frame in frames_of(opened, seconds=0.2):
            if frame["type"] == "stale" or (frame["type"] == "put" and frame["row"]["id"] == missed):
                return True
            if frame["type"] == "put" and not heard:
                heard, until = True, time.monotonic() + 6
    assert heard, "not even the flow came back"
    return False
