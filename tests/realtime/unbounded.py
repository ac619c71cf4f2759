"""The control of R25: the same product, but a tab is never asked whether it keeps up."""

from __future__ import annotations

from config.asgi import application
from core.realtime import socket

__all__ = ["application"]

socket.UNANSWERED = 10**9
