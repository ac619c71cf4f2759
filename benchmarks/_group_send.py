"""The baseline of the fan-out: what Channels and channels_redis do for a group, and no more.

channels_redis itself is not among our packages. This is its RedisChannelLayer (4.x) in small, step by step the same work: a group is a
sorted set; `group_send` reads it, and one script pushes the message once per process with the list of its channels, expiring
and bounding it; a receiver per process pops it, unpacks it, copies it into each channel's queue; each consumer's own
loop takes it from there, finds its handler, makes its JSON, sends. Left out: encryption, sharding, the clean-up of old members.
"""

from __future__ import annotations

import asyncio
import copy
import os
import time
import uuid
from typing import Any

import orjson
import redis.asyncio

PREFIX, EXPIRY, CAPACITY = "asgi:", 60, 1_000_000
PUSH = """
if redis.call('ZCOUNT', KEYS[1], '-inf', '+inf') < tonumber(ARGV[3]) then
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]); redis.call('EXPIRE', KEYS[1], ARGV[4]); return 0
end
return 1
"""


class Layer:
    """As channels_redis.core.RedisChannelLayer, for one process."""

    def __init__(self, name: str) -> None:
        # The library's own hundred are fewer than the sockets that join at once.
        self.client = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"], max_connections=5_000)
        # Longer than the blocking pop: the library's own default would end it.
        self.receiving = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=30)
        self.name = name
        self.queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.receiver: asyncio.Task[None] | None = None

    async def new_channel(self) -> str:
        channel = f"specific.{self.name}!{uuid.uuid4().hex}"
        self.queues[channel] = asyncio.Queue()
        if self.receiver is None:
            self.receiver = asyncio.create_task(self.receive_all())
        return channel

    async def group_add(self, group: str, channel: str) -> None:
        await self.client.zadd(f"{PREFIX}:group:{group}", {channel: time.time()})

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        channels = [each.decode() for each in await self.client.zrange(f"{PREFIX}:group:{group}", 0, -1)]
        by_process: dict[str, list[str]] = {}
        for channel in channels:
            by_process.setdefault(channel[: channel.index("!") + 1], []).append(channel)
        for process, mine in by_process.items():
            # The random prefix keeps two equal messages apart in the set.
            packed = os.urandom(12) + orjson.dumps({**message, "__asgi_channel__": mine})
            await self.client.eval(PUSH, 1, PREFIX + process, packed, time.time(), CAPACITY, EXPIRY)

    async def receive_all(self) -> None:
        while True:
            popped = await self.receiving.bzpopmin(f"{PREFIX}specific.{self.name}!", timeout=5)
            if popped is None:
                continue
            message = orjson.loads(popped[1][12:])
            for channel in message.pop("__asgi_channel__"):
                if channel in self.queues:
                    # Each consumer may change what it is given.
                    self.queues[channel].put_nowait(copy.deepcopy(message))


layer: Layer | None = None


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A consumer: a task for the socket's frames and one for the group's, as channels.consumer dispatches them."""
    global layer  # noqa: PLW0603  # one per process, made in its loop
    if scope["type"] == "http":
        await receive()
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return
    if scope["type"] != "websocket":
        return
    layer = layer or Layer(uuid.uuid4().hex)
    channel = await layer.new_channel()
    await receive()
    await send({"type": "websocket.accept"})
    # A group per server: several are measured on one Redis.
    group_name = f"inbox{scope['server'][1]}"
    await layer.group_add(group_name, channel)
    await send({"type": "websocket.send", "text": '{"type":"watching","watch":"list"}'})
    group = asyncio.create_task(send_of_group(layer.queues[channel], send))
    try:
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        group.cancel()
        del layer.queues[channel]
        await layer.client.zrem(f"{PREFIX}:group:{group_name}", channel)


async def send_of_group(queue: asyncio.Queue[dict[str, Any]], send: Any) -> None:
    while True:
        message = await queue.get()
        await send({"type": "websocket.send", "text": orjson.dumps(message["frame"]).decode()})
