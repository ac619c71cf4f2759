"""What a client was promised (SLA): a wait that was longer than theirs is written down, once."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from campaigns.hours import Calendar, attending
from campaigns.models import Campaign
from core import journal
from core.sweeping import one_by_one
from inbox.actions.locking import lock_if_free
from inbox.models import Conversation
from inbox.models.conversation import Status

SWEPT_AT_ONCE = 500
# Nobody waits for us in the others.
WAITED_IN = (Status.QUEUED, Status.ASSIGNED, Status.IN_PROGRESS)


def note_breaches() -> int:
    """Write down who has waited for longer than their campaign's client allows; return how many.

    The time runs from when the campaign attends: whoever writes at night waits from opening time on.
    """
    now, late = timezone.now(), []
    active = Campaign.objects.filter(state=Campaign.State.ACTIVE).select_related("project__client").order_by("pk")
    # Each campaign apart: five hundred who wait for one that is closed, or has nobody, hold up no other.
    for campaign in attending(active, at=now):
        calendar, seconds = Calendar.of(campaign), campaign.project.client.sla_low_s
        promised = datetime.timedelta(seconds=seconds)
        waiting = Conversation.objects.filter(
            campaign=campaign, status__in=WAITED_IN, waiting_since__lte=now - promised
        ).exclude(sla_breached_for=F("waiting_since"))
        found = waiting.order_by("waiting_since", "pk").values_list("pk", "waiting_since")[:SWEPT_AT_ONCE]
        for pk, since in found:
            began = calendar.opens_next(since) if since is not None else None
            if began is not None and now >= began + promised:
                late.append((pk, since, seconds))
    return one_by_one(note_breach, late)


@transaction.atomic
def note_breach(conversation_id: int, since: datetime.datetime, seconds: int) -> bool:
    """Whether it was for us to write down: they wait still, and it is the same waiting."""
    conversation = lock_if_free(conversation_id)
    if conversation is None or conversation.waiting_since != since or conversation.sla_breached_for == since:
        return False
    conversation.sla_breached_for = since
    # No screen shows it: the row's own time says so already, and nobody reads the whole of it again for that.
    conversation.save(update_fields=["sla_breached_for"])
    details = {"seconds": seconds, "user": conversation.assignee_id, "campaign": conversation.campaign_id}
    journal.record("sla_breached", conversation, by=None, details={k: v for k, v in details.items() if v is not None})
    return True
