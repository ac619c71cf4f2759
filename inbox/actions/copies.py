"""What rows show of their contacts, made new when a contact changed: names and numbers as copies, tags and groups as they are."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from contacts.models import Contact
from core.events import publish
from core.text import fold
from inbox.actions.locking import lock_conversations, lock_rows, save_all_touched, save_touched
from inbox.events import ContactCopiesRenewed
from inbox.models import Conversation
from inbox.models.conversation import LIVE


@transaction.atomic
def sort_out_parted(contact_id: int) -> int:
    """Give the conversations of a contact that is two again to whoever they are held through now; return how many moved.

    Those from before the merge never left their contact. Those that began while both were one, or moved to the other's number, go
    with that number: its next message comes from there. Repeating it changes nothing.
    """
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        return 0
    standing = contact.standing_id
    strays = Conversation.objects.filter(contact_id=contact_id).exclude(contact_point__contact_id=contact_id)
    pairs = {
        pk: (own or own_id)
        for pk, own, own_id in strays.values_list(
            "pk", "contact_point__contact__merged_into_id", "contact_point__contact_id"
        )
    }
    locked = lock_conversations(pk for pk, whose in pairs.items() if whose != standing)
    moved = 0
    for conversation in locked.values():
        owner = conversation.contact_point.contact
        if owner.standing_id == standing:
            continue
        give_to(conversation, owner)
        moved += 1
    if moved:
        publish(ContactCopiesRenewed(conversation_ids=tuple(sorted(locked))))
    return moved


def give_to(conversation: Conversation, owner: Contact) -> None:
    """The conversation is this contact's. The caller holds it, and announces."""
    shown = owner.standing
    conversation.contact = owner
    conversation.contact_name, conversation.contact_name_folded = shown.name[:170], fold(shown.name)[:170]
    conversation.contact_is_vip = shown.is_vip
    save_touched(conversation, "contact", "contact_name", "contact_name_folded", "contact_is_vip")


@transaction.atomic
def renew_contact_copies(contact_id: int) -> None:
    """Rewrite the copies in all of this person's conversations: those of contacts joined with them carry the name of the one that
    stands. Repeating it changes nothing.
    """
    contact = Contact.objects.select_related("merged_into").filter(pk=contact_id).first()
    if contact is None:
        return
    contact = contact.standing
    name = contact.name[:170]
    people = list(Contact.objects.identity(contact).values_list("pk", flat=True))
    stale = Conversation.objects.filter(contact_id__in=people).exclude(contact_name=name, contact_is_vip=contact.is_vip)
    locked = lock_conversations(stale.values_list("pk", flat=True))
    for conversation in locked.values():
        conversation.contact_name, conversation.contact_name_folded = name, fold(name)[:170]
        conversation.contact_is_vip = contact.is_vip
        save_touched(conversation, "contact_name", "contact_name_folded", "contact_is_vip")
    if locked:
        publish(ContactCopiesRenewed(conversation_ids=tuple(sorted(locked))))


# As many as one transaction holds: a rule may put a hundred thousand people into a group at once.
AT_ONCE = 500


def show_belongings_anew(contact_ids: Sequence[int]) -> None:
    """Make the contacts' live conversations a newer version: their rows show tags and groups, and a screen takes only what is newer.

    Of closed ones the next reading of a list tells. Done twice it shows the same.
    """
    for start in range(0, len(contact_ids), AT_ONCE):
        touch_live(contact_ids[start : start + AT_ONCE])


@transaction.atomic
def touch_live(contact_ids: Sequence[int]) -> None:
    # A merged contact's rows show the tags of the one that stands for it (rows.py).
    theirs = Q(contact_id__in=contact_ids) | Q(contact__merged_into_id__in=contact_ids)
    live = Conversation.objects.filter(theirs, status__in=LIVE).values_list("pk", flat=True)
    locked = lock_rows(live)
    save_all_touched(locked.values())
    if locked:
        publish(ContactCopiesRenewed(conversation_ids=tuple(sorted(locked))))
