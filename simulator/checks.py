"""What the Cloud API demands of a message before it accepts it."""

import re
from dataclasses import dataclass
from typing import Any

from simulator import refusals, shapes, templates
from simulator.media import MediaStore

TEXT_LENGTH = 4096
CAPTION_LENGTH = 1024
OPAQUE_LENGTH = 512

MEDIA_KINDS = {
    "image": ("image/jpeg", "image/png"),
    "video": ("video/mp4", "video/3gp", "video/3gpp"),
    "audio": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
    "document": (),  # any type that could be uploaded
    "sticker": ("image/webp",),
}
KINDS = {"text", "template", "interactive", "location", "contacts", "reaction", *MEDIA_KINDS}


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message that may be accepted: it is well formed, whoever it goes to."""

    kind: str
    content: dict[str, Any]
    text: str
    media_id: str
    to: str
    user_id: str
    opaque: str
    reply_to: str

    @property
    def address(self) -> str:
        # With both, the number takes precedence: so says Meta's page on business-scoped ids.
        return self.to or self.user_id


def read_message(body: dict[str, Any], media: MediaStore, known: list[templates.Template]) -> Outgoing:
    """Raises the `Refusal` Meta answers with."""
    if body.get("messaging_product") != "whatsapp":
        raise refusals.invalid("The parameter messaging_product is required.")
    kind = body.get("type", "text")
    if not isinstance(kind, str) or kind not in KINDS:
        raise refusals.invalid(f'Param type must be one of {{{", ".join(sorted(KINDS)).upper()}}} - got "{kind}".')
    part = body.get(kind)
    # Contacts is the one list; everything else is an object under the name of its type.
    if not isinstance(part, list if kind == "contacts" else dict) or not part:
        raise refusals.invalid(f"The parameter {kind} is required.")
    shapes.check(kind, part)
    to, user_id = _recipient(body)
    return Outgoing(
        kind=kind,
        content={kind: part},
        text=_text_of(kind, part, known),
        media_id=_media_of(kind, part, media),
        to=to,
        user_id=user_id,
        opaque=_opaque(body),
        reply_to=_reply_to(body),
    )


def _recipient(body: dict[str, Any]) -> tuple[str, str]:
    to, user_id = body.get("to"), body.get("recipient")
    if not to and not user_id:
        raise refusals.invalid("The parameter to is required.")
    if to and not (isinstance(to, str) and re.fullmatch(r"\+?[\d\s().-]{5,25}", to)):
        raise refusals.wrong_value("Parameter 'to' must be a valid phone number.")
    if user_id and not (isinstance(user_id, str) and re.fullmatch(r"[A-Z]{2}(\.ENT)?\.[A-Za-z0-9]{1,128}", user_id)):
        raise refusals.wrong_value("Parameter 'recipient' must be a valid business-scoped user ID.")
    return str(to or ""), str(user_id or "")


def _text_of(kind: str, part: Any, known: list[templates.Template]) -> str:
    """What the phone shows in words; checks the lengths on the way."""
    if kind == "text":
        return _bounded(part.get("body"), "text['body']", TEXT_LENGTH, required=True)
    if kind in MEDIA_KINDS:
        return _bounded(part.get("caption"), f"{kind}['caption']", CAPTION_LENGTH)
    if kind == "template":
        return templates.check(known, part)
    if kind == "interactive":
        shown = part.get("body")
        return str(shown.get("text", "")) if isinstance(shown, dict) else ""
    if kind == "reaction":
        return str(part.get("emoji", ""))
    if kind == "location":
        return str(part.get("name") or f"{part.get('latitude')}, {part.get('longitude')}")
    return ""


def _media_of(kind: str, part: Any, media: MediaStore) -> str:
    if kind not in MEDIA_KINDS:
        return ""
    media_id, link = part.get("id"), part.get("link")
    if not media_id and not link:
        raise refusals.invalid(f"The parameter {kind}['id'] or {kind}['link'] is required.")
    if not media_id:
        # A link is accepted and not fetched: this process asks nothing of addresses it is given.
        if not (isinstance(link, str) and re.match(r"https?://", link)):
            raise refusals.invalid(f"Param {kind}['link'] is not a valid URI.")
        return ""
    stored = media.get(str(media_id))
    if stored is None:
        raise refusals.wrong_value(f"Media ID '{media_id}' does not exist or has expired.")
    allowed = MEDIA_KINDS[kind]
    if allowed and stored.mime_type not in allowed:
        raise refusals.wrong_value(f"Media of type '{stored.mime_type}' cannot be sent as {kind}.")
    return stored.id


def _opaque(body: dict[str, Any]) -> str:
    return _bounded(body.get("biz_opaque_callback_data"), "biz_opaque_callback_data", OPAQUE_LENGTH)


def _reply_to(body: dict[str, Any]) -> str:
    context = body.get("context")
    return str(context.get("message_id", "")) if isinstance(context, dict) else ""


def _bounded(value: Any, name: str, longest: int, *, required: bool = False) -> str:
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise refusals.invalid(f"The parameter {name} is required.")
    if len(value) > longest:
        raise refusals.invalid(f"Param {name} must be at most {longest} characters long.")
    return value
