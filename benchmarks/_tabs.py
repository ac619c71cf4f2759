"""Agents' tabs that only listen, in one process: they follow their list and say that they keep up (docs/socket.md).

Reads one JSON line (port, cookies), answers «open» once all stand, and lives until it is killed.
"""

from __future__ import annotations

import asyncio
import json
import sys

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

WATCH = json.dumps({"type": "watch", "watch": "list", "topic": "inbox", "filter": {"tray": "pending"}})
AT_ONCE = 20


async def sit(port: int, cookie: str, turn: asyncio.Semaphore, stands: asyncio.Event) -> None:
    async with turn:
        tab = await connect(
            f"ws://127.0.0.1:{port}/ws/",
            origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]  # a plain string is what goes on the wire
            additional_headers={"Cookie": f"session={cookie}"},
            max_size=2**24,
            ping_interval=None,
        )
        await tab.recv()
        await tab.send(WATCH)
    stands.set()
    try:
        async for text in tab:
            told = orjson.loads(text)
            for frame in told if isinstance(told, list) else [told]:
                if frame["type"] == "ask":
                    await tab.send(json.dumps({"type": "answer", "number": frame["number"]}))
    except ConnectionClosed as closed:
        print(f"closed {closed.code}", file=sys.stderr, flush=True)


async def main() -> None:
    wanted = json.loads(sys.stdin.readline())
    turn = asyncio.Semaphore(AT_ONCE)
    standing = [asyncio.Event() for _cookie in wanted["cookies"]]
    tabs = [
        asyncio.create_task(sit(wanted["port"], cookie, turn, stands))
        for cookie, stands in zip(wanted["cookies"], standing, strict=True)
    ]
    await asyncio.gather(*(stands.wait() for stands in standing))
    print("open", flush=True)
    await asyncio.gather(*tabs)


if __name__ == "__main__":
    asyncio.run(main())
