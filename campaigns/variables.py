"""The few variables of ready words. Everything else in braces is what it looks like: letters (TRUST.md S35).

Nothing is looked up by the name somebody wrote: the text is searched for the names of this list, and for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Written by companies in their own language: the names are words of the interface's first language, not of the code.
VARIABLES: Final[Mapping[str, str | Promise]] = {
    "nombre": _("The customer's first name"),
    "apellido": _("The customer's last name"),
    "agente": _("Your name"),
    "empresa": _("The client the campaign works for"),
    "campaña": _("The campaign"),
    "proyecto": _("The project"),
    "servicio": _("The channel the conversation runs through"),
}
# Not «{{nombre}}», which is another language's: only single braces are ours.
_VARIABLE: Final = re.compile(r"(?<!\{)\{(" + "|".join(VARIABLES) + r")\}(?!\})", re.IGNORECASE)
# What a word that was left out leaves behind.
_LOOSE_SPACE: Final = re.compile(r"[ \t]+([,.;:!?]|[ \t]|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledWords:
    """The words with what is known put in. `missing` names, each once, the variables that still stand there as they were written."""

    text: str
    missing: tuple[str, ...]


def fill(text: str, values: Mapping[str, str]) -> FilledWords:
    """Put the values in, in one pass: what a value says is never read as a variable of its own."""
    missing: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        name = found.group(1).lower()
        value = values.get(name, "").strip()
        if value:
            return value
        missing.setdefault(name)
        return found.group(0)

    return FilledWords(text=_VARIABLE.sub(put, text), missing=tuple(missing))


def fill_alone(text: str, values: Mapping[str, str]) -> str:
    """The words as they are sent when nobody looks at them first: what has no value is left out, with the space before it."""
    filled = fill(text, values)
    missing = {f"{{{name}}}" for name in filled.missing}
    without = _VARIABLE.sub(lambda found: "" if found.group(0).lower() in missing else found.group(0), filled.text)
    return _LOOSE_SPACE.sub(r"\1", without).strip() if missing else without


def used_in(text: str) -> tuple[str, ...]:
    """The names of the variables in a text, each once."""
    return tuple(dict.fromkeys(found.lower() for found in _VARIABLE.findall(text)))
