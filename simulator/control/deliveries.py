"""Webhooks by hand, and files as the page shows them."""

import base64
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.control.asking import json_object
from simulator.courier import signature
from simulator.world import World

SHOWABLE = ("image/png", "image/jpeg", "image/webp", "image/gif")


async def get_deliveries(request: Request, world: World) -> Any:
    limit = min(int(request.query_params.get("limit", 50)), 300)
    return {"counts": world.counts(), "deliveries": [d.view() for d in list(world.courier.log)[-limit:]]}


async def post_delivery(request: Request, world: World) -> Any:
    """Any body, signed or not, posted once to the webhook; answers what the webhook answered."""
    wanted = await json_object(request)
    body = _body_of(wanted)
    headers = world.courier.headers(body)
    signed = wanted.get("signature", True)
    if signed is not True:
        headers = {name: value for name, value in headers.items() if not name.startswith("X-Hub")}
    if isinstance(signed, str):
        headers["X-Hub-Signature-256"] = signed
    if "secret" in wanted:
        headers["X-Hub-Signature-256"] = signature(body, str(wanted["secret"]))
    headers |= {str(name): str(value) for name, value in dict(wanted.get("headers") or {}).items()}
    times = max(1, min(int(wanted.get("times", 1)), 1000))
    return {"statuses": [await world.courier.post(body, headers) for _ in range(times)]}


def _body_of(wanted: dict[str, Any]) -> bytes:
    if "base64" in wanted:
        return base64.b64decode(str(wanted["base64"]))
    body = wanted.get("body", {})
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


async def post_verification(request: Request, world: World) -> Any:
    wanted = await json_object(request)
    challenge = str(wanted.get("challenge", "1158201444"))
    token = str(wanted.get("verify_token", world.config.verify_token))
    status, text = await world.courier.verify(challenge, token)
    return {"status": status, "text": text, "verified": status == 200 and text == challenge}


async def get_media(request: Request) -> Response:
    world: World = request.app.state.world
    media = world.media.get(request.path_params["media"])
    if media is None:
        return JSONResponse({"error": "ese archivo no existe"}, 404)
    # Whatever somebody uploaded is shown as a picture or not at all: never as a page of this origin.
    shown = media.mime_type in SHOWABLE
    headers = {"Cache-Control": "private, max-age=3600", "Content-Disposition": "inline" if shown else "attachment"}
    media_type = media.mime_type if shown else "application/octet-stream"
    return Response(media.content, media_type=media_type, headers=headers)
