"""What a contact allowed, and what is never to be done with them: consent by medium, do-not-contact, blocked."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.holding import held_contact
from contacts.actions.members import allow_members, suppress_members
from contacts.actions.merging import hold_people
from contacts.models import Consent, Contact, ContactPoint, MergeRecord
from core import journal
from core.refusals import Invalid
from core.text import without_nul

LONGEST_SOURCE = 200


@transaction.atomic
def record_consent(contact_id: int, *, by: User | None, medium: str, is_given: bool, source: str) -> Consent:
    """Write down one step of what a contact allowed (`medium` empty: everything). Nothing of before is changed; the newest counts.

    Raises:
        NotFound, NotAllowed, IsMerged, IsErased: as for `held_contact`. Invalid: `medium`, or `source` says nothing.
    """
    contact = held_contact(contact_id, by=by)
    words = " ".join(without_nul(source).split())
    wrong: dict[str, list[str]] = {}
    if medium and medium not in ContactPoint.Kind:
        wrong["medium"] = [_("Choose one of the list.")]
    if not words or len(words) > LONGEST_SOURCE:
        wrong["source"] = [_("Say how it was told, in at most %(limit)d characters.") % {"limit": LONGEST_SOURCE}]
    if wrong:
        raise Invalid(_("Check the marked fields."), fields=wrong)
    newest = Consent.objects.filter(contact=contact, medium=medium).first()
    if newest is not None and (newest.is_given, newest.source, newest.by_id) == (
        is_given,
        words,
        by.pk if by else None,
    ):
        # The same said twice is one step.
        return newest
    consent = Consent.objects.create(contact=contact, medium=medium, is_given=is_given, source=words, by=by)
    details = {"consent_id": consent.pk, "medium": medium, "is_given": is_given}
    journal.record("consent_recorded", contact, by=by, details=details)
    return consent


@transaction.atomic
def forbid_contact(contact_id: int, *, by: User | None, reason: str = "") -> Contact:
    """They asked not to be contacted: nobody opens anything with them any more. Twice is once. Raises as `held_contact`."""
    return mark(contact_id, "do_not_contact", True, verb="contact_forbidden", reason=reason, by=by)


@transaction.atomic
def allow_contact(contact_id: int, *, by: User | None, reason: str = "") -> Contact:
    """They may be contacted again. Twice is once. Raises as `held_contact`."""
    return mark(contact_id, "do_not_contact", False, verb="contact_allowed", reason=reason, by=by)


@transaction.atomic
def block_contact(contact_id: int, *, by: User | None, reason: str = "") -> Contact:
    """Nothing is opened with them because of what they did. Twice is once. Raises as `held_contact`."""
    return mark(contact_id, "blocked", True, verb="contact_blocked", reason=reason, by=by)


@transaction.atomic
def unblock_contact(contact_id: int, *, by: User | None, reason: str = "") -> Contact:
    return mark(contact_id, "blocked", False, verb="contact_unblocked", reason=reason, by=by)


def mark(contact_id: int, name: str, value: bool, *, verb: str, reason: str, by: User | None) -> Contact:
    """On every row of the person: parted again, each of the two is still who said so."""
    hold_people([contact_id])
    contact = held_contact(contact_id, by=by)
    joined = Contact.objects.filter(merged_into=contact).select_for_update(no_key=True, of=("self",)).order_by("pk")
    people = [contact, *joined]
    changed = [each for each in people if getattr(each, name) != value]
    for each in changed:
        setattr(each, name, value)
        each.save(update_fields=[name, "updated_at"])
    if changed:
        keep_when_parted(people, name)
        words = " ".join(without_nul(reason).split())[:LONGEST_SOURCE]
        journal.record(verb, contact, by=by, personal={"reason": words} if words else None)
        # Their records in the bases: out of reach, or within it again.
        ids = [each.pk for each in people]
        if value:
            suppress_members(ids, by=by)
        else:
            allow_members(ids, by=by)
    return contact


def keep_when_parted(people: Iterable[Contact], name: str) -> None:
    """It was said of the person since: no merge of theirs takes it back, though one had changed it to the same value before."""
    records = MergeRecord.objects.filter(survivor__in=people, undone_at__isnull=True)
    for record in records.select_for_update(of=("self",)).order_by("pk"):
        if record.before.get("fields", {}).pop(name, None) is not None:
            record.save(update_fields=["before"])
