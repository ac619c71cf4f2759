"""Customers: who they are, what they write, what they read."""

import base64
import binascii
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from simulator.control.asking import Wrong, an_object, any_json, customer_of, json_object, number_of
from simulator.customers import Customer
from simulator.messages import Message
from simulator.world import World

CHANGEABLE = {"name", "phone", "user_id", "username", "country", "online", "autoread", "fails_with", "answers"}
LARGEST_PHOTO = 16 * 1024 * 1024
FILE_KINDS = ("image", "video", "audio", "voice", "document", "sticker")


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
    wanted = await any_json(request)
    if isinstance(wanted, list):
        return {"customers": [world.add_customer(an_object(one)).identity() for one in wanted]}
    return world.customer_view(world.add_customer(an_object(wanted)))


async def patch_customer(request: Request, world: World) -> Any:
    person = customer_of(request.path_params["customer"], world)
    values = await json_object(request)
    if unknown := set(values) - CHANGEABLE:
        raise Wrong(f"no se puede cambiar: {', '.join(sorted(unknown))}")
    world.change_customer(person, values)
    return world.customer_view(person)


async def get_thread(request: Request, world: World) -> Any:
    person = customer_of(request.path_params["customer"], world)
    number = number_of(request.query_params.get("number"), world)
    limit = min(int(request.query_params.get("limit", 200)), 2000)
    return {"messages": [message.view() for message in world.messages.chat(person.id, number.id)[-limit:]]}


async def post_message(request: Request, world: World) -> Any:
    person = customer_of(request.path_params["customer"], world)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return (await _photo_from_form(request, person, world)).view()
    return _write(world, person, await json_object(request)).view()


async def post_messages(request: Request, world: World) -> Any:
    """Many at once: `[{"customer": "rocio", "text": "Hola"}, …]`, in that order."""
    wanted = await any_json(request)
    if not isinstance(wanted, list):
        raise Wrong("se espera una lista")
    checked = [(customer_of(str(an_object(one).get("customer")), world), one) for one in wanted]
    return {"ids": [_write(world, person, one).id for person, one in checked]}


def _write(world: World, person: Customer, wanted: dict[str, Any]) -> Message:
    """`text`, `image`, `file` or `raw`: the message object of a webhook, less its sender, in Meta's own words."""
    number = number_of(wanted.get("number"), world)
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
        number = number_of(form.get("number"), world)
        caption = str(form.get("caption") or "")
        return world.sends_photo(person, content, str(file.content_type), number=number, caption=caption)


async def put_read(request: Request, world: World) -> Any:
    person = customer_of(request.path_params["customer"], world)
    return {"read": world.read_all(person, number_of(request.query_params.get("number"), world).id)}


async def put_presence(request: Request, world: World) -> Any:
    """Which chat this page is showing to a person who is looking; `{}` for none."""
    wanted = await json_object(request)
    chat = None
    if not world.hub.is_listening(request.path_params["client"]):
        # Its stream has ended: a ghost would go on reading for ever.
        raise Wrong("esa página ya no está", 410)
    if wanted.get("customer"):
        person = customer_of(str(wanted["customer"]), world)
        chat = (person.id, number_of(wanted.get("number"), world).id)
    world.look_at(request.path_params["client"], chat)
    return {}
