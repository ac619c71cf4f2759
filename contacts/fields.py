"""Values of one's own fields on the contact's form (002-11): each checked as its FieldDefinition says, errors by control id."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from contacts.models import FieldDefinition
from core.text import without_nul

Kind = FieldDefinition.Kind
LONGEST: Final = {Kind.TEXT: 200, Kind.LONG_TEXT: 4000}
MOST_DIGITS: Final = 20


def live_fields() -> list[FieldDefinition]:
    return list(FieldDefinition.objects.live())


def checked_values(
    given: Mapping[str, Any], *, kept: Mapping[str, Any], definitions: Iterable[FieldDefinition] | None = None
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return what is to be kept, and what is wrong, by control id.

    `kept` are the values so far: what is not given stays, of archived fields too; an empty value is taken out. A required field must have a
    value in the end.
    """
    values, wrong = dict(kept), dict[str, list[str]]()
    known = {each.control_id: each for each in (live_fields() if definitions is None else definitions)}
    for name in given:
        if name not in known:
            wrong[without_nul(str(name))] = [_("There is no such field.")]
    for name, definition in known.items():
        if name in given:
            try:
                value = read_value(definition, given[name])
            except ValueError as error:
                wrong[name] = [str(error)]
                continue
            if value is None:
                values.pop(name, None)
            else:
                values[name] = value
        if definition.is_required and name not in values:
            wrong[name] = [_("This field is required.")]
    return values, wrong


def read_value(definition: FieldDefinition, given: Any) -> Any:
    """The value as it is kept in JSON; None where nothing is said. Takes a form's text or a program's own type.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    if isinstance(given, str):
        given = without_nul(given).strip()
    if given is None or given in ("", [], ()):
        return None
    return READERS[Kind(definition.kind)](definition, given)


def read_text(definition: FieldDefinition, given: Any) -> str:
    if not isinstance(given, str):
        raise ValueError(_("Write a text."))
    if definition.kind == Kind.TEXT:
        given = " ".join(given.split())
    longest = LONGEST[Kind(definition.kind)]
    most = min(longest, int(definition.maximum)) if definition.maximum is not None else longest
    if len(given) > most:
        raise ValueError(_("At most %(limit)d characters.") % {"limit": most})
    if definition.minimum is not None and len(given) < definition.minimum:
        raise ValueError(_("At least %(limit)d characters.") % {"limit": int(definition.minimum)})
    return given


def read_number(definition: FieldDefinition, given: Any) -> int | float | str:
    try:
        if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
            raise ValueError  # the sentence below is the same for all of them
        number = Decimal(as_decimal(given) if isinstance(given, str) else str(given))
        if (
            not number.is_finite()
            or len(number.as_tuple().digits) > MOST_DIGITS
            or abs(number.adjusted()) > MOST_DIGITS
        ):
            raise ValueError
    except (InvalidOperation, ValueError):
        raise ValueError(_("Write a number.")) from None
    if definition.minimum is not None and number < definition.minimum:
        raise ValueError(_("At least {limit}.").format(limit=number_format(definition.minimum.normalize())))
    if definition.maximum is not None and number > definition.maximum:
        raise ValueError(_("At most {limit}.").format(limit=number_format(definition.maximum.normalize())))
    # Kept exactly where a float would not be: as the decimal's own words.
    return int(number) if number == number.to_integral_value() else str(number.normalize())


def as_decimal(written: str) -> str:
    """«1.234,5» and «1,234.5» both: the last of the two signs is the decimal one; alone, a comma is decimal and a point too."""
    written = written.replace(" ", "").replace("\xa0", "")
    comma, point = written.rfind(","), written.rfind(".")
    if comma > point:
        return written.replace(".", "").replace(",", ".")
    return written.replace(",", "")


def read_date(definition: FieldDefinition, given: Any) -> str:
    try:
        day = given if isinstance(given, datetime.date) else datetime.date.fromisoformat(str(given)[:40])
    except ValueError:
        raise ValueError(_("Write a date: 2026-11-21.")) from None
    if isinstance(day, datetime.datetime):
        day = day.date()
    if not 1850 <= day.year <= 2200:
        raise ValueError(_("This date is too far away."))
    return day.isoformat()


def read_choice(definition: FieldDefinition, given: Any) -> str:
    if not isinstance(given, str) or given not in definition.options:
        raise ValueError(_("Choose one of the list."))
    return given


def read_choices(definition: FieldDefinition, given: Any) -> list[str] | None:
    chosen = [given] if isinstance(given, str) else given
    if not isinstance(chosen, list | tuple) or any(
        not isinstance(each, str) or each not in definition.options for each in chosen
    ):
        raise ValueError(_("Choose of the list."))
    # In the list's own order, each once.
    chosen = [each for each in definition.options if each in chosen]
    if definition.minimum is not None and len(chosen) < definition.minimum:
        raise ValueError(_("Choose at least %(count)d.") % {"count": int(definition.minimum)})
    if definition.maximum is not None and len(chosen) > definition.maximum:
        raise ValueError(_("Choose at most %(count)d.") % {"count": int(definition.maximum)})
    return chosen


def read_yes_no(definition: FieldDefinition, given: Any) -> bool:
    said = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False}
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.lower() in said:
        return said[given.lower()]
    raise ValueError(_("Say yes or no."))


READERS: Final = {
    Kind.TEXT: read_text,
    Kind.LONG_TEXT: read_text,
    Kind.NUMBER: read_number,
    Kind.DATE: read_date,
    Kind.CHOICE: read_choice,
    Kind.CHOICES: read_choices,
    Kind.YES_NO: read_yes_no,
}


def shown(definition: FieldDefinition, value: Any) -> str:
    """A kept value as people read it; '–' where there is none."""
    if value is None or value in ("", []):
        return "–"
    if definition.kind == Kind.YES_NO:
        return _("Yes") if value else _("No")
    if definition.kind == Kind.CHOICES and isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if definition.kind == Kind.NUMBER:
        return str(number_format(Decimal(str(value)), use_l10n=True))
    if definition.kind == Kind.DATE:
        return str(date_format(datetime.date.fromisoformat(str(value)), "SHORT_DATE_FORMAT"))
    return str(value)
