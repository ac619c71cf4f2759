"""Giving what waits to agents: to the least loaded of those who are there, have room and may have it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from accounts import presence
from accounts.models import AgentStateInterval, AuxState, User
from campaigns.hours import Calendar
from campaigns.models import Campaign, CampaignAgent
from contacts.models import BaseMember
from inbox.actions.assignment import give
from inbox.actions.locking import lock_conversation
from inbox.models import Assignment, Conversation, ConversationEvent
from inbox.models.conversation import Status
from inbox.permits import WORKED_ON

# One number for the whole product: distributions take turns, so an agent's capacity is never counted twice at once.
DISTRIBUTION_LOCK = 0x76656E74


@transaction.atomic
def assign_waiting(conversation_id: int) -> User | None:
    """Give one waiting conversation to the least loaded ready agent with room, where its campaign says so.

    Return who got it; None when it does not wait any more, is distributed by hand, or nobody has room now (it keeps waiting:
    the sweeper tries again, and an agent who becomes ready is another occasion).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DISTRIBUTION_LOCK])
    conversation = lock_conversation(conversation_id)
    campaign = conversation.campaign
    if (
        conversation.status != Status.QUEUED
        or campaign is None
        or campaign.distribution != Campaign.Distribution.ASSIGN
        or campaign.state != Campaign.State.ACTIVE
        # What comes in outside of its hours waits for opening time.
        or not Calendar.of(campaign).is_open(timezone.now())
    ):
        return None
    user = least_loaded(conversation, campaign)
    if user is not None:
        give(conversation, user, kind=ConversationEvent.Kind.ASSIGNED, by=None)
    return user


def least_loaded(conversation: Conversation, campaign: Campaign) -> User | None:
    """Online (ready, accepting, connected: 004-23), handling the channel, below capacity and free for it; the fewest live ones first, then
    who waited longest for one.
    """
    kind = conversation.channel_account.kind
    ready = AgentStateInterval.objects.filter(
        ended_at__isnull=True, aux_state__routing=AuxState.Routing.READY, aux_state__accepts_new=True
    ).values("user_id")
    agents = CampaignAgent.objects.filter(campaign=campaign, user__is_active=True, user_id__in=ready)
    handling = {each.user_id: each.user for each in agents.select_related("user") if each.handles(kind)}
    here = presence.here_among(handling)
    if not campaign.blending:
        here -= looking_at_a_record(here)
    candidates = {user_id: user for user_id, user in handling.items() if user_id in here}
    loads = dict(
        Conversation.objects.filter(assignee_id__in=candidates, status__in=WORKED_ON)
        .values_list("assignee_id")
        .annotate(n=Count("pk", filter=Q(channel_account__kind=kind)))
    )
    last = dict(
        Assignment.objects.filter(user_id__in=candidates).values_list("user_id").annotate(at=Max("assigned_at"))
    )
    long_ago = datetime.datetime.min.replace(tzinfo=datetime.UTC)
    with_room = [user for user in candidates.values() if loads.get(user.pk, 0) < user.capacity_for(kind)]
    # Whoever had it and did not answer gets it again only where nobody else can.
    passed = set(
        Assignment.objects.filter(conversation=conversation, first_reply_at__isnull=True).values_list(
            "user_id", flat=True
        )
    )

    def order(user: User) -> tuple[bool, int, datetime.datetime, int]:
        return user.pk in passed, loads.get(user.pk, 0), last.get(user.pk, long_ago), user.pk

    return min(with_room, key=order, default=None)


def looking_at_a_record(user_ids: Iterable[int]) -> set[int]:
    """Those of the users who have a record of a base open in preview (000-02)."""
    # The few that somebody has are found by their index: until when says that somebody does.
    taken = BaseMember.objects.filter(reserved_until__isnull=False, reserved_by_id__in=user_ids)
    return set(taken.values_list("reserved_by_id", flat=True))
