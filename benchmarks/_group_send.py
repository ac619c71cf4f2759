"""The baseline of the fan-out: a consumer of Channels that joins a group of channels_redis, as its tutorial has it, and nothing else."""

from __future__ import annotations

import os
from typing import Any

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer
from channels_redis.core import RedisChannelLayer
from django.conf import settings

# Above what one burst leaves waiting: its default of a hundred would drop, and what is dropped costs nothing.
CAPACITY, EXPIRY_SECONDS = 1_000_000, 60
LAYER: dict[str, Any] = {
    # redis-py's own hundred connections are fewer than the sockets that join at once, and its time-out ends the blocking pop.
    "hosts": [{"address": os.environ.get("REDIS_URL", ""), "max_connections": 5_000, "socket_timeout": 3_600}],
    "capacity": CAPACITY,
    "expiry": EXPIRY_SECONDS,
}

if not settings.configured:
    settings.configure(
        CHANNEL_LAYERS={"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": LAYER}}
    )


def make_layer() -> RedisChannelLayer:
    """A layer for whoever only sends."""
    return RedisChannelLayer(**LAYER)


class Consumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        # A group per server: several are measured on one Redis.
        self.group = f"inbox{self.scope['server'][1]}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send(text_data='{"type":"watching","watch":"list"}')

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def show(self, event: dict[str, Any]) -> None:
        await self.send(text_data=orjson.dumps(event["frame"]).decode())


consumer = Consumer.as_asgi()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The consumer, and a 404 for whoever asks whether the server is up."""
    if scope["type"] == "http":
        await receive()
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
    elif scope["type"] == "websocket":
        await consumer(scope, receive, send)
