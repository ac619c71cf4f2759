"""Names and numbers that conversations carry as copies, written anew when the contact changed."""

from __future__ import annotations

from django.db import transaction

from contacts.models import Contact
from core.events import publish
from core.text import fold
from inbox.actions.locking import lock_conversations, save_touched
from inbox.events import ContactCopiesRenewed
from inbox.models import Conversation


@transaction.atomic
def renew_contact_copies(contact_id: int) -> None:
    """Rewrite the copies in the contact's conversations. Repeating it changes nothing."""
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        return
    name = contact.name[:170]
    stale = Conversation.objects.filter(contact_id=contact_id).exclude(contact_name=name, contact_is_vip=contact.is_vip)
    locked = lock_conversations(stale.values_list("pk", flat=True))
    for conversation in locked.values():
        conversation.contact_name, conversation.contact_name_folded = name, fold(name)[:170]
        conversation.contact_is_vip = contact.is_vip
        save_touched(conversation, "contact_name", "contact_name_folded", "contact_is_vip")
    if locked:
        publish(ContactCopiesRenewed(conversation_ids=tuple(sorted(locked))))
