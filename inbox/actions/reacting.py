"""Our reactions: queued like messages, in typed order, and shown on the message they are about. Never a bubble, never a preview."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import User
from connectors.outgoing import Problem, is_one_emoji
from core.events import publish
from inbox.actions.composing import refused
from inbox.actions.locking import lock_visible_conversation, next_change, save_touched
from inbox.events import MessageQueued
from inbox.models import Conversation, Message, OutboxEntry, Reaction
from inbox.permits import may_reply


@transaction.atomic
def react(conversation_id: int, *, by: User, message_id: int, emoji: str) -> tuple[Message, bool]:
    """Put an emoji on a message, or take ours off with an empty one. Return the message and whether anything changed.

    Nothing counts as an answer by it: the red dot, the check and the preview stay. Setting what is set already changes nothing, so
    a repeated request sends once (R17).

    Raises:
        NotFound, and may_reply's refusals. Invalid: not an emoji, or a message that the provider does not know.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    may_reply(conversation, by).require()
    message = reactable(conversation, message_id)
    if emoji and not is_one_emoji(emoji):
        raise refused([Problem("reaction.emoji", gettext_noop("Choose one emoji."))])
    reaction = Reaction.objects.select_for_update().filter(message=message, direction="out").first()
    shown = reaction.emoji if reaction is not None else ""
    if shown == emoji and (reaction is None or reaction.status != Reaction.Status.FAILED):
        return message, False
    reaction = reaction or Reaction(message=message, direction="out")
    reaction.emoji, reaction.author, reaction.happened_at = emoji, by, timezone.now()
    reaction.status, reaction.failure_code, reaction.failure_reason = Reaction.Status.QUEUED, None, ""
    reaction.save()
    # What waits still says the old thing: it leaves now, and the new one takes its own place at the end of the line.
    OutboxEntry.objects.filter(reaction=reaction, claimed_at__isnull=True).delete()
    OutboxEntry.objects.create(
        reaction=reaction,
        conversation=conversation,
        channel_account_id=conversation.channel_account_id,
        contact_point_id=conversation.contact_point_id,
    )
    message.change = next_change(conversation)
    message.save(update_fields=["change"])
    save_touched(conversation)
    publish(MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk))
    return message, True


def reactable(conversation: Conversation, message_id: int) -> Message:
    message = Message.objects.filter(
        conversation=conversation, pk=message_id, is_note=False, deleted_at__isnull=True, provider_id__isnull=False
    ).first()  # fmt: skip
    if message is None:
        raise refused([Problem("reaction.message", gettext_noop("This message cannot be reacted to."))])
    return message
