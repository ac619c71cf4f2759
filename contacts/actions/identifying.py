"""Who wrote? Finding or making the contact behind a channel identity, and sharing it with a team."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from connectors.kinds import ChannelKind
from connectors.messages import Identity
from contacts import numbers
from contacts.events import ContactsChanged
from contacts.models import Contact, ContactPoint, MergeSuggestion
from core.bulk import copy_rows, update_from
from core.events import publish
from core.journal import record
from core.locks import hold_free_names, hold_names
from core.models import JournalEntry
from core.text import fold, without_nul

Key = tuple[str, str, str]  # (kind, scope, normalised)


@dataclass(frozen=True)
class Found:
    """The contact behind an identity and its points, the one to answer through first."""

    contact: Contact
    points: tuple[ContactPoint, ...]
    # Nobody knew them before: nothing of theirs is anywhere yet.
    is_new: bool = False

    @property
    def point(self) -> ContactPoint:
        return self.points[0]


@transaction.atomic
def identify(identities: Sequence[Identity], *, kind: ChannelKind) -> dict[Identity, Found]:
    """Return the contact and points of every identity, made where they were missing; the number of statements is the same for all.

    Safe at once: identities are held by name and their contacts by row, both in one order, to the end of the transaction, and
    unique points are the arbiter. One person in any written form of their number is one contact (B-08). A WhatsApp sender may have
    a phone, a business-scoped id, or both; when both come together, whichever was unknown joins the contact of the other. Two
    identities that already belong to two contacts stay two, and joining them is suggested: that is a person's decision; the phone's
    contact is answered.
    """
    keys = {identity: keys_of(identity, kind=kind) for identity in identities}
    hold_names(name_of(key) for its in keys.values() for key in its)
    points = find_points({key for its in keys.values() for key in its}, kind=kind)
    newcomers: list[Contact] = []
    added: list[ContactPoint] = []
    renamed: dict[int, Contact] = {}
    owners: dict[Identity, Contact] = {}
    pairs: set[tuple[int, int]] = set()
    for identity, its in keys.items():
        pairs |= two_of({points[key].contact_id for key in its if key in points and points[key].contact_id is not None})
        contact = next((points[key].contact for key in its if key in points), None)
        if contact is None:
            contact = Contact()
            newcomers.append(contact)
        if take_profile_name(contact, identity.profile_name) and contact.pk is not None:
            renamed[contact.pk] = contact
        for key in its:
            if key not in points:
                points[key] = new_point(contact, key, identity)
                added.append(points[key])
        owners[identity] = contact
    copy_rows(Contact, newcomers)
    strangers = {each.pk for each in newcomers}
    store_points(added, kind=kind)
    rename(renamed.values())
    note_together(pairs)
    return {
        identity: Found(
            contact=contact,
            points=tuple(points[key] for key in keys[identity] if points[key].contact_id == contact.pk),
            is_new=contact.pk in strangers,
        )
        for identity, contact in owners.items()
    }


def two_of(contact_ids: set[int]) -> set[tuple[int, int]]:
    """The pairs among contacts that wrote as one, the lower key first."""
    return set(itertools.combinations(sorted(contact_ids), 2))


def note_together(pairs: Collection[tuple[int, int]]) -> None:
    """Suggest to a person that these are one: they wrote as one. Repeating it adds nothing, and nobody pays where there are none."""
    if not pairs:
        return
    known = set(
        MergeSuggestion.objects.filter(
            first__in={first for first, _second in pairs}, reason=MergeSuggestion.Reason.TOGETHER
        ).values_list("first_id", "second_id")
    )
    MergeSuggestion.objects.bulk_create(
        [
            MergeSuggestion(first_id=first, second_id=second, reason=MergeSuggestion.Reason.TOGETHER)
            for first, second in sorted(pairs)
            if (first, second) not in known
        ],
        ignore_conflicts=True,
    )


def lock_identities(identities: Iterable[Identity], *, kind: ChannelKind) -> None:
    """Hold every sender's advisory lock to the end of the transaction, in one order for everybody: no dead-lock, no twin."""
    hold_names(name_of(key) for identity in identities for key in keys_of(identity, kind=kind))


def hold_free_identities(identities: Iterable[Identity], *, kind: ChannelKind) -> set[Identity]:
    """Hold the identities nobody else works on, and return them: two workers with overlapping batches need not wait for each other."""
    names = {identity: [name_of(key) for key in keys_of(identity, kind=kind)] for identity in identities}
    held = hold_free_names(name for its in names.values() for name in its)
    return {identity for identity, its in names.items() if held.issuperset(its)}


def name_of(key: Key) -> str:
    return "|".join(key)


def hold_contacts(contact_ids: Iterable[int]) -> dict[int, Contact]:
    """Hold these contacts to the end of the transaction, in the order of their keys. Rows that point to them are still free."""
    held = (
        Contact.objects.select_for_update(no_key=True)
        .filter(pk__in=sorted(contact_ids))
        .order_by("pk")
        .defer("custom", "created_at", "updated_at")
    )
    return {each.pk: each for each in held}


def keys_of(identity: Identity, *, kind: ChannelKind) -> tuple[Key, ...]:
    """The points an identity names, the one to answer through first (a number before a business-scoped id).

    Raises:
        ValueError: the identity names nobody.
    """
    keys: list[Key] = []
    if identity.phone:
        number = numbers.canonical(
            identity.phone if identity.phone.startswith("+") else f"+{identity.phone}", default_country=None
        )
        keys.append((kind, "", f"+{number.line}" if number else f"+{''.join(filter(str.isdigit, identity.phone))}"))
    if identity.business_id:
        keys.append((kind, identity.portfolio, identity.business_id))
    if not keys:
        raise ValueError("an identity without a phone and without an id")
    return tuple(keys)


def find_points(keys: set[Key], *, kind: str) -> dict[Key, ContactPoint]:
    """The known points among the keys, each with its contact, which is held; merged contacts are followed to the survivor."""
    # All three columns of the unique index are named: by the last one alone it could not be used.
    rows = ContactPoint.objects.filter(
        kind=kind, scope__in={key[1] for key in keys}, normalised__in={key[2] for key in keys}
    ).defer("variants", "created_at")
    points = {key: point for point in rows if (key := (point.kind, point.scope, point.normalised)) in keys}
    contacts = hold_contacts({point.contact_id for point in points.values()})
    merged = {each.pk: each.merged_into_id for each in contacts.values() if each.merged_into_id is not None}
    if merged:
        contacts |= hold_contacts(set(merged.values()) - contacts.keys())
    for point in points.values():
        point.contact = contacts[merged.get(point.contact_id, point.contact_id)]
    return points


def take_profile_name(contact: Contact, profile_name: str) -> bool:
    """Tell whether the name changed. One that somebody wrote always wins; the provider's is only kept up to date beneath it."""
    profile_name = without_nul(profile_name)[:120]
    if not profile_name or profile_name == contact.profile_name:
        return False
    contact.profile_name = profile_name
    contact.sort_name = fold(contact.name)[:170]
    contact.search_text = named_anew(contact)
    return True


def named_anew(contact: Contact) -> str:
    """What the contact is found by, under its name of now: its first line is the name, the others are company and addresses."""
    return "\n".join([contact.sort_name, *contact.search_text.split("\n")[1:]])


def rename(contacts: Iterable[Contact]) -> None:
    contacts = list(contacts)
    if not contacts:
        return
    for each in contacts:
        each.updated_at = timezone.now()
    update_from(Contact, contacts, "profile_name", "sort_name", "search_text", "updated_at")
    publish(ContactsChanged(contact_ids=tuple(sorted(each.pk for each in contacts))))


def new_point(contact: Contact, key: Key, identity: Identity) -> ContactPoint:
    kind, scope, normalised = key
    is_number = scope == "" and normalised.startswith("+")
    value = identity.phone if is_number and identity.phone else normalised
    number = numbers.canonical(f"+{value.lstrip('+')}", default_country=None) if is_number else None
    return ContactPoint(
        contact=contact,
        kind=kind,
        scope=scope,
        value=value,
        normalised=normalised,
        digits=number.digits if number else normalised.lstrip("+") if is_number else "",
        variants=list(numbers.variants(number)) if number else [],
    )


def store_points(points: Sequence[ContactPoint], *, kind: ChannelKind) -> None:
    """The first point of a contact on a channel is its primary one."""
    if not points:
        return
    owners = {point.contact.pk for point in points}
    with_one = set(ContactPoint.objects.filter(contact__in=owners, kind=kind).values_list("contact_id", flat=True))
    for point in points:
        # Newcomers have their key by now; the point was made before.
        point.contact = point.contact
        point.is_primary = point.contact_id not in with_one
        with_one.add(point.contact_id)
    copy_rows(ContactPoint, points)


def share_with_teams(shares: Iterable[tuple[int, int]]) -> None:
    """Let teams see contacts: pairs of contact id and team id. Repeating it changes nothing.

    Of one that was merged, whoever stands for them is shared: a conversation keeps its contact, people are seen by the one that stands.
    """
    pairs = sorted(set(shares))
    through = Contact.teams.through._meta.db_table
    with connection.cursor() as cursor:
        # The conflict is for two at once; what is known already is left out before, or each repetition would take a key and a row.
        cursor.execute(
            f"INSERT INTO {through} (contact_id, team_id)"  # noqa: S608  # the model's own table
            " SELECT DISTINCT new.contact_id, new.team_id FROM ("
            "SELECT COALESCE(who.merged_into_id, who.id) AS contact_id, shared.team_id"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS shared(contact_id, team_id)"
            f" JOIN {Contact._meta.db_table} AS who ON who.id = shared.contact_id) AS new"
            f" WHERE NOT EXISTS (SELECT FROM {through} AS old"
            " WHERE old.contact_id = new.contact_id AND old.team_id = new.team_id)"
            # Each share holds its contact (contacts 0004): in the order in which everybody holds contacts.
            " ORDER BY new.contact_id, new.team_id ON CONFLICT DO NOTHING",
            [[contact_id for contact_id, _team_id in pairs], [team_id for _contact_id, team_id in pairs]],
        )


def new_contact(identity: Identity) -> Contact:
    contact = Contact()
    take_profile_name(contact, identity.profile_name)
    copy_rows(Contact, [contact])
    return contact


@dataclass(frozen=True)
class Followed:
    """Who changed their number, and the way to reach them now; `is_joined` is False where that is another contact's."""

    contact: Contact
    point: ContactPoint | None
    is_joined: bool


@transaction.atomic
def follow_number(old: Identity, new: Identity, *, kind: ChannelKind, happened_at: datetime.datetime) -> Followed:
    """Let somebody who changed their number stay one contact: whichever identity was unknown joins the contact of the other.

    Where both belong to two contacts already, nothing is joined: it is written down, and joining is a person's decision.
    `happened_at` goes with what is written down. Repeating it changes nothing. The caller may hold the identities already.

    Source: TRUST.md R10.
    """
    lock_identities([old, new], kind=kind)
    old_keys, new_keys = keys_of(old, kind=kind), keys_of(new, kind=kind)
    points = find_points({*old_keys, *new_keys}, kind=kind)
    known = [points[key].contact for key in (*old_keys, *new_keys) if key in points]
    contact = known[0] if known else new_contact(old)
    others = sorted({each.pk for each in known} - {contact.pk})
    if others:
        note_together({pair for other in others for pair in two_of({contact.pk, other})})
        if not JournalEntry.objects.filter(
            verb="number_taken",
            subject_type=contact._meta.label_lower,
            subject_id=str(contact.pk),
            details__at=str(happened_at),
        ).exists():
            record("number_taken", contact, by=None, details={"contact_ids": others, "at": str(happened_at)})
        return Followed(contact=contact, point=None, is_joined=False)
    named = dict.fromkeys(old_keys, old) | {key: new for key in new_keys if key not in old_keys}
    joining = {key: new_point(contact, key, identity) for key, identity in named.items() if key not in points}
    store_points(list(joining.values()), kind=kind)
    for point in joining.values():
        record("point_joined", contact, by=None, details={"contact_point_id": point.pk})
    if joining:
        publish(ContactsChanged(contact_ids=(contact.pk,)))
    points |= joining
    return Followed(contact=contact, point=points[new_keys[0]], is_joined=True)


def find_contact(identity: Identity, *, kind: ChannelKind) -> Contact | None:
    """Return the contact behind an identity, if there is one; nobody is made."""
    keys = keys_of(identity, kind=kind)
    points = find_points(set(keys), kind=kind)
    return next((points[key].contact for key in keys if key in points), None)


@transaction.atomic
def hold_number(number: numbers.Number, *, kind: ChannelKind) -> tuple[Contact | None, Identity]:
    """Hold a number to the end of the transaction; return whose it is, if anybody's, and its identity on a channel.

    Somebody known by telephone only is found too, so that no second contact is made of them (001-04). Nobody is made here.
    """
    identity = Identity(phone=number.digits, business_id=None, portfolio="")
    kinds = (str(kind), str(ContactPoint.Kind.PHONE))
    hold_names(name_of((each, "", f"+{number.line}")) for each in kinds)
    for each in kinds:
        key = (each, "", f"+{number.line}")
        if point := find_points({key}, kind=each).get(key):
            return point.contact, identity
    return None, identity


@transaction.atomic
def join_point(contact: Contact, identity: Identity, *, kind: ChannelKind, by: User) -> Found:
    """Return the contact with their point for an identity, made where it is missing. The caller holds the identity (`hold_number`)."""
    (key,) = keys_of(identity, kind=kind)
    known = find_points({key}, kind=kind).get(key)
    if known is None:
        known = new_point(contact, key, identity)
        store_points([known], kind=kind)
        record("point_joined", contact, by=by, details={"contact_point_id": known.pk})
        publish(ContactsChanged(contact_ids=(contact.pk,)))
    return Found(contact=contact, points=(known,))
