"""Many deliveries, one commit: those that arrive within a few milliseconds share a multi-row INSERT (PERFORMANCE.md).

An acknowledgement still means "on disk": every waiter is told only after the commit it is part of.
"""

from __future__ import annotations

import asyncio
import threading

from django.conf import settings
from psycopg_pool import AsyncConnectionPool

from webhooks.tasks import hint_ingest

GATHER_SECONDS = 0.002
GROUP_LIMIT = 400
STATEMENT_SECONDS = 5.0

Waiting = tuple[str, bytes, "asyncio.Future[None]"]


class GroupCommit:
    """Gathers deliveries of one event loop and commits them together."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.committer: asyncio.Task[None] | None = None
        self.pool: AsyncConnectionPool | None = None

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
        await asyncio.sleep(GATHER_SECONDS)
        while self.waiting:
            group, self.waiting = self.waiting[:GROUP_LIMIT], self.waiting[GROUP_LIMIT:]
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
                # The hint may be slow or fail (the broker is away): never in the way of an acknowledgement.
                threading.Thread(target=hint_ingest, daemon=True).start()

    async def insert(self, group: list[tuple[str, bytes]]) -> None:
        pool = await self.open_pool()
        async with pool.connection() as connection:
            values = ", ".join(["(%s, %s)"] * len(group))
            await connection.execute(
                f"INSERT INTO webhooks_delivery (app_key, body) VALUES {values}",  # noqa: S608  # placeholders only
                [value for pair in group for value in pair],
            )

    async def open_pool(self) -> AsyncConnectionPool:
        # Lazily: Daphne sends no lifespan. Its own few connections, so that pages can never starve the ingress.
        if self.pool is None:
            database = settings.DATABASES["default"]
            options = {
                "host": database["HOST"] or None,
                "port": database["PORT"] or None,
                "user": database["USER"] or None,
                "password": database["PASSWORD"] or None,
                "dbname": database["NAME"],
                "connect_timeout": 3,
            }
            self.pool = AsyncConnectionPool(
                kwargs={name: value for name, value in options.items() if value} | {"autocommit": True},
                min_size=1,
                max_size=2,
                timeout=1.0,
                max_waiting=8,
                open=False,
                check=AsyncConnectionPool.check_connection,
            )
            await self.pool.open(wait=False)
        return self.pool
