"""What a client was promised (SLA): a wait that was longer than theirs is written down, once."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value, prefetch_related_objects
from django.utils import timezone

from campaigns.hours import Calendar
from campaigns.models import Campaign
from core import journal
from inbox.actions.locking import lock_if_free
from inbox.models import Conversation
from inbox.models.conversation import Status

SWEPT_AT_ONCE = 500
SECOND = Value(datetime.timedelta(seconds=1))
# Nobody waits for us in the others.
WAITED_IN = (Status.QUEUED, Status.ASSIGNED, Status.IN_PROGRESS)


def note_breaches() -> int:
    """Write down who has waited for longer than their campaign's client allows; return how many.

    The time runs from when the campaign attends: whoever writes at night waits from opening time on.
    """
    now = timezone.now()
    patience = ExpressionWrapper(F("campaign__project__client__sla_low_s") * SECOND, output_field=DurationField())
    late = (
        Conversation.objects.filter(
            status__in=WAITED_IN, waiting_since__isnull=False, campaign__state=Campaign.State.ACTIVE
        )
        .exclude(sla_breached_for=F("waiting_since"))
        .annotate(until=ExpressionWrapper(F("waiting_since") + patience, output_field=DateTimeField()))
        .filter(until__lte=now)
        .order_by("until", "pk")
    )
    found = late.values_list("pk", "campaign_id", "waiting_since")[:SWEPT_AT_ONCE]
    rows = [(pk, campaign, since) for pk, campaign, since in found if since is not None]
    campaigns = list(
        Campaign.objects.filter(pk__in={campaign for _pk, campaign, _since in rows}).select_related("project__client")
    )
    prefetch_related_objects(campaigns, "business_hours", "holidays")
    known = {each.pk: (Calendar.of(each), each.project.client.sla_low_s) for each in campaigns}
    told = 0
    for pk, campaign_id, since in rows:
        calendar, seconds = known[campaign_id]
        began = calendar.opens_next(since)
        is_late = began is not None and calendar.is_open(now) and now >= began + datetime.timedelta(seconds=seconds)
        told += is_late and note_breach(pk, since=since, seconds=seconds)
    return told


@transaction.atomic
def note_breach(conversation_id: int, *, since: datetime.datetime, seconds: int) -> bool:
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
