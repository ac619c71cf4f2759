"""Tags on a contact, and groups somebody is put into by hand (001-27, 001-28). A group by rule keeps its own members (groups.py)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.holding import held_contact
from contacts.events import ContactBelongingsChanged
from contacts.models import Contact, ContactGroup, ContactTag, GroupMember, Tag
from core import journal
from core.events import publish
from core.refusals import Invalid, NotFound

MOST_TAGS = 30


@transaction.atomic
def set_tags(contact_id: int, tags: Iterable[Tag], *, by: User | None) -> Contact:
    """Let the contact's tags be these; archived ones that it has may stay.

    Raises:
        NotFound, NotAllowed, IsMerged, IsErased: as for `held_contact`. Invalid: `tags`, too many, or one that is archived.
    """
    contact = held_contact(contact_id, by=by)
    held = set(ContactTag.objects.filter(contact=contact).values_list("tag_id", flat=True))
    wanted = {each.pk: each for each in tags}
    change_tags(contact, added=[wanted[pk] for pk in sorted(wanted.keys() - held)], removed=held - wanted.keys(), by=by)
    return contact


@transaction.atomic
def add_tag(contact_id: int, tag: Tag, *, by: User | None) -> Contact:
    """Put a tag on a contact; twice is once. Raises as `set_tags`."""
    contact = held_contact(contact_id, by=by)
    if not ContactTag.objects.filter(contact=contact, tag=tag).exists():
        change_tags(contact, added=[tag], removed=set(), by=by)
    return contact


@transaction.atomic
def remove_tag(contact_id: int, tag_id: int, *, by: User | None) -> Contact:
    """Take a tag off a contact; one it has not is off already. Raises NotFound, NotAllowed, IsMerged, IsErased."""
    contact = held_contact(contact_id, by=by)
    held = set(ContactTag.objects.filter(contact=contact, tag_id=tag_id).values_list("tag_id", flat=True))
    change_tags(contact, added=[], removed=held, by=by)
    return contact


def change_tags(contact: Contact, *, added: list[Tag], removed: set[int], by: User | None) -> None:
    if not added and not removed:
        return
    if any(each.archived_at is not None for each in added):
        raise Invalid(_("Check the marked fields."), fields={"tags": [_("This tag is archived.")]})
    count = ContactTag.objects.filter(contact=contact).count()
    if count + len(added) - len(removed) > MOST_TAGS:
        words = _("At most %(limit)d tags on a contact.") % {"limit": MOST_TAGS}
        raise Invalid(_("Check the marked fields."), fields={"tags": [words]})
    ContactTag.objects.filter(contact=contact, tag__in=removed).delete()
    # The contact is held; only a tag that is being deleted could still be in the way, and then the key says so.
    ContactTag.objects.bulk_create(ContactTag(contact=contact, tag=each, by=by) for each in added)
    details = {"added": [each.pk for each in added], "removed": sorted(removed)}
    journal.record("contact_tags_changed", contact, by=by, details=details)
    publish(ContactBelongingsChanged(contact_ids=(contact.pk,)))


@transaction.atomic
def join_group(contact_id: int, group_id: int, *, by: User | None) -> GroupMember:
    """Put a contact into a group by hand; twice is once.

    Raises:
        NotFound, NotAllowed, IsMerged, IsErased: as for `held_contact`; no such group, or another team's. Invalid: `group`.
    """
    contact, group = held_contact(contact_id, by=by), manual_group(group_id, by=by)
    if group.archived_at is not None:
        raise Invalid(_("Check the marked fields."), fields={"group": [_("This group is archived.")]})
    member, is_new = GroupMember.objects.get_or_create(contact=contact, group=group)
    if is_new:
        journal.record("contact_grouped", contact, by=by, details={"group_id": group.pk})
        publish(ContactBelongingsChanged(contact_ids=(contact.pk,)))
    return member


@transaction.atomic
def leave_group(contact_id: int, group_id: int, *, by: User | None) -> None:
    """Take a contact out of a group; who is not in it is out already. Raises as `join_group`."""
    contact, group = held_contact(contact_id, by=by), manual_group(group_id, by=by)
    gone, _of_each = GroupMember.objects.filter(contact=contact, group=group).delete()
    if gone:
        journal.record("contact_ungrouped", contact, by=by, details={"group_id": group.pk})
        publish(ContactBelongingsChanged(contact_ids=(contact.pk,)))


def manual_group(group_id: int, *, by: User | None) -> ContactGroup:
    groups = ContactGroup.objects.all() if by is None else ContactGroup.objects.visible_to(by)
    group: ContactGroup | None = groups.filter(pk=group_id).first()
    if group is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    if group.kind != ContactGroup.Kind.MANUAL:
        words = _("The members of this group follow its rule.")
        raise Invalid(_("Check the marked fields."), fields={"group": [words]})
    return group
