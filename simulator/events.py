"""What the open phone pages hear: server-sent events, one bounded queue per page."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

QUEUE = 500
HEARTBEAT_SECONDS = 15


class Hub:
    def __init__(self) -> None:
        self._queues: dict[str, asyncio.Queue[tuple[str, Any]]] = {}
        self._closing = asyncio.Event()

    @property
    def has_listeners(self) -> bool:
        return bool(self._queues)

    def is_listening(self, client: str) -> bool:
        return client in self._queues

    def publish(self, event: str, body: Any) -> None:
        for queue in self._queues.values():
            try:
                queue.put_nowait((event, body))
            except asyncio.QueueFull:
                # A page that cannot keep up starts afresh: it re-reads everything, and nothing is half known.
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(("resync", {}))

    def close(self) -> None:
        """Ends every stream, so that the server need not wait for pages that stay open."""
        self._closing.set()
        self.publish("bye", {})

    @property
    def closing(self) -> asyncio.Event:
        return self._closing

    async def listen(self, client: str) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[tuple[str, Any]] = asyncio.Queue(QUEUE)
        self._queues[client] = queue
        try:
            yield _frame("hello", {"client": client})
            while not self._closing.is_set():
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        event, body = await queue.get()
                except TimeoutError:
                    yield b": vivo\n\n"
                else:
                    yield _frame(event, body)
        finally:
            self._queues.pop(client, None)


def _frame(event: str, body: Any) -> bytes:
    return f"event: {event}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode()
