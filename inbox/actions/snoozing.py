"""Letting a conversation rest until a time, and waking it: by hand, at its time, or by the customer's word (continuing.wake)."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import AgentStateInterval, User
from core.events import publish
from core.refusals import Invalid
from core.sweeping import one_by_one
from inbox.actions.assignment import count_silence_anew
from inbox.actions.locking import lock_if_free, lock_visible_conversation, note_event, save_touched
from inbox.actions.returning import go_back
from inbox.events import ConversationSnoozed, ConversationWoken
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.permits import is_campaign_agent, may_snooze, may_wake, supervises

LONGEST = datetime.timedelta(days=60)
SWEPT_AT_ONCE = 500
RESTED = ("status", "snoozed_until")


@transaction.atomic
def snooze_conversation(conversation_id: int, *, by: User, until: datetime.datetime) -> Conversation:
    """Let one's own conversation rest: nothing is returned, reminded or closed by itself meanwhile. The same time again changes nothing.

    Raises:
        NotFound, AlreadyClosed, NotAssigned, NotYours, AuxStateForbids: see inbox.permits.may_snooze.
        Invalid: the time is over, or too far.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    may_snooze(conversation, by).require()
    now = timezone.now()
    if conversation.status == Status.SNOOZED and conversation.snoozed_until == until:
        return conversation
    refuse_wrong_time(until, now=now, name="until")
    conversation.status, conversation.snoozed_until = Status.SNOOZED, until
    note_event(conversation, ConversationEvent.Kind.SNOOZED, at=now, by=by, until=until.isoformat())
    save_touched(conversation, *RESTED)
    publish(ConversationSnoozed(conversation_ids=(conversation.pk,), by_id=by.pk))
    return conversation


def refuse_wrong_time(at: datetime.datetime, *, now: datetime.datetime, name: str) -> None:
    """Raises Invalid: the time is over, or further than anybody looks ahead."""
    if at <= now:
        raise Invalid(_("Check the marked fields."), fields={name: [_("Choose a time to come.")]})
    if at > now + LONGEST:
        text = _("Choose a time within %(days)d days.") % {"days": LONGEST.days}
        raise Invalid(_("Check the marked fields."), fields={name: [text]})


@transaction.atomic
def wake_conversation(conversation_id: int, *, by: User) -> Conversation:
    """Go on with a conversation before its time.

    Raises:
        NotFound, NotSnoozed, NotYours: see inbox.permits.may_wake.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    may_wake(conversation, by).require()
    wake(conversation, by=by)
    return conversation


def wake_due() -> int:
    """Wake those whose time has come; return how many."""
    due = Conversation.objects.filter(status=Status.SNOOZED, snoozed_until__lte=timezone.now())
    return one_by_one(wake_one, list(due.order_by("snoozed_until", "pk").values_list("pk")[:SWEPT_AT_ONCE]))


@transaction.atomic
def wake_one(conversation_id: int) -> bool:
    """Whether it was for us to wake. Whose owner is gone it goes to the queue (DOMAIN.md)."""
    conversation = lock_if_free(conversation_id)
    if conversation is None or conversation.status != Status.SNOOZED:
        return False
    if conversation.snoozed_until is None or conversation.snoozed_until > timezone.now():
        return False
    if conversation.assignee is None or is_still_here(conversation, conversation.assignee):
        wake(conversation, by=None)
    else:
        go_back(conversation, reason="left")
    return True


def is_still_here(conversation: Conversation, user: User) -> bool:
    """Whether whoever let it rest can go on with it: signed in, and an agent of its campaign or over it. A program never leaves."""
    if not user.is_active or not (is_campaign_agent(conversation, user) or supervises(user)):
        return False
    intervals = AgentStateInterval.objects.filter(user=user)
    return intervals.filter(ended_at__isnull=True).exists() or not intervals.exists()


def wake(conversation: Conversation, *, by: User | None) -> None:
    conversation.status = Status.IN_PROGRESS if conversation.assignee_id else Status.QUEUED
    conversation.snoozed_until = None
    # The rest was ours.
    count_silence_anew(conversation)
    note_event(conversation, ConversationEvent.Kind.WOKEN, at=timezone.now(), by=by)
    save_touched(conversation, *RESTED, "reminders_sent", "reminded_at")
    publish(ConversationWoken(conversation_ids=(conversation.pk,), by_id=by.pk if by else None))
