"""Every protocol's door, in order of cost: the provider's deliveries before Django, static files, sockets, then pages."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.auth import AuthMiddlewareStack  # apps must be ready before anything that touches models
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from django.conf import settings  # noqa: E402

from config.lifespan import answer_lifespan  # noqa: E402
from config.origins import SameOriginValidator  # noqa: E402
from config.sockets import PanelSocket  # noqa: E402
from config.static import static_files  # noqa: E402
from webhooks.ingress import Ingress  # noqa: E402

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

ingress = Ingress()
socket = SameOriginValidator(AuthMiddlewareStack(PanelSocket.as_asgi()))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await (socket if scope["path"] == "/ws/" else refuse_socket)(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith("/webhooks/meta/"):
        await ingress(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith(settings.STATIC_URL):
        await static_files(scope, receive, send)
    elif scope["type"] == "lifespan":
        await answer_lifespan(receive, send)
    else:
        await django_application(scope, receive, send)  # type: ignore[arg-type]  # asgiref's own alias for the same callables


async def refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1000})
