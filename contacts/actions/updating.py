"""Contacts brought up to date, many at once: only what is named is written, by the rules of the contact's form (003-17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from contacts.actions.companies import company_lock
from contacts.actions.holding import name_anew, require_editing, search_texts_of
from contacts.actions.identifying import hold_contacts
from contacts.actions.importing import companies_named
from contacts.columns import OWN, PersonRow
from contacts.events import ContactsUpdated
from contacts.models import Company, Contact
from core.bulk import update_from
from core.events import publish
from core.locks import hold_names
from core.text import fold

# What may be written to many: neither ways to be reached nor documents, by which people are known.
WRITABLE = ("first_name", "last_name", "company", "is_vip")
SAME, CHANGED, GONE, NAMELESS = "same", "changed", "gone", "no_name"
WRITTEN = ("first_name", "last_name", "sort_name", "company", "company_sort_name", "is_vip", "custom", "search_text", "updated_at")  # fmt: skip


@dataclass(frozen=True)
class Updated:
    """What became of one: values before and after by code, or why nothing did."""

    before: dict[str, Any]
    after: dict[str, Any]
    reason: str = ""


@transaction.atomic
def update_people(rows: Mapping[int, tuple[int, PersonRow]], codes: Sequence[str], *, by: User) -> dict[int, Updated]:
    """Write the named columns of these rows: number in the file -> contact and what the row says. An empty cell changes nothing.

    Raises NotAllowed. No journal line for each: the run that asks for it is written down, and keeps before and after.
    """
    require_editing(by)
    companies = companies_named({row.company for _pk, row in rows.values() if row.company}, by=by)
    hold_names(company_lock(each.pk) for each in companies.values())
    seen = set(
        Contact.objects.visible_to(by)
        .standing()
        .filter(pk__in=[pk for pk, _row in rows.values()], erased_at__isnull=True)
        .values_list("pk", flat=True)
    )
    held = {pk: each for pk, each in held_whole(seen).items() if each.merged_into_id is None and each.erased_at is None}
    ends: dict[int, Updated] = {}
    for number, (pk, row) in rows.items():
        contact = held.get(pk)
        if contact is None:
            ends[number] = Updated({}, {}, GONE)
            continue
        company = companies.get(fold(row.company)) if row.company else None
        ends[number] = written(contact, said_by(row, codes, company))
    store([held[rows[number][0]] for number, end in ends.items() if not end.reason])
    return ends


def held_whole(contact_ids: Iterable[int]) -> dict[int, Contact]:
    """Held as `hold_contacts` does, with all they have."""
    ids = sorted(hold_contacts(contact_ids))
    return {each.pk: each for each in Contact.objects.filter(pk__in=ids)}


def said_by(row: PersonRow, codes: Sequence[str], company: Company | None) -> dict[str, Any]:
    """What a row says of the named columns, by code; of an empty cell nothing."""
    said: dict[str, Any] = {}
    for code in codes:
        if code.startswith(OWN):
            name = code.removeprefix(OWN)
            if name in row.contact.custom:
                said[code] = row.contact.custom[name]
        elif code == "company" and company is not None:
            said[code] = company.pk
        elif code in ("first_name", "last_name") and getattr(row.contact, code):
            said[code] = getattr(row.contact, code)
        elif code == "is_vip" and row.says_vip:
            said[code] = row.contact.is_vip
    return said


def values_of(contact: Contact, codes: Iterable[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for code in codes:
        if code.startswith(OWN):
            values[code] = contact.custom.get(code.removeprefix(OWN))
        else:
            values[code] = contact.company_id if code == "company" else getattr(contact, code)
    return values


def written(contact: Contact, said: Mapping[str, Any]) -> Updated:
    """Write what is said onto the instance."""
    before = values_of(contact, said)
    if before == dict(said):
        return Updated(before, before, SAME)
    put(contact, said)
    if not contact.name:
        put(contact, before)
        return Updated(before, before, NAMELESS)
    return Updated(before, values_of(contact, said))


def put(contact: Contact, values: Mapping[str, Any]) -> None:
    for code, value in values.items():
        if code.startswith(OWN):
            name = code.removeprefix(OWN)
            custom = {each: kept for each, kept in contact.custom.items() if each != name}
            contact.custom = custom if value is None else custom | {name: value}
        elif code == "company":
            contact.company_id = value
        else:
            setattr(contact, code, value)
    name_anew(contact)


def store(contacts: Sequence[Contact]) -> None:
    if not contacts:
        return
    wanted = {each.company_id for each in contacts if each.company_id is not None}
    # Read under their locks: one may have been renamed since.
    sort_names = dict(Company.objects.filter(pk__in=wanted).values_list("pk", "sort_name"))
    moment = timezone.now()
    for each in contacts:
        if each.company_id not in sort_names:
            each.company_id = None
        each.company_sort_name = sort_names.get(each.company_id or 0, "")
        each.updated_at = moment
    for each, text in zip(contacts, search_texts_of(contacts), strict=True):
        each.search_text = text
    update_from(Contact, contacts, *WRITTEN)
    publish(ContactsUpdated(contact_ids=tuple(sorted(each.pk for each in contacts))))


@transaction.atomic
def restore_people(
    given: Mapping[int, tuple[int, Mapping[str, Any], Mapping[str, Any]]], *, by: User | None
) -> dict[int, str]:
    """Give contacts that `by` sees the values of before back, where they still have those of after: number -> contact, before, after. Return
    the reasons.
    """
    hold_names(
        company_lock(before["company"]) for _pk, before, _after in given.values() if before.get("company") is not None
    )
    people = Contact.objects.all() if by is None else Contact.objects.visible_to(by)
    seen = people.filter(pk__in=[pk for pk, _before, _after in given.values()])
    held = held_whole(seen.values_list("pk", flat=True))
    ends: dict[int, str] = {}
    for number, (pk, before, after) in given.items():
        contact = held.get(pk)
        if contact is None or contact.erased_at is not None or values_of(contact, after) != dict(after):
            ends[number] = CHANGED
        else:
            put(contact, before)
            ends[number] = ""
    store([held[given[number][0]] for number, reason in ends.items() if not reason])
    return ends
