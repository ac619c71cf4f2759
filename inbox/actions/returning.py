"""What nobody answers goes back to the queue in time, and what was left behind does, too (B-06)."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.utils import timezone

from campaigns.hours import Calendar
from campaigns.models import Campaign, CampaignAgent
from core import journal
from inbox.actions.assignment import put_back
from inbox.actions.locking import lock_if_free
from inbox.exclusivity import exclusive_member, is_kept
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.permits import is_campaign_agent, supervises

SWEPT_AT_ONCE = 500
IN_HAND = (Status.ASSIGNED, Status.IN_PROGRESS, Status.SNOOZED)
SECOND = Value(datetime.timedelta(seconds=1))


def return_unanswered() -> int:
    """Give back what its agents have not answered for as long as the campaign lets them; return how many."""
    patience = ExpressionWrapper(F("campaign__return_after_s") * SECOND, output_field=DurationField())
    overdue = (
        Conversation.objects.filter(
            status=Status.ASSIGNED,
            needs_first_reply=True,
            # Nobody waits where the last word is ours: an agent may write to them when they like.
            waiting_since__isnull=False,
            campaign__state=Campaign.State.ACTIVE,
            campaign__return_after_s__isnull=False,
        )
        .annotate(until=ExpressionWrapper(F("assigned_at") + patience, output_field=DateTimeField()))
        .filter(until__lte=timezone.now())
        .order_by("until", "pk")
    )
    return sum(return_one(pk) for pk in list(overdue.values_list("pk", flat=True)[:SWEPT_AT_ONCE]))


@transaction.atomic
def return_one(conversation_id: int) -> bool:
    """Whether one went back: it is still unanswered, its campaign attends, and it is not kept for the very agent who has it."""
    conversation = lock_if_free(conversation_id)
    if conversation is None or conversation.status != Status.ASSIGNED or not conversation.needs_first_reply:
        return False
    campaign, now = conversation.campaign, timezone.now()
    if conversation.waiting_since is None or campaign is None or campaign.state != Campaign.State.ACTIVE:
        return False
    after, assigned_at = campaign.return_after_s, conversation.assigned_at
    if after is None or assigned_at is None or now < assigned_at + datetime.timedelta(seconds=after):
        return False
    theirs = exclusive_member(conversation)
    if theirs is not None and theirs.user_id == conversation.assignee_id and is_kept(conversation, now=now):
        return False
    # At night nobody else is there: those who have it go on in the morning.
    if not Calendar.of(campaign).is_open(now):
        return False
    go_back(conversation, reason="unanswered")
    return True


def return_strays(campaign_id: int) -> int:
    """Give back what is in the hands of who is no agent of the campaign any more for its channel; return how many. A supervisor who
    stepped in keeps it.
    """
    members = CampaignAgent.objects.filter(campaign_id=campaign_id)
    channels = {each.user_id: each for each in members}
    held = Conversation.objects.filter(campaign_id=campaign_id, status__in=IN_HAND, assignee__isnull=False)
    strays = [
        pk
        for pk, user_id, kind in held.order_by("pk").values_list("pk", "assignee_id", "channel_account__kind")
        if user_id not in channels or not channels[user_id].handles(kind)
    ]
    return sum(return_stray(pk) for pk in strays)


@transaction.atomic
def return_stray(conversation_id: int) -> bool:
    conversation = lock_if_free(conversation_id)
    if conversation is None or conversation.status not in IN_HAND or conversation.assignee is None:
        return False
    if is_campaign_agent(conversation, conversation.assignee) or supervises(conversation.assignee):
        return False
    go_back(conversation, reason="not_an_agent")
    return True


def go_back(conversation: Conversation, *, reason: str) -> None:
    """Put back a conversation that is held and in somebody's hands, and write down why."""
    holder = conversation.assignee
    assert holder is not None
    put_back(
        conversation,
        kind=ConversationEvent.Kind.RETURNED,
        by=None,
        assignee_id=holder.pk,
        assignee_name=holder.name,
        reason=reason,
    )
    details = {"user": holder.pk, "reason": reason}
    journal.record("conversation_returned", conversation, by=None, details=details)
