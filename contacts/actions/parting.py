"""Parting two contacts that were joined: both are again what they were (B-08)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.forgetting import refuse_being_erased
from contacts.actions.holding import says_the_same, search_text_of
from contacts.actions.merging import hold_both, hold_people, require_right
from contacts.actions.people import document_name
from contacts.actions.slices import touch
from contacts.errors import AlreadyParted, IsErased, JoinedFurther
from contacts.events import ContactsChanged, ContactsParted
from contacts.joining import GIVEN, Before, DetachedMember, lines_of, name_anew, take_back, write
from contacts.models import BaseMember, Contact, ContactTag, GroupMember, MergeRecord
from core.events import publish
from core.journal import record
from core.refusals import NotFound

Pair = tuple[MergeRecord, Contact]  # a record that stands, and whom it merged


@transaction.atomic
def part_contacts(merge_id: int, *, by: User) -> MergeRecord:
    """Undo a merge: the merged contact stands by itself again, and the survivor gives back what it had from it.

    Merges of one survivor come apart in any order; one whose survivor was joined further waits for that. What somebody edited since
    the merge stays as edited. Conversations and notes never left their contact; those that began since go with the point they were
    held through (ContactsParted).

    Raises:
        NotAllowed: without the right. NotFound: it is not for this user to see. AlreadyParted. IsErased.
        BeingErased: who they are as one waits to be forgotten.
        JoinedFurther: the survivor was merged into another since; `into` names it.
    """
    require_right(by)
    found = MergeRecord.objects.filter(pk=merge_id).first()
    if found is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    document = found.before.get("document")
    # Whoever gives somebody this document now takes their turn with us.
    hold_people([found.survivor_id, found.merged_id], names=[document_name(*document)] if document else [])
    survivor, merged = hold_seen(found, by=by)
    # Under the names: nobody else joins or parts these two now.
    joined = MergeRecord.objects.select_for_update().get(pk=merge_id)
    if joined.undone_at is not None:
        raise AlreadyParted(_("They were parted already."))
    if survivor.erased_at is not None or merged.erased_at is not None:
        raise IsErased(_("One of the two was erased."))
    refuse_being_erased([survivor])
    if survivor.merged_into_id is not None:
        raise JoinedFurther(
            _("It was joined with another contact since. Part those two first."), into=survivor.merged_into_id
        )
    others = standing_merges(survivor, but=joined)
    give_back(survivor, merged, joined, others)
    give_back_members(merged, joined, others)
    survivor.save()
    merged.merged_into = None
    give_document_back(merged, joined.before)
    merged.save()
    Contact.objects.filter(pk__in=joined.followers, merged_into=survivor).update(merged_into=merged)
    renew_words([survivor, merged])
    joined.undone_at, joined.undone_by = timezone.now(), by
    joined.save(update_fields=["undone_at", "undone_by", "before"])
    for each, _contact in others:
        each.save(update_fields=["before"])
    record("contacts_parted", survivor, by=by, details={"merged_id": merged.pk, "merge_id": joined.pk})
    record("contact_parted_from", merged, by=by, details={"survivor_id": survivor.pk, "merge_id": joined.pk})
    people = tuple(sorted([survivor.pk, merged.pk, *joined.followers]))
    publish(ContactsParted(survivor_id=survivor.pk, merged_id=merged.pk, contact_ids=people))
    publish(ContactsChanged(contact_ids=people))
    return joined


def hold_seen(joined: MergeRecord, *, by: User) -> tuple[Contact, Contact]:
    """Both rows. Whoever sees the one that stands for both may part them, though the other alone were another team's."""
    survivor = joined.survivor
    stands_for_both = Contact.objects.identity(survivor).standing()
    if not stands_for_both.visible_to(by).exists():
        raise NotFound(_("It does not exist or is not yours to see."))
    return hold_both(joined.survivor_id, joined.merged_id)


def standing_merges(survivor: Contact, *, but: MergeRecord) -> list[Pair]:
    """The survivor's other merges that stand, the oldest first, held; each with whom it merged."""
    records = (
        MergeRecord.objects.filter(survivor=survivor, undone_at__isnull=True)
        .exclude(pk=but.pk)
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    contacts = Contact.objects.in_bulk([each.merged_id for each in records])
    return [(each, contacts[each.merged_id]) for each in records]


def give_back(survivor: Contact, merged: Contact, joined: MergeRecord, others: Sequence[Pair]) -> None:
    """The survivor's fields, and what it was given; the caller saves rows and records."""
    before: Before = joined.before  # type: ignore[assignment]  # JSON knows no shape
    take_back(
        survivor,
        before,
        [(each.before, contact) for each, contact in others],  # type: ignore[misc]  # as above
        [each.before for each, _contact in others if each.pk > joined.pk],  # type: ignore[misc]  # as above
    )
    if survivor.company is not None:
        # It may have another name by now than the record says.
        survivor.company_sort_name = survivor.company.sort_name
    lent = {name: keep_for_others(name, before, others) for name in GIVEN}
    survivor.teams.remove(*lent["teams"])
    ContactTag.objects.filter(contact=survivor, tag__in=lent["tags"]).delete()
    GroupMember.objects.filter(contact=survivor, group__in=lent["groups"], is_by_rule=False).delete()
    name_anew(survivor, [line for line in lines_of(survivor) if line not in lent["lines"]])


def renew_words(contacts: Iterable[Contact]) -> None:
    """Addresses may have been changed while they were one; who stands by themselves is found by their own."""
    for contact in contacts:
        found_by = search_text_of(contact)
        if not says_the_same(found_by, contact.search_text):
            contact.search_text = found_by
            contact.save(update_fields=["search_text"])


def keep_for_others(name: str, before: Before, others: Sequence[Pair]) -> list[Any]:
    """What goes back of what the survivor was given: what another who is still merged has as well is that one's from now on."""
    going = []
    for each in before.get(name, []):  # type: ignore[attr-defined]  # a key of GIVEN
        heir = next((record for record, contact in others if each in has(contact, name)), None)
        if heir is None:
            going.append(each)
        elif each not in heir.before.setdefault(name, []):
            heir.before[name].append(each)
    return going


def has(contact: Contact, name: str) -> set[Any]:
    """The teams, tags, groups or lines of a row that is merged."""
    if name == "lines":
        return {contact.sort_name, *lines_of(contact)}
    if name == "tags":
        return set(ContactTag.objects.filter(contact=contact).values_list("tag_id", flat=True))
    if name == "groups":
        return set(GroupMember.objects.filter(contact=contact).values_list("group_id", flat=True))
    return set(contact.teams.values_list("pk", flat=True))


def give_document_back(merged: Contact, before: dict[str, list[Any]]) -> None:
    """The merged one's document, unless somebody was given it since: a document is one contact's. The caller saves."""
    document = before.get("document")
    if not document:
        return
    kind, number = document
    taken = Contact.objects.filter(document_type=kind, document_number=number).exclude(pk=merged.pk)
    if not taken.exists():
        write(merged, "document", document)


def give_back_members(merged: Contact, joined: MergeRecord, others: Sequence[Pair]) -> None:
    """Put back into their bases the memberships that this merge took out, and those of the merged one that a later merge did.

    One of the survivor's that another who is still merged stands for in that base waits until they are parted too.
    """
    theirs = {merged.pk, *joined.followers}
    entries: list[DetachedMember] = list(joined.before.get("members", []))
    owners = dict(
        BaseMember.objects.filter(
            pk__in=[
                each["id"]
                for record in (joined, *(one for one, _ in others))
                for each in record.before.get("members", [])
            ]
        ).values_list("pk", "contact_id")
    )
    for one, _contact in others:
        mine = one.before.get("members", [])
        entries += [each for each in mine if owners.get(each["id"]) in theirs]
        one.before["members"] = [each for each in mine if owners.get(each["id"]) not in theirs]
    left = {joined.survivor_id, *(pk for record, _ in others for pk in (record.merged_id, *record.followers))}
    rows = (
        BaseMember.objects.filter(pk__in=[each["id"] for each in entries]).select_for_update(no_key=True).order_by("pk")
    )
    held = {each.pk: each for each in rows}
    for entry in sorted(entries, key=lambda each: each["id"]):
        member = held.get(entry["id"])
        if member is None or member.state != BaseMember.State.DETACHED:
            continue
        family = theirs if member.contact_id in theirs else left
        stands = (
            BaseMember.objects.filter(base=member.base_id, contact__in=family)
            .exclude(state=BaseMember.State.DETACHED)
            .first()
        )
        if stands is None:
            member.state = entry["state"]
            member.save(update_fields=["state"])
            touch([(member.base_id, member.pk)])
        elif heir := next((one for one, _ in others if stands.contact_id in (one.merged_id, *one.followers)), None):
            heir.before.setdefault("members", []).append(entry)
