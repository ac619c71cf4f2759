"""What an agent took or was given and did not answer in the time its campaign allows goes back to the queue, for somebody else (B-06)."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from campaigns.hours import Calendar
from campaigns.models import Campaign
from core import journal
from inbox.actions.assignment import put_back
from inbox.actions.locking import lock_conversations
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import Status


def return_unanswered(*, most: int) -> int:
    """Put back what waits too long for its agent's first answer; return how many went back.

    The time runs for campaigns that work and attend now: what is late when a campaign opens goes back then.
    """
    now, returned = timezone.now(), 0
    timed = list(Campaign.objects.filter(state=Campaign.State.ACTIVE, return_after_s__isnull=False).order_by("pk"))
    prefetch_related_objects(timed, "business_hours", "holidays")
    for campaign in timed:
        assert campaign.return_after_s is not None
        if not Calendar.of(campaign).is_open(now):
            continue
        since = now - datetime.timedelta(seconds=campaign.return_after_s)
        late = Conversation.objects.filter(
            campaign=campaign, status=Status.ASSIGNED, needs_first_reply=True, assigned_at__lte=since
        )
        ids = list(late.order_by("assigned_at", "pk").values_list("pk", flat=True)[:most])
        returned += sum(return_late(pk, since=since) for pk in ids)
    return returned


@transaction.atomic
def return_late(conversation_id: int, *, since: datetime.datetime) -> bool:
    """Whether one conversation went back: under its lock it is still unanswered, by whoever has had it since then."""
    conversation = lock_conversations([conversation_id]).get(conversation_id)
    if (
        conversation is None
        or conversation.status != Status.ASSIGNED
        or not conversation.needs_first_reply
        or conversation.assigned_at is None
        or conversation.assigned_at > since
        or conversation.assignee is None
    ):
        return False
    agent = conversation.assignee
    put_back(
        conversation,
        kind=ConversationEvent.Kind.RETURNED,
        by=None,
        reason="unanswered",
        assignee_id=agent.pk,
        assignee_name=agent.name,
    )
    details = {"user": agent.pk, "reason": "unanswered"}
    journal.record("conversation_returned", conversation, by=None, details=details)
    return True
