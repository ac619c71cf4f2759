"""Who may be one person, and what joining them would make: questions that pages and programs ask before anybody decides (B-08)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from contacts import documents
from contacts.joining import CUSTOM, Joined, Side, join_fields
from contacts.models import (
    BaseMember,
    Contact,
    ContactNote,
    ContactPoint,
    DocumentType,
    FieldDefinition,
    MergeRecord,
    MergeSuggestion,
)
from contacts.rows import contact_rows

SUGGESTED_BESIDE = 10


def open_suggestions(user: User) -> QuerySet[MergeSuggestion]:
    """Pairs nobody decided about, newest first, of which the user sees both and both still stand."""
    seen = Contact.objects.visible_to(user).standing().filter(erased_at__isnull=True)
    return MergeSuggestion.objects.filter(
        Exists(seen.filter(pk=OuterRef("first_id"))),
        Exists(seen.filter(pk=OuterRef("second_id"))),
        dismissed_at__isnull=True,
    ).order_by("-id")


def suggestion_rows(suggestions: Iterable[MergeSuggestion], user: User) -> list[dict[str, Any]]:
    """Each pair with both contacts' rows; the one who is known longer first, which is whom the other is joined into."""
    pairs = list(suggestions)
    ids = {pk for each in pairs for pk in (each.first_id, each.second_id)}
    rows = {row["id"]: row for row in contact_rows(Contact.objects.filter(pk__in=ids), user)}
    return [
        {
            "id": each.pk,
            "reason": each.reason,
            "reason_name": each.get_reason_display(),
            "first": rows[each.first_id],
            "second": rows[each.second_id],
            "created_at": each.created_at,
        }
        for each in pairs
        if each.first_id in rows and each.second_id in rows
    ]


def twins_of(contact: Contact, user: User) -> list[dict[str, Any]]:
    """Who may be this contact, with why; at most ten."""
    pairs = open_suggestions(user).filter(Q(first=contact) | Q(second=contact))[:SUGGESTED_BESIDE]
    found = []
    for row in suggestion_rows(pairs, user):
        other = row["second"] if row["first"]["id"] == contact.pk else row["first"]
        found.append({"id": row["id"], "reason": row["reason"], "reason_name": row["reason_name"], "contact": other})
    return found


@dataclass(frozen=True)
class Preview:
    """Two contacts side by side, and what the survivor will have."""

    survivor: dict[str, Any]
    merged: dict[str, Any]
    fields: list[dict[str, Any]]
    counts: dict[str, int]
    teams: list[str]
    tags: list[str]
    groups: list[str]


def preview_merge(
    survivor: Contact, merged: Contact, user: User, *, choices: Mapping[str, Side] | None = None
) -> Preview:
    """What `merge_contacts` would make of these two, for whoever sees both; masked as they are masked everywhere else."""
    rows = {row["id"]: row for row in contact_rows(Contact.objects.filter(pk__in=[survivor.pk, merged.pk]), user)}
    mine, theirs = rows[survivor.pk], rows[merged.pk]
    words = Words.read(survivor, merged, sees_numbers=user.has_perm("accounts.see_numbers"))
    people = (Contact.objects.identity(survivor) | Contact.objects.identity(merged)).values("pk")
    return Preview(
        survivor=mine,
        merged=theirs,
        fields=[
            {
                "name": field.name,
                "label": words.label(field.name),
                "survivor": words.show(field.name, field.survivor),
                "merged": words.show(field.name, field.merged),
                "outcome": words.show(field.name, field.outcome),
                "is_conflict": field.is_conflict,
                "choice": choice_of(field),
            }
            for field in join_fields(survivor, merged, choices or {})
            if field.name not in HIDDEN
            and (words.show(field.name, field.survivor) or words.show(field.name, field.merged))
        ],
        counts={
            "points": ContactPoint.objects.filter(contact__in=people).count(),
            "notes": ContactNote.objects.visible_to(user).filter(contact__in=people).count(),
            "memberships": BaseMember.objects.visible_to(user)
            .live()
            .filter(contact__in=people)
            .values("base")
            .distinct()
            .count(),
        },
        teams=together("teams", mine, theirs),
        tags=together("tags", mine, theirs),
        groups=together("groups", mine, theirs),
    )


# Told by others, and no field of a form.
HIDDEN = ("last_interaction_at", "profile_name")


def choice_of(field: Joined) -> Side:
    return "merged" if field.is_change and field.outcome == field.merged else "survivor"


def together(name: str, *rows: Mapping[str, Any]) -> list[str]:
    return sorted({each["name"] for row in rows for each in row[name]})


@dataclass(frozen=True)
class Words:
    """Values of joined fields as people read them."""

    sees_numbers: bool
    types: Mapping[int, DocumentType]
    companies: Mapping[int, str]
    labels: Mapping[str, str]

    @classmethod
    def read(cls, *contacts: Contact, sees_numbers: bool) -> Words:
        return cls(
            sees_numbers=sees_numbers,
            types={each.document_type.pk: each.document_type for each in contacts if each.document_type is not None},
            companies={each.company.pk: each.company.name for each in contacts if each.company is not None},
            labels=dict(FieldDefinition.objects.values_list("control_id", "label")),
        )

    def label(self, name: str) -> str:
        if name.startswith(CUSTOM):
            key = name.removeprefix(CUSTOM)
            return self.labels.get(key, key)
        return {
            "name": _("Name"),
            "document": _("Document"),
            "company": _("Company"),
            "is_vip": _("VIP"),
            "blocked": _("Blocked"),
            "do_not_contact": _("Do not contact"),
        }.get(name, name)

    def show(self, name: str, value: Any) -> str:
        if name.startswith(CUSTOM):
            return shown_custom(value[0]) if value else ""
        if name == "name":
            return " ".join(filter(None, value))
        if name == "document":
            return self.show_document(*value)
        if name == "company":
            return self.companies.get(value[0], "")
        return _("yes") if value else ""

    def show_document(self, type_id: int | None, number: str) -> str:
        kind = self.types.get(type_id or 0)
        if kind is None or not number:
            return ""
        shown = documents.shown(kind.check_digit, number)
        return f"{kind.name} {shown if self.sees_numbers else documents.mask(shown)}"


def shown_custom(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def merges_of(contact: Contact, user: User) -> list[dict[str, Any]]:
    """Whom a contact stands for: each merge into it that stands. Nobody of another team is named (S05)."""
    records = list(
        MergeRecord.objects.filter(survivor=contact, undone_at__isnull=True)
        .annotate(is_seen=Exists(User.objects.visible_to(user).filter(pk=OuterRef("by"))))
        .select_related("merged", "by")
        .order_by("-pk")
    )
    rows = {
        row["id"]: row
        for row in contact_rows(Contact.objects.filter(pk__in=[each.merged_id for each in records]), user)
    }
    return [
        {
            "id": each.pk,
            "merged": rows[each.merged_id],
            "by": each.by.name if each.is_seen and each.by is not None else "",
            "created_at": each.created_at,
        }
        for each in records
    ]
