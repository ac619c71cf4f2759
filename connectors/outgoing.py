"""What may be sent besides words and files: plain, frozen, and checked against a channel's limits before anything leaves."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.kinds import ChannelPolicy, InteractiveLimits, MessageKind

Content = dict[str, Any]

# The provider's own ceiling for a card's and a place's words is not documented; these keep absurd ones out.
_LABEL: Final = 250
_ADDRESS: Final = 1000
_PHONES_PER_CARD: Final = 20


def gettext_noop(message: str) -> str:
    """Mark a text for `makemessages`; this floor knows no Django to translate it with."""
    return message


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field: an English message id, which the floors above translate, and its values."""

    field: str
    message: str
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place on the map, in degrees."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""

    def as_content(self) -> Content:
        shown = {"name": self.name, "address": self.address}
        return {"latitude": self.latitude, "longitude": self.longitude, **{k: v for k, v in shown.items() if v}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCard:
    """Somebody's card. `phones` as they are dialled."""

    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    organization: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to choose: `id` comes back with the answer."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    title: str
    rows: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyButtons:
    buttons: tuple[Choice, ...]
    header: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A list that opens from one button."""

    button: str
    sections: tuple[Section, ...]
    header: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkButton:
    title: str
    url: str
    header: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRequest:
    """Asks for the customer's place with one tap."""


Interactive = ReplyButtons | Menu | LinkButton | LocationRequest


def location_problems(location: Location) -> list[Problem]:
    """Return what is wrong with a place, field by field."""
    found = []
    if not -90 <= location.latitude <= 90:
        found.append(Problem("location.latitude", gettext_noop("A latitude lies between -90 and 90.")))
    if not -180 <= location.longitude <= 180:
        found.append(Problem("location.longitude", gettext_noop("A longitude lies between -180 and 180.")))
    return [*found, *_too_long("location.name", location.name, _ADDRESS), *_too_long("location.address", location.address, _ADDRESS)]  # fmt: skip


def contact_problems(policy: ChannelPolicy, cards: tuple[ContactCard, ...]) -> list[Problem]:
    """Return what is wrong with the cards, field by field."""
    found: list[Problem] = []
    if not cards:
        found.append(Problem("contacts", gettext_noop("Choose at least one contact.")))
    if len(cards) > policy.max_contacts:
        found.append(_too_many("contacts", policy.max_contacts))
    for card in cards:
        if not card.name.strip():
            found.append(Problem("contacts", gettext_noop("Every contact needs a name.")))
        if not card.phones and not card.emails:
            found.append(Problem("contacts", gettext_noop("Every contact needs a phone or an e-mail.")))
        if len(card.phones) + len(card.emails) > _PHONES_PER_CARD:
            found.append(_too_many("contacts", _PHONES_PER_CARD))
        for value in (card.name, card.organization, *card.phones, *card.emails):
            found.extend(_too_long("contacts", value, _LABEL))
    return found


def interactive_problems(policy: ChannelPolicy, interactive: Interactive, *, body: str) -> list[Problem]:
    """Return what is wrong with an interactive message whose words are `body`, field by field."""
    limits = policy.interactive
    if limits is None:
        return [Problem("kind", gettext_noop("This channel does not send such messages."))]
    found: list[Problem] = []
    if not body:
        found.append(Problem("text", gettext_noop("Write something first.")))
    longest = limits.list_body if isinstance(interactive, Menu) else limits.body
    found.extend(_too_long("text", body, longest))
    if not isinstance(interactive, LocationRequest):
        found.extend(_too_long("interactive.header", interactive.header, limits.header))
        found.extend(_too_long("interactive.footer", interactive.footer, limits.footer))
    if isinstance(interactive, ReplyButtons):
        found.extend(_button_problems(interactive, limits))
    elif isinstance(interactive, Menu):
        found.extend(_menu_problems(interactive, limits))
    elif isinstance(interactive, LinkButton):
        found.extend(_label_problems("interactive.title", interactive.title, limits.button_title))
        if not is_web_address(interactive.url):
            found.append(Problem("interactive.url", gettext_noop("This is not a web address.")))
    return found


def _button_problems(buttons: ReplyButtons, limits: InteractiveLimits) -> Iterator[Problem]:
    where = "interactive.buttons"
    if not buttons.buttons:
        yield Problem(where, gettext_noop("Add at least one button."))
    if len(buttons.buttons) > limits.buttons:
        yield _too_many(where, limits.buttons)
    yield from _choice_problems(where, buttons.buttons, title=limits.button_title, id_=limits.button_id)


def _menu_problems(menu: Menu, limits: InteractiveLimits) -> Iterator[Problem]:
    where = "interactive.sections"
    rows = tuple(row for section in menu.sections for row in section.rows)
    yield from _label_problems("interactive.button", menu.button, limits.button_title)
    if not rows or any(not section.rows for section in menu.sections):
        yield Problem(where, gettext_noop("Every section needs at least one row."))
    if len(menu.sections) > limits.sections:
        yield _too_many(where, limits.sections)
    if len(rows) > limits.rows:
        yield _too_many(where, limits.rows)
    for section in menu.sections:
        if len(menu.sections) > 1 and not section.title.strip():
            yield Problem(where, gettext_noop("With several sections each needs a title."))
        yield from _too_long(where, section.title, limits.section_title)
    yield from _choice_problems(where, rows, title=limits.row_title, id_=limits.row_id)
    for row in rows:
        yield from _too_long(where, row.description, limits.row_description)


def _choice_problems(where: str, choices: tuple[Choice, ...], *, title: int, id_: int) -> Iterator[Problem]:
    for choice in choices:
        yield from _label_problems(where, choice.title, title)
        yield from _label_problems(where, choice.id, id_)
    if len({choice.id for choice in choices}) < len(choices) or len({choice.title for choice in choices}) < len(
        choices
    ):
        yield Problem(where, gettext_noop("Two of them are the same."))


def _label_problems(where: str, label: str, longest: int) -> Iterator[Problem]:
    if not label.strip():
        yield Problem(where, gettext_noop("Write something first."))
    yield from _too_long(where, label, longest)


def _too_long(where: str, text: str, longest: int) -> Iterator[Problem]:
    if len(text) > longest:
        yield Problem(where, gettext_noop("At most %(limit)d characters fit."), {"limit": longest})


def _too_many(where: str, most: int) -> Problem:
    return Problem(where, gettext_noop("At most %(limit)d are allowed."), {"limit": most})


def file_problems(
    policy: ChannelPolicy, kind: MessageKind, *, mime: str, size_bytes: int, is_moving: bool
) -> list[Problem]:
    """Return what is wrong with a file that is about to be sent as `kind`; `is_moving`: an animated WebP.

    Asked again here, whatever door it was uploaded through: a refusal at the provider comes minutes later and reads worse.
    """
    limit = policy.media.get(kind)
    if limit is None:
        return [Problem("attachment", gettext_noop("This channel does not send such messages."))]
    most = limit.max_bytes
    if kind is MessageKind.STICKER and not is_moving:
        most = policy.max_still_sticker_bytes
    is_taken = mime in policy.document_types if kind is MessageKind.DOCUMENT else limit.admits_type(mime)
    found = []
    if not is_taken:
        found.append(Problem("attachment", gettext_noop("WhatsApp does not take this type of file.")))
    if size_bytes > most:
        found.append(
            Problem(
                "attachment",
                gettext_noop("The file weighs %(size)d KB; at most %(limit)d KB are allowed."),
                {"size": -(-size_bytes // 1024), "limit": most // 1024},
            )
        )
    return found


def is_moving_webp(head: bytes) -> bool:
    """Return whether a WebP is animated: a flag of its extended header, 21 bytes from the start."""
    return head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & 0x02)


def is_web_address(text: str) -> bool:
    """Return whether a link leads to the web: no scripts, no files (TRUST.md S33)."""
    if not text or re.search(r"[\s<>\"\\]|[\x00-\x1f]", text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def is_one_emoji(text: str) -> bool:
    """Return whether the text can stand as a reaction: one symbol with what joins and colours it, no letters."""
    if not 0 < len(text) <= 40:
        return False
    if _KEYCAP.fullmatch(text):
        return True
    units = [char for char in text if not _joins(char)]
    flags = [char for char in units if "\U0001f1e6" <= char <= "\U0001f1ff"]
    if flags:
        return len(units) == len(flags) == 2
    joined = text.count("\u200d")
    return bool(units) and len(units) <= joined + 1 and all(_is_pictograph(char) for char in units)


_KEYCAP: Final = re.compile("[0-9#*]\ufe0f?\u20e3")


def _joins(char: str) -> bool:
    is_tag = "\U000e0020" <= char <= "\U000e007f"
    return char in "\u200d\ufe0f\ufe0e" or "\U0001f3fb" <= char <= "\U0001f3ff" or is_tag


def _is_pictograph(char: str) -> bool:
    code = ord(char)
    return 0x1F000 <= code <= 0x1FAFF or 0x2190 <= code <= 0x2BFF or code in (0xA9, 0xAE, 0x203C, 0x2049, 0x2122, 0x2139, 0x3030, 0x303D, 0x3297, 0x3299)  # fmt: skip
