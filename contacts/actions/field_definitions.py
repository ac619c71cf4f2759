"""Fields of one's own on the contact's form (002-11): what they are called, what they take, and what stored values allow to change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from contacts.actions.catalogue import (
    Sheet,
    archived,
    held,
    hold_catalogue,
    next_position,
    ordered,
    restored,
    write,
)
from contacts.fields import read_value
from contacts.models import Contact, FieldDefinition
from core import journal
from core.refusals import Invalid, Refusal
from core.text import fold
from core.versions import refuse_stale

Kind = FieldDefinition.Kind

# Three lower-case letters of the type begin a control id, as in scripts (DOMAIN.md).
PREFIXES: Final[dict[str, str]] = {
    Kind.TEXT: "txt",
    Kind.LONG_TEXT: "txa",
    Kind.NUMBER: "num",
    Kind.DATE: "dte",
    Kind.CHOICE: "cbo",
    Kind.CHOICES: "chk",
    Kind.YES_NO: "swi",
}
WITH_BOUNDS: Final = (Kind.TEXT, Kind.LONG_TEXT, Kind.NUMBER, Kind.CHOICES)
WITH_OPTIONS: Final = (Kind.CHOICE, Kind.CHOICES)
MOST_FIELDS: Final = 60
CHUNK: Final = 2000


class ValuesDoNotFit(Refusal):
    """Values that contacts hold already would not be values of the field as it is to be. `count` says how many."""

    code = "values_do_not_fit"


@dataclass(frozen=True, kw_only=True)
class FieldSheet(Sheet):
    """What is written of a field of one's own."""

    label: str
    hint: str = ""
    kind: str = Kind.TEXT
    is_required: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    options: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, row: FieldDefinition) -> FieldSheet:
        return cls(**{name: getattr(row, name) for name in cls.__dataclass_fields__})

    def as_details(self) -> dict[str, Any]:
        """For the journal, whose details are JSON."""
        bounds = {name: None if (said := getattr(self, name)) is None else str(said) for name in ("minimum", "maximum")}
        return self.as_values() | bounds


@transaction.atomic
def create_field(sheet: FieldSheet, *, control_id: str = "", by: User) -> FieldDefinition:
    """Return a new field, last on the form, under the control id that was asked for or one made of its name. Raises Invalid."""
    hold_catalogue(FieldDefinition)
    refuse_wrong(sheet, but=None)
    if control_id:
        refuse_wrong_control_id(control_id, kind=sheet.kind)
    row = FieldDefinition(
        control_id=control_id or free_control_id(sheet), position=next_position(FieldDefinition), **sheet.as_values()
    )
    row.save()
    journal.record("field_created", row, by=by, details={"after": sheet.as_details()})
    return row


@transaction.atomic
def edit_field(field_id: int, *, sheet: FieldSheet, by: User, version: str | None = None) -> FieldDefinition:
    """Write a field. Its control id stays whatever else changes: stored values, imports and scripts know it by that.

    Raises: NotFound, Stale, Invalid, ValuesDoNotFit where contacts hold values that the new kind or options do not know.
    """
    hold_catalogue(FieldDefinition)
    row = held(FieldDefinition, field_id)
    before = FieldSheet.of(row)
    refuse_stale(version, before.version)
    # 2 and 2.0000 are one bound, so the sheets are compared, not their versions.
    if before == sheet:
        return row
    refuse_wrong(sheet, but=row)
    if before.kind != sheet.kind or set(before.options) - set(sheet.options):
        refuse_unmet(row, sheet)
    write(row, sheet)
    journal.record("field_edited", row, by=by, details=journal.changes(before.as_details(), sheet.as_details()))
    return row


@transaction.atomic
def archive_field(field_id: int, *, by: User) -> FieldDefinition:
    """Take it off the form; what contacts hold in it stays, and comes back with it."""
    return archived(FieldDefinition, field_id, verb="field_archived", by=by)


@transaction.atomic
def restore_field(field_id: int, *, by: User) -> FieldDefinition:
    """Bring it back onto the form."""
    return restored(FieldDefinition, field_id, verb="field_restored", by=by)


@transaction.atomic
def order_fields(ids: Sequence[int], *, by: User) -> None:
    """Put them in this order on the form."""
    if first := ordered(FieldDefinition, ids):
        journal.record("fields_ordered", first, by=by, details={"order": list(ids)})


def count_uses(row: FieldDefinition, *, by: User) -> int:
    """How many contacts that `by` sees hold a value in it."""
    return int(Contact.objects.visible_to(by).filter(custom__has_key=row.control_id).count())


def refuse_wrong(sheet: FieldSheet, *, but: FieldDefinition | None) -> None:
    fields: dict[str, list[str]] = {}
    others = FieldDefinition.objects.exclude(pk=but.pk) if but else FieldDefinition.objects.all()
    live = list(others.filter(archived_at__isnull=True).values_list("label", flat=True))
    if not fold(sheet.label):
        fields["label"] = [_("Write a name.")]
    elif any(fold(label) == fold(sheet.label) for label in live):
        fields["label"] = [_("There is already a field «{name}».").format(name=sheet.label)]
    elif but is None and len(live) >= MOST_FIELDS:
        fields["label"] = [_("There are {count} fields already: archive one first.").format(count=MOST_FIELDS)]
    if sheet.kind not in Kind.values:
        fields["kind"] = [_("Choose one of the kinds.")]
    if sheet.kind in WITH_OPTIONS and len({fold(each) for each in sheet.options}) < 2:
        fields["options"] = [_("Write at least two different options.")]
    elif sheet.kind in WITH_OPTIONS and len({fold(each) for each in sheet.options}) < len(sheet.options):
        fields["options"] = [_("An option stands twice.")]
    if sheet.minimum is not None and sheet.maximum is not None and sheet.minimum > sheet.maximum:
        fields["maximum"] = [_("The maximum is less than the minimum.")]
    if fields:
        raise Invalid(fields=fields)


def refuse_unmet(row: FieldDefinition, sheet: FieldSheet) -> None:
    """Every stored value must be a value of what the field becomes: nothing that somebody wrote is bent or lost."""
    held_values = Contact.objects.filter(custom__has_key=row.control_id).values_list("custom", flat=True)
    unmet = sum(not fits(custom[row.control_id], sheet) for custom in held_values.iterator(chunk_size=CHUNK))
    if unmet:
        name = "kind" if row.kind != sheet.kind else "options"
        words = ngettext(
            "{count} contact holds a value that would not fit. Correct it first, or make another field.",
            "{count} contacts hold values that would not fit. Correct them first, or make another field.",
            unmet,
        )
        raise ValuesDoNotFit(fields={name: [words.format(count=unmet)]}, count=unmet)


def fits(value: Any, sheet: FieldSheet) -> bool:
    """Whether a stored value is one of this kind of field as it stands, without being written anew. Its bounds bind what comes."""
    definition = FieldDefinition(label=sheet.label, kind=sheet.kind, options=sheet.options)
    try:
        read = read_value(definition, value)
    except ValueError:
        return False
    if isinstance(read, list):
        # Read in the order of the options, which may be another one now.
        return set(read) == set(value)
    # A number may be kept as its decimal's words (contacts.fields).
    return bool(read == value or (sheet.kind == Kind.NUMBER and Decimal(str(read)) == Decimal(str(value))))


def refuse_wrong_control_id(control_id: str, *, kind: str) -> None:
    prefix = PREFIXES[kind]
    if not re.fullmatch(rf"{prefix}[A-Z][A-Za-z0-9]{{0,55}}", control_id):
        raise Invalid(
            fields={
                "control_id": [
                    _(
                        "«{prefix}» and a name without spaces or accents that begins with a capital: {prefix}Nombre."
                    ).format(prefix=prefix)
                ]
            }
        )
    if FieldDefinition.objects.filter(control_id=control_id).exists():
        raise Invalid(fields={"control_id": [_("Another field has this control id.")]})


def free_control_id(sheet: FieldSheet) -> str:
    """`txtOcupacion` for «Ocupación»: the kind's three letters and the name in one word, with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", sheet.label).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", plain) or ["Campo"]
    base = PREFIXES[sheet.kind] + "".join(word[:1].upper() + word[1:] for word in words)[:48]
    taken = set(FieldDefinition.objects.filter(control_id__startswith=base).values_list("control_id", flat=True))
    return next(each for each in (base, *(f"{base}{number}" for number in range(2, 999))) if each not in taken)
