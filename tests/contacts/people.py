"""Contacts as the tests of joining need them: whole ones, and all there is of a person in a form that compares."""

from __future__ import annotations

import itertools
from typing import Any

from accounts.models import Team, User
from contacts import actions
from contacts.models import (
    BaseMember,
    Contact,
    ContactBase,
    ContactGroup,
    ContactPoint,
    ContactTag,
    DocumentType,
    GroupMember,
    Tag,
)
from contacts.sheets import PointEntry
from core.models import JournalEntry
from core.text import fold

_numbers = itertools.count(1)


def person(*teams: Team, first_name: str = "", last_name: str = "", **values: Any) -> Contact:
    name = fold(f"{first_name} {last_name}".strip() or values.get("profile_name", ""))
    company = values.get("company_sort_name")
    found_by = f"{name}\n{company}" if company else name
    contact: Contact = Contact.objects.create(
        first_name=first_name, last_name=last_name, sort_name=name, search_text=found_by, **values
    )
    contact.teams.set(teams)
    return contact


def phone_of(contact: Contact, number: str | None = None, *, kind: str = "whatsapp") -> ContactPoint:
    digits = number or f"59599{next(_numbers):07d}"
    point: ContactPoint = ContactPoint.objects.create(
        contact=contact,
        kind=kind,
        value=digits,
        normalised=f"+{digits}",
        digits=digits,
        variants=[digits],
        is_primary=True,
    )
    return point


def tag(name: str) -> Tag:
    return Tag.objects.get_or_create(folded_name=fold(name), defaults={"name": name})[0]


def group(name: str, kind: str = "manual") -> ContactGroup:
    return ContactGroup.objects.get_or_create(folded_name=fold(name), defaults={"name": name, "kind": kind})[0]


def base(name: str) -> ContactBase:
    return ContactBase.objects.get_or_create(folded_name=fold(name), defaults={"name": name, "state": "active"})[0]


def state_of(*contacts: Contact) -> dict[int, dict[str, Any]]:
    """Everything that a merge may touch of these contacts, row by row; when it was last saved is nobody's business."""
    found: dict[int, dict[str, Any]] = {}
    for values in Contact.objects.filter(pk__in=[each.pk for each in contacts]).values():
        pk = values["id"]
        del values["updated_at"]
        # Whether nothing is said of a company by an empty line or by none is nobody's business either.
        values["search_text"] = values["search_text"].rstrip("\n")
        found[pk] = values | {
            "teams": sorted(Contact.teams.through.objects.filter(contact_id=pk).values_list("team_id", flat=True)),
            "tags": sorted(ContactTag.objects.filter(contact=pk).values_list("tag_id", flat=True)),
            "groups": sorted(GroupMember.objects.filter(contact=pk).values_list("group_id", "is_by_rule")),
            "points": sorted(ContactPoint.objects.filter(contact=pk).values_list("pk", "normalised", "is_primary")),
            "members": sorted(BaseMember.objects.filter(contact=pk).values_list("pk", "base_id", "state", "attempts")),
        }
    return found


def kind(code: str) -> DocumentType:
    return DocumentType.objects.get(code=code)


def verbs(contact: Contact) -> list[str]:
    return list(
        JournalEntry.objects.filter(subject_type="contacts.contact", subject_id=str(contact.pk))
        .order_by("id")
        .values_list("verb", flat=True)
    )


def rocio(by: User | None, **changes: Any) -> Contact:
    values: dict[str, Any] = {
        "first_name": " Rocío ",
        "last_name": "Benítez  Duarte",
        "points": [PointEntry(value="0991 651 351"), PointEntry(value="Rocio@Example.com")],
        "document_type": kind("py-ci"),
        "document_number": "4.123.456",
    }
    return actions.create_contact(by=by, **(values | changes))
