"""Formats of import: the workbook that is made for one, and whether a workbook that comes back is of it (003-16, 003-17)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from django.utils.translation import gettext as _

from accounts.models import User
from contacts import documents, fields
from contacts.columns import DOCUMENT, OWN, WAYS, Target, targets
from contacts.models import Contact, ContactPoint, DocumentType, FieldDefinition
from core.marked_workbooks import write_marked_workbook
from core.tables import NotATable
from processes.models import ImportFormat

TOGETHER = 1_000


def keys_offered() -> list[Target]:
    """By what people may be known: a number, an e-mail, a document."""
    return [each for each in targets() if each.code in WAYS or each.code.startswith(DOCUMENT)]


def fields_offered(writable: Sequence[str]) -> list[Target]:
    return [each for each in targets() if each.code in writable or each.code.startswith(OWN)]


def headings_of(wanted: ImportFormat) -> list[str]:
    """The headings of its workbook: the key first. In the words of now: what was renamed since makes another workbook."""
    titles = {each.code: str(each.title) for each in targets()}
    return [titles.get(code, code) for code in (wanted.key, *wanted.columns)]


def checksum(wanted: ImportFormat) -> str:
    """Of what the workbook must have, whatever it is called in whose language."""
    said = json.dumps([str(wanted.uuid), wanted.kind, wanted.key, wanted.columns], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def mark_of(wanted: ImportFormat) -> str:
    return json.dumps({"format": str(wanted.uuid), "checksum": checksum(wanted), "headings": headings_of(wanted)})


def write_format(into: IO[bytes], wanted: ImportFormat, *, contacts: Iterable[int] = (), by: User) -> None:
    """The workbook of a format: its headings, what its cells may say, and the values of now of these contacts, as far as `by` sees them."""
    choices = {place: words for place, code in enumerate((wanted.key, *wanted.columns)) if (words := words_for(code))}
    rows = [headings_of(wanted), *filled(wanted, contacts, by=by)]
    write_marked_workbook(into, rows, title=_("Data"), mark=mark_of(wanted), choices=choices)


def words_for(code: str) -> list[str]:
    """What a cell of this column may say, where it is one of a few."""
    if code == "is_vip":
        return [_("Yes"), _("No")]
    if not code.startswith(OWN):
        return []
    definition = FieldDefinition.objects.filter(control_id=code.removeprefix(OWN)).first()
    if definition is None:
        return []
    if definition.kind == FieldDefinition.Kind.YES_NO:
        return [_("Yes"), _("No")]
    return list(definition.options) if definition.kind == FieldDefinition.Kind.CHOICE else []


def filled(wanted: ImportFormat, contact_ids: Iterable[int], *, by: User) -> Iterator[list[str]]:
    """One row for each of them who has the key."""
    ids, own = sorted(contact_ids), {each.control_id: each for each in fields.live_fields()}
    for start in range(0, len(ids), TOGETHER):
        some = (
            Contact.objects.visible_to(by)
            .standing()
            # Whoever is being erased leaves the house no more (S62).
            .filter(pk__in=ids[start : start + TOGETHER], erased_at__isnull=True, erasure_asked_at__isnull=True)
        )
        people = list(some.select_related("company", "document_type").order_by("pk"))
        keys = keys_of(wanted.key, people)
        for each in people:
            if each.pk in keys:
                yield [keys[each.pk], *(cell_of(each, code, own) for code in wanted.columns)]


def keys_of(code: str, people: Sequence[Contact]) -> dict[int, str]:
    if code.startswith(DOCUMENT):
        kind = DocumentType.objects.filter(code=code.removeprefix(DOCUMENT)).first()
        of_kind = [each for each in people if kind is not None and each.document_type_id == kind.pk]
        return {each.pk: documents.shown(kind.check_digit if kind else "", each.document_number) for each in of_kind}
    # The first one comes last, and stays.
    points = ContactPoint.objects.filter(contact__in=[each.pk for each in people], kind=code, scope="")
    return dict(points.order_by("is_primary", "-pk").values_list("contact_id", "value"))


def cell_of(contact: Contact, code: str, own: dict[str, FieldDefinition]) -> str:
    if code == "company":
        return contact.company.name if contact.company else ""
    if code == "is_vip":
        return _("Yes") if contact.is_vip else _("No")
    if not code.startswith(OWN):
        return str(getattr(contact, code))
    definition, value = own.get(code.removeprefix(OWN)), contact.custom.get(code.removeprefix(OWN))
    if value in (None, "", []) or definition is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return "; ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def refuse_other(wanted: ImportFormat, mark: str, head: Sequence[str]) -> None:
    """Before any row: the workbook is this format's own, with its headings in their places.

    Raises:
        NotATable: it says what the workbook is instead.
    """
    said = read_mark(mark)
    if not said:
        raise NotATable(
            _("This workbook is of no format. Download the one of «{name}» and fill it in.").format(name=wanted.name)
        )
    if said.get("format") != str(wanted.uuid):
        other = ImportFormat.objects.filter(uuid=str(said.get("format", ""))[:36]).first() if is_uuid(said) else None
        name = other.name if other is not None else _("another one")
        raise NotATable(
            _("This workbook is of the format «{other}», not of «{name}».").format(other=name, name=wanted.name)
        )
    if said.get("checksum") != checksum(wanted):
        raise NotATable(
            _("The key or the columns of this workbook are not those of the format any more. Download it again.")
        )
    expected = said.get("headings")
    if not isinstance(expected, list) or len(expected) != len(wanted.columns) + 1 or list(head) != expected:
        raise NotATable(
            _("The headings must be those of the format, in their order: {headings}.").format(
                headings=", ".join(f"«{each}»" for each in headings_of(wanted))
            )
        )


def read_mark(mark: str) -> dict[str, object]:
    try:
        said = json.loads(mark) if mark else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def is_uuid(said: dict[str, object]) -> bool:
    text = str(said.get("format", "")).replace("-", "")
    return len(text) == 32 and all(each in "0123456789abcdef" for each in text)
