"""Heeding who asks not to be contacted any more (do-not-contact by the campaign's words).

That they asked is written in the transaction that receives the word; heeding it holds the person, which receiving many must not.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.actions import forbid_contact
from contacts.errors import IsErased
from core.refusals import NotFound
from inbox.actions.locking import lock_conversation, save_touched
from inbox.models import Conversation

SWEPT_AT_ONCE = 500


@transaction.atomic
def heed(conversation_id: int) -> bool:
    """Forbid contacting whoever asked for it in this conversation; whether it was for us to heed. Twice is once."""
    asked = Conversation.objects.filter(pk=conversation_id, awaits_opt_out=True).select_related("contact").first()
    if asked is None:
        return False
    # The person first, the conversation then: as whoever receives their message holds them.
    try:
        forbid_contact(asked.contact.standing_id, by=None, reason=_("They asked for it in a conversation."))
    except (IsErased, NotFound):
        # There is nobody left to contact.
        pass
    conversation = lock_conversation(conversation_id)
    if conversation.awaits_opt_out:
        conversation.awaits_opt_out = False
        save_touched(conversation, "awaits_opt_out")
    return True


def waiting_to_be_heeded() -> list[int]:
    """Who asked and was not heeded yet, for the sweeper."""
    asked = Conversation.objects.filter(awaits_opt_out=True).order_by("pk")
    return list(asked.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
