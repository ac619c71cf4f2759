"""Carries webhooks to the business: signed, batched, repeated until somebody answers 200."""

import asyncio
import hmac
import itertools
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from simulator import payloads
from simulator.config import Clock, Config
from simulator.faults import Faults
from simulator.poster import Poster

FIRST_RETRY, LONGEST_RETRY = 0.2, 5.0
GIVE_UP_REAL, GIVE_UP_SIMULATED = 600.0, 7 * 24 * 3600.0
BATCH_WAIT, SHUFFLE_WAIT, LANE_WAIT = 0.05, 0.4, 1.0
LOG_LENGTH = 300


@dataclass
class Change:
    """One `value` on its way. The lane keeps one customer's webhooks in order as long as nothing fails."""

    waba_id: str
    value: payloads.Json
    lane: str
    title: str
    on_result: Callable[[bool], None] = lambda _: None


@dataclass
class Delivery:
    number: int
    body: bytes
    title: str
    lane: str
    created_at: float
    copy: int = 0
    changes: list[Change] = field(default_factory=list)
    attempts: int = 0
    answer: str = ""  # the last HTTP status, or what went wrong in its place
    took_ms: int = 0
    state: str = "pending"  # pending, acked, given_up
    tried: asyncio.Event = field(default_factory=asyncio.Event)

    def view(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "copy": self.copy,
            "title": self.title,
            "at": self.created_at,
            "attempts": self.attempts,
            "answer": self.answer,
            "took_ms": self.took_ms,
            "state": self.state,
            "bytes": len(self.body),
        }


def signature(body: bytes, secret: str, algorithm: str = "sha256") -> str:
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


class Courier:
    def __init__(self, config: Config, clock: Clock, faults: Faults, on_activity: Callable[[], None]) -> None:
        self._config, self._clock, self._faults = config, clock, faults
        self._on_activity = on_activity
        self._numbers = itertools.count(1)
        self._url, self._secret = config.webhook_url, config.app_secret
        self._poster = Poster(self._url, timeout=config.webhook_timeout)
        self._gate = asyncio.Semaphore(config.webhook_concurrency)
        self._batch: list[Change] = []
        self._shuffled: list[Delivery] = []
        self._lanes: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.log: deque[Delivery] = deque(maxlen=LOG_LENGTH)
        self.acked = self.attempts = self.given_up = 0

    def serve(self, url: str, secret: str) -> None:
        """The app's webhook address and secret from now on."""
        self._secret = secret
        if url != self._url:
            self._url, self._poster = url, Poster(url, timeout=self._config.webhook_timeout)

    async def stop(self) -> None:
        self.drop()
        await self._poster.close()

    def drop(self) -> None:
        """Forgets what is under way: a reset must not be haunted by the retries of the test before."""
        for task in self._tasks:
            task.cancel()
        self._batch.clear()
        self._shuffled.clear()
        self._lanes.clear()
        self.log.clear()
        self.acked = self.attempts = self.given_up = 0

    @property
    def pending(self) -> int:
        return len(self._tasks) + len(self._batch) + len(self._shuffled)

    def offer(self, change: Change) -> None:
        if self._faults.now.webhook_batch <= 1 and not self._batch:
            self._dispatch([change])
            return
        self._batch.append(change)
        if len(self._batch) >= self._faults.now.webhook_batch:
            self._flush_batch()
        elif len(self._batch) == 1:
            self._spawn(self._later(BATCH_WAIT, self._flush_batch))

    async def post(self, body: bytes, headers: dict[str, str]) -> int:
        """One attempt, outside every queue: what tests of the ingress use for bodies of their own making."""
        return (await self._poster.request("POST", body, headers)).status

    async def verify(self, challenge: str, token: str) -> tuple[int, str]:
        """The GET with which Meta confirms a webhook address."""
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        answer = await self._poster.request("GET", b"", {}, query=urlencode(query))
        return answer.status, answer.body[:1000].decode(errors="replace")

    def headers(self, body: bytes) -> dict[str, str]:
        secret = self._secret
        return {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature": signature(body, secret, "sha1"),
            "X-Hub-Signature-256": signature(body, secret),
        }

    # ── From changes to deliveries ───────────────────────────────────────────────────────────────────────────────

    def _flush_batch(self) -> None:
        waiting, self._batch = self._batch, []
        for waba_id in dict.fromkeys(change.waba_id for change in waiting):
            self._dispatch([change for change in waiting if change.waba_id == waba_id])

    def _dispatch(self, changes: list[Change]) -> None:
        dice = self._faults.dice("shape") if len(changes) > 1 else None
        body = payloads.encode(payloads.envelope(changes[0].waba_id, [change.value for change in changes], dice))
        number = next(self._numbers)
        title = changes[0].title if len(changes) == 1 else f"{len(changes)} cambios"
        for copy in range(1 + self._faults.now.webhook_duplicates):
            self._hold_or_send(
                Delivery(number, body, title, changes[0].lane, self._clock.now(), copy, changes if copy == 0 else [])
            )

    def _hold_or_send(self, delivery: Delivery) -> None:
        self.log.append(delivery)
        if not self._faults.now.webhook_shuffle:
            self._spawn(self._carry(delivery, in_lane=delivery.copy == 0))
            return
        self._shuffled.append(delivery)
        if len(self._shuffled) >= self._faults.now.webhook_shuffle:
            self._let_go()
        elif len(self._shuffled) == 1:
            self._spawn(self._later(SHUFFLE_WAIT, self._let_go))

    def _let_go(self) -> None:
        held, self._shuffled = self._shuffled, []
        self._faults.dice("shuffle").shuffle(held)
        for delivery in held:
            self._spawn(self._carry(delivery, in_lane=False))

    # ── One delivery ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _carry(self, delivery: Delivery, *, in_lane: bool) -> None:
        before = None
        if in_lane:
            before, self._lanes[delivery.lane] = self._lanes.get(delivery.lane), delivery.tried
        try:
            await self._faults.until_unpaused()
            await asyncio.sleep(self._faults.webhook_delay(f"{delivery.number}.{delivery.copy}"))
            if before is not None:
                await _wait_at_most(before, LANE_WAIT)
            await self._insist(delivery)
        finally:
            delivery.tried.set()
            if self._lanes.get(delivery.lane) is delivery.tried:
                del self._lanes[delivery.lane]

    async def _insist(self, delivery: Delivery) -> None:
        began, pause = time.monotonic(), FIRST_RETRY
        while not await self._attempt(delivery):
            delivery.tried.set()
            self._tell(delivery, False)
            simulated = self._clock.now() - delivery.created_at
            if time.monotonic() - began > GIVE_UP_REAL or simulated > GIVE_UP_SIMULATED:
                delivery.state = "given_up"
                self.given_up += 1
                self._on_activity()
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY)
        delivery.state = "acked"
        self.acked += 1
        self._tell(delivery, True)

    async def _attempt(self, delivery: Delivery) -> bool:
        # The gate is held for the attempt only: whoever waits to retry keeps nobody out.
        async with self._gate:
            began = time.monotonic()
            delivery.attempts += 1
            self.attempts += 1
            try:
                delivery.answer = str(await self.post(delivery.body, self.headers(delivery.body)))
            except TimeoutError:
                delivery.answer = "sin respuesta"
            except OSError:
                delivery.answer = "sin conexión"
            delivery.took_ms = round((time.monotonic() - began) * 1000)
        self._on_activity()
        return delivery.answer == "200"

    def _tell(self, delivery: Delivery, acked: bool) -> None:
        for change in delivery.changes:
            change.on_result(acked)

    async def _later(self, seconds: float, action: Callable[[], None]) -> None:
        await asyncio.sleep(seconds)
        action()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _wait_at_most(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
