"""Reading marks: only the one in charge clears them (001-15)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from core.events import publish
from inbox.actions.locking import lock_visible_conversation, save_touched
from inbox.events import ConversationRead
from inbox.models import Assignment, Message


@transaction.atomic
def mark_read(conversation_id: int, *, by: User, up_to: int) -> bool:
    """Note that the assignee read up to a message; return whether anything changed. Anybody else's reading changes nothing."""
    conversation = lock_visible_conversation(conversation_id, by)
    if conversation.assignee_id != by.pk:
        return False
    message = Message.objects.filter(conversation=conversation, pk=up_to).first()
    assignment = Assignment.objects.filter(conversation=conversation, ended_at__isnull=True).first()
    if message is None or assignment is None:
        return False
    last = assignment.last_read_message_id
    before = Message.objects.filter(pk=last).first() if last is not None else None
    if before is not None and (before.happened_at, before.pk) > (message.happened_at, message.pk):
        # Another tab read further: a mark never goes back.
        message = before
    # By position, as people see them: the provider's seconds repeat within an album.
    later = Q(happened_at__gt=message.happened_at) | Q(happened_at=message.happened_at, pk__gt=message.pk)
    unread = (
        Message.objects.filter(later, conversation=conversation, direction="in").count() if conversation.unread else 0
    )
    if unread >= conversation.unread and assignment.last_read_message_id == message.pk:
        return False
    assignment.last_read_at, assignment.last_read_message_id = timezone.now(), message.pk
    assignment.save(update_fields=["last_read_at", "last_read_message_id"])
    if unread >= conversation.unread:
        return False
    conversation.unread = unread
    save_touched(conversation, "unread")
    publish(ConversationRead(conversation_ids=(conversation.pk,), user_id=by.pk))
    return True
