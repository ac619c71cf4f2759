"""What an agent took or was given and did not answer in the time its campaign allows goes back to the queue, for somebody else (B-06);
and so does what is in the hands of who is no agent of the campaign any more.
"""

from __future__ import annotations

import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from campaigns.hours import attending
from campaigns.models import Campaign, CampaignAgent
from core import journal
from core.sweeping import one_by_one
from inbox.actions.assignment import put_back
from inbox.actions.locking import lock_conversations
from inbox.exclusivity import exclusive_member, is_kept
from inbox.models import Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.permits import is_campaign_agent, supervises

HELD = (Status.ASSIGNED, Status.IN_PROGRESS, Status.SNOOZED)


def return_unanswered(*, most: int) -> int:
    """Put back what waits too long for its agent's first answer; return how many went back.

    The time runs for campaigns that work and attend now: what is late when a campaign opens goes back then. Nobody waits where the last
    word is ours: an agent who got such a one writes when they like.
    """
    now, returned = timezone.now(), 0
    timed = Campaign.objects.filter(state=Campaign.State.ACTIVE, return_after_s__isnull=False).order_by("pk")
    for campaign in attending(timed, at=now):
        assert campaign.return_after_s is not None
        since = now - datetime.timedelta(seconds=campaign.return_after_s)
        late = Conversation.objects.filter(
            campaign=campaign,
            status=Status.ASSIGNED,
            needs_first_reply=True,
            waiting_since__isnull=False,
            assigned_at__lte=since,
        )
        ids = list(late.order_by("assigned_at", "pk").values_list("pk")[:most])
        returned += one_by_one(partial(return_late, since=since), ids)
    return returned


@transaction.atomic
def return_late(conversation_id: int, *, since: datetime.datetime) -> bool:
    """Whether one conversation went back: under its lock it is still unanswered, by whoever has had it since then, and is not kept for
    them as its contact's exclusive agent.
    """
    conversation = lock_conversations([conversation_id]).get(conversation_id)
    if (
        conversation is None
        or conversation.status != Status.ASSIGNED
        or not conversation.needs_first_reply
        or conversation.waiting_since is None
        or conversation.assigned_at is None
        or conversation.assigned_at > since
        or conversation.assignee is None
    ):
        return False
    theirs = exclusive_member(conversation)
    if theirs is not None and theirs.user_id == conversation.assignee_id and is_kept(conversation, now=timezone.now()):
        return False
    go_back(conversation, reason="unanswered")
    return True


def return_strays(campaign_id: int) -> int:
    """Put back what is in the hands of who is no agent of the campaign any more for its channel; return how many. A supervisor who
    stepped in keeps it.
    """
    channels = {each.user_id: each for each in CampaignAgent.objects.filter(campaign_id=campaign_id)}
    held = Conversation.objects.filter(campaign_id=campaign_id, status__in=HELD, assignee__isnull=False)
    strays = [
        (pk,)
        for pk, user_id, kind in held.order_by("pk").values_list("pk", "assignee_id", "channel_account__kind")
        if user_id not in channels or not channels[user_id].handles(kind)
    ]
    return one_by_one(return_stray, strays)


def campaigns_with_strays() -> list[int]:
    """Campaigns of which something is in the hands of who is no agent of theirs: a supervisor's too, who keeps it."""
    members = CampaignAgent.objects.filter(campaign=OuterRef("campaign"), user=OuterRef("assignee"))
    strays = Conversation.objects.filter(
        ~Exists(members), status__in=HELD, assignee__isnull=False, campaign__isnull=False
    )
    return list(strays.order_by("campaign_id").values_list("campaign_id", flat=True).distinct())


@transaction.atomic
def return_stray(conversation_id: int) -> bool:
    conversation = lock_conversations([conversation_id]).get(conversation_id)
    if conversation is None or conversation.status not in HELD or conversation.assignee is None:
        return False
    if is_campaign_agent(conversation, conversation.assignee) or supervises(conversation.assignee):
        return False
    go_back(conversation, reason="not_an_agent")
    return True


def go_back(conversation: Conversation, *, reason: str) -> None:
    """Put back a conversation that is held and in somebody's hands, and write down why."""
    agent = conversation.assignee
    assert agent is not None
    put_back(
        conversation,
        kind=ConversationEvent.Kind.RETURNED,
        by=None,
        reason=reason,
        assignee_id=agent.pk,
        assignee_name=agent.name,
    )
    details = {"user": agent.pk, "reason": reason}
    journal.record("conversation_returned", conversation, by=None, details=details)
