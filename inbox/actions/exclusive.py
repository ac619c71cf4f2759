"""The desk's toggle: one agent attends this contact in this campaign, or everybody does (004-29)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.actions.exclusive import remove_exclusive_agent, set_exclusive_agent
from campaigns.exclusive import exclusive_agent
from core.events import publish
from core.refusals import Invalid, NotFound
from inbox.actions.locking import lock_conversation, note_event, save_touched
from inbox.events import ExclusiveAgentChosen
from inbox.models import Conversation, ConversationEvent
from inbox.permits import is_campaign_agent, may_choose_exclusive


@transaction.atomic
def choose_exclusive(conversation_id: int, *, by: User, user_id: int | None = None) -> Conversation:
    """Make one agent the only one who attends this contact in this campaign: `by` unless another is named, or whoever has it where `by`
    is no agent. The same one again changes nothing.

    Raises:
        NotFound; NotAllowed: see inbox.permits.may_choose_exclusive. Invalid: the user is no agent of the campaign, or nobody is named.
    """
    conversation = seen_conversation(conversation_id, by)
    may_choose_exclusive(conversation, by).require()
    assert conversation.campaign_id is not None
    if user_id is None:
        user_id = by.pk if is_campaign_agent(conversation, by) else conversation.assignee_id
    if user_id is None:
        raise Invalid(_("Check the marked fields."), fields={"user": [_("Choose an agent.")]})
    before = exclusive_agent(conversation.contact.standing_id, conversation.campaign_id)
    # The contact first, the conversation then: as whoever receives their message holds them.
    set_exclusive_agent(conversation.contact_id, campaign_id=conversation.campaign_id, user_id=user_id, by=by)
    if before is not None and before.user_id == user_id:
        return conversation
    chosen = User.objects.get(pk=user_id)
    return tell(conversation_id, by=by, assignee_id=chosen.pk, assignee_name=chosen.name)


@transaction.atomic
def clear_exclusive(conversation_id: int, *, by: User) -> Conversation:
    """Let every agent of the campaign attend this contact again. Doing it again changes nothing.

    Raises:
        NotFound; NotAllowed: see inbox.permits.may_choose_exclusive.
    """
    conversation = seen_conversation(conversation_id, by)
    may_choose_exclusive(conversation, by).require()
    assert conversation.campaign_id is not None
    if not remove_exclusive_agent(conversation.contact_id, campaign_id=conversation.campaign_id, by=by):
        return conversation
    return tell(conversation_id, by=by)


def tell(conversation_id: int, *, by: User, **details: object) -> Conversation:
    """Whose the contact is now stands in the conversation's story; without details: everybody's."""
    conversation = lock_conversation(conversation_id)
    note_event(conversation, ConversationEvent.Kind.EXCLUSIVE, at=timezone.now(), by=by, **details)
    save_touched(conversation)
    publish(ExclusiveAgentChosen(conversation_ids=(conversation.pk,), by_id=by.pk))
    return conversation


def seen_conversation(conversation_id: int, by: User) -> Conversation:
    """Raises NotFound: it is not for `by` to see."""
    conversation: Conversation | None = (
        Conversation.objects.visible_to(by)
        .select_related("campaign", "channel_account", "contact")
        .filter(pk=conversation_id)
        .first()
    )
    if conversation is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return conversation
