"""Ways to reach a contact: adding, taking away, which comes first; and whose a number is already (002-05, B-08)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.holding import asking, held_contact
from contacts.actions.identifying import Key, name_of
from contacts.errors import DuplicateContact, OfAnotherTeam
from contacts.events import ContactsChanged
from contacts.filters import sees_numbers
from contacts.models import Contact, ContactPoint
from contacts.reaching import Reading, as_point, detect_kind, read_point, split_pasted
from contacts.rows import shown_value
from contacts.sheets import PointEntry
from core import journal
from core.events import publish
from core.locks import hold_names
from core.refusals import Invalid, NotFound, Refusal

__all__ = ["add_point", "detect_kind", "make_primary", "read_point", "remove_point", "split_pasted"]

MOST_POINTS = 30


class PointInUse(Refusal):
    """Conversations went through it: it stays, so that what was written can still be read and answered."""

    code = "point_in_use"


def add_point(
    contact_id: int, *, by: User | None, value: str, kind: str = "", is_primary: bool = False
) -> ContactPoint:
    """Give a contact one more way to be reached; the same line again, of the same kind, is the one they have.

    Raises:
        NotFound, NotAllowed, IsMerged, IsErased: as for `held_contact`. Invalid: `points` says why it is none.
        DuplicateContact: somebody else whom `by` sees has it. OfAnotherTeam: journaled, no name.
    """
    (reading,) = read_entries([PointEntry(value=value, kind=kind)]).values()
    with asking(by):
        hold_lines([reading])
        contact = held_contact(contact_id, by=by)
        known = contact.points.filter(kind=reading.kind, scope="", normalised=reading.normalised).first()
        if known is None:
            refuse_taken([reading], contact_id=contact.pk, by=by)
            (known,) = write_points(contact, [reading], by=by)
        if is_primary:
            set_primary(contact, known, by=by)
        return known


@transaction.atomic
def remove_point(point_id: int, *, by: User | None) -> None:
    """Take a way to be reached away. The next one of its kind comes first then.

    Raises:
        NotFound, NotAllowed, IsMerged, IsErased. PointInUse: conversations go through it.
    """
    point = held_point(point_id, by=by)
    drop_points(point.contact, [point], by=by)


@transaction.atomic
def make_primary(point_id: int, *, by: User | None) -> ContactPoint:
    """Let a point be the first of its kind. Twice is once. Raises NotFound, NotAllowed, IsMerged, IsErased."""
    point = held_point(point_id, by=by)
    set_primary(point.contact, point, by=by)
    return point


def held_point(point_id: int, *, by: User | None) -> ContactPoint:
    """The point, its contact held. Raises as `held_contact`."""
    contact_id = ContactPoint.objects.filter(pk=point_id).values_list("contact_id", flat=True).first()
    if contact_id is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    contact = held_contact(contact_id, by=by)
    # It may have gone while we waited.
    point = ContactPoint.objects.filter(pk=point_id, contact=contact).first()
    if point is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    point.contact = contact
    return point


# ── Parts of making and editing a contact


def read_entries(entries: Iterable[PointEntry]) -> dict[int, Reading]:
    """The new ones among the entries, by their place. Raises Invalid at `points`, with a sentence for each that is none."""
    readings: dict[int, Reading] = {}
    wrong: list[str] = []
    for place, entry in enumerate(entries):
        if entry.id is not None:
            continue
        try:
            readings[place] = read_point(entry.value, entry.kind)
        except ValueError as error:
            wrong.append(str(error))
    if len(readings) > MOST_POINTS:
        wrong.append(_("At most %(limit)d ways to reach one contact.") % {"limit": MOST_POINTS})
    if wrong:
        raise Invalid(_("Check the marked fields."), fields={"points": wrong})
    return readings


def hold_lines(readings: Iterable[Reading], *, names: Iterable[str] = ()) -> None:
    """Hold every line to the end of the transaction, before any row: a message of the same number takes its turn (identify)."""
    hold_names([*(name_of(key) for reading in readings for key in reading.keys), *names])


def owners_of(readings: Sequence[Reading]) -> dict[Key, int]:
    """Whose each line is: the contact that stands for its owner, by the key of the point."""
    keys = {key for reading in readings for key in reading.keys}
    if not keys:
        return {}
    rows = ContactPoint.objects.filter(
        kind__in={kind for kind, _scope, _normalised in keys},
        scope="",
        normalised__in={normalised for _kind, _scope, normalised in keys},
    ).values_list("kind", "scope", "normalised", "contact_id", "contact__merged_into_id")
    return {
        (kind, scope, normalised): merged_into or contact_id
        for kind, scope, normalised, contact_id, merged_into in rows
        if (kind, scope, normalised) in keys
    }


def refuse_taken(readings: Sequence[Reading], *, contact_id: int | None, by: User | None) -> None:
    """Raises DuplicateContact where another contact has one of the lines, OfAnotherTeam where `by` does not see who."""
    owners = owners_of(readings)
    for reading in readings:
        others = {owners[key] for key in reading.keys if key in owners} - {contact_id}
        for owner in sorted(others):
            raise duplicate_of(owner, by=by, field="points", shown=reading.shown)


def duplicate_of(owner_id: int, *, by: User | None, field: str, shown: str) -> Refusal:
    """The refusal that `by` may hear of about somebody's number or document."""
    seen = Contact.objects.all() if by is None else Contact.objects.visible_to(by)
    owner = seen.filter(pk=owner_id).first()
    if owner is None:
        words = _("It belongs to another team. Ask for access.")
        return OfAnotherTeam(words, contact_id=owner_id, fields={field: [words]})
    words = _("{value} is {name}'s already.").format(value=shown, name=owner.name or _("another contact"))
    return DuplicateContact(
        _("There is a contact with this already."),
        fields={field: [words]},
        contact={"id": owner.pk, "name": owner.name},
    )


def write_points(contact: Contact, readings: Sequence[Reading], *, by: User | None) -> list[ContactPoint]:
    """Add points whose lines are held; the first of a kind comes first. Journaled and announced."""
    if not readings:
        return []
    kinds = set(contact.points.values_list("kind", flat=True))
    points = []
    for reading in {each.key: each for each in readings}.values():
        points.append(as_point(reading, contact_id=contact.pk, is_primary=reading.kind not in kinds))
        kinds.add(reading.kind)
    try:
        with transaction.atomic():
            points = ContactPoint.objects.bulk_create(points)
    except IntegrityError:
        # Somebody who does not hold names (an import of an older release): the constraint is the arbiter, and now we can see whose it is.
        refuse_taken(readings, contact_id=contact.pk, by=by)
        raise
    for point in points:
        details = {"contact_point_id": point.pk, "kind": point.kind}
        journal.record("contact_point_added", contact, by=by, details=details, personal={"point": point.value})
    publish(ContactsChanged(contact_ids=(contact.pk,)))
    return points


def drop_points(contact: Contact, points: Sequence[ContactPoint], *, by: User | None) -> None:
    for point in points:
        point_id, was_primary = point.pk, point.is_primary
        try:
            with transaction.atomic():
                point.delete()
        except ProtectedError:
            # Whoever may not see numbers is told no more by a refusal than by the list (B-10).
            value = shown_value(point.kind, point.scope, point.value, sees_numbers=sees_numbers(by))
            words = _("{value} cannot be taken away: conversations went through it.").format(value=value)
            raise PointInUse(words, fields={"points": [words]}) from None
        details = {"contact_point_id": point_id, "kind": point.kind}
        journal.record("contact_point_removed", contact, by=by, details=details, personal={"point": point.value})
        heir = contact.points.filter(kind=point.kind).order_by("id").first() if was_primary else None
        if heir is not None:
            ContactPoint.objects.filter(pk=heir.pk).update(is_primary=True)
    if points:
        publish(ContactsChanged(contact_ids=(contact.pk,)))


def set_primary(contact: Contact, point: ContactPoint, *, by: User | None) -> None:
    if point.is_primary:
        return
    ContactPoint.objects.filter(contact=contact, kind=point.kind, is_primary=True).update(is_primary=False)
    point.is_primary = True
    point.save(update_fields=["is_primary"])
    journal.record("contact_point_put_first", contact, by=by, details={"contact_point_id": point.pk})
    publish(ContactsChanged(contact_ids=(contact.pk,)))
