"""Putting whom a conversation is with into a base of its campaign: the conversation is about that record from then on (000-08 … 000-17)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.associating import associate_contacts
from contacts.actions.bases import held_base
from contacts.actions.engaging import disengage_member, engage_member
from contacts.actions.merging import MAY_MERGE, join_people
from contacts.actions.people import edit_contact
from contacts.models import BaseMember, Contact, ContactBase, ContactPoint
from contacts.sheets import ContactChanges
from core import journal
from core.events import publish
from core.refusals import Invalid, NotFound
from inbox.actions.locking import lock_visible_conversation, note_event, save_touched
from inbox.errors import AnotherPerson
from inbox.events import ConversationAssociated
from inbox.models import Conversation, ConversationEvent
from inbox.record_permits import may_associate, offered_bases


@transaction.atomic
def associate_conversation(
    conversation_id: int,
    *,
    by: User,
    base_id: int,
    contact_id: int | None = None,
    changes: ContactChanges | None = None,
) -> Conversation:
    """Make a conversation's contact a member of a base and the conversation about that record. Doing it again changes nothing.

    `contact_id`: the existing contact who was chosen; without one it is who wrote, with what is known of them by now (`changes`).
    What was filled in is kept with the association or not at all.

    Raises:
        NotFound: the conversation, the base or the contact is not theirs to see (S09).
        AlreadyClosed, NotAssigned, NotYours, AuxStateForbids, NoBaseOffered: see inbox.permits.may_associate.
        Invalid (`base`): not one of the campaign's, or not active. AnotherPerson: see `as_one_person`.
        DuplicateContact, OfAnotherTeam, Invalid: what was filled in (contacts.actions.edit_contact).
    """
    seen = Conversation.objects.visible_to(by).filter(pk=conversation_id)
    conversation = seen.select_related("campaign", "channel_account", "assignee", "contact__merged_into").first()
    if conversation is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    may_associate(conversation, by).require()
    base = chosen_base(conversation, base_id, by=by)
    own = conversation.contact.standing
    # The base before people, as whoever fills it holds them; people before the conversation, as whoever receives a message does.
    held_base(base.pk, by=by)
    contact = own if contact_id is None else as_one_person(own, contact_id, by=by)
    if changes:
        contact = edit_contact(contact.pk, by=by, **changes)
    associate_contacts(base.pk, [contact.pk], by=by)
    conversation = lock_visible_conversation(conversation_id, by)
    may_associate(conversation, by).require()
    member = member_of(base, contact)
    before = conversation.base_member_id
    if before == member.pk:
        return conversation
    conversation.base_member = member
    note_event(
        conversation, ConversationEvent.Kind.ASSOCIATED, at=timezone.now(), by=by, base_id=base.pk, base_name=base.name
    )
    save_touched(conversation, "base_member")
    for pk in sorted(each for each in (member.pk, before) if each is not None):
        if pk == member.pk:
            engage_member(pk, by=by)
        else:
            disengage_member(pk, by=by)
    journal.record(
        "conversation_associated",
        conversation,
        by=by,
        details={"base": base.pk, "before": {"member": before}, "after": {"member": member.pk}},
    )
    publish(ConversationAssociated(conversation_ids=(conversation.pk,), by_id=by.pk))
    return conversation


def chosen_base(conversation: Conversation, base_id: int, *, by: User) -> ContactBase:
    """Raises NotFound: not theirs to see. Invalid: not one of the campaign's, or not active."""
    base: ContactBase | None = offered_bases(conversation, by).filter(pk=base_id).first()
    if base is not None:
        return base
    if not ContactBase.objects.visible_to(by).filter(pk=base_id).exists():
        raise NotFound(_("It does not exist or is not yours to see."))
    raise Invalid(_("Check the marked fields."), fields={"base": [_("Choose one of the campaign's active bases.")]})


def as_one_person(own: Contact, contact_id: int, *, by: User) -> Contact:
    """Return the contact who was chosen; who wrote is the same person from now on, which can be parted again.

    Raises:
        NotFound: the chosen one is not theirs to see. AnotherPerson: who wrote is known as somebody else, and `by` may not join contacts.
    """
    chosen: Contact | None = (
        Contact.objects.visible_to(by).select_related("merged_into").filter(pk=contact_id, erased_at=None).first()
    )
    if chosen is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    chosen = chosen.standing
    if chosen.pk == own.pk:
        return own
    if not by.has_perm(MAY_MERGE) and not is_unknown(own):
        raise AnotherPerson(
            _(
                "Who writes is known as %(name)s. If it is the same person, ask your supervisor to join the two contacts."
            )
            % {"name": own.name}
        )
    join_people(chosen.pk, merged_id=own.pk, by=by)
    return chosen


def is_unknown(contact: Contact) -> bool:
    """Nothing is known but how they write: what the first message made of a number (001-04)."""
    return (
        not (contact.first_name or contact.last_name or contact.document_number or contact.company_id)
        and ContactPoint.objects.filter(contact=contact).count() <= 1
        and not BaseMember.objects.live().filter(contact=contact).exists()
    )


def member_of(base: ContactBase, contact: Contact) -> BaseMember:
    """The live member that a person is in a base, under whichever of their rows."""
    members = BaseMember.objects.live().filter(base=base, contact__in=Contact.objects.identity(contact))
    member: BaseMember = members.order_by("pk").get()
    return member
