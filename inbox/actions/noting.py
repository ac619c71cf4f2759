"""What an agent learns in a conversation and the next one must know: a note about the contact that names the conversation (004-15, 004-19)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from contacts.actions import write_note
from contacts.models import ContactNote
from core.refusals import NotFound
from inbox.models import Conversation


@transaction.atomic
def write_contact_note(conversation_id: int, text: str, *, by: User) -> ContactNote:
    """Leave a note about whom a conversation is with, for the conversation's team where `by` belongs to it, else for their own.

    Raises:
        NotFound: the conversation is not theirs to see. NotAllowed, IsErased, Invalid: see contacts.actions.write_note.
    """
    seen = Conversation.objects.visible_to(by).select_related("contact__merged_into").filter(pk=conversation_id)
    conversation = seen.first()
    if conversation is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    team_id = conversation.team_id
    team = None if team_id is None else Team.objects.visible_to(by).filter(pk=team_id).first()
    return write_note(conversation.contact.standing.pk, text, by=by, team=team, conversation_uuid=conversation.uuid)
