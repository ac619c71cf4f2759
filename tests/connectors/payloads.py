"""Deliveries as Meta's webhook reference shows them, with the parts a test wants to vary."""

from __future__ import annotations

from typing import Any

import orjson

from connectors.messages import InboundMessage, Unparseable
from connectors.whatsapp.parse import Piece, read, split

Raw = dict[str, Any]

WABA = "102290129340398"
NUMBER = "106540352242922"
PHONE = "595991651351"
BSUID = "PY.13491208655302741918"
AT = "1749416383"
SHA = "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI="


def delivery(*changes: Raw) -> Raw:
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": list(changes)}]}


def change(*, contacts: list[Any] | None = None, number: str = NUMBER, topic: str = "messages", **batches: Any) -> Raw:
    value: Raw = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": number},
        **({"contacts": contacts} if contacts is not None else {}),
        **batches,
    }
    return {"value": value, "field": topic}


def contact(phone: str | None = PHONE, user_id: str | None = BSUID, name: str = "Sheena Nelson") -> Raw:
    ids = {"wa_id": phone, "user_id": user_id}
    return {"profile": {"name": name}, **{key: value for key, value in ids.items() if value}}


def message(type_: str = "text", *, id_: str = "wamid.HBgLMTY1", sender: str | None = PHONE, **content: Any) -> Raw:
    if type_ == "text" and not content:
        content = {"text": {"body": "¿Viene en otro color?"}}
    return {**({"from": sender} if sender else {}), "id": id_, "timestamp": AT, "type": type_, **content}


def status(name: str = "delivered", *, id_: str = "wamid.HBgLMTY2", **more: Any) -> Raw:
    return {"id": id_, "status": name, "timestamp": AT, "recipient_id": PHONE, "recipient_user_id": BSUID, **more}


def failed(code: int = 131026) -> Raw:
    error = {
        "code": code,
        "title": "Message undeliverable",
        "message": "Message undeliverable",
        "error_data": {"details": "No."},
    }
    return {"id": "wamid.F", "status": "failed", "timestamp": AT, "recipient_id": PHONE, "errors": [error]}


def body(raw: Any) -> bytes:
    return orjson.dumps(raw)


def one(item: Raw, **more: Any) -> Raw:
    more.setdefault("contacts", [contact()])
    return delivery(change(messages=[item], **more))


def file(mime: str = "image/jpeg", **more: Any) -> Raw:
    return {"mime_type": mime, "sha256": SHA, "id": "1003383421387256", **more}


# One message of each type the reference has, with what the desk shows as its text.
TYPES: dict[str, tuple[Raw, str]] = {
    "text": (message(), "¿Viene en otro color?"),
    "image": (message("image", image=file(caption="Así", url="https://lookaside.fbsbx.com/x")), "Así"),
    "video": (message("video", video=file("video/mp4")), ""),
    "audio": (message("audio", audio=file("audio/mpeg", voice=False)), ""),
    "voice": (message("audio", audio=file("audio/ogg; codecs=opus", voice=True)), ""),
    "document": (message("document", document=file("application/pdf", filename="cédula.pdf", caption="Va")), "Va"),
    "sticker": (message("sticker", sticker=file("image/webp", animated=True)), ""),
    "location": (
        message("location", location={"latitude": -25.29, "longitude": -57.63, "name": "Casa", "address": "Palma 123"}),
        "Casa\nPalma 123",
    ),
    "contacts": (
        message(
            "contacts",
            contacts=[{"name": {"formatted_name": "Ana"}, "phones": []}, {"name": {"formatted_name": "Luis"}}],
        ),
        "Ana\nLuis",
    ),
    "reaction": (message("reaction", reaction={"message_id": "wamid.old", "emoji": "👍"}), "👍"),
    "button": (
        message("button", button={"text": "Sí", "payload": "yes"}, context={"from": "1", "id": "wamid.q"}),
        "Sí",
    ),
    "button_reply": (
        message("interactive", interactive={"type": "button_reply", "button_reply": {"id": "1", "title": "Pagar"}}),
        "Pagar",
    ),
    "list_reply": (
        message(
            "interactive",
            interactive={"type": "list_reply", "list_reply": {"id": "1", "title": "Ventas", "description": "x"}},
        ),
        "Ventas",
    ),
    "nfm_reply": (
        message(
            "interactive",
            interactive={
                "type": "nfm_reply",
                "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"a": 1}'},
            },
        ),
        "Sent",
    ),
    "order": (message("order", order={"catalog_id": "1", "text": "Para hoy", "product_items": []}), "Para hoy"),
    "edit": (
        message(
            "edit",
            edit={
                "original_message_id": "wamid.old",
                "message": {"type": "text", "text": {"body": "Corregido"}, "context": {}},
            },
        ),
        "Corregido",
    ),
    "revoke": (message("revoke", revoke={"original_message_id": "wamid.old"}), ""),
    "request_welcome": (message("request_welcome"), ""),
    "unsupported": (message("unsupported", errors=[{"code": 131051, "title": "Unsupported"}]), ""),
    "a type of tomorrow": (message("hologram", hologram={"id": 1}), ""),
}

NUMBER_CHANGED = delivery(
    change(
        messages=[
            message(
                "system",
                system={
                    "body": "Ana changed from 1 to 2",
                    "wa_id": "595981000001",
                    "user_id": "PY.9",
                    "type": "user_changed_number",
                },
            )
        ]
    )
)


def inbound(raw: Any) -> InboundMessage:
    (piece,) = split(raw if isinstance(raw, bytes) else body(raw))
    found = read(piece)
    assert isinstance(found, InboundMessage)
    return found


def read_all(pieces: list[Piece]) -> tuple[list[Any], list[tuple[Piece, str]]]:
    found, dead = [], []
    for piece in pieces:
        try:
            found.append(read(piece))
        except Unparseable as error:
            dead.append((piece, error.reason))
    return found, dead
