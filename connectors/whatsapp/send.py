"""Send through one WhatsApp number, and know afterwards whether it was sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import httpx

from connectors.outgoing import ContactCard, Content, Interactive, LinkButton, Location, Menu, ReplyButtons
from connectors.whatsapp.errors import AnswerLost
from connectors.whatsapp.graph import connect, exchange, open_client

# A file of 100 MB takes its time on an office's uplink; each step of it still has the client's own limit.
UPLOAD_TOTAL_S: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom to write to: the phone (digits) where it is known, else the business-scoped id.

    Meta advises the phone, which also keeps the phone in the webhooks that follow, and prefers it when given both.
    """

    phone: str | None = None
    business_id: str | None = None

    def __post_init__(self) -> None:
        if not self.phone and not self.business_id:
            raise ValueError("A recipient needs a phone or a business-scoped id.")


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The provider took the message and gave it this id."""

    provider_id: str


class Sender:
    """Sends from one number of one account. Thread-safe; close it, or use it as a context manager.

    Takes the Graph address without a version (`https://graph.facebook.com`: the version is pywa's), the token, the
    number's id, and optionally a client of `graph.open_client` that no other token uses.

    Every method raises NotSent, SendFailed or AnswerLost (`connectors.whatsapp.errors`).
    """

    def __init__(self, graph_url: str, token: str, phone_number_id: str, http: httpx.Client | None = None) -> None:
        self._phone_number_id = phone_number_id
        self._http = http or open_client(graph_url)
        self._api = connect(graph_url, token, self._http).api

    def send_text(self, to: Recipient, text: str, *, opaque: str, reply_to: str | None = None) -> SentMessage:
        """Send a text, quoting the message `reply_to`. `opaque` is our own id, which its statuses bring back."""
        return self._send(to, "text", {"body": text, "preview_url": False}, opaque=opaque, reply_to=reply_to)

    def send_image(
        self, to: Recipient, *, media_id: str, opaque: str, caption: str = "", reply_to: str | None = None
    ) -> SentMessage:
        """Send an image that `upload_media` gave an id, with an optional caption."""
        image = file_content("image", media_id, caption=caption)
        return self.send(to, "image", image, opaque=opaque, reply_to=reply_to)

    def send(
        self,
        to: Recipient,
        type_: str,
        content: Content | list[Content],
        *,
        opaque: str | None,
        reply_to: str | None = None,
    ) -> SentMessage:
        """Send any type of message. `content` is what the functions below make, under the name of its type."""
        # A reaction names its message by itself; WhatsApp refuses one that quotes.
        return self._send(to, type_, content, opaque=opaque, reply_to=None if type_ == "reaction" else reply_to)

    def ping(self) -> None:
        """Ask the provider for the number itself: harmless, and says whether anybody answers. Raises as sending does."""
        exchange(lambda: self._api.get_business_phone_number(self._phone_number_id, fields=("id",)))

    def upload_media(self, file: bytes | Path | IO[Any], *, mime: str, filename: str) -> str:
        """Hand a file to WhatsApp and return its media id, good for 30 days. Unlike sending, this may be repeated."""
        if isinstance(file, Path):
            with file.open("rb") as stream:
                return self._upload(stream, mime, filename)
        return self._upload(file, mime, filename)

    def mark_read(self, provider_id: str) -> None:
        """Show the customer that this message, and those before it, were read. May be repeated."""
        exchange(lambda: self._api.mark_message_as_read(phone_id=self._phone_number_id, message_id=provider_id))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(
        self,
        to: Recipient,
        type_: str,
        content: Content | list[Content],
        *,
        opaque: str | None,
        reply_to: str | None,
    ) -> SentMessage:
        answer = exchange(
            lambda: self._api.send_message(
                sender=self._phone_number_id,
                to=to.phone or None,
                recipient=None if to.phone else to.business_id,
                recipient_type="individual",
                typ=type_,
                # pywa says tuple where the API takes a list, and hands it on as it is.
                msg=content,  # type: ignore[arg-type]
                reply_to_message_id=reply_to,
                biz_opaque_callback_data=opaque,
            )
        )
        return SentMessage(_given_id(answer.get("messages")))

    def _upload(self, file: Any, mime: str, filename: str) -> str:
        parts = {"file": (filename, file, mime), "messaging_product": (None, "whatsapp"), "type": (None, mime)}
        answer = exchange(
            # pywa's own upload_media takes no limit of time.
            lambda: self._api.send_raw_request(
                "POST", f"/{self._phone_number_id}/media", files=parts, extensions={"total_s": UPLOAD_TOTAL_S}
            )
        )
        return _given_id([answer])


def file_content(kind: str, media_id: str, *, caption: str = "", filename: str = "") -> Content:
    """The content of a file message of our kind: a document shows its name, a voice note plays as one, audio has no words."""
    content: Content = {"id": media_id}
    if kind == "voice":
        content["voice"] = True
    if kind in ("image", "video", "document") and caption:
        content["caption"] = caption
    if kind == "document" and filename:
        content["filename"] = filename
    return content


def location_content(location: Location) -> Content:
    return location.as_content()


def contacts_content(cards: tuple[ContactCard, ...]) -> list[Content]:
    """Cards as WhatsApp takes them: it wants a formatted name and at least one more part of it."""
    return [_card(card) for card in cards]


def reaction_content(message_provider_id: str, emoji: str) -> Content:
    """An emoji on a message; an empty one takes it away."""
    return {"message_id": message_provider_id, "emoji": emoji}


def interactive_content(interactive: Interactive, body: str) -> Content:
    """Buttons, a list, a link or a request for a location, under the words `body`."""
    content: Content = {"body": {"text": body}}
    if isinstance(interactive, ReplyButtons):
        buttons = [{"type": "reply", "reply": {"id": each.id, "title": each.title}} for each in interactive.buttons]
        content |= {"type": "button", "action": {"buttons": buttons}}
    elif isinstance(interactive, Menu):
        sections = [
            {
                **({"title": section.title} if section.title else {}),
                "rows": [
                    {"id": row.id, "title": row.title, **({"description": row.description} if row.description else {})}
                    for row in section.rows
                ],
            }
            for section in interactive.sections
        ]
        content |= {"type": "list", "action": {"button": interactive.button, "sections": sections}}
    elif isinstance(interactive, LinkButton):
        link = {"display_text": interactive.title, "url": interactive.url}
        content |= {"type": "cta_url", "action": {"name": "cta_url", "parameters": link}}
    else:
        return content | {"type": "location_request_message", "action": {"name": "send_location"}}
    if interactive.header:
        content["header"] = {"type": "text", "text": interactive.header}
    if interactive.footer:
        content["footer"] = {"text": interactive.footer}
    return content


def template_content(name: str, language: str, parameters: list[Content]) -> Content:
    """An approved template with its parameters (connectors.whatsapp.templates.fill)."""
    content: Content = {"name": name, "language": {"code": language, "policy": "deterministic"}}
    return content | ({"components": parameters} if parameters else {})


def _card(card: ContactCard) -> Content:
    first, _space, last = card.name.strip().partition(" ")
    name = {"formatted_name": card.name.strip(), "first_name": first, **({"last_name": last} if last else {})}
    parts: Content = {"name": name}
    if card.phones:
        parts["phones"] = [{"phone": phone, "type": "CELL"} for phone in card.phones]
    if card.emails:
        parts["emails"] = [{"email": email, "type": "WORK"} for email in card.emails]
    if card.organization:
        parts["org"] = {"company": card.organization}
    return parts


def _given_id(things: Any) -> str:
    """The id the provider gave. Without one the answer says nothing, and the message is neither sent nor failed."""
    try:
        id_ = things[0]["id"]
    except (KeyError, IndexError, TypeError):
        id_ = None
    if not isinstance(id_, str) or not id_:
        raise AnswerLost("The answer holds no id.")
    return id_
