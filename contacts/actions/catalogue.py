"""What contacts are described with, as administrators set it up: kinds of document and tags; and what every such list shares.

What somebody wrote with one of them is history: what was used is archived, never deleted.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contacts import documents, patterns
from contacts.models import DocumentType, FieldDefinition, Hue, Tag
from core import journal
from core.locks import hold_names
from core.refusals import Invalid, NotFound
from core.text import fold
from core.versions import refuse_stale, version_of

M = TypeVar("M", bound=models.Model)


class Sheet:
    """What is written of one entry of a catalogue; a subclass is a frozen dataclass whose fields are the model's."""

    def as_values(self) -> dict[str, Any]:
        values: dict[str, Any] = asdict(self)  # type: ignore[call-overload]  # every subclass is a dataclass
        return values

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@dataclass(frozen=True, kw_only=True)
class DocumentTypeSheet(Sheet):
    """What is written of a kind of document."""

    name: str
    country: str = ""
    pattern: str = ""
    check_digit: str = ""
    example: str = ""
    is_for_people: bool = True
    is_for_companies: bool = False

    @classmethod
    def of(cls, row: DocumentType) -> DocumentTypeSheet:
        return cls(**{name: getattr(row, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, kw_only=True)
class TagSheet(Sheet):
    """What is written of a tag."""

    name: str
    hue: str = Hue.GRAY

    @classmethod
    def of(cls, row: Tag) -> TagSheet:
        return cls(name=row.name, hue=row.hue)


# ── Kinds of document


@transaction.atomic
def create_document_type(sheet: DocumentTypeSheet, *, by: User) -> DocumentType:
    """Return a new kind of document, last in the list. Raises Invalid."""
    hold_catalogue(DocumentType)
    refuse_wrong_document_type(sheet, but=None)
    row = DocumentType(code=free_code(sheet.name), position=next_position(DocumentType), **sheet.as_values())
    row.save()
    journal.record("document_type_created", row, by=by, details={"after": sheet.as_values()})
    return row


@transaction.atomic
def edit_document_type(
    document_type_id: int, *, sheet: DocumentTypeSheet, by: User, version: str | None = None
) -> DocumentType:
    """Write a kind of document. Numbers that were accepted before stay as they are. Raises NotFound, Stale, Invalid."""
    hold_catalogue(DocumentType)
    row = held(DocumentType, document_type_id)
    before = DocumentTypeSheet.of(row)
    refuse_stale(version, before.version)
    if before == sheet:
        return row
    refuse_wrong_document_type(sheet, but=row)
    write(row, sheet)
    details = journal.changes(before.as_values(), sheet.as_values())
    journal.record("document_type_edited", row, by=by, details=details)
    return row


@transaction.atomic
def archive_document_type(document_type_id: int, *, by: User) -> DocumentType:
    """Take it out of the choice; contacts that have it keep it."""
    return archived(DocumentType, document_type_id, verb="document_type_archived", by=by)


@transaction.atomic
def restore_document_type(document_type_id: int, *, by: User) -> DocumentType:
    """Bring it back into the choice."""
    return restored(DocumentType, document_type_id, verb="document_type_restored", by=by)


@transaction.atomic
def order_document_types(ids: Sequence[int], *, by: User) -> None:
    """Put them in this order; those that are not named follow in the order they had."""
    if first := ordered(DocumentType, ids):
        journal.record("document_types_ordered", first, by=by, details={"order": list(ids)})


def refuse_wrong_document_type(sheet: DocumentTypeSheet, *, but: DocumentType | None) -> None:
    fields: dict[str, list[str]] = {}
    others = DocumentType.objects.exclude(pk=but.pk) if but else DocumentType.objects.all()
    same = others.filter(country=sheet.country).values_list("name", flat=True)
    if not fold(sheet.name):
        fields["name"] = [_("Write a name.")]
    elif any(fold(name) == fold(sheet.name) for name in same):
        fields["name"] = [_("There is already «{name}» for this country.").format(name=sheet.name)]
    if sheet.country and not re.fullmatch(r"[A-Z]{2}", sheet.country):
        fields["country"] = [_("Two letters, such as PY or AR.")]
    if sheet.check_digit and sheet.check_digit not in documents.RULES:
        fields["check_digit"] = [_("Choose one of the rules.")]
    elif reason := wrong_pattern(sheet):
        fields["pattern"] = [reason]
    elif sheet.example and (reason := wrong_example(sheet)):
        fields["example"] = [reason]
    if not (sheet.is_for_people or sheet.is_for_companies):
        fields["is_for_people"] = [_("For people, for companies or for both: choose at least one.")]
    if fields:
        raise Invalid(fields=fields)


def wrong_pattern(sheet: DocumentTypeSheet) -> str:
    """Why a pattern cannot be used, or nothing: it must be of the small language that is safe to run (contacts.patterns)."""
    try:
        patterns.compiled(sheet.pattern)
    except patterns.BadPattern:
        return _(
            "This pattern cannot be used. Write classes, groups and repeats only, and no repeat inside a repeat: [0-9]{6,8}."
        )
    return ""


def wrong_example(sheet: DocumentTypeSheet) -> str:
    """Why the example could not be typed as a number of this kind, or nothing."""
    kind = DocumentType(name=sheet.name, pattern=sheet.pattern, check_digit=sheet.check_digit)
    try:
        documents.check_number(kind, sheet.example)
    except ValueError as error:
        return str(error)
    return ""


# ── Tags


@transaction.atomic
def create_tag(sheet: TagSheet, *, by: User) -> Tag:
    """Return a new tag. Raises Invalid."""
    hold_catalogue(Tag)
    refuse_wrong_tag(sheet, but=None)
    tag = Tag(name=sheet.name, folded_name=fold(sheet.name), hue=sheet.hue)
    tag.save()
    journal.record("tag_created", tag, by=by, details={"after": sheet.as_values()})
    return tag


@transaction.atomic
def edit_tag(tag_id: int, *, sheet: TagSheet, by: User, version: str | None = None) -> Tag:
    """Write a tag; it is the same on every contact that has it. Raises NotFound, Stale, Invalid."""
    hold_catalogue(Tag)
    tag = held(Tag, tag_id)
    before = TagSheet.of(tag)
    refuse_stale(version, before.version)
    if before == sheet:
        return tag
    refuse_wrong_tag(sheet, but=tag)
    tag.folded_name = fold(sheet.name)
    write(tag, sheet)
    journal.record("tag_edited", tag, by=by, details=journal.changes(before.as_values(), sheet.as_values()))
    return tag


@transaction.atomic
def archive_tag(tag_id: int, *, by: User) -> Tag:
    """Take it out of the choice; contacts that have it keep it."""
    return archived(Tag, tag_id, verb="tag_archived", by=by)


@transaction.atomic
def restore_tag(tag_id: int, *, by: User) -> Tag:
    """Bring it back into the choice."""
    return restored(Tag, tag_id, verb="tag_restored", by=by)


def refuse_wrong_tag(sheet: TagSheet, *, but: Tag | None) -> None:
    fields: dict[str, list[str]] = {}
    others = Tag.objects.exclude(pk=but.pk) if but else Tag.objects.all()
    if not fold(sheet.name):
        fields["name"] = [_("Write a name.")]
    elif others.filter(folded_name=fold(sheet.name)).exists():
        fields["name"] = [_("There is already a tag «{name}».").format(name=sheet.name)]
    if sheet.hue not in Hue.values:
        fields["hue"] = [_("Choose one of the colours.")]
    if fields:
        raise Invalid(fields=fields)


# ── What every catalogue shares


def hold_catalogue(model: type[models.Model]) -> None:
    """One change of a catalogue at a time: they are short and seldom changed, and so names, order and uses stay whole."""
    hold_names([f"contacts:{model._meta.model_name}"])


def held(model: type[M], pk: int) -> M:
    row: M | None = model._default_manager.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return row


def write(row: models.Model, sheet: Sheet) -> None:
    for name, value in sheet.as_values().items():
        setattr(row, name, value)
    row.save()


def archived(model: type[M], pk: int, *, verb: str, by: User) -> M:
    """The row, archived; journaled where it was not before. Raises NotFound."""
    row, _is_new = set_archived(model, pk, at=timezone.now(), verb=verb, by=by)
    return row


def restored(model: type[M], pk: int, *, verb: str, by: User) -> M:
    """The row, back in the choice; journaled where it was not before. Raises NotFound."""
    row, _is_new = set_archived(model, pk, at=None, verb=verb, by=by)
    return row


def set_archived(model: type[M], pk: int, *, at: datetime.datetime | None, verb: str, by: User) -> tuple[M, bool]:
    """The row, and whether this changed it."""
    hold_catalogue(model)
    row: Any = held(model, pk)
    if (row.archived_at is None) == (at is None):
        return row, False
    row.archived_at = at
    row.save(update_fields=["archived_at"])
    journal.record(verb, row, by=by)
    return row, True


def ordered(model: type[DocumentType] | type[FieldDefinition], ids: Sequence[int]) -> models.Model | None:
    """Write the order down; the first of it, or None where nothing moved."""
    hold_catalogue(model)
    known: dict[int, Any] = {row.pk: row for row in model.objects.order_by("position", "pk")}
    wanted = [known[each] for each in dict.fromkeys(ids) if each in known]
    everything = [*wanted, *(row for row in known.values() if row not in wanted)]
    moved = False
    for position, row in enumerate(everything):
        if row.position != position:
            row.position, moved = position, True
            row.save(update_fields=["position"])
    return everything[0] if moved else None


def next_position(model: type[DocumentType] | type[FieldDefinition]) -> int:
    last = model.objects.order_by("-position").values_list("position", flat=True).first()
    return 0 if last is None else last + 1


def free_code(name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")[:16] or "documento"
    taken = set(DocumentType.objects.filter(code__startswith=base).values_list("code", flat=True))
    return next(code for code in (base, *(f"{base}_{number}" for number in range(2, 999))) if code not in taken)
