"""Names and numbers that conversations carry as copies, written anew when the contact changed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from contacts.models import Contact
from core.events import publish
from core.text import fold
from inbox.actions.locking import lock_conversations, save_touched
from inbox.events import ContactCopiesRenewed
from inbox.models import Conversation
from inbox.models.conversation import LIVE


@transaction.atomic
def renew_contact_copies(contact_id: int) -> None:
    """Rewrite the copies in the contact's conversations, and make their live ones a newer version. Repeating it shows the same.

    A live row shows more of its contact than the copies (tags, groups: rows.py), which nothing here could compare: a screen takes only a
    newer version, so each becomes one. Of closed ones the next reading tells.
    """
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        return
    name = contact.name[:170]
    # A merged contact's rows show the tags of the one that stands for it, under their own name.
    own = Conversation.objects.filter(contact_id=contact_id)
    stale = own.exclude(contact_name=name, contact_is_vip=contact.is_vip).values_list("pk", flat=True)
    live = Conversation.objects.filter(
        Q(contact_id=contact_id) | Q(contact__merged_into_id=contact_id), status__in=LIVE
    ).values_list("pk", flat=True)
    locked = lock_conversations({*stale, *live})
    for conversation in locked.values():
        if conversation.contact_id != contact_id:
            save_touched(conversation)
            continue
        conversation.contact_name, conversation.contact_name_folded = name, fold(name)[:170]
        conversation.contact_is_vip = contact.is_vip
        save_touched(conversation, "contact_name", "contact_name_folded", "contact_is_vip")
    if locked:
        publish(ContactCopiesRenewed(conversation_ids=tuple(sorted(locked))))
