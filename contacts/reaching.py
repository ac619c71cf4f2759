"""Ways to reach somebody, read from what people type or paste: which kind it is, and the one form that makes it the same one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from contacts import numbers
from contacts.models import ContactPoint
from core.text import without_nul

Kind = ContactPoint.Kind
LONGEST: Final = 200
MOST_PASTED: Final = 50
NUMBERS: Final = (Kind.PHONE, Kind.WHATSAPP)
# What people may write themselves; the others' ids come from the provider with the first message.
WRITTEN: Final = (Kind.PHONE, Kind.WHATSAPP, Kind.EMAIL, Kind.MESSENGER, Kind.INSTAGRAM)
_WHATSAPP: Final = re.compile(
    r"(?:https?://)?(?:www\.)?(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=)\+?([0-9]{6,15})", re.I
)
_INSTAGRAM: Final = re.compile(
    r"(?:https?://)?(?:www\.)?(?:instagram\.com|ig\.me/m)/([A-Za-z0-9._]{1,30})/?(?:\?.*)?\Z", re.I
)
_MESSENGER: Final = re.compile(
    r"(?:https?://)?(?:www\.|web\.)?(?:m\.me|facebook\.com|fb\.com)/([A-Za-z0-9.\-]{1,50})/?(?:\?.*)?\Z", re.I
)
_HANDLE: Final = re.compile(r"@([A-Za-z0-9._]{1,30})\Z")
_NAME: Final = re.compile(r"[A-Za-z0-9._\-]{1,50}\Z")
# Between pasted ones: a line, a comma, a semicolon, a tab or a bar; never a space, which stands inside numbers.
_BETWEEN: Final = re.compile(r"[\n\r,;\t|]+")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One way to reach somebody, understood. `line` is the number's, by which two written forms are compared."""

    kind: str
    value: str
    normalised: str
    number: numbers.Number | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, "", self.normalised

    @property
    def keys(self) -> tuple[tuple[str, str, str], ...]:
        """Every point that would be the same line: somebody's telephone and their WhatsApp are one number (B-08)."""
        if self.number is None:
            return (self.key,)
        return tuple((str(kind), "", self.normalised) for kind in NUMBERS)

    @property
    def shown(self) -> str:
        return numbers.display(self.number.e164) if self.number else self.value


def detect_kind(text: str) -> str:
    """Which kind of contact point this is («ana@x.com», «0981 123 456», «wa.me/595…», «@ana»); '' where it is none."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        return ""
    if _WHATSAPP.match(text) or text.lower().startswith("whatsapp:"):
        return str(Kind.WHATSAPP)
    if _INSTAGRAM.match(text) or _HANDLE.match(text):
        return str(Kind.INSTAGRAM)
    if _MESSENGER.match(text):
        return str(Kind.MESSENGER)
    if "@" in text:
        return str(Kind.EMAIL)
    return str(Kind.PHONE) if numbers.canonical(text, default_country=settings.PHONE_DEFAULT_COUNTRY) else ""


def read_point(text: str, kind: str = "") -> Reading:
    """Return what was typed as the kind said, or as the one it looks like.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    text = without_nul(text).strip()
    if not text:
        raise ValueError(_("Write a number or an e-mail address."))
    if len(text) > LONGEST:
        raise ValueError(_("At most %(limit)d characters.") % {"limit": LONGEST})
    kind = kind or detect_kind(text)
    if not kind:
        raise ValueError(_("«{text}» is neither a number nor an e-mail address.").format(text=text))
    if kind not in WRITTEN:
        raise ValueError(_("This kind comes with the customer's first message; it cannot be written here."))
    if kind in NUMBERS:
        return read_number(text, kind)
    return read_mail(text) if kind == Kind.EMAIL else read_handle(text, kind)


def read_number(text: str, kind: str) -> Reading:
    found = _WHATSAPP.match(text)
    number = (
        numbers.canonical(f"+{found[1]}", default_country=None)
        if found
        else numbers.canonical(text, default_country=settings.PHONE_DEFAULT_COUNTRY)
    )
    if number is None:
        raise ValueError(_("«{text}» is not a telephone number.").format(text=text))
    return Reading(kind=str(kind), value=number.e164, normalised=f"+{number.line}", number=number)


def read_mail(text: str) -> Reading:
    address = "".join(text.split()).removeprefix("mailto:")
    try:
        validate_email(address)
    except ValidationError:
        raise ValueError(_("«{text}» is not an e-mail address.").format(text=text)) from None
    return Reading(kind=str(Kind.EMAIL), value=address, normalised=address.casefold())


def read_handle(text: str, kind: str) -> Reading:
    found = (_INSTAGRAM if kind == Kind.INSTAGRAM else _MESSENGER).match(text)
    name = found[1] if found else text.removeprefix("@")
    if not _NAME.match(name):
        raise ValueError(_("«{text}» is not a name of {channel}.").format(text=text, channel=Kind(kind).label))
    return Reading(kind=str(kind), value=name, normalised=name.casefold())


def split_pasted(text: str) -> list[str]:
    """What was pasted, one by one, without repeats: «0981 123 456; ana@x.com» are two."""
    parts = (" ".join(each.split()) for each in _BETWEEN.split(text))
    return list(dict.fromkeys(each for each in parts if each))[:MOST_PASTED]


def as_point(reading: Reading, *, contact_id: int, is_primary: bool) -> ContactPoint:
    """The row, not saved."""
    return ContactPoint(
        contact_id=contact_id,
        kind=reading.kind,
        scope="",
        value=reading.value,
        normalised=reading.normalised,
        digits=reading.number.digits if reading.number else "",
        variants=list(numbers.variants(reading.number)) if reading.number else [],
        is_primary=is_primary,
    )
