"""Making and editing a contact: names, document, company, teams, own fields and ways to be reached, checked together (002-04 … 002-13)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from contacts import documents, fields
from contacts.actions.addresses import write_address
from contacts.actions.companies import company_lock
from contacts.actions.holding import asking, held_contact, name_anew, require_editing, search_text_of
from contacts.actions.points import (
    drop_points,
    duplicate_of,
    hold_lines,
    read_entries,
    refuse_taken,
    set_primary,
    write_points,
)
from contacts.events import ContactsChanged
from contacts.models import Company, Contact, ContactPoint, DocumentType, FieldDefinition
from contacts.reaching import Reading
from contacts.sheets import AddressEntry, ContactChanges, ContactSheet, PointEntry
from core import journal
from core.events import publish
from core.refusals import Invalid
from core.text import without_nul
from core.versions import refuse_stale

LONGEST_NAME = 80
# What the journal may say of an edit; everything else of a contact is personal (JournalValue).
IMPERSONAL = ("document_type", "company", "is_vip", "teams")


def create_contact(
    *,
    by: User | None,
    first_name: str = "",
    last_name: str = "",
    points: Sequence[PointEntry] = (),
    document_type: DocumentType | None = None,
    document_number: str = "",
    company: Company | None = None,
    is_vip: bool = False,
    teams: Iterable[Team] = (),
    custom: Mapping[str, Any] | None = None,
    addresses: Sequence[AddressEntry] = (),
    client_id: uuid.UUID | None = None,
) -> Contact:
    """Return a new contact with everything that was written of them, or nothing of it.

    Without `teams`, those of `by`: a contact of no team is for administrators only. The same `client_id` again is the same contact.

    Raises:
        NotAllowed. Invalid: by field; own fields by their control id.
        DuplicateContact: a number, address or document is another contact's whom `by` sees. OfAnotherTeam: or whom they do not; journaled.
    """
    require_editing(by)
    if earlier := sent_before(client_id, by=by):
        return earlier
    wanted = ContactChanges(
        first_name=first_name,
        last_name=last_name,
        document_type=document_type,
        document_number=document_number,
        company=company,
        is_vip=is_vip,
        teams=list(teams) or own_teams(by),
        custom=custom or {},
    )
    contact = Contact(client_id=client_id)
    readings, wrong = read_points(points)
    wrong |= fill_in(contact, wanted, by=by)
    if not contact.name:
        wrong.setdefault("first_name", [_("Write at least a name.")])
    refuse_wrong(wrong)
    with asking(by):
        hold_lines(readings.values(), names=[*document_names(contact), *company_names(company), *sent_names(client_id)])
        if earlier := sent_before(client_id, by=by):
            # The other of two clicks had it while we waited.
            return earlier
        refuse_taken(list(readings.values()), contact_id=None, by=by)
        save(contact, by=by)
        contact.teams.set(wanted["teams"])
        for entry in addresses:
            write_address(contact, entry)
        write_search_text(contact)
        journal.record(
            "contact_created",
            contact,
            by=by,
            details={name: value for name, value in ContactSheet.of(contact).values.items() if name in IMPERSONAL},
            personal={"name": contact.name},
        )
        written = write_points(contact, list(readings.values()), by=by)
        firsts = {readings[place].key for place, entry in enumerate(points) if entry.is_primary and place in readings}
        for point in written:
            if (point.kind, point.scope, point.normalised) in firsts:
                set_primary(contact, point, by=by)
        publish(ContactsChanged(contact_ids=(contact.pk,)))
        return contact


def sent_before(client_id: uuid.UUID | None, *, by: User | None) -> Contact | None:
    """The contact made of the same sending. Raises Invalid where it is not one that `by` sees: their program gives its ids twice."""
    if client_id is None:
        return None
    seen = Contact.objects.all() if by is None else Contact.objects.visible_to(by)
    earlier: Contact | None = seen.filter(client_id=client_id).first()
    if earlier is None and Contact.objects.filter(client_id=client_id).exists():
        raise Invalid(_("Check the marked fields."), fields={"client_id": [_("This value is not understood.")]})
    return earlier


def sent_names(client_id: uuid.UUID | None) -> list[str]:
    return [f"contact sent|{client_id}"] if client_id is not None else []


def edit_contact(
    contact_id: int, *, by: User | None, version: str | None = None, **changes: Unpack[ContactChanges]
) -> Contact:
    """Write what is named of a contact; what is not named stays as it is, and nothing at all is an edit of nothing.

    Raises:
        NotFound, NotAllowed, IsMerged, IsErased: as for `held_contact`. Stale: somebody else changed it since `version`.
        Invalid, DuplicateContact, OfAnotherTeam: as for `create_contact`. PointInUse: a point taken away that conversations go through.
    """
    entries = changes.get("points")
    readings, wrong = read_points(entries or ())
    with asking(by):
        # Before the row, as whoever stores messages does: of two that wait for each other's line and row, neither would ever go on.
        hold_lines(readings.values(), names=names_wanted(contact_id, changes))
        contact = held_contact(contact_id, by=by)
        before = ContactSheet.of(contact)
        refuse_stale(version, before.version)
        wrong |= fill_in(contact, changes, by=by)
        if not contact.name and ("first_name" in changes or "last_name" in changes):
            wrong.setdefault("first_name", [_("Write at least a name.")])
        refuse_wrong(wrong)
        if entries is not None:
            write_entries(contact, entries, readings, by=by)
        save(contact, by=by)
        if "teams" in changes:
            contact.teams.set(teams_after(contact, changes["teams"], by=by))
        write_search_text(contact)
        note_changes(contact, before, by=by)
        return contact


def write_entries(
    contact: Contact, entries: Sequence[PointEntry], readings: Mapping[int, Reading], *, by: User | None
) -> None:
    """Let the contact's ways to be reached be these; business-scoped ids stay, whatever a form knew of them."""
    # Of a person who is two contacts, the points of both are there to be kept; those of the other are taken away by parting them.
    own = {each.pk: each for each in ContactPoint.objects.filter(contact__in=Contact.objects.identity(contact))}
    named = {entry.id for entry in entries if entry.id is not None}
    if named - own.keys():
        raise Invalid(
            _("Check the marked fields."), fields={"points": [_("One of them is not this contact's any more.")]}
        )
    keys = {reading.key: place for place, reading in readings.items()}
    # Typed anew, but theirs already.
    same = {keys[key]: point for point in own.values() if (key := (point.kind, point.scope, point.normalised)) in keys}
    kept = named | {point.pk for point in same.values()}
    added = [reading for place, reading in readings.items() if place not in same]
    refuse_taken(added, contact_id=contact.pk, by=by)
    gone = [each for each in own.values() if each.pk not in kept and each.scope == "" and each.contact_id == contact.pk]
    drop_points(contact, gone, by=by)
    written = {(each.kind, each.scope, each.normalised): each for each in write_points(contact, added, by=by)}
    for place, entry in enumerate(entries):
        if entry.is_primary:
            point = own.get(entry.id or 0) or same.get(place) or written.get(readings[place].key)
            if point is not None and point.contact_id == contact.pk:
                point.refresh_from_db(fields=["is_primary"])
                set_primary(contact, point, by=by)


def read_points(entries: Sequence[PointEntry]) -> tuple[dict[int, Reading], dict[str, list[str]]]:
    try:
        return read_entries(entries), {}
    except Invalid as refusal:
        # Told together with what else is wrong.
        return {}, refusal.fields


def refuse_wrong(wrong: dict[str, list[str]]) -> None:
    if wrong:
        raise Invalid(_("Check the marked fields."), fields=wrong)


# ── What is written on the row


def fill_in(
    contact: Contact,
    changes: ContactChanges,
    *,
    by: User | None,
    definitions: Iterable[FieldDefinition] | None = None,
) -> dict[str, list[str]]:
    """Write what is named on the instance; return what is wrong, by field. `definitions`: those of own fields, for who fills in many."""
    wrong: dict[str, list[str]] = {}
    for name in ("first_name", "last_name"):
        if name in changes:
            value = " ".join(without_nul(str(changes[name])).split())
            if len(value) > LONGEST_NAME:
                wrong[name] = [_("At most %(limit)d characters.") % {"limit": LONGEST_NAME}]
            setattr(contact, name, value)
    name_anew(contact)
    wrong |= fill_in_document(contact, changes)
    if "company" in changes:
        company = changes["company"]
        if company is not None and company.archived_at is not None and company.pk != contact.company_id:
            wrong["company"] = [_("This company is archived.")]
        contact.company = company
    if "is_vip" in changes:
        contact.is_vip = changes["is_vip"]
    if "custom" in changes:
        values, of_fields = fields.checked_values(changes["custom"], kept=contact.custom, definitions=definitions)
        contact.custom = values
        wrong |= of_fields
    if "teams" in changes:
        wrong |= wrong_teams(contact, list(changes["teams"]), by=by)
    return wrong


def fill_in_document(contact: Contact, changes: ContactChanges) -> dict[str, list[str]]:
    if "document_type" not in changes and "document_number" not in changes:
        return {}
    kind = changes.get("document_type", contact.document_type)
    written = changes.get("document_number", contact.document_number)
    if kind is None:
        contact.document_type, contact.document_number = None, ""
        return {"document_type": [_("Choose the type of this document.")]} if documents.compact(written) else {}
    if kind.pk != contact.document_type_id and (kind.archived_at is not None or not kind.is_for_people):
        return {"document_type": [_("Choose one of the list.")]}
    try:
        contact.document_number = documents.check_number(kind, written)
    except ValueError as error:
        return {"document_number": [str(error)]}
    # A type without a number says nothing.
    contact.document_type = kind if contact.document_number else None
    return {}


def wrong_teams(contact: Contact, teams: Sequence[Team], *, by: User | None) -> dict[str, list[str]]:
    """Nobody shares a contact with a team they do not see, nor hides it from themselves."""
    if by is None:
        return {}
    seen = set(Team.objects.visible_to(by).filter(pk__in=[each.pk for each in teams]).values_list("pk", flat=True))
    if {each.pk for each in teams} - seen:
        return {"teams": [_("You can only choose teams that you see.")]}
    if not teams and not by.has_perm("accounts.see_all_teams"):
        return {"teams": [_("Choose at least one team, or you would not see this contact any more.")]}
    return {}


def teams_after(contact: Contact, teams: Iterable[Team], *, by: User | None) -> set[int]:
    """Those chosen, and others' that `by` does not see: they stay."""
    chosen = {each.pk for each in teams}
    if by is None:
        return chosen
    seen = set(Team.objects.visible_to(by).values_list("pk", flat=True))
    return chosen | set(contact.teams.exclude(pk__in=seen).values_list("pk", flat=True))


def own_teams(by: User | None) -> list[Team]:
    return [] if by is None else list(Team.objects.live().filter(memberships__user=by))


def document_names(contact: Contact) -> list[str]:
    return [document_name(contact.document_type_id, contact.document_number)] if contact.document_number else []


def document_name(type_id: int | None, number: str) -> str:
    return f"document|{type_id}|{number}"


def names_wanted(contact_id: int, changes: ContactChanges) -> list[str]:
    """The document that an edit is going to write, as far as it can be told before the row is held."""
    names = company_names(changes.get("company"))
    kind, written = changes.get("document_type"), changes.get("document_number")
    if written and kind is None and "document_type" not in changes:
        kind = DocumentType.objects.filter(pk__in=Contact.objects.filter(pk=contact_id).values("document_type")).first()
    if kind is None or not written:
        return names
    try:
        return [*names, document_name(kind.pk, documents.check_number(kind, written))]
    except ValueError:
        return names


def company_names(company: Company | None) -> list[str]:
    return [company_lock(company.pk)] if company is not None else []


def save(contact: Contact, *, by: User | None) -> None:
    """Raises DuplicateContact or OfAnotherTeam where the document is another contact's. The constraint is the arbiter."""
    refuse_taken_document(contact, by=by)
    if contact.company_id is not None:
        # Read under its lock: it may have been renamed since the form was drawn.
        sort_name = Company.objects.filter(pk=contact.company_id).values_list("sort_name", flat=True).first()
        if sort_name is None:
            # Deleted since it was chosen: nobody worked for it yet.
            raise Invalid(_("Check the marked fields."), fields={"company": [_("Choose one of the list.")]})
        contact.company_sort_name = sort_name
    else:
        contact.company_sort_name = ""
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        refuse_taken_document(contact, by=by)
        raise


def refuse_taken_document(contact: Contact, *, by: User | None) -> None:
    if not contact.document_number:
        return
    same = Contact.objects.filter(document_type=contact.document_type_id, document_number=contact.document_number)
    owner = same.exclude(pk=contact.pk).values_list("pk", "merged_into_id").first()
    # What was merged into this one is its own.
    if owner is None or (owner[1] is not None and owner[1] == contact.pk):
        return
    kind = contact.document_type
    shown = documents.shown(kind.check_digit if kind is not None else "", contact.document_number)
    raise duplicate_of(owner[1] or owner[0], by=by, field="document_number", shown=shown)


def write_search_text(contact: Contact) -> None:
    found_by = search_text_of(contact)
    if found_by != contact.search_text:
        contact.search_text = found_by
        contact.save(update_fields=["search_text"])


def note_changes(contact: Contact, before: ContactSheet, *, by: User | None) -> None:
    """Journal and announce what an edit changed; nothing where it changed nothing. Points have their own entries."""
    after = ContactSheet.of(contact)
    names = sorted(
        name for name, value in after.values.items() if before.values.get(name) != value and name != "points"
    )
    if not names:
        return
    impersonal = [name for name in names if name in IMPERSONAL]
    details = {"fields": names} | journal.changes(
        {name: before.values[name] for name in impersonal}, {name: after.values[name] for name in impersonal}
    )
    personal = {
        f"{name}_{when}": as_text(sheet.values[name])
        for name in names
        if name not in IMPERSONAL
        for when, sheet in (("before", before), ("after", after))
    }
    journal.record("contact_edited", contact, by=by, details=details, personal=personal)
    publish(ContactsChanged(contact_ids=(contact.pk,)))


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
