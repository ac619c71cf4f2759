"""The ingress's ear: what happens at each app's address, gathered and written down once a second, never in a request's way."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict

from channels.db import database_sync_to_async
from django.db import DatabaseError
from psycopg_pool import PoolTimeout

from webhooks.actions.health import Heard, note_heard

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


class Ear:
    """One per ingress. What was not written down when a process is killed is lost: a second of figures."""

    def __init__(self) -> None:
        self.heard: dict[str, Heard] = defaultdict(Heard)
        self.timer: asyncio.TimerHandle | None = None
        self.writing: asyncio.Task[None] | None = None

    def delivery(self, app_key: str) -> None:
        self.heard[app_key].deliveries += 1
        self.soon()

    def failure(self, app_key: str) -> None:
        """A signature that was not the app's. Only apps that exist come here: guessed addresses are answered 404 before."""
        self.heard[app_key].failures += 1
        self.soon()

    def verification(self, app_key: str) -> None:
        self.heard[app_key].verifications += 1
        self.soon()

    def soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self.timer is None or self.timer.when() < loop.time() - EVERY_SECONDS:
            # The second half: a loop that ended took its timer along.
            self.timer = loop.call_later(EVERY_SECONDS, self.begin)

    def begin(self) -> None:
        self.writing = asyncio.get_running_loop().create_task(self.write())

    async def write(self) -> None:
        """Hand over what was heard. While the database is away it is kept for the next time."""
        self.timer = None
        taken, self.heard = self.heard, defaultdict(Heard)
        try:
            await database_sync_to_async(note_heard, thread_sensitive=False)(dict(taken))
        except (DatabaseError, PoolTimeout, OSError) as error:
            logger.warning("health of the apps not written: %s", type(error).__name__)
            for key, each in taken.items():
                self.heard[key].deliveries += each.deliveries
                self.heard[key].failures += each.failures
                self.heard[key].verifications += each.verifications
            self.soon()
