"""Where providers deliver: a plain ASGI callable in front of Django (PERFORMANCE.md).

The order is the contract: size and completeness while reading, then the signature over the raw bytes, and only a committed
row is acknowledged. Nothing is parsed here; a body that cannot be read becomes a dead letter later.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import psycopg
from django.conf import settings
from django.db import DatabaseError
from psycopg_pool import PoolTimeout, TooManyRequests

from connectors.whatsapp.verify import challenge, signature_is_valid
from core.counters import count
from webhooks.apps_of_providers import AppSecrets, secrets_of
from webhooks.group_commit import GroupCommit
from webhooks.hearing import Ear

logger = logging.getLogger(__name__)

PATH = "/webhooks/meta/"
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class TooLong(Exception):
    pass


class Truncated(Exception):
    pass


class Ingress:
    """`/webhooks/meta/` for the environment's app, `/webhooks/meta/<key>/` for a ProviderApp."""

    def __init__(self, commit: GroupCommit | None = None) -> None:
        self.commit = commit or GroupCommit()
        self.ear = Ear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = scope["path"].removeprefix(PATH).strip("/")
        try:
            app = await secrets_of(key)
        except (DatabaseError, PoolTimeout, OSError) as error:
            logger.error("app not read: %s", type(error).__name__)
            await answer(send, 503)
            return
        if app is None:
            await answer(send, 404)
        elif scope["method"] == "GET":
            await self.verify(scope, send, app, key)
        elif scope["method"] == "POST":
            await self.accept(scope, receive, send, app, key)
        else:
            await answer(send, 405)

    async def verify(self, scope: Scope, send: Send, app: AppSecrets, key: str) -> None:
        """Meta's question when the address is registered: digits are echoed as plain text, anything else is 403 (S26)."""
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin1")).items()}
        echo = challenge(
            query.get("hub.mode"), query.get("hub.verify_token"), query.get("hub.challenge"), app.verify_token
        )
        if echo is not None:
            self.ear.verification(key)
        await answer(send, 403 if echo is None else 200, (echo or "").encode())

    async def accept(self, scope: Scope, receive: Receive, send: Send, app: AppSecrets, key: str) -> None:
        headers = dict(scope["headers"])
        try:
            body = await read_body(headers, receive)
        except TooLong:
            await answer(send, 413)
            return
        except Truncated:
            await answer(send, 400)
            return
        signature = headers.get(b"x-hub-signature-256", b"").decode("latin1")
        if not signature_is_valid(body, signature or None, app.secrets):
            # Without a secret nothing is ever valid: the address fails closed (S23).
            self.ear.failure(key)
            await answer(send, 401)
            return
        if not body:
            await answer(send, 400)
            return
        try:
            await self.commit.store(key, body)
        except (psycopg.Error, PoolTimeout, TooManyRequests, OSError, TimeoutError) as error:
            logger.error("delivery not stored: %s", type(error).__name__)
            await answer(send, 503)
            return
        self.ear.delivery(key)
        await answer(send, 200)


async def read_body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """Return the whole body.

    Raises:
        TooLong: as soon as it is known, declared or counted.
        Truncated: the sender went away, or sent less than declared.
    """
    limit = settings.WEBHOOK_BODY_LIMIT
    declared = headers.get(b"content-length", b"")
    expected = int(declared) if declared.isdigit() else None
    if expected is not None and expected > limit:
        raise TooLong
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Truncated
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLong
        chunks.append(chunk)
        if not message.get("more_body", False):
            break
    if expected is not None and size != expected:
        raise Truncated
    return b"".join(chunks)


async def answer(send: Send, status: int, body: bytes = b"") -> None:
    count("deliveries", status=str(status))
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    if status == 503:
        headers.append((b"retry-after", b"2"))
    if status == 401:
        headers.append((b"www-authenticate", b"X-Hub-Signature-256"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
