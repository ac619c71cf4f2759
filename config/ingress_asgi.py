"""The production `ingress` process: the providers' door alone, without pages, sockets or static files.

`uvicorn config.ingress_asgi:application` (or Daphne, unchanged). A slow page can then never stand in a delivery's way.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup(set_prefix=False)

from config.lifespan import answer_lifespan  # noqa: E402
from webhooks.ingress import PATH, Ingress, answer  # noqa: E402  # apps must be ready before anything that touches models

ingress = Ingress()


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] == "http" and scope["path"].startswith(PATH):
        await ingress(scope, receive, send)
    elif scope["type"] == "http":
        await answer(send, 404)
    elif scope["type"] == "lifespan":
        await answer_lifespan(receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1000})
