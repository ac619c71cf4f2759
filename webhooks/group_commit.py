"""Many deliveries, one commit: those that arrive within a few milliseconds share one INSERT (PERFORMANCE.md).

An acknowledgement still means "on disk": every waiter is told only after the commit it is part of.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from django.conf import settings
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from webhooks.tasks import hint_ingest

GATHER_SECONDS = 0.002
QUIET_TURNS = 3
GROUP_LIMIT = 400
GROUP_BYTES = 32 * 1024 * 1024
STATEMENT_SECONDS = 5.0
# A hint costs as much as ten deliveries: under load the worker is told this often, not once per group.
HINT_PAUSE_SECONDS = 0.02
CHECK_AFTER_SECONDS = 1.0
# One statement whatever the group's size: the server plans it once per connection.
INSERT = "INSERT INTO webhooks_delivery (app_key, body) SELECT * FROM unnest(%b::text[], %b::bytea[])"

Waiting = tuple[str, bytes, "asyncio.Future[None]"]


class GroupCommit:
    """Gathers deliveries of one event loop and commits them together."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.committer: asyncio.Task[None] | None = None
        self.pool: AsyncConnectionPool | None = None
        self.stored_at = 0.0
        self.hints = Hints()

    async def store(self, app_key: str, body: bytes) -> None:
        """Return when the delivery is committed.

        Raises:
            psycopg.Error, PoolTimeout: it was not stored; the provider must send it again.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((app_key, body, done))
        if self.committer is None or self.committer.done():
            self.committer = asyncio.create_task(self.commit_all())
        await done

    async def commit_all(self) -> None:
        while self.waiting:
            await self.gather()
            group = self.next_group()
            try:
                await asyncio.wait_for(self.insert([(key, body) for key, body, _done in group]), STATEMENT_SECONDS)
            except Exception as error:  # noqa: BLE001  # whatever it was, every waiter must be told, or the provider waits for ever
                for _key, _body, done in group:
                    if not done.done():
                        done.set_exception(error)
            else:
                for _key, _body, done in group:
                    if not done.done():
                        done.set_result(None)
                self.hints.give()

    def next_group(self) -> list[Waiting]:
        """As many as one statement may hold, by number and by bytes: PostgreSQL takes no message over a gigabyte."""
        size = 0
        for count, (_key, body, _done) in enumerate(self.waiting):
            size += len(body)
            if count >= GROUP_LIMIT or (count and size > GROUP_BYTES):
                group, self.waiting = self.waiting[:count], self.waiting[count:]
                return group
        group, self.waiting = self.waiting, []
        return group

    async def gather(self) -> None:
        """Let those come in who are at the door: until some turns of the loop brought nobody, at most for GATHER_SECONDS.

        Rejected: always sleeping that long. A lone delivery waited for nobody, and sixteen busy connections half the time.
        """
        until = time.monotonic() + GATHER_SECONDS
        quiet_turns, size = 0, len(self.waiting)
        while quiet_turns < QUIET_TURNS and size < GROUP_LIMIT and time.monotonic() < until:
            await asyncio.sleep(0)
            quiet_turns = quiet_turns + 1 if len(self.waiting) == size else 0
            size = len(self.waiting)

    async def insert(self, group: list[tuple[str, bytes]]) -> None:
        pool = await self.open_pool()
        async with pool.connection() as connection:
            await connection.execute(INSERT, ([key for key, _body in group], [body for _key, body in group]))
        self.stored_at = time.monotonic()

    async def open_pool(self) -> AsyncConnectionPool:
        # Lazily: Daphne sends no lifespan. Its own few connections, so that pages can never starve the ingress.
        if self.pool is None:
            database: dict[str, Any] = settings.DATABASES["default"]
            options = {
                "host": database["HOST"] or None,
                "port": database["PORT"] or None,
                "user": database["USER"] or None,
                "password": database["PASSWORD"] or None,
                "dbname": database["NAME"],
                # As everybody else connects: a demanded certificate (sslmode) is demanded here too.
                **{name: value for name, value in database["OPTIONS"].items() if name != "pool"},
            }
            self.pool = AsyncConnectionPool(
                kwargs={name: value for name, value in options.items() if value} | {"autocommit": True},
                min_size=1,
                max_size=2,
                timeout=1.0,
                max_waiting=8,
                open=False,
                check=self.check_after_a_pause,
            )
            await self.pool.open(wait=False)
        return self.pool

    async def check_after_a_pause(self, connection: AsyncConnection) -> None:
        """Ask an idle connection whether it still lives. Under load the group before has just shown it, and asking costs a round trip.

        Where it broke in between, one group is answered 503 and sent again.
        """
        if time.monotonic() - self.stored_at > CHECK_AFTER_SECONDS:
            await AsyncConnectionPool.check_connection(connection)


class Hints:
    """Tells the workers, from a thread of its own: the broker may be slow or away, and no acknowledgement waits for it."""

    def __init__(self) -> None:
        self.due = threading.Event()
        self.teller: threading.Thread | None = None

    def give(self) -> None:
        if self.teller is None or not self.teller.is_alive():
            self.teller = threading.Thread(target=self.tell, daemon=True, name="ingest hints")
            self.teller.start()
        self.due.set()

    def tell(self) -> None:
        while True:
            self.due.wait()
            # Cleared first: what is committed while the hint is on its way asks for another.
            self.due.clear()
            hint_ingest()
            time.sleep(HINT_PAUSE_SECONDS)
