"""What happens to a connection below HTTP: cut before an answer, or left waiting for ever."""

import asyncio
import socket
import struct

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TRANSPORT = "simulator.transport"  # put in the scope by `server.CuttableProtocol`


class CutConnection(Response):
    """In place of an answer, a TCP reset: what the client sees is a connection error, never a status."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport | None = scope.get(TRANSPORT)
        if transport is None:
            raise ConnectionResetError("cut by the simulator")
        raw = transport.get_extra_info("socket")
        if raw is not None:
            # Lingering for zero seconds makes the kernel send RST instead of a polite FIN.
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        # Returning before the server has noticed would make it write a 500 into the void and log an error.
        while (await receive())["type"] != "http.disconnect":
            pass


async def never_answer(request: Request, closing: asyncio.Event) -> Response:
    """Returns only when the client has gone or the simulator ends."""
    gone = asyncio.create_task(_until_disconnected(request))
    ended = asyncio.create_task(closing.wait())
    _, waiting = await asyncio.wait({gone, ended}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return CutConnection()


async def _until_disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
