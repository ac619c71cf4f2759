"""The page with the phones: its files, its stream of events, and the headers that keep it to itself."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.world import World

STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def routes() -> list[BaseRoute]:
    return [
        Route("/", page, methods=["GET"]),
        Route("/events", events, methods=["GET"]),
        Route("/healthz", healthz, methods=["GET"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


async def page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


async def events(request: Request) -> Response:
    world: World = request.app.state.world
    client = secrets.token_hex(8)

    async def stream() -> AsyncIterator[bytes]:
        try:
            async for frame in world.hub.listen(client):
                yield frame
        finally:
            # A page that is gone looks at nothing: its chat must not be read by a ghost.
            world.look_at(client, None)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)


async def healthz(request: Request) -> Response:
    world: World = request.app.state.world
    return JSONResponse({"status": "ok", "webhook_url": world.config.webhook_url, **world.counts()})


class Fence:
    """Headers for every answer, and no unsafe request from a page of another origin."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(
                    {
                        "Content-Security-Policy": POLICY,
                        "X-Content-Type-Options": "nosniff",
                        "Referrer-Policy": "no-referrer",
                    }
                )
            await send(message)

        if scope["method"] not in ("GET", "HEAD") and _is_foreign(Headers(scope=scope)):
            refusal = JSONResponse({"error": "solo desde la propia página"}, 403)
            await refusal(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)


def _is_foreign(headers: Headers) -> bool:
    # Programs send no Origin; browsers do with every request that changes something.
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
