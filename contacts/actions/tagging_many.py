"""A tag is put on many contacts or taken off them, and that is taken back: parts of somebody else's transaction, which leave what became
of each in `bulk_outcome` (core.outcomes).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db.models import Count

from accounts.models import User
from contacts.actions.tagging import MOST_TAGS
from contacts.events import ContactBelongingsChanged
from contacts.models import Contact, ContactTag, Tag
from core import journal, outcomes
from core.events import publish

ALREADY, NOT_THERE, MERGED, TOO_MANY, ARCHIVED = "already", "not_there", "merged", "too_many", "archived"


def tag_many(contact_ids: Iterable[int], tag_id: int, *, by: User) -> None:
    """Put a tag on contacts that `by` sees; who has it, or as many as fit on one, is left out."""
    held = held_contacts(contact_ids, by=by)
    is_archived = Tag.objects.filter(pk=tag_id, archived_at__isnull=False).exists()
    tags = ContactTag.objects.filter(contact__in=held).order_by()
    having = set(tags.filter(tag=tag_id).values_list("contact_id", flat=True))
    counts = dict(tags.values_list("contact_id").annotate(many=Count("pk")))
    why = {}
    for pk, is_merged in held.items():
        if is_merged:
            why[pk] = MERGED
        elif is_archived:
            why[pk] = ARCHIVED
        elif pk in having:
            why[pk] = ALREADY
        else:
            why[pk] = TOO_MANY if counts.get(pk, 0) >= MOST_TAGS else ""
    made = ContactTag.objects.bulk_create(
        [ContactTag(contact_id=pk, tag_id=tag_id, by=by) for pk, reason in why.items() if not reason], batch_size=1000
    )
    keys = {each.contact_id: each.pk for each in made}
    outcomes.write((pk, reason, None, None if reason else {"row": keys[pk]}) for pk, reason in why.items())
    tell(keys, by=by, added=[tag_id])


def untag_many(contact_ids: Iterable[int], tag_id: int, *, by: User) -> None:
    """Take a tag off contacts that `by` sees."""
    held = held_contacts(contact_ids, by=by)
    rows = ContactTag.objects.filter(contact__in=held, tag=tag_id).order_by("contact_id")
    had = {each.contact_id: {"by": each.by_id, "at": each.created_at.isoformat()} for each in rows}
    off = [pk for pk, is_merged in held.items() if pk in had and not is_merged]
    ContactTag.objects.filter(contact__in=off, tag=tag_id).delete()
    outcomes.write(
        (pk, MERGED if is_merged else "" if pk in had else NOT_THERE, had.get(pk), None)
        for pk, is_merged in held.items()
    )
    tell(off, by=by, removed=[tag_id])


def take_tags_off_again(tag_id: int, *, by: User | None) -> None:
    """What `tag_many` put on (`bulk_given`) goes, where it is the very one that was put on."""
    given = {pk: after["row"] for pk, _before, after in outcomes.given() if after}
    held = held_contacts(given, by=by)
    there = ContactTag.objects.filter(pk__in=given.values(), tag=tag_id, contact__in=held)
    off = sorted(set(there.values_list("contact_id", flat=True)) & given.keys())
    there.filter(contact__in=off).delete()
    outcomes.write((pk, "" if pk in off else "changed", None, None) for pk in sorted(given))
    tell(off, by=by, removed=[tag_id])


def put_tags_on_again(tag_id: int, *, by: User | None) -> None:
    """What `untag_many` took off comes back as it was, where nobody has put it on since."""
    given = {pk: before for pk, before, _after in outcomes.given() if before}
    held = held_contacts(given, by=by)
    again = set(ContactTag.objects.filter(contact__in=held, tag=tag_id).values_list("contact_id", flat=True))
    back = [pk for pk in sorted(held) if pk not in again]
    ContactTag.objects.bulk_create(
        [
            ContactTag(
                contact_id=pk,
                tag_id=tag_id,
                by_id=given[pk]["by"],
                created_at=datetime.datetime.fromisoformat(given[pk]["at"]),
            )
            for pk in back
        ],
        batch_size=1000,
    )
    outcomes.write((pk, "changed" if pk in again else "", None, None) for pk in sorted(held))
    tell(back, by=by, added=[tag_id])


def held_contacts(contact_ids: Iterable[int], *, by: User | None) -> dict[int, bool]:
    """Contacts held in the order of their keys, and whether each became another one."""
    seen = Contact.objects.all() if by is None else Contact.objects.visible_to(by)
    rows = seen.select_for_update(of=("self",), no_key=True).filter(pk__in=list(contact_ids), erased_at__isnull=True)
    return {pk: into is not None for pk, into in rows.order_by("pk").values_list("pk", "merged_into_id")}


def tell(
    contact_ids: Iterable[int], *, by: User | None, added: Iterable[int] = (), removed: Iterable[int] = ()
) -> None:
    if ids := tuple(contact_ids):
        details = {"added": list(added), "removed": list(removed)}
        journal.record_many("contact_tags_changed", [Contact(pk=pk) for pk in ids], by=by, details=details)
        publish(ContactBelongingsChanged(contact_ids=ids))
