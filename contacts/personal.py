"""What contacts hold of one person: who they are, how they are reached, and what was written about them (core.personal.Holder)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from contacts import documents, numbers
from contacts.actions.members import live_members
from contacts.actions.merging import hold_people
from contacts.actions.slices import touch
from contacts.errors import UnderLegalHold
from contacts.events import ContactsChanged, GroupRuleChanged
from contacts.filters import search_condition
from contacts.models import (
    Address,
    Attempt,
    BaseMember,
    Consent,
    Contact,
    ContactGroup,
    ContactNote,
    ContactPoint,
    ContactTag,
    GroupMember,
    LegalHold,
    LotContact,
    MergeRecord,
    MergeSuggestion,
    RemovedAttempt,
)
from core import journal
from core.events import publish
from core.personal import SHORTEST_MARK, Aged, Cut, HeldFile, Part, Person, forget_values, values_about
from core.text import fold

MODELS = (
    "contacts.Contact",
    "contacts.ContactPoint",
    "contacts.Address",
    "contacts.ContactNote",
    "contacts.Consent",
    "contacts.LegalHold",
    "contacts.MergeRecord",
    "contacts.MergeSuggestion",
    "contacts.ContactTag",
    "contacts.GroupMember",
    # Its rule may search for somebody.
    "contacts.ContactGroup",
    "contacts.ContactTeam",
    "contacts.LotContact",
    "contacts.BaseMember",
    "contacts.Attempt",
    "contacts.RemovedAttempt",
)
KINDS = ()


def whole_person(contact_id: int) -> Person:
    """Everything one person is known by: all rows that are they (identity), and every form of every number, id, address and document.

    Raises:
        Contact.DoesNotExist: there is none.
    """
    people = list(Contact.objects.identity(Contact.objects.get(pk=contact_id)).order_by("pk"))
    points = list(ContactPoint.objects.filter(contact__in=people))
    marks = {each.document_number for each in people}
    for record in MergeRecord.objects.filter(merged__in=people):
        # A document that its own contact does not hold while it is merged.
        document = record.before.get("document") or [None, ""]
        marks.add(document[1])
    for point in points:
        marks |= marks_of(point)
    names = {
        form
        for each in people
        for form in (each.name, f"{each.first_name} {each.last_name}".strip(), each.profile_name)
    }
    return Person(
        contact_ids=tuple(each.pk for each in people),
        point_ids=tuple(sorted(each.pk for each in points)),
        marks=tuple(sorted(mark for mark in marks if len(mark) >= SHORTEST_MARK)),
        names=tuple(sorted(filter(None, names))),
    )


def marks_of(point: ContactPoint) -> set[str]:
    if not point.is_number:
        return {point.value, point.normalised}
    number = numbers.canonical(f"+{point.value.lstrip('+')}", default_country=None)
    forms = numbers.variants(number) if number else ()
    # National forms begin with a zero that the international ones do not hold; a form of few digits is part of many numbers.
    return {point.digits, point.normalised.lstrip("+"), point.value.lstrip("+"), *forms} - {""}


def find(person: Person) -> dict[str, int]:
    ids = person.contact_ids
    return {
        "contacts": len(ids),
        "points": len(person.point_ids),
        "addresses": Address.objects.filter(contact__in=ids).count(),
        "notes": ContactNote.objects.filter(contact__in=ids).count(),
        "consents": Consent.objects.filter(contact__in=ids).count(),
        "memberships": BaseMember.objects.filter(contact__in=ids).count(),
        "rules": len(rules_naming(person)),
    }


def export(person: Person) -> Iterator[Part | HeldFile]:
    ids = person.contact_ids
    own = Q(contact__in=ids)
    yield Part(
        name="contact",
        rows=Contact.objects.filter(pk__in=ids).values(
            "id", "first_name", "last_name", "profile_name", "document_type__name", "document_number", "company__name", "is_vip",
            "blocked", "do_not_contact", "custom", "merged_into_id", "last_interaction_at", "created_at", "updated_at",
        ),
    )  # fmt: skip
    tables: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
        ("contact_points", ContactPoint.objects.filter(own), ("kind", "scope", "value", "normalised", "digits", "variants", "is_primary", "created_at")),
        ("addresses", Address.objects.filter(own), ("department", "province", "district", "line", "reference", "postal_code", "latitude", "longitude", "is_primary", "created_at")),
        ("notes", ContactNote.objects.filter(own), ("text", "created_at", "edited_at", "conversation_uuid", "team__name")),
        ("consents", Consent.objects.filter(own), ("medium", "is_given", "source", "recorded_at")),
        ("legal_holds", LegalHold.objects.filter(own), ("reason", "created_at", "lifted_at")),
        ("tags", ContactTag.objects.filter(own), ("tag__name", "created_at")),
        ("groups", GroupMember.objects.filter(own), ("group__name", "is_by_rule", "created_at")),
        ("teams", Contact.teams.through.objects.filter(own), ("team__name",)),
        ("lots", LotContact.objects.filter(own), ("lot__name", "lot__source_file", "row_number")),
        ("bases", BaseMember.objects.filter(own), ("base__name", "state", "cycle", "attempts", "first_contact_at", "last_contact_at", "last_typification__name", "due_at", "created_at")),
        ("attempts", Attempt.objects.filter(member__contact__in=ids), ("uuid", "member__base__name", "medium", "typification__name", "at", "interaction_id")),
        ("removed_attempts", RemovedAttempt.objects.filter(member__contact__in=ids), ("uuid", "member__base__name", "medium", "typification__name", "at", "interaction_id")),
        ("merges", MergeRecord.objects.filter(Q(survivor__in=ids) | Q(merged__in=ids)), ("survivor_id", "merged_id", "before", "created_at", "undone_at")),
    )  # fmt: skip
    for name, rows, columns in tables:
        yield Part(name=name, rows=rows.order_by("pk").values(*columns))
    yield Part(name="rules", rows=({"name": each.name, "rule": each.rule} for each in rules_naming(person)))
    notes = ContactNote.objects.filter(own).order_by("pk").values_list("pk", flat=True)
    yield Part(name="journal_of_notes", rows=values_about("contacts.contactnote", notes))


@transaction.atomic
def erase(person: Person, *, by: Any) -> dict[str, int]:
    """Empty what the contact's rows say; the rows stay for what points to them. The caller holds nothing; repeating it changes nothing.

    A point keeps its row for the conversations that went through it and loses its value: whoever writes from that number later is
    somebody new.

    Raises:
        UnderLegalHold: nothing was written.
    """
    ids = list(person.contact_ids)
    hold_people(ids)
    held = list(Contact.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    refuse_held(ids)
    own = Q(contact__in=ids)
    counts = {
        # While they are still found by what it searches.
        "rules": erase_rules(person, by=by),
        "addresses": Address.objects.filter(own).delete()[0],
        "notes": erase_notes(ids),
        "consents": Consent.objects.filter(own).exclude(source="").update(source=""),
        "legal_holds": LegalHold.objects.filter(own).exclude(reason="").update(reason=""),
        "tags": ContactTag.objects.filter(own).delete()[0],
        "groups": GroupMember.objects.filter(own).delete()[0],
        "teams": Contact.teams.through.objects.filter(own).delete()[0],
        "lots": LotContact.objects.filter(own).delete()[0],
        "suggestions": MergeSuggestion.objects.filter(Q(first__in=ids) | Q(second__in=ids)).delete()[0],
        "merges": MergeRecord.objects.filter(Q(survivor__in=ids) | Q(merged__in=ids))
        .exclude(before={})
        .update(before={}),
        "memberships": leave_bases(ids),
        "points": erase_points(ids),
    }
    for contact in held:
        empty(contact)
    counts["contacts"] = len(held)
    publish(ContactsChanged(contact_ids=tuple(ids)))
    return {name: count for name, count in counts.items() if count}


def rules_naming(person: Person) -> list[ContactGroup]:
    """Groups whose rule searches for this person: for a part of their name, number, address of e-mail or document that nobody else meets.

    Where somebody else meets it too it is about them as well, or about all who are called so (decision 021).
    """
    others = Contact.objects.standing().filter(erased_at__isnull=True).exclude(pk__in=person.contact_ids)
    return [
        group
        for group in ContactGroup.objects.filter(rule__has_key="search").order_by("pk")
        if names(person, searched(group))
        and not others.filter(search_condition(searched(group), sees_numbers=True)).exists()
    ]


def searched(group: ContactGroup) -> str:
    return " ".join(group.rule["search"])


def names(person: Person, words: str) -> bool:
    """Whether every word is of one of their names, or all of it a part of what nobody else is called."""
    said = fold(words).split()
    if said and any(all(word in fold(name) for word in said) for name in person.names):
        return True
    forms = {words.casefold(), documents.compact(words).casefold()}
    forms.update(numbers.lookup_forms(words, default_country=settings.PHONE_DEFAULT_COUNTRY))
    marks = [mark.casefold() for mark in person.marks]
    return any(len(form) >= SHORTEST_MARK and form in mark for form in forms for mark in marks)


def erase_rules(person: Person, *, by: Any) -> int:
    """The groups stay, with a number in the person's place that finds nobody; the journal forgets what they searched."""
    ids = [each.pk for each in rules_naming(person)]
    for group in ContactGroup.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk"):
        group.rule = group.rule | {"search": [f"erased-{person.contact_ids[0]}"]}
        group.refreshed_at = None
        group.save(update_fields=["rule", "refreshed_at"])
        journal.record("group_edited", group, by=by, details={"fields": ["rule"]})
        publish(GroupRuleChanged(group_id=group.pk))
    forget_values("contacts.contactgroup", ids)
    return len(ids)


def refuse_held(contact_ids: list[int]) -> None:
    """Raises UnderLegalHold, with the reason that was given."""
    hold = LegalHold.objects.filter(contact__in=contact_ids, lifted_at__isnull=True).order_by("pk").first()
    if hold is not None:
        raise UnderLegalHold(hold.reason)


def leave_bases(contact_ids: list[int]) -> int:
    """Take them out of every base, whoever has them in hand; whoever counts the bases is told."""
    members = live_members(contact_ids)
    BaseMember.objects.filter(pk__in=[each.pk for each in members]).update(
        state=BaseMember.State.DETACHED, reserved_by=None, reserved_until=None, reserved_from="", due_at=None
    )
    touch((each.base_id, each.pk) for each in members)
    return len(members)


def erase_notes(contact_ids: list[int]) -> int:
    notes = ContactNote.objects.filter(contact__in=contact_ids)
    forget_values("contacts.contactnote", notes.values_list("pk", flat=True))
    return int(notes.delete()[0])


def erase_points(contact_ids: list[int]) -> int:
    points = list(ContactPoint.objects.filter(contact__in=contact_ids).exclude(normalised__startswith="erased-"))
    for point in points:
        point.value = point.normalised = f"erased-{point.pk}"
        point.scope, point.digits, point.variants, point.is_primary = "", "", [], False
    ContactPoint.objects.bulk_update(points, ["value", "normalised", "scope", "digits", "variants", "is_primary"])
    return len(points)


def empty(contact: Contact) -> None:
    contact.first_name = contact.last_name = contact.profile_name = contact.sort_name = contact.search_text = ""
    contact.document_type, contact.document_number = None, ""
    contact.company, contact.company_sort_name = None, ""
    contact.custom, contact.client_id, contact.is_vip = {}, None, False
    contact.erased_at, contact.erasure_asked_at = contact.erased_at or timezone.now(), None
    contact.save()


def count_aged(cut: Cut) -> Aged:
    return Aged()


def remove_aged(cut: Cut, *, limit: int) -> int:
    return 0
