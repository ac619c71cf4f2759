"""Who wrote? Finding or making the contact behind a channel identity, and sharing it with a team."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Team
from connectors.kinds import ChannelKind
from connectors.messages import Identity
from contacts import numbers
from contacts.events import ContactsChanged
from contacts.models import Contact, ContactPoint
from core.events import publish
from core.journal import record
from core.locks import hold_names
from core.models import JournalEntry
from core.text import fold, without_nul

Key = tuple[str, str, str]  # (kind, scope, normalised)


@dataclass(frozen=True)
class Found:
    """The contact behind an identity and its points, the one to answer through first."""

    contact: Contact
    points: tuple[ContactPoint, ...]

    @property
    def point(self) -> ContactPoint:
        return self.points[0]


@transaction.atomic
def identify(identities: Sequence[Identity], *, kind: ChannelKind) -> dict[Identity, Found]:
    """Return the contact and points of every identity, made where they were missing. Safe at once: unique points are the arbiter.

    One person in any written form of their number is one contact (B-08). A WhatsApp sender may have a phone, a business-scoped
    id, or both; when both come together, whichever was unknown joins the contact of the other. Two identities that already
    belong to two contacts stay two: joining them is a person's decision; the phone's contact is answered.
    """
    lock_identities(identities, kind=kind)
    keys = {identity: keys_of(identity, kind=kind) for identity in identities}
    points = find_points({key for its in keys.values() for key in its})
    found: dict[Identity, Found] = {}
    for identity, its in keys.items():
        known = [points[key] for key in its if key in points]
        contact = known[0].contact if known else make_contact(identity)
        for key in its:
            if key not in points:
                points[key] = make_point(contact, key, identity)
        update_profile_name(contact, identity.profile_name)
        mine = tuple(points[key] for key in its if points[key].contact_id == contact.pk)
        found[identity] = Found(contact=contact, points=mine)
    return found


def lock_identities(identities: Iterable[Identity], *, kind: ChannelKind) -> None:
    """Hold every sender's advisory lock to the end of the transaction, in one order for everybody: no dead-lock, no twin."""
    hold_names("|".join(key) for identity in identities for key in keys_of(identity, kind=kind))


def hold_contacts(contact_ids: Iterable[int]) -> None:
    """Hold these contacts to the end of the transaction, in the order of their keys. Rows that point to them are still free."""
    held = Contact.objects.select_for_update(no_key=True).filter(pk__in=sorted(contact_ids)).order_by("pk")
    list(held.values_list("pk", flat=True))


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


def find_points(keys: set[Key]) -> dict[Key, ContactPoint]:
    """One query for all keys; merged contacts are followed to the survivor."""
    if not keys:
        return {}
    rows = ContactPoint.objects.filter(normalised__in={key[2] for key in keys}).select_related(
        "contact", "contact__merged_into"
    )
    points = {}
    for point in rows:
        key = (point.kind, point.scope, point.normalised)
        if key in keys:
            if point.contact.merged_into is not None:
                point.contact = point.contact.merged_into
            points[key] = point
    return points


def make_contact(identity: Identity) -> Contact:
    name = without_nul(identity.profile_name)[:120]
    return Contact.objects.create(profile_name=name, sort_name=fold(name)[:170])


def make_point(contact: Contact, key: Key, identity: Identity) -> ContactPoint:
    kind, scope, normalised = key
    is_number = scope == "" and normalised.startswith("+")
    value = identity.phone if is_number and identity.phone else normalised
    number = numbers.canonical(f"+{value.lstrip('+')}", default_country=None) if is_number else None
    return ContactPoint.objects.create(
        contact=contact,
        kind=kind,
        scope=scope,
        value=value,
        normalised=normalised,
        digits=number.digits if number else normalised.lstrip("+") if is_number else "",
        variants=list(numbers.variants(number)) if number else [],
        is_primary=not ContactPoint.objects.filter(contact=contact, kind=kind).exists(),
    )


def update_profile_name(contact: Contact, profile_name: str) -> None:
    """A name somebody wrote always wins; the provider's is only kept up to date beneath it."""
    profile_name = without_nul(profile_name)[:120]
    if not profile_name or profile_name == contact.profile_name:
        return
    contact.profile_name = profile_name
    contact.sort_name = fold(contact.name)[:170]
    contact.save(update_fields=["profile_name", "sort_name", "updated_at"])
    publish(ContactsChanged(contact_ids=(contact.pk,)))


def share_with_team(contact_ids: Iterable[int], team_id: int) -> None:
    """Let a team see these contacts. Repeating it changes nothing."""
    through = Contact.teams.through
    through.objects.bulk_create(
        [through(contact_id=pk, team_id=team_id) for pk in sorted(set(contact_ids))], ignore_conflicts=True
    )


def create_contact(
    *, first_name: str, last_name: str = "", teams: Iterable[Team] = (), is_vip: bool = False
) -> Contact:
    """Return a new contact with a written name, without points yet."""
    name = f"{first_name} {last_name}".strip()
    contact = Contact.objects.create(
        first_name=first_name, last_name=last_name, sort_name=fold(name)[:170], is_vip=is_vip
    )
    contact.teams.set(teams)
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
    points = find_points({*old_keys, *new_keys})
    known = [points[key].contact for key in (*old_keys, *new_keys) if key in points]
    contact = known[0] if known else make_contact(old)
    others = sorted({each.pk for each in known} - {contact.pk})
    if others:
        if not JournalEntry.objects.filter(
            verb="number_taken",
            subject_type=contact._meta.label_lower,
            subject_id=str(contact.pk),
            details__at=str(happened_at),
        ).exists():
            record("number_taken", contact, by=None, details={"contact_ids": others, "at": str(happened_at)})
        return Followed(contact=contact, point=None, is_joined=False)
    for key, identity in [*((key, old) for key in old_keys), *((key, new) for key in new_keys)]:
        if key not in points:
            points[key] = make_point(contact, key, identity)
            record("point_joined", contact, by=None, details={"contact_point_id": points[key].pk})
            publish(ContactsChanged(contact_ids=(contact.pk,)))
    return Followed(contact=contact, point=points[new_keys[0]], is_joined=True)


def find_contact(identity: Identity, *, kind: ChannelKind) -> Contact | None:
    """Return the contact behind an identity, if there is one; nobody is made."""
    keys = keys_of(identity, kind=kind)
    points = find_points(set(keys))
    return next((points[key].contact for key in keys if key in points), None)
