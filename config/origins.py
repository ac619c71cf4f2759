"""A socket opens only from this very site: same host, same port, same scheme (S17)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[..., Awaitable[None]]


class SameOriginValidator:
    """Stricter than an allow-list of hosts: the Origin must be the address that the handshake itself came to."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        application: Any = self.application if self.is_same_origin(scope) else WebsocketDenier()
        await application(scope, receive, send)

    def is_same_origin(self, scope: dict[str, Any]) -> bool:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin1").lower()
        origin = headers.get(b"origin", b"").decode("latin1").lower()
        domain, _port = split_domain_port(host)
        if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
            return False
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.netloc == host and parts.scheme == ("https" if settings.IS_HTTPS else "http")
