"""The Graph API: the part of it a business that talks on WhatsApp calls."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from simulator import media as media_types
from simulator import refusals, templates
from simulator.access import APP_ID, APP_NAME, MANAGEMENT, MESSAGING
from simulator.checks import Outgoing, read_message
from simulator.config import BusinessNumber
from simulator.customers import digits_of
from simulator.refusals import Refusal
from simulator.wire import CutConnection, never_answer
from simulator.world import World

EARLY_STATUS_SECONDS = 0.25
LARGEST_JSON = 1024 * 1024

Endpoint = Callable[[Request, World], Awaitable[Response]]


class GraphVersion(StringConvertor):
    regex = r"v\d+\.\d+"


register_url_convertor("graph_version", GraphVersion())


def routes() -> list[BaseRoute]:
    node = "/{version:graph_version}/{node}"
    return [
        Route(f"{node}/messages", guarded(post_message), methods=["POST"]),
        Route(f"{node}/media", guarded(upload_media), methods=["POST"]),
        Route(f"{node}/message_templates", guarded(list_templates), methods=["GET"]),
        Route(f"{node}/phone_numbers", guarded(list_numbers), methods=["GET"]),
        Route(f"{node}/subscribed_apps", guarded(subscribe), methods=["GET", "POST", "DELETE"]),
        Route("/{version:graph_version}/debug_token", guarded(debug_token), methods=["GET"]),
        Route(node, guarded(read_node), methods=["GET"]),
        Route(node, guarded(delete_node), methods=["DELETE"]),
        Route("/{version:graph_version}/{rest:path}", unknown, methods=["GET", "POST", "DELETE"]),
        Route("/whatsapp_business/attachments/", download, methods=["GET"]),
    ]


def guarded(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """What every call meets first: the faults of the wire, then the token."""

    async def answer(request: Request) -> Response:
        world: World = request.app.state.world
        faults = world.faults
        if faults.now.black_hole:
            await request.body()
            return await never_answer(request, world.hub.closing)
        key = await _dice_key(request)
        await asyncio.sleep(faults.answer_delay(key))
        if faults.strikes("reset_before", key):
            return CutConnection()
        try:
            _check_token(request, world)
            if faults.strikes("rate_limited", key):
                raise refusals.rate_limit_hit()
            if faults.strikes("server_error", key):
                raise refusals.something_went_wrong()
            return await endpoint(request, world)
        except Refusal as refusal:
            return JSONResponse(refusal.body(), refusal.status)

    return answer


async def post_message(request: Request, world: World) -> Response:
    number = _number(request, world)
    if MESSAGING not in world.access.permissions:
        raise refusals.permission_missing(MESSAGING)
    body = await _json(request)
    if body.get("status") == "read":
        return _mark_read(body, world, number)
    outgoing = read_message(body, world.media, world.templates)
    person = world.find_recipient(outgoing)
    if script := world.faults.script_for(person.id if person else ""):
        raise refusals.scripted(script["code"], script.get("status", 400))
    if person is not None and person.id in world.faults.now.pair_limited:
        raise refusals.pair_rate_limit_hit()
    if world.faults.exceeds_throughput(number.id):
        raise refusals.rate_limit_hit()
    message = world.accept(number, outgoing)
    if world.faults.strikes("lost_answer", _key_of(body)):
        return CutConnection()
    if world.faults.now.early_status:
        await asyncio.sleep(EARLY_STATUS_SECONDS)
    return JSONResponse(_accepted(outgoing, person.wa_id if person else "", message.id))


def _accepted(outgoing: Outgoing, wa_id: str, message_id: str) -> dict[str, Any]:
    contact = {"input": outgoing.address}
    if outgoing.to:
        # The id WhatsApp knows the number by, which may differ from the number written (AR, BR, MX).
        contact["wa_id"] = wa_id or digits_of(outgoing.to)
    else:
        contact["user_id"] = outgoing.user_id
    message = {"id": message_id}
    if outgoing.kind == "template":
        message["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}


def _mark_read(body: dict[str, Any], world: World, number: BusinessNumber) -> Response:
    message = world.messages.get(str(body.get("message_id", "")))
    if message is None or message.direction != "in" or message.number_id != number.id:
        raise refusals.wrong_value("Message ID does not exist or does not belong to this phone number.")
    world.mark_read_by_business(message)
    return JSONResponse({"success": True})


async def upload_media(request: Request, world: World) -> Response:
    number = _number(request, world)
    async with request.form(max_files=1) as form:
        if form.get("messaging_product") != "whatsapp":
            raise refusals.invalid("The parameter messaging_product is required.")
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise refusals.invalid("The parameter file is required.")
        content = await file.read()
        mime_type = (file.content_type or "application/octet-stream").split(";")[0].strip().lower()
        limit = media_types.LIMITS.get(mime_type)
        if limit is None:
            allowed = ", ".join(media_types.LIMITS)
            raise refusals.invalid(
                f"Param file must be a file with one of the following types: {allowed}. "
                f"Received file of type '{mime_type}'."
            )
        if len(content) > limit:
            raise refusals.invalid(f"Param file must be at most {limit} bytes for type '{mime_type}'.")
        stored = world.media.add(content, mime_type, number_id=number.id, name=file.filename or "")
    return JSONResponse({"id": stored.id})


async def list_templates(request: Request, world: World) -> Response:
    _check_account(request, world)
    limit = request.query_params.get("limit", str(templates.PAGE))
    if not limit.isdecimal() or not 1 <= int(limit) <= 500:
        raise refusals.invalid("Param limit must be between 1 and 500.")
    after = request.query_params.get("after", "")
    url = f"{str(request.base_url).rstrip('/')}{request.url.path}"
    return JSONResponse(templates.page(world.templates, limit=int(limit), after=after, url=url))


async def debug_token(request: Request, world: World) -> Response:
    """Whose token it is and what it may do. One that cannot be read is told so in `data`, not by an error."""
    given = request.query_params.get("input_token", "")
    if not given:
        raise refusals.invalid("The parameter input_token is required.")
    if not hmac.compare_digest(given.encode(), world.config.token.encode()):
        error = {"code": 190, "message": f"Malformed access token {given}"}
        return JSONResponse({"data": {"error": error, "is_valid": False, "scopes": []}})
    return JSONResponse({"data": world.access.debugged()})


async def list_numbers(request: Request, world: World) -> Response:
    _check_account(request, world)
    nodes = [_fields(request, _number_node(number)) for number in world.numbers.values()]
    limit = int(request.query_params.get("limit", 25))
    start = int(request.query_params.get("after", 0))
    shown = nodes[start : start + limit]
    paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + len(shown))}}
    if start + len(shown) < len(nodes):
        paging["next"] = str(request.url)
    return JSONResponse({"data": shown, "paging": paging})


async def subscribe(request: Request, world: World) -> Response:
    _check_account(request, world)
    if request.method == "GET":
        app = {"category": "Business", "link": "https://www.facebook.com/", "name": APP_NAME, "id": APP_ID}
        return JSONResponse({"data": [{"whatsapp_business_api_data": app}] if world.is_subscribed else []})
    world.is_subscribed = request.method == "POST"
    return JSONResponse({"success": True})


def _check_account(request: Request, world: World) -> None:
    """The account is there, and the token may manage it."""
    waba_id = request.path_params["node"]
    if waba_id != world.config.waba_id or (world.access.wabas and waba_id not in world.access.wabas):
        raise refusals.no_such_node(waba_id, method=request.method.lower())
    if MANAGEMENT not in world.access.permissions:
        raise refusals.permission_missing(MANAGEMENT)


async def read_node(request: Request, world: World) -> Response:
    node = request.path_params["node"]
    if number := world.numbers.get(node):
        return JSONResponse(_fields(request, _number_node(number)))
    if node == world.config.waba_id:
        shown = {"id": node, "name": world.config.business_name, "timezone_id": "1", "currency": "USD"}
        return JSONResponse(_fields(request, shown))
    media = world.media.get(node)
    fault = world.faults.now.media
    if media is None or fault == "gone":
        raise refusals.no_such_node(node)
    # The host is the one this request came to, so that a proxy between the two keeps working.
    shown = {
        "url": _address(node, request, world, fault),
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        "file_size": len(media.content),
        "id": node,
        "messaging_product": "whatsapp",
    }
    return JSONResponse(shown)


def _address(node: str, request: Request, world: World, fault: str) -> str:
    if fault == "elsewhere":
        return "http://169.254.169.254/latest/meta-data/"
    if fault == "stale_once" and world.faults.strikes_once("stale_once", node):
        return world.media.address(node, base=str(request.base_url), expires=int(world.clock.now()) - 1)
    return world.media_url(node, str(request.base_url))


async def delete_node(request: Request, world: World) -> Response:
    node = request.path_params["node"]
    if not world.media.remove(node):
        raise refusals.no_such_node(node, method="delete")
    return JSONResponse({"success": True})


async def download(request: Request) -> Response:
    """Meta's file host: signed address, bearer token, plain HTTP errors instead of Graph ones."""
    world: World = request.app.state.world
    fault = world.faults.now.media
    query = request.query_params
    media = world.media.get(query.get("mid", ""))
    is_valid = world.media.is_address_valid(
        query.get("mid", ""), query.get("ext", ""), query.get("hash", ""), now=world.clock.now()
    )
    if fault == "unauthorised" or not _has_token(request, world) or world.faults.now.token_revoked:
        return Response("Unauthorized", 401, media_type="text/plain")
    if fault == "expired" or media is None or not is_valid:
        return Response("URL signature expired", 404, media_type="text/plain")
    if fault == "slow":
        await asyncio.sleep(15)
    content, mime_type = media.content, media.mime_type
    if fault == "wrong_type":
        mime_type = "text/html"
    if fault == "wrong_bytes":
        content = bytes(len(content))
    if fault == "short":
        content = content[: len(content) // 2]
    if fault == "altered":
        content = content[:-1] + bytes([content[-1] ^ 1])
    if fault in ("endless", "dripping"):
        return StreamingResponse(_without_end(content, fault), media_type=mime_type)
    return Response(content, media_type=mime_type, headers={"Content-Disposition": f"inline;filename={media.id}"})


async def _without_end(content: bytes, fault: str) -> AsyncIterator[bytes]:
    """The file, then more of it for as long as somebody takes it; dripping, a byte at a time."""
    while fault == "dripping":
        for byte in content:
            yield bytes([byte])
            await asyncio.sleep(1)
    yield content
    while True:
        yield bytes(64 * 1024)
        await asyncio.sleep(0)


async def unknown(request: Request) -> Response:
    refusal = refusals.unknown_path(request.path_params["rest"])
    return JSONResponse(refusal.body(), refusal.status)


# ── Helpers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _number(request: Request, world: World) -> BusinessNumber:
    node = request.path_params["node"]
    number = world.numbers.get(node)
    if number is None:
        raise refusals.no_such_node(node, method=request.method.lower())
    return number


def _number_node(number: BusinessNumber) -> dict[str, Any]:
    return {
        "verified_name": number.name,
        "code_verification_status": "VERIFIED",
        "display_phone_number": number.display,
        "quality_rating": number.quality,
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "name_status": "APPROVED",
        "status": number.status,
        "whatsapp_business_manager_messaging_limit": number.limit,
        "id": number.id,
    }


def _fields(request: Request, node: dict[str, Any]) -> dict[str, Any]:
    wanted = [name.strip() for name in request.query_params.get("fields", "").split(",") if name.strip()]
    return {name: node[name] for name in [*wanted, "id"] if name in node} if wanted else node


def _has_token(request: Request, world: World) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else request.query_params.get("access_token", "")
    return hmac.compare_digest(given.encode(), world.config.token.encode())


def _check_token(request: Request, world: World) -> None:
    if not _has_token(request, world):
        raise refusals.token_missing_or_wrong()
    if world.faults.now.token_revoked:
        raise refusals.token_revoked()


async def _json(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if len(raw) > LARGEST_JSON:
        raise refusals.invalid("Invalid parameter", "The request body is too large.")
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise refusals.invalid("Invalid parameter", "The request body must be a JSON object.")
    return body


async def _dice_key(request: Request) -> str:
    """By what a call is told from another, for the dice: the message itself, not the order of arrival."""
    if not request.url.path.endswith("/messages"):
        return request.url.path
    try:
        return _key_of(await _json(request))
    except Refusal:
        return ""


def _key_of(body: dict[str, Any]) -> str:
    opaque = body.get("biz_opaque_callback_data")
    return str(opaque or f"{body.get('to')}|{body.get('recipient')}|{body.get('text')}|{body.get('image')}")
