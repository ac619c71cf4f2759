"""Doors without the safeguard, for the controls of R05 to R08: the same product, but another idea of when to answer 200.

`python -m daphne … tests.webhooks.hasty:answers_first`
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings

from config import asgi
from webhooks.group_commit import GroupCommit
from webhooks.ingress import PATH, Ingress
from webhooks.tasks import ingest

LATER_SECONDS = 0.5


class AnswersFirst(GroupCommit):
    """Acknowledges at once and writes half a second later."""

    async def store(self, app_key: str, body: bytes) -> None:
        asyncio.get_running_loop().call_later(LATER_SECONDS, lambda: asyncio.ensure_future(self.keep(app_key, body)))

    async def keep(self, app_key: str, body: bytes) -> None:
        with contextlib.suppress(Exception):
            await super().store(app_key, body)


class HandsOver(GroupCommit):
    """Puts the delivery into the broker and nowhere else; a broker that is away is 503."""

    async def store(self, app_key: str, body: bytes) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5)
        try:
            await client.rpush("hasty", app_key, base64.b64encode(body))
        except redis.RedisError as error:
            raise OSError from error
        finally:
            await client.aclose()


class ReadsFirst(GroupCommit):
    """Reads the message into its conversation before it answers."""

    async def store(self, app_key: str, body: bytes) -> None:
        await super().store(app_key, body)
        await sync_to_async(ingest, thread_sensitive=True)()


def door(commit: GroupCommit) -> Callable[..., Awaitable[None]]:
    ingress = Ingress(commit)

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        is_delivery = scope["type"] == "http" and scope["path"].startswith(PATH)
        await (ingress if is_delivery else asgi.application)(scope, receive, send)

    return application


answers_first, hands_over, reads_first = door(AnswersFirst()), door(HandsOver()), door(ReadsFirst())
