"""What a form asks while it is being filled in: is this a number, and whose is it already (002-05, 002-07, 002-12). Nothing is written
but a line in the journal where it is another team's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from contacts import documents
from contacts.actions.holding import asking
from contacts.actions.people import refuse_taken_document
from contacts.actions.points import refuse_taken
from contacts.errors import DuplicateContact, OfAnotherTeam
from contacts.models import Contact, DocumentType
from contacts.reaching import read_point
from contacts.sheets import PointEntry
from core.refusals import Refusal


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What is to be said of a value. `error`: it is none. `warning`: somebody has it; `contact` is whom, if the asker may see them."""

    kind: str = ""
    shown: str = ""
    error: str = ""
    warning: str = ""
    contact_id: int | None = None
    contact_name: str = ""


def check_points(entries: Sequence[PointEntry], *, contact_id: int | None, by: User) -> list[Checked]:
    """One answer for each entry, in their order."""
    return [check_point(each, contact_id=contact_id, by=by) for each in entries]


def check_point(entry: PointEntry, *, contact_id: int | None, by: User) -> Checked:
    try:
        reading = read_point(entry.value, entry.kind)
    except ValueError as error:
        return Checked(kind=entry.kind, shown=entry.value, error=str(error))
    try:
        with asking(by):
            refuse_taken([reading], contact_id=contact_id, by=by)
    except (DuplicateContact, OfAnotherTeam) as refusal:
        return taken(refusal, kind=reading.kind, shown=reading.shown)
    return Checked(kind=reading.kind, shown=reading.shown)


def check_document(kind: DocumentType, written: str, *, contact_id: int | None, by: User) -> Checked:
    """The number as people write it, or why it is none of its kind, or whose it is."""
    try:
        number = documents.check_number(kind, written)
    except ValueError as error:
        return Checked(shown=written, error=str(error))
    shown = documents.shown(kind.check_digit, number)
    try:
        with asking(by):
            refuse_taken_document(Contact(pk=contact_id, document_type=kind, document_number=number), by=by)
    except (DuplicateContact, OfAnotherTeam) as refusal:
        return taken(refusal, shown=shown)
    return Checked(shown=shown)


def taken(refusal: Refusal, *, shown: str, kind: str = "") -> Checked:
    whose = refusal.extra.get("contact") or {}
    words = next((reason for reasons in refusal.fields.values() for reason in reasons), refusal.message)
    return Checked(
        kind=kind, shown=shown, warning=words, contact_id=whose.get("id"), contact_name=whose.get("name") or ""
    )
