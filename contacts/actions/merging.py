"""Making one of two contacts that are the same person: a pointer, and a record of what it takes to part them again (B-08)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.forgetting import refuse_being_erased
from contacts.actions.identifying import name_of
from contacts.actions.slices import touch
from contacts.errors import AlreadyJoined, BeingWorkedOn, IsErased, SameContact
from contacts.events import ContactsChanged, ContactsJoined
from contacts.joining import Before, DetachedMember, Side, join_fields, lines_of, name_anew, write
from contacts.models import BaseMember, Contact, ContactGroup, ContactPoint, ContactTag, GroupMember, MergeRecord
from core.events import publish
from core.journal import record
from core.locks import hold_names
from core.refusals import NotAllowed, NotFound

BUSY = (BaseMember.State.RESERVED, BaseMember.State.IN_PROGRESS)
MAY_MERGE = "contacts.merge_contacts"


@transaction.atomic
def merge_contacts(
    survivor_id: int, *, merged_id: int, by: User, choices: Mapping[str, Side] | None = None
) -> MergeRecord:
    """Let `survivor_id` stand for both; return the record of it. Repeating it returns the same record.

    Raises:
        NotAllowed: without the right to join contacts. Else as `join_people`.
    """
    require_right(by)
    return join_people(survivor_id, merged_id=merged_id, by=by, choices=choices)


@transaction.atomic
def join_people(
    survivor_id: int, *, merged_id: int, by: User, choices: Mapping[str, Side] | None = None
) -> MergeRecord:
    """The same for who has asked whether it may be.

    The merged row stays, and so does everything that points to it: it is read through `Contact.objects.identity`. `choices` says, by
    field, whose value stays where both have one (contacts.joining); do-not-contact, blocked and VIP are never lost.

    Raises:
        NotFound: either is not for this user to see.
        SameContact, AlreadyJoined, IsErased: there are no two people to join. BeingErased: one of them waits to be forgotten.
        BeingWorkedOn: both are being worked on in one base now.
    """
    if survivor_id == merged_id:
        raise SameContact(_("Choose another contact: this is the same one."))
    hold_people([survivor_id, merged_id])
    require_seen([survivor_id, merged_id], by=by)
    survivor, merged = hold_both(survivor_id, merged_id)
    if merged.merged_into_id == survivor.pk and (known := standing_record(merged)) is not None:
        return known
    refuse_unless_joinable(survivor, merged)
    followers = list(Contact.objects.filter(merged_into=merged).order_by("pk").values_list("pk", flat=True))
    before = join_rows(survivor, merged, choices or {}, by=by)
    before["members"] = detach_doubles(survivor, merged)
    survivor.save()
    merged.merged_into = survivor
    merged.save()
    Contact.objects.filter(pk__in=followers).update(merged_into=survivor)
    joined = MergeRecord.objects.create(
        survivor=survivor, merged=merged, before=dict(before), followers=followers, by=by
    )
    details = {"merged_id": merged.pk, "merge_id": joined.pk, "fields": sorted(before.get("fields", {}))}
    record("contacts_joined", survivor, by=by, details=details)
    record("contact_joined_into", merged, by=by, details={"survivor_id": survivor.pk, "merge_id": joined.pk})
    people = tuple(sorted([survivor.pk, merged.pk, *followers]))
    publish(ContactsJoined(survivor_id=survivor.pk, merged_id=merged.pk, contact_ids=people))
    publish(ContactsChanged(contact_ids=people))
    return joined


def require_right(by: User) -> None:
    if not by.has_perm(MAY_MERGE):
        raise NotAllowed(_("You may not join contacts."))


def hold_people(contact_ids: Iterable[int], *, names: Iterable[str] = ()) -> None:
    """Hold people by name to the end of the transaction, with every point they have: nobody else joins, parts or erases them meanwhile,
    and no message of theirs is on its way in. Before any row is locked, and in one order for everybody: no dead-lock.
    """
    ids = sorted(set(contact_ids))
    family = Contact.objects.filter(pk__in=ids) | Contact.objects.filter(merged_into__in=ids)
    points = ContactPoint.objects.filter(contact__in=family.values("pk")).values_list("kind", "scope", "normalised")
    hold_names([*(f"contact|{pk}" for pk in ids), *(name_of(each) for each in points), *names])


def require_seen(contact_ids: Collection[int], *, by: User) -> None:
    seen = set(Contact.objects.visible_to(by).filter(pk__in=contact_ids).values_list("pk", flat=True))
    if seen != set(contact_ids):
        raise NotFound(_("It does not exist or is not yours to see."))


def hold_both(survivor_id: int, merged_id: int) -> tuple[Contact, Contact]:
    """Both rows, held with all that were merged into either, in the order of their keys."""
    ids = [survivor_id, merged_id]
    family = Contact.objects.filter(pk__in=ids) | Contact.objects.filter(merged_into__in=ids)
    held = {each.pk: each for each in family.select_for_update(no_key=True, of=("self",)).order_by("pk")}
    return held[survivor_id], held[merged_id]


def standing_record(merged: Contact) -> MergeRecord | None:
    found: MergeRecord | None = MergeRecord.objects.filter(merged=merged, undone_at__isnull=True).first()
    return found


def refuse_unless_joinable(survivor: Contact, merged: Contact) -> None:
    for each in (survivor, merged):
        if each.erased_at is not None:
            raise IsErased(_("One of the two was erased."))
        if each.merged_into_id is not None:
            raise AlreadyJoined(_("One of the two was joined with another contact already."), into=each.merged_into_id)
    refuse_being_erased([survivor, merged])


def join_rows(survivor: Contact, merged: Contact, choices: Mapping[str, Side], *, by: User) -> Before:
    """Put on the survivor what lists and filters ask a contact's own row; return what that changed. The caller saves both rows."""
    before: Before = {"fields": {}, "document": [merged.document_type_id, merged.document_number]}
    lines = lines_of(survivor)
    for field in join_fields(survivor, merged, choices):
        if field.is_change:
            before["fields"][field.name] = [field.survivor, field.outcome]
            write(survivor, field.name, field.outcome)
    if survivor.document_number and "document" in before["fields"]:
        # One document is one contact's; the merged one has it again when they are parted. Before the survivor takes it.
        Contact.objects.filter(pk=merged.pk).update(document_type=None, document_number="")
        merged.document_type_id, merged.document_number = None, ""
    else:
        del before["document"]
    # The other's former name and places are theirs too: whoever looks for them finds this contact.
    before["lines"] = [line for line in [merged.sort_name, *lines_of(merged)] if line and line not in lines]
    name_anew(survivor, [*lines, *before["lines"]])
    before["teams"] = give_teams(survivor, merged)
    before["tags"] = give_tags(survivor, merged, by=by)
    before["groups"] = give_groups(survivor, merged)
    return before


def give_teams(survivor: Contact, merged: Contact) -> list[int]:
    known = set(survivor.teams.values_list("pk", flat=True))
    missing = sorted(set(merged.teams.values_list("pk", flat=True)) - known)
    survivor.teams.add(*missing)
    return missing


def give_tags(survivor: Contact, merged: Contact, *, by: User) -> list[int]:
    known = ContactTag.objects.filter(contact=survivor).values("tag_id")
    missing = ContactTag.objects.filter(contact=merged).exclude(tag_id__in=known).order_by("tag_id")
    tags = list(missing.values_list("tag_id", flat=True))
    ContactTag.objects.bulk_create(ContactTag(contact=survivor, tag_id=tag, by=by) for tag in tags)
    return tags


def give_groups(survivor: Contact, merged: Contact) -> list[int]:
    """The groups by hand: those by rule are written down anew for whoever meets the rule."""
    known = GroupMember.objects.filter(contact=survivor).values("group_id")
    missing = GroupMember.objects.filter(contact=merged, group__kind=ContactGroup.Kind.MANUAL).exclude(
        group_id__in=known
    )
    groups = list(missing.order_by("group_id").values_list("group_id", flat=True))
    GroupMember.objects.bulk_create(GroupMember(contact=survivor, group_id=group) for group in groups)
    return groups


@dataclass(frozen=True)
class Doubled:
    """Two live memberships of one person in one base: which goes on and which is taken out."""

    kept: BaseMember
    detached: BaseMember


def detach_doubles(survivor: Contact, merged: Contact) -> list[DetachedMember]:
    """Leave one live membership of the person in each base (docs/decisions/018-one-person-in-one-base.md); return what was taken out.

    Raises:
        BeingWorkedOn: two of one base are in somebody's hands.
    """
    taken_out: list[DetachedMember] = []
    for each in doubled(live_members(survivor, merged)):
        taken_out.append({"id": each.detached.pk, "state": each.detached.state})
    BaseMember.objects.filter(pk__in=[each["id"] for each in taken_out]).update(state=BaseMember.State.DETACHED)
    touch(bases_of(taken_out))
    return taken_out


def bases_of(entries: Iterable[DetachedMember]) -> Iterable[tuple[int, int]]:
    """Base and key of each: who changes members says so to who counts them (contacts.actions.slices)."""
    return BaseMember.objects.filter(pk__in=[each["id"] for each in entries]).values_list("base_id", "pk")


def live_members(survivor: Contact, merged: Contact) -> list[BaseMember]:
    """The live memberships of both with all that were merged into them, held in the order of their keys; the survivor's own first."""
    people = Contact.objects.identity(survivor) | Contact.objects.identity(merged)
    live = (
        BaseMember.objects.filter(contact__in=people.values("pk"))
        .exclude(state=BaseMember.State.DETACHED)
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    )
    return sorted(live, key=lambda each: (each.contact_id != survivor.pk, each.pk))


def doubled(members: Sequence[BaseMember]) -> list[Doubled]:
    by_base: dict[int, list[BaseMember]] = {}
    for each in members:
        by_base.setdefault(each.base_id, []).append(each)
    found = []
    for its in by_base.values():
        if sum(each.state in BUSY for each in its) > 1:
            raise BeingWorkedOn(_("Both are being worked on in the same base. Wait until one is done, or release it."))
        # Whom somebody has in hand goes on; who asked not to be contacted stays so; else who was tried more often, the survivor's first.
        kept, *rest = sorted(its, key=rank)
        found += [Doubled(kept=kept, detached=each) for each in rest]
    return found


def rank(member: BaseMember) -> tuple[bool, bool, int]:
    return member.state not in BUSY, member.state != BaseMember.State.SUPPRESSED, -member.attempts
