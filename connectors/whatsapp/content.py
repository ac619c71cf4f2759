"""What one WhatsApp message says: its kind, its text, its file, and the message it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.kinds import MessageKind
from connectors.messages import MediaReference, Raw
from connectors.whatsapp import details
from connectors.whatsapp.details import mapping

# What is kept of a text. WhatsApp itself allows 4,096 characters; 1 MB of them must neither crash nor fill a row.
MAX_TEXT: Final = 65_536
MAX_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Content:
    """The part of a message that depends on its kind."""

    kind: MessageKind
    text: str = ""
    media: MediaReference | None = None
    target: str | None = None
    details: Raw = field(default_factory=dict)


def read_content(message: Raw) -> Content:
    """Return what a raw message says; `unsupported` where its kind or the shape of its content is not one we know."""
    type_ = message.get("type")
    reader = _READERS.get(type_) if isinstance(type_, str) else None
    content = reader(message) if reader else None
    return content or Content(MessageKind.UNSUPPORTED, details={"unsupported": details.unsupported(message)})


# ── reading values whose type nobody guarantees


def string(value: Any) -> str:
    """Return `value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def clip(value: Any, limit: int) -> str:
    """Return a string of at most `limit` characters: the provider's value, or an empty one if it is not a string."""
    return string(value)[:limit]


def shortened(value: Any) -> Any:
    """Return a copy of a payload with each string cut to what is kept."""
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, list):
        return [shortened(item) for item in value]
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return value


# ── one reader per type; None where the content is not what the type promises


def _text(message: Raw) -> Content | None:
    body = mapping(message.get("text")).get("body")
    return Content(MessageKind.TEXT, body) if isinstance(body, str) else None


def _media(kind: MessageKind) -> Callable[[Raw], Content | None]:
    def reader(message: Raw) -> Content | None:
        file = mapping(message.get(kind.value))
        id_ = file.get("id")
        if not isinstance(id_, str) or not 0 < len(id_) <= MAX_NAME:
            return None
        is_voice = kind is MessageKind.AUDIO and file.get("voice") is True
        reference = MediaReference(
            id=id_,
            mime=clip(file.get("mime_type"), MAX_NAME),
            sha256=clip(file.get("sha256"), MAX_NAME),
            caption=clip(file.get("caption"), MAX_TEXT),
            filename=clip(file.get("filename"), MAX_NAME),
            voice=is_voice,
            animated=file.get("animated") is True,
        )
        return Content(MessageKind.VOICE if is_voice else kind, string(file.get("caption")), reference)

    return reader


def _location(message: Raw) -> Content | None:
    place = details.location(mapping(message.get("location")))
    if place is None:
        return None
    words = [place["name"], place["address"]]
    return Content(MessageKind.LOCATION, "\n".join(word for word in words if word), details={"location": place})


def _contacts(message: Raw) -> Content | None:
    if not isinstance(message.get("contacts"), list):
        return None
    cards = details.contacts(message["contacts"])
    return Content(
        MessageKind.CONTACTS, "\n".join(card["name"] for card in cards if card["name"]), details={"contacts": cards}
    )


def _reaction(message: Raw) -> Content | None:
    reaction = mapping(message.get("reaction"))
    target = _id(reaction.get("message_id"))
    # Without an emoji the reaction was taken back: an empty text says so.
    return Content(MessageKind.REACTION, string(reaction.get("emoji")), target=target) if target else None


def _button(message: Raw) -> Content | None:
    button = mapping(message.get("button"))
    text = button.get("text")
    if not isinstance(text, str):
        return None
    chosen = {"type": "button", "id": details.clip(button.get("payload")), "title": text[: details.LONG]}
    return Content(MessageKind.INTERACTIVE, text, details={"interactive": {**chosen, "description": ""}})


def _interactive(message: Raw) -> Content | None:
    answer = mapping(message.get("interactive"))
    type_ = answer.get("type")
    if not isinstance(type_, str):
        return None
    chosen = details.chosen(answer, type_)
    return Content(MessageKind.INTERACTIVE, chosen["title"], details={"interactive": chosen})


def _order(message: Raw) -> Content | None:
    order = message.get("order")
    if not isinstance(order, dict):
        return None
    return Content(MessageKind.ORDER, string(order.get("text")), details={"order": details.order(order)})


def _system(message: Raw) -> Content | None:
    system = mapping(message.get("system"))
    type_ = details.clip(system.get("type"), 40) or details.clip(message.get("type"), 40)
    return Content(MessageKind.SYSTEM, string(system.get("body")), details={"system": {"type": type_}})


def _edit(message: Raw) -> Content | None:
    edit = mapping(message.get("edit"))
    target = _id(edit.get("original_message_id"))
    written_anew = mapping(edit.get("message"))
    # An edit of an edit does not exist, and reading one would let a payload choose how deep we go.
    if not target or written_anew.get("type") == "edit":
        return None
    inner = read_content(written_anew)
    return Content(MessageKind.EDIT, inner.text, inner.media, target, inner.details)


def _revoke(message: Raw) -> Content | None:
    target = _id(mapping(message.get("revoke")).get("original_message_id"))
    return Content(MessageKind.REVOKE, target=target) if target else None


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_NAME else None


# Source: Meta's "messages webhook reference", a page per type. `unsupported` and what comes next have no reader.
_READERS: Final[Mapping[str, Callable[[Raw], Content | None]]] = {
    "text": _text,
    "image": _media(MessageKind.IMAGE),
    "video": _media(MessageKind.VIDEO),
    "audio": _media(MessageKind.AUDIO),
    "document": _media(MessageKind.DOCUMENT),
    "sticker": _media(MessageKind.STICKER),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "system": _system,
    "request_welcome": _system,
    "edit": _edit,
    "revoke": _revoke,
}
