"""Telephone numbers: one form per line, every form in which it may be written, and how it is shown.

Latin America writes one mobile in several ways, and WhatsApp reports it in yet others: Brazil with or without the ninth
digit, Argentina with 9, without, or with a local 15, Mexico with a 1 that is gone since 2019, Paraguay with a trunk 0.
Whoever compares what was written makes two people of one (TRUST.md R10).

The library `phonenumbers` decides. Input that is already plain digits takes a shorter way on the library's own
patterns, several times faster, and the tests hold both ways equal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from contacts.number_plans import Plan, argentine_area_length, plan_for_country, plan_for_digits

MIN_SEARCH_DIGITS: Final = 6

_MAX_LENGTH: Final = 64
_PLAIN: Final = re.compile(r"\+?[0-9]{7,15}\Z")
_WHOLE_FLOAT: Final = re.compile(r"([0-9]{7,15})\.0\Z")
_SCHEMES: Final = ("tel:", "whatsapp:")
_PLUSES: Final = frozenset("+\N{FULLWIDTH PLUS SIGN}")
_SEPARATORS: Final = frozenset("()[]./'\"_\N{MIDDLE DOT}\N{MINUS SIGN}")
# Spaces of every width, marks of direction, tabs, dashes.
_SEPARATOR_CATEGORIES: Final = frozenset({"Zs", "Cf", "Cc", "Pd"})


class NumberKind(StrEnum):
    """What a line is, as far as its number tells. In Mexico and Chile it does not."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed_or_mobile"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A line. `e164` is how to dial it ('+…'), `digits` the same without the plus, `country` ISO 3166 or empty.

    `line` names the line whichever way it was written, and is what two numbers are compared by. It differs from
    `digits` in Argentina only, where +54 11… may be a landline or somebody's mobile written without its 9, and no table
    tells: the plan gives each ten-digit number to one line, so the ten digits are the line, and `e164` stays as it was
    written.
    """

    e164: str
    digits: str
    country: str
    kind: NumberKind
    line: str


def canonical(raw: str, *, default_country: str | None = None) -> Number | None:
    """Return the number that `raw` writes, or None if it writes none. Never raises.

    Without `default_country` the digits are taken as international, as WhatsApp reports them. With it they are taken as
    a number of that country first, then as international. A number written with a plus (or 00) that the library's
    tables do not know yet is accepted if its length is possible; any other must be valid.
    """
    country = default_country.upper() if default_country else None
    if _PLAIN.match(raw):
        known = _plain(raw, country)
        if known is not None:
            return known
    return _from_library(raw, country)


def variants(number: Number) -> tuple[str, ...]:
    """Return every form, in digits, in which the line may be written or reported; `number.digits` first, no repeats.

    National forms are to be read with `number.country` as the default. For an Argentine number the form with and the
    form without the 9 are among them, whichever was given.

    Source: TRUST.md R10.
    """
    return tuple(dict.fromkeys(_forms(number)))


def search_forms(fragment: str, *, default_country: str | None = None) -> tuple[str, ...]:
    """Return the digit strings to look for: any inside a stored variant is a hit. None for fewer than six digits.

    Takes a number, or a part of one, as a person types it: a plus, 00, a trunk 0 and any separators do not count.
    """
    text = _cleaned(fragment)
    digits = text.removeprefix("+") if text else ""
    bare = digits.lstrip("0")
    if len(bare) < MIN_SEARCH_DIGITS:
        return ()
    whole = canonical(fragment, default_country=default_country)
    return tuple(dict.fromkeys((bare, whole.digits) if whole else (bare,)))


def lookup_forms(query: str, *, default_country: str | None = None) -> tuple[str, ...]:
    """Return the digit strings to look for inside `Number.digits` alone: what was typed, and of a whole number every
    international form, since which of them was stored nobody knows. None for fewer than six digits.
    """
    digits = "".join(filter(str.isdecimal, query)).lstrip("0")
    if len(digits) < MIN_SEARCH_DIGITS:
        return ()
    whole = canonical(query, default_country=default_country)
    international = (form for form in variants(whole) if not form.startswith("0")) if whole else ()
    return tuple(dict.fromkeys((digits, *international)))


def display(e164: str) -> str:
    """Return a number as people read it ('+595 991 651 351'); what is no number comes back as it is."""
    try:
        parsed = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    # Six digits in a row are misread; the library leaves some countries' mobiles like that.
    return re.sub(r"(?<![0-9])([0-9]{3})([0-9]{3})(?![0-9])", r"\1 \2", written)


def mask(shown: str) -> str:
    """Return a displayed number with only the country code and the last three digits left: '+595 ••• ••• 351'."""
    head, space, rest = shown.partition(" ") if shown.startswith("+") else ("", "", shown)
    if shown.startswith("+") and not space:
        # Nothing says where the country code ends.
        head, rest = "+", shown[1:]
    hidden = sum(map(str.isdecimal, rest)) - 3
    # Three digits out of five would be most of it.
    hidden = hidden if hidden >= 3 else len(rest)
    return head + space + "".join(_masked(rest, hidden))


def _masked(text: str, hidden: int) -> Iterator[str]:
    for character in text:
        if character.isdecimal() and hidden > 0:
            hidden -= 1
            yield "•"
        else:
            yield character


# ── the short way: plain digits, the library's patterns


def _plain(raw: str, country: str | None) -> Number | None:
    """A number out of nothing but digits, or None to ask the library: rare countries, special services, anything
    ambiguous.
    """
    if raw[0] == "+" or country is None:
        digits = raw.removeprefix("+")
        plan = plan_for_digits(digits)
        return _planned(plan, digits[len(plan.code) :]) if plan else None
    home = plan_for_country(country)
    if home is None:
        return None
    if home.is_after_trunk(raw):
        return _planned(home, raw[len(home.trunk) :])
    national = _planned(home, raw)
    if national is None and raw.startswith(home.code):
        return _planned(home, raw[len(home.code) :])
    return national


def _planned(plan: Plan, national: str) -> Number | None:
    national = _one_form(plan.country, national)
    if plan.has_prefix(national):
        return None
    kind = plan.kind(national)
    return _number(plan.code, national, plan.country, _PLANNED_KINDS[kind]) if kind else None


_PLANNED_KINDS: Final = {kind.value: kind for kind in NumberKind}


# ── the long way: the library


def _from_library(raw: str, country: str | None) -> Number | None:
    text = _cleaned(raw)
    if not text:
        return None
    if text.startswith("+"):
        return _parsed(text, None, accept_possible=True)
    if country is None or country not in phonenumbers.SUPPORTED_REGIONS:
        return _parsed("+" + text, None, accept_possible=True)
    return _parsed(_without_old_prefix(text, country), country) or _parsed("+" + text, None)


def _cleaned(raw: str) -> str:
    """Digits, and a leading plus where there was one (or a 00); empty if anything else than separators is in it."""
    text = raw.strip()
    lowered = text[:10].lower()
    text = next((text[len(scheme) :] for scheme in _SCHEMES if lowered.startswith(scheme)), text)
    if len(text) > _MAX_LENGTH:
        return ""
    # A spreadsheet's number that passed through a float.
    text = _WHOLE_FLOAT.sub(r"\1", text)
    digits: list[str] = []
    has_plus = False
    for character in text:
        value = unicodedata.decimal(character, None)
        if value is not None:
            digits.append(str(value))
        elif character in _PLUSES and not digits and not has_plus:
            has_plus = True
        elif character not in _SEPARATORS and unicodedata.category(character) not in _SEPARATOR_CATEGORIES:
            return ""
    joined = "".join(digits)
    if not has_plus and joined.startswith("00"):
        has_plus, joined = True, joined[2:]
    if not joined:
        return ""
    return "+" + joined if has_plus else joined


def _parsed(text: str, country: str | None, *, accept_possible: bool = False) -> Number | None:
    try:
        parsed = phonenumbers.parse(text, country)
    except NumberParseException:
        return None
    code = parsed.country_code or 0
    region = phonenumbers.region_code_for_country_code(code)
    written = phonenumbers.national_significant_number(parsed)
    national = _one_form(region, written)
    if national != written:
        parsed = PhoneNumber(country_code=code, national_number=int(national))
    if phonenumbers.is_valid_number(parsed):
        # One code may serve several countries (+1): only the whole number tells which.
        region = phonenumbers.region_code_for_number(parsed) or region
        return _number(str(code), national, region, _kind_of(parsed))
    if accept_possible and phonenumbers.is_possible_number(parsed):
        return _number(str(code), national, region, NumberKind.OTHER)
    return None


def _kind_of(parsed: PhoneNumber) -> NumberKind:
    return _KINDS.get(phonenumbers.number_type(parsed), NumberKind.OTHER)


_KINDS: Final = {
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE: NumberKind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.FIXED_OR_MOBILE,
}


# ── what is particular to a country


def _one_form(country: str, national: str) -> str:
    """The national number in its present form."""
    # Brazil's mobiles got a ninth digit by 2016, and WhatsApp still reports many without. Landlines begin with 2 to 5.
    if country == "BR" and len(national) == 10 and national[2] in "6789":
        return f"{national[:2]}9{national[2:]}"
    # Mexico's 1 for mobiles ended in 2019; WhatsApp kept it in its ids.
    if country == "MX" and len(national) == 11 and national[0] == "1":
        return national[1:]
    return national


def _without_old_prefix(text: str, country: str) -> str:
    """Mexico's former trunk 01 and mobile 044 and 045, which old lists still carry."""
    if country == "MX":
        for prefix in ("044", "045", "01"):
            if text.startswith(prefix) and len(text) == len(prefix) + 10:
                return text[len(prefix) :]
    return text


def _number(code: str, national: str, country: str, kind: NumberKind) -> Number:
    digits = code + national
    line = "54" + national[1:] if country == "AR" and len(national) == 11 and national[0] == "9" else digits
    return Number(e164="+" + digits, digits=digits, country=country, kind=kind, line=line)


def _forms(number: Number) -> Iterator[str]:
    yield number.digits
    plan = plan_for_country(number.country)
    if plan is None or not number.digits.startswith(plan.code):
        return
    national = number.digits[len(plan.code) :]
    if number.country == "AR" and len(number.line) == 12:
        yield from _argentine_forms(number.line[2:])
        return
    if plan.is_after_trunk(plan.trunk + national):
        yield plan.trunk + national
    # Only where what is left cannot be a landline of its own: 11 94123-4567 is not 11 4123-4567.
    if number.country == "BR" and len(national) == 11 and national[2] == "9" and national[3] in "6789":
        yield f"55{national[:2]}{national[3:]}"
        yield f"0{national[:2]}{national[3:]}"
    if number.country == "MX" and len(national) == 10:
        yield "521" + national


def _argentine_forms(line: str) -> Iterator[str]:
    yield "549" + line
    yield "54" + line
    yield "0" + line
    area = argentine_area_length(line)
    if area:
        yield f"54{line[:area]}15{line[area:]}"
        yield f"0{line[:area]}15{line[area:]}"
