"""The strings of the puppets: what the phone page and the tests use. Documented in docs/simulator.md."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator import templates
from simulator.config import BusinessNumber
from simulator.courier import signature
from simulator.customers import Customer
from simulator.messages import Message
from simulator.world import World

STATUSES = ("sent", "delivered", "read", "failed")
CHANGEABLE = {"name", "phone", "user_id", "username", "country", "online", "autoread", "fails_with"}
LARGEST_PHOTO = 16 * 1024 * 1024
FILE_KINDS = ("image", "video", "audio", "voice", "document", "sticker")
SHOWABLE = ("image/png", "image/jpeg", "image/webp", "image/gif")

Endpoint = Callable[[Request, World], Awaitable[Any]]


class Wrong(Exception):
    """A sentence for the person or the test that asked."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def routes() -> list[BaseRoute]:
    table: list[tuple[str, str, Endpoint]] = [
        ("GET", "/control/state", get_state),
        ("GET", "/control/customers", get_customers),
        ("POST", "/control/customers", post_customers),
        ("PATCH", "/control/customers/{customer}", patch_customer),
        ("GET", "/control/customers/{customer}/messages", get_thread),
        ("POST", "/control/customers/{customer}/messages", post_message),
        ("PUT", "/control/customers/{customer}/read", put_read),
        ("POST", "/control/messages", post_messages),
        ("POST", "/control/messages/{message:path}/statuses", post_status),
        ("GET", "/control/sent", get_sent),
        ("GET", "/control/faults", get_faults),
        ("PUT", "/control/faults", put_faults),
        ("PATCH", "/control/faults", patch_faults),
        ("GET", "/control/templates", get_templates),
        ("PUT", "/control/templates", put_templates),
        ("PATCH", "/control/access", patch_access),
        ("POST", "/control/numbers", post_number),
        ("PATCH", "/control/numbers/{number}", patch_number),
        ("PUT", "/control/app", put_app),
        ("POST", "/control/notices", post_notice),
        ("POST", "/control/clock", post_clock),
        ("GET", "/control/idle", get_idle),
        ("POST", "/control/reset", post_reset),
        ("GET", "/control/deliveries", get_deliveries),
        ("POST", "/control/deliveries", post_delivery),
        ("POST", "/control/verification", post_verification),
        ("PUT", "/control/presence/{client}", put_presence),
    ]
    by_path: dict[str, dict[str, Endpoint]] = {}
    for method, path, endpoint in table:
        by_path.setdefault(path, {})[method] = endpoint
    found: list[BaseRoute] = [Route(path, _door(methods), methods=list(methods)) for path, methods in by_path.items()]
    return [*found, Route("/control/media/{media}", get_media, methods=["GET"])]


def _door(methods: dict[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        # HEAD comes with GET for free.
        endpoint = methods.get(request.method) or methods["GET"]
        try:
            return JSONResponse(await endpoint(request, request.app.state.world))
        except Wrong as wrong:
            return JSONResponse({"error": str(wrong)}, wrong.status)
        except (ValueError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        except OSError as lost:
            # Only posting by hand gets here: the business does not listen.
            return JSONResponse({"error": f"el webhook no responde: {lost}"}, 502)

    return answer


# ── State and people ─────────────────────────────────────────────────────────────────────────────────────────────


async def get_state(request: Request, world: World) -> Any:
    numbers = [{"id": n.id, "display": n.display, "name": n.name} for n in world.numbers.values()]
    return {
        "business": world.config.business_name,
        "webhook_url": world.config.webhook_url,
        "waba_id": world.config.waba_id,
        "numbers": numbers,
        "now": world.clock.now(),
        "clock_offset": world.clock.offset,
        "customers": [world.customer_view(person) for person in world.customers.all()],
        "faults": world.faults.view(),
        "fault_hits": dict(world.faults.hits),
        **world.activity(),
    }


async def get_customers(request: Request, world: World) -> Any:
    return {"customers": [world.customer_view(person) for person in world.customers.all()]}


async def post_customers(request: Request, world: World) -> Any:
    """One, or a list of them."""
    wanted = await _any_json(request)
    if isinstance(wanted, list):
        return {"customers": [world.add_customer(_an_object(one)).identity() for one in wanted]}
    return world.customer_view(world.add_customer(_an_object(wanted)))


async def patch_customer(request: Request, world: World) -> Any:
    person = _customer(request.path_params["customer"], world)
    values = await _object(request)
    if unknown := set(values) - CHANGEABLE:
        raise Wrong(f"no se puede cambiar: {', '.join(sorted(unknown))}")
    world.change_customer(person, values)
    return world.customer_view(person)


# ── Writing as a customer ────────────────────────────────────────────────────────────────────────────────────────


async def get_thread(request: Request, world: World) -> Any:
    person = _customer(request.path_params["customer"], world)
    number = _number(request.query_params.get("number"), world)
    limit = min(int(request.query_params.get("limit", 200)), 2000)
    return {"messages": [message.view() for message in world.messages.chat(person.id, number.id)[-limit:]]}


async def post_message(request: Request, world: World) -> Any:
    person = _customer(request.path_params["customer"], world)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return (await _photo_from_form(request, person, world)).view()
    return _write(world, person, await _object(request)).view()


async def post_messages(request: Request, world: World) -> Any:
    """Many at once: `[{"customer": "rocio", "text": "Hola"}, …]`, in that order."""
    wanted = await _any_json(request)
    if not isinstance(wanted, list):
        raise Wrong("se espera una lista")
    checked = [(_customer(str(_an_object(one).get("customer")), world), one) for one in wanted]
    return {"ids": [_write(world, person, one).id for person, one in checked]}


def _write(world: World, person: Customer, wanted: dict[str, Any]) -> Message:
    """`text`, `image`, `file` or `raw`: the message object of a webhook, less its sender, in Meta's own words."""
    number = _number(wanted.get("number"), world)
    options: dict[str, Any] = {
        "at": None if wanted.get("timestamp") is None else float(wanted["timestamp"]),
        "message_id": str(wanted.get("id") or ""),
        "reply_to": str(wanted.get("reply_to") or ""),
    }
    if isinstance(raw := wanted.get("raw"), dict):
        return world.customer_writes(person, str(raw.get("type", "")), raw, number=number, **options)
    if isinstance(image := wanted.get("image"), dict):
        photo, mime_type = _photo(image)
        caption = str(image.get("caption") or "")
        return world.sends_photo(person, photo, mime_type, number=number, caption=caption, **options)
    if isinstance(file := wanted.get("file"), dict):
        content, mime_type = _file(file)
        words = {name: str(file.get(name) or "") for name in ("caption", "filename")}
        kind = str(file.get("kind") or "document")
        if kind not in FILE_KINDS:
            raise Wrong(f"kind es uno de {', '.join(FILE_KINDS)}")
        return world.sends_file(person, kind, content, mime_type, number=number, **words, **options)
    if isinstance(text := wanted.get("text"), str) and text:
        return world.writes_text(person, text, number=number, **options)
    raise Wrong("falta text, image, file o raw")


def _file(file: dict[str, Any]) -> tuple[bytes, str]:
    try:
        content = base64.b64decode(str(file.get("base64") or ""), validate=True)
    except binascii.Error:
        raise Wrong("base64 no se puede leer") from None
    return content, str(file.get("mime_type") or "application/octet-stream")


def _photo(image: dict[str, Any]) -> tuple[bytes | None, str]:
    """Without `base64`, the sample photo. The type is believed: tests send wrong ones on purpose."""
    if "base64" not in image:
        return None, ""
    try:
        content = base64.b64decode(str(image["base64"]), validate=True)
    except binascii.Error:
        raise Wrong("base64 no se puede leer") from None
    return content, str(image.get("mime_type") or "image/jpeg")


async def _photo_from_form(request: Request, person: Customer, world: World) -> Message:
    async with request.form(max_files=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Wrong("falta la foto")
        content = await file.read()
        if len(content) > LARGEST_PHOTO:
            raise Wrong("La foto pesa más de 16 MB; elige una más liviana.", 413)
        if not (file.content_type or "").startswith("image/"):
            raise Wrong("Eso no es una foto. Elige una imagen.", 415)
        number = _number(form.get("number"), world)
        caption = str(form.get("caption") or "")
        return world.sends_photo(person, content, str(file.content_type), number=number, caption=caption)


async def put_read(request: Request, world: World) -> Any:
    person = _customer(request.path_params["customer"], world)
    return {"read": world.read_all(person, _number(request.query_params.get("number"), world).id)}


# ── What the business sent ───────────────────────────────────────────────────────────────────────────────────────


async def get_sent(request: Request, world: World) -> Any:
    query = request.query_params
    found = list(world.messages.sent(to=query.get("to", ""), opaque=query.get("opaque", "")))
    limit = min(int(query.get("limit", 100)), 10_000)
    return {
        "total": world.messages.accepted,
        "matching": len(found),
        "by_to": dict(world.messages.by_to),
        "by_opaque": dict(world.messages.by_opaque),
        "messages": [message.view() for message in found[-limit:]],
    }


async def post_status(request: Request, world: World) -> Any:
    message = world.messages.get(request.path_params["message"])
    if message is None or message.direction != "out":
        raise Wrong("ese mensaje no existe", 404)
    wanted = await _object(request)
    status = str(wanted.get("status"))
    if status not in STATUSES:
        raise Wrong(f"status es uno de {', '.join(STATUSES)}")
    at = None if wanted.get("timestamp") is None else float(wanted["timestamp"])
    world.report(message, status, code=int(wanted.get("code") or 131026), at=at)
    return message.view()


# ── Faults, time, order ──────────────────────────────────────────────────────────────────────────────────────────


async def get_faults(request: Request, world: World) -> Any:
    return {"faults": world.faults.view(), "hits": dict(world.faults.hits)}


async def put_faults(request: Request, world: World) -> Any:
    return await _change_faults(request, world, replace=True)


async def patch_faults(request: Request, world: World) -> Any:
    return await _change_faults(request, world, replace=False)


async def _change_faults(request: Request, world: World, *, replace: bool) -> Any:
    world.faults.change(await _object(request), replace=replace)
    world.hub.publish("faults", world.faults.view())
    return {"faults": world.faults.view(), "hits": dict(world.faults.hits)}


async def get_templates(request: Request, world: World) -> Any:
    return {"templates": world.templates}


async def put_templates(request: Request, world: World) -> Any:
    """These and no others: `[{"name", "language"?, "category"?, "status"?, "components": […]}]`, in Meta's own words."""
    wanted = await _any_json(request)
    if not isinstance(wanted, list):
        raise Wrong("se espera una lista")
    found = []
    for one in wanted:
        given = _an_object(one)
        if not isinstance(given.get("name"), str) or not isinstance(given.get("components"), list):
            raise Wrong("falta name o components")
        options = {
            name: str(given[name]) for name in ("language", "category", "status", "rejected_reason") if name in given
        }
        found.append(templates.made(given["name"], given["components"], **options))
    world.templates = found
    return {"templates": found}


async def patch_access(request: Request, world: World) -> Any:
    """What the token may do: `permissions`, `wabas` (lists of words) and `expires_at` (0: never)."""
    wanted = await _object(request)
    values: dict[str, Any] = {}
    for name in ("permissions", "wabas"):
        if name in wanted:
            values[name] = tuple(str(each) for each in wanted[name])
    if "expires_at" in wanted:
        values["expires_at"] = int(wanted["expires_at"])
    world.access = replace(world.access, **values)
    return world.access.debugged()


async def post_number(request: Request, world: World) -> Any:
    """One more number of the business account: `id`, `display`, `name`."""
    wanted = await _object(request)
    number_id = str(wanted.get("id", ""))
    if not number_id.isdigit():
        raise Wrong("falta id, con cifras")
    shown, name = str(wanted.get("display") or f"+595 21 {number_id[-6:]}"), str(wanted.get("name") or "Otro")
    world.numbers[number_id] = BusinessNumber(id=number_id, waba_id=world.config.waba_id, display=shown, name=name)
    return {"id": number_id}


async def patch_number(request: Request, world: World) -> Any:
    """What Meta thinks of it: `quality`, `limit`, `status`, in Meta's own words."""
    number = _number(request.path_params["number"], world)
    wanted = await _object(request)
    values = {name: str(wanted[name]) for name in ("quality", "limit", "status") if name in wanted}
    world.numbers[number.id] = replace(number, **values)
    return {"id": number.id} | values


async def put_app(request: Request, world: World) -> Any:
    """The app as its owner set it up at Meta: where its webhooks go (`webhook_url`) and what signs them (`secret`)."""
    wanted = await _object(request)
    world.courier.serve(
        str(wanted.get("webhook_url") or world.config.webhook_url), str(wanted.get("secret") or world.config.app_secret)
    )
    return {}


async def post_notice(request: Request, world: World) -> Any:
    """A webhook that is no message: `{"field": "message_template_status_update", "value": {…}}`."""
    wanted = await _object(request)
    field, value = str(wanted.get("field", "")), _an_object(wanted.get("value"))
    body = {
        "object": "whatsapp_business_account",
        "entry": [
            {"id": world.config.waba_id, "time": int(world.clock.now()), "changes": [{"field": field, "value": value}]}
        ],
    }
    raw = json.dumps(body).encode()
    return {"status": await world.courier.post(raw, world.courier.headers(raw))}


async def post_clock(request: Request, world: World) -> Any:
    world.clock.advance(float((await _object(request)).get("advance", 0)))
    return {"now": world.clock.now(), "clock_offset": world.clock.offset}


async def get_idle(request: Request, world: World) -> Any:
    timeout = min(float(request.query_params.get("timeout", 10)), 600)
    return {"idle": await world.wait_idle(timeout), "pending": world.pending}


async def post_reset(request: Request, world: World) -> Any:
    await _object(request)
    world.reset()
    return world.counts()


# ── Webhooks by hand ─────────────────────────────────────────────────────────────────────────────────────────────


async def get_deliveries(request: Request, world: World) -> Any:
    limit = min(int(request.query_params.get("limit", 50)), 300)
    return {"counts": world.counts(), "deliveries": [d.view() for d in list(world.courier.log)[-limit:]]}


async def post_delivery(request: Request, world: World) -> Any:
    """Any body, signed or not, posted once to the webhook; answers what the webhook answered."""
    wanted = await _object(request)
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
    wanted = await _object(request)
    challenge = str(wanted.get("challenge", "1158201444"))
    token = str(wanted.get("verify_token", world.config.verify_token))
    status, text = await world.courier.verify(challenge, token)
    return {"status": status, "text": text, "verified": status == 200 and text == challenge}


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def put_presence(request: Request, world: World) -> Any:
    """Which chat this page is showing to a person who is looking; `{}` for none."""
    wanted = await _object(request)
    chat = None
    if not world.hub.is_listening(request.path_params["client"]):
        # Its stream has ended: a ghost would go on reading for ever.
        raise Wrong("esa página ya no está", 410)
    if wanted.get("customer"):
        person = _customer(str(wanted["customer"]), world)
        chat = (person.id, _number(wanted.get("number"), world).id)
    world.look_at(request.path_params["client"], chat)
    return {}


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


# ── Helpers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _customer(customer_id: str, world: World) -> Customer:
    person = world.customers.get(customer_id)
    if person is None:
        raise Wrong(f"no hay ningún cliente «{customer_id}»", 404)
    return person


def _number(number_id: Any, world: World) -> BusinessNumber:
    """Left out, the first one: most demos have only that."""
    if not number_id:
        return next(iter(world.numbers.values()))
    number = world.numbers.get(str(number_id))
    if number is None:
        raise Wrong(f"no hay ningún número «{number_id}»", 404)
    return number


async def _any_json(request: Request) -> Any:
    # Only JSON by name: a form of a foreign page cannot send it without asking first.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Wrong("se espera application/json", 415)
    return json.loads(await request.body() or b"{}")


async def _object(request: Request) -> dict[str, Any]:
    return _an_object(await _any_json(request))


def _an_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong("se espera un objeto JSON")
    return value
