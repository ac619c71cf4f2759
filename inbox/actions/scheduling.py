"""Words for later: written now, sent once at their time if they may be said then."""

from __future__ import annotations

import datetime
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.kinds import MessageKind
from core.events import publish
from core.refusals import Invalid, NotFound, Refusal
from core.sweeping import one_by_one
from inbox.actions.composing import compose
from inbox.actions.locking import lock_if_free, lock_visible_conversation, next_change, save_touched
from inbox.actions.sending import note_reply, queue
from inbox.actions.snoozing import refuse_wrong_time
from inbox.errors import NotYours, ScheduleOver
from inbox.events import MessageQueued, MessageScheduled
from inbox.models import Conversation, Message, ScheduledMessage
from inbox.models.message import AuthorKind
from inbox.permits import has_the_word, may_schedule, supervises, window_is_open

MOST_PENDING = 20
SWEPT_AT_ONCE = 500
State = ScheduledMessage.State


@transaction.atomic
def schedule_message(
    conversation_id: int, *, by: User, text: str, due_at: datetime.datetime, client_id: uuid.UUID
) -> tuple[ScheduledMessage, bool]:
    """Keep words to be sent at a time; return them and whether they are new: the same `client_id` again is the same.

    Raises:
        NotFound, AlreadyClosed, NotAssigned, NotYours, AuxStateForbids: see inbox.permits.may_schedule.
        Invalid: empty, more than the channel takes, a wrong time, or too many wait already.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    known = ScheduledMessage.objects.filter(client_id=client_id).first()
    if known is not None:
        if known.conversation_id != conversation.pk or known.author_id != by.pk:
            raise NotFound(_("It does not exist or is not yours to see."))
        return known, False
    may_schedule(conversation, by).require()
    composed = compose(conversation, text=text, attachment=None, content=None)
    now = timezone.now()
    refuse_wrong_time(due_at, now=now, name="due_at")
    if ScheduledMessage.objects.filter(conversation=conversation, state=State.PENDING).count() >= MOST_PENDING:
        reason = _("At most %(most)d messages wait in a conversation.") % {"most": MOST_PENDING}
        raise Invalid(_("Check the marked fields."), fields={"text": [reason]})
    scheduled = ScheduledMessage.objects.create(
        conversation=conversation, author=by, text=composed.text, due_at=due_at, client_id=client_id, made_at=now
    )
    save_touched(conversation)
    publish(MessageScheduled(conversation_ids=(conversation.pk,), by_id=by.pk))
    return scheduled, True


@transaction.atomic
def cancel_scheduled(conversation_id: int, scheduled: uuid.UUID, *, by: User) -> ScheduledMessage:
    """Call off what was to be said. Doing it again changes nothing.

    Raises:
        NotFound. NotYours: somebody else wrote it, and `by` supervises nobody. ScheduleOver: it was sent, or could not be.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    row = ScheduledMessage.objects.filter(conversation=conversation, uuid=scheduled).select_related("author").first()
    if row is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    # Whoever has the conversation now decides what is said in it.
    if by.pk not in (row.author_id, conversation.assignee_id) and not supervises(by):
        raise NotYours(_("Only %(name)s can call it off.") % {"name": row.author.name})
    if row.state == State.CANCELLED:
        return row
    if row.state != State.PENDING:
        raise ScheduleOver(_("It was sent already.") if row.state == State.SENT else _("It was not sent."))
    settle(row, State.CANCELLED)
    save_touched(conversation)
    publish(MessageScheduled(conversation_ids=(conversation.pk,), by_id=by.pk))
    return row


def send_due() -> int:
    """Send what is due; return how many were sent or given up."""
    due = ScheduledMessage.objects.filter(state=State.PENDING, due_at__lte=timezone.now()).order_by("due_at", "pk")
    return one_by_one(send_one, list(due.values_list("pk", "conversation_id")[:SWEPT_AT_ONCE]))


@transaction.atomic
def send_one(scheduled_id: int, conversation_id: int) -> bool:
    """Whether it was for us to settle. What may not be said any more is not said: it stays to be seen, with the reason's code."""
    conversation = lock_if_free(conversation_id)
    # Under the conversation's lock nobody else sends it or calls it off.
    row = ScheduledMessage.objects.filter(pk=scheduled_id, state=State.PENDING).select_related("author").first()
    if conversation is None or row is None:
        return False
    try:
        # Their auxiliary is not asked: that they need not be there is what it is for.
        has_the_word(conversation, row.author).require()
        window_is_open(conversation).require()
    except Refusal as refusal:
        settle(row, State.FAILED, failure=refusal.code)
        save_touched(conversation)
    else:
        settle(row, State.SENT)
        # The same words may have been sent by hand meanwhile: with their `client_id` they are said once.
        if not Message.objects.filter(conversation=conversation, client_id=row.client_id).exists():
            say(conversation, row)
    publish(MessageScheduled(conversation_ids=(conversation.pk,), by_id=None))
    return True


def say(conversation: Conversation, row: ScheduledMessage) -> None:
    now = timezone.now()
    message = Message.objects.create(
        conversation=conversation,
        channel_account=conversation.channel_account,
        change=next_change(conversation),
        happened_at=now,
        direction="out",
        kind=MessageKind.TEXT,
        text=row.text,
        author=row.author,
        author_kind=AuthorKind.AGENT,
        status="queued",
        client_id=row.client_id,
    )
    queue(conversation, message)
    note_reply(conversation, message, now)
    publish(MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk))


def settle(row: ScheduledMessage, state: str, *, failure: str = "") -> None:
    row.state, row.failure = state, failure
    row.save(update_fields=["state", "failure"])
