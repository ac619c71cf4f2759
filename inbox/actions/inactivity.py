"""Who waits too long: the customer for us (an alert to the agent, 004-10), and we for the customer (a few words, then the end).

The client says how long that is and how often a silent customer is asked. What rests is left alone: a snooze wins.
"""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from campaigns.hours import Calendar
from campaigns.models import Campaign
from campaigns.outcomes import Purpose, default_outcome
from core.events import publish
from inbox.actions.arrival import say
from inbox.actions.closing import end_conversation
from inbox.actions.locking import lock_if_free, save_touched
from inbox.events import ConversationMoved, ConversationsLeftWaiting
from inbox.models import Conversation
from inbox.models.conversation import Status
from typification.models import Typification

SWEPT_AT_ONCE = 500
SECOND = Value(datetime.timedelta(seconds=1))
PATIENCE = ExpressionWrapper(F("campaign__project__client__max_inactivity_s") * SECOND, output_field=DurationField())


def impatient() -> QuerySet[Conversation]:
    """Conversations of active campaigns whose client says how long nobody may be silent."""
    found: QuerySet[Conversation] = Conversation.objects.filter(
        campaign__state=Campaign.State.ACTIVE, campaign__project__client__max_inactivity_s__gt=0
    )
    return found


# --- We let the customer wait -------------------------------------------------------------------------------------------------


def alert_agents() -> int:
    """Tell agents of whom they let wait for longer than the client wants, once for each waiting; return how many."""
    late = (
        impatient()
        .filter(status__in=(Status.ASSIGNED, Status.IN_PROGRESS), waiting_since__isnull=False)
        .exclude(alerted_for=F("waiting_since"))
        .annotate(until=ExpressionWrapper(F("waiting_since") + PATIENCE, output_field=DateTimeField()))
        .filter(until__lte=timezone.now())
    )
    ids = list(late.order_by("until", "pk").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    return sum(alert_one(pk) for pk in ids)


@transaction.atomic
def alert_one(conversation_id: int) -> bool:
    """Whether it was for us to tell."""
    conversation = lock_if_free(conversation_id)
    if conversation is None or conversation.status not in (Status.ASSIGNED, Status.IN_PROGRESS):
        return False
    if conversation.waiting_since is None or conversation.alerted_for == conversation.waiting_since:
        return False
    conversation.alerted_for = conversation.waiting_since
    save_touched(conversation, "alerted_for")
    publish(ConversationsLeftWaiting(conversation_ids=(conversation.pk,)))
    return True


# --- The customer lets us wait ------------------------------------------------------------------------------------------------


def step_on() -> int:
    """Ask silent customers whether they are still there, as often as the client wants, and end what stays silent; return how many."""
    last_word = Greatest("last_outbound_at", Coalesce("reminded_at", "last_outbound_at"))
    silent = (
        impatient()
        .filter(
            status=Status.IN_PROGRESS,
            waiting_since__isnull=True,
            last_outbound_at__isnull=False,
            campaign__project__client__inactivity_attempts__gt=0,
        )
        .annotate(until=ExpressionWrapper(last_word + PATIENCE, output_field=DateTimeField()))
        .filter(until__lte=timezone.now())
    )
    ids = list(silent.order_by("until", "pk").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    return sum(step_one(pk) for pk in ids)


@transaction.atomic
def step_one(conversation_id: int) -> bool:
    """One more time they are asked, or the end of it; whether it was for us to do."""
    conversation = lock_if_free(conversation_id)
    if conversation is None or conversation.campaign is None or not is_silent(conversation):
        return False
    campaign, now = conversation.campaign, timezone.now()
    client = campaign.project.client
    patience = datetime.timedelta(seconds=client.max_inactivity_s)
    if campaign.state != Campaign.State.ACTIVE or not patience or now < last_word_of(conversation) + patience:
        return False
    # Nobody is asked at night why they do not answer.
    if not Calendar.of(campaign).is_open(now):
        return False
    if conversation.reminders_sent >= client.inactivity_attempts:
        outcome = default_outcome(campaign.pk, Purpose.INACTIVITY, medium=Typification.AppliesTo.CHAT)
        outcome = outcome or Typification.objects.get(system_code="inactivity")
        end_conversation(conversation, by=None, typification=outcome, mode="inactivity", note="")
        return True
    conversation.reminders_sent, conversation.reminded_at = conversation.reminders_sent + 1, now
    save_touched(conversation, "reminders_sent", "reminded_at")
    # Each silence has its own words: the same step of the same silence is one message.
    occasion = f"inactivity:{conversation.last_outbound_at}:{conversation.reminders_sent}"
    if not say(conversation, campaign, campaign.inactivity_message, occasion=occasion):
        # Nothing to say, or nothing may be said: it counts, and shows.
        publish(ConversationMoved(conversation_ids=(conversation.pk,), by_id=None))
    return True


def is_silent(conversation: Conversation) -> bool:
    return (
        conversation.status == Status.IN_PROGRESS
        and conversation.waiting_since is None
        and conversation.last_outbound_at is not None
    )


def last_word_of(conversation: Conversation) -> datetime.datetime:
    assert conversation.last_outbound_at is not None
    return max(conversation.last_outbound_at, conversation.reminded_at or conversation.last_outbound_at)
