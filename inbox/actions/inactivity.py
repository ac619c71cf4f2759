"""Who waits too long: the customer for us (an alert to the agent, 004-10), and we for the customer (a few words, then the end).

The client says how long that is and how often a silent customer is asked. What rests is left alone: a snooze wins, and so do words for
later of whoever has it, which would be lost with its end.
"""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from campaigns.hours import attending
from campaigns.models import Campaign
from campaigns.outcomes import Purpose, default_outcome
from core.events import publish
from core.sweeping import one_by_one
from inbox.actions.arrival import say
from inbox.actions.closing import end_conversation
from inbox.actions.locking import lock_if_free, save_touched
from inbox.events import ConversationMoved, ConversationsLeftWaiting
from inbox.models import Conversation, ScheduledMessage
from inbox.models.conversation import Status
from typification.models import Typification

SWEPT_AT_ONCE = 500
IN_HAND = (Status.ASSIGNED, Status.IN_PROGRESS)
# In hand and answered, or back in the queue after an answer (its agent left): there nobody would look for who does not wait (DOMAIN.md).
ANSWERED = (Status.QUEUED, Status.IN_PROGRESS)


def impatient() -> QuerySet[Campaign]:
    """Active campaigns whose client says how long nobody may be silent. Each is swept apart: what waits in one holds up no other."""
    found: QuerySet[Campaign] = Campaign.objects.filter(
        state=Campaign.State.ACTIVE, project__client__max_inactivity_s__gt=0
    )
    return found.select_related("project__client").order_by("pk")


def patience_of(campaign: Campaign) -> datetime.timedelta:
    return datetime.timedelta(seconds=campaign.project.client.max_inactivity_s)


# --- We let the customer wait -------------------------------------------------------------------------------------------------


def alert_agents() -> int:
    """Tell agents of whom they let wait for longer than the client wants, once for each waiting; return how many."""
    now, late = timezone.now(), []
    for campaign in impatient():
        waiting = Conversation.objects.filter(
            campaign=campaign, status__in=IN_HAND, waiting_since__lte=now - patience_of(campaign)
        ).exclude(alerted_for=F("waiting_since"))
        late += list(waiting.order_by("waiting_since", "pk").values_list("pk", "waiting_since")[:SWEPT_AT_ONCE])
    return one_by_one(alert_one, late)


@transaction.atomic
def alert_one(conversation_id: int, since: datetime.datetime) -> bool:
    """Whether it was for us to tell: they wait still, and it is the same waiting."""
    conversation = lock_if_free(conversation_id)
    if conversation is None or conversation.status not in IN_HAND:
        return False
    if conversation.waiting_since != since or conversation.alerted_for == since:
        return False
    conversation.alerted_for = since
    save_touched(conversation, "alerted_for")
    publish(ConversationsLeftWaiting(conversation_ids=(conversation.pk,)))
    return True


# --- The customer lets us wait ------------------------------------------------------------------------------------------------


def step_on() -> int:
    """Ask silent customers whether they are still there, as often as the client wants, and end what stays silent, whether an agent has it
    or it waits for one; return how many.

    Nobody is asked at night why they do not answer.
    """
    now, silent = timezone.now(), []
    last_word = Greatest("last_outbound_at", Coalesce("reminded_at", "last_outbound_at"))
    later = words_for_later().filter(conversation=OuterRef("pk"), author=OuterRef("assignee"))
    for campaign in attending(impatient().filter(project__client__inactivity_attempts__gt=0), at=now):
        found = (
            Conversation.objects.filter(
                ~Exists(later),
                campaign=campaign,
                status__in=ANSWERED,
                waiting_since__isnull=True,
                last_outbound_at__isnull=False,
            )
            .annotate(last_word=last_word)
            .filter(last_word__lte=now - patience_of(campaign))
        )
        silent += list(found.order_by("last_word", "pk").values_list("pk")[:SWEPT_AT_ONCE])
    return one_by_one(step_one, silent)


@transaction.atomic
def step_one(conversation_id: int) -> bool:
    """One more time they are asked, or the end of it; whether it was for us to do."""
    conversation = lock_if_free(conversation_id)
    if conversation is None or conversation.campaign is None or not is_silent(conversation):
        return False
    campaign, now = conversation.campaign, timezone.now()
    client, said_at = campaign.project.client, last_word_of(conversation)
    patience = patience_of(campaign)
    if campaign.state != Campaign.State.ACTIVE or not patience or now < said_at + patience:
        return False
    if words_for_later().filter(conversation=conversation, author=conversation.assignee_id).exists():
        return False
    if conversation.reminders_sent >= client.inactivity_attempts:
        outcome = default_outcome(campaign.pk, Purpose.INACTIVITY, medium=Typification.AppliesTo.CHAT)
        outcome = outcome or Typification.objects.get(system_code="inactivity")
        end_conversation(conversation, by=None, typification=outcome, mode="inactivity", note="")
        return True
    conversation.reminders_sent, conversation.reminded_at = conversation.reminders_sent + 1, now
    save_touched(conversation, "reminders_sent", "reminded_at")
    # Each word that nobody answered is asked about once: the count begins anew after a rest or in other hands, and is heard again.
    occasion = f"inactivity:{said_at.isoformat()}"
    if not say(conversation, campaign, campaign.inactivity_message, occasion=occasion):
        # Nothing to say, or nothing may be said: it counts, and shows.
        publish(ConversationMoved(conversation_ids=(conversation.pk,), by_id=None))
    return True


def words_for_later() -> QuerySet[ScheduledMessage]:
    """Those of who gave the conversation back are not said any more (scheduling.send_one): they hold up nothing."""
    return ScheduledMessage.objects.filter(state=ScheduledMessage.State.PENDING)


def is_silent(conversation: Conversation) -> bool:
    return (
        conversation.status in ANSWERED
        and conversation.waiting_since is None
        and conversation.last_outbound_at is not None
    )


def last_word_of(conversation: Conversation) -> datetime.datetime:
    assert conversation.last_outbound_at is not None
    return max(conversation.last_outbound_at, conversation.reminded_at or conversation.last_outbound_at)
