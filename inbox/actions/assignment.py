"""Who holds a conversation: taking, releasing, and giving the waiting ones to the least loaded."""

from __future__ import annotations

import datetime

from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from accounts import presence
from accounts.models import AgentStateInterval, AuxState, User
from campaigns.hours import Calendar
from campaigns.models import Campaign, CampaignAgent
from core import journal
from core.events import publish
from core.refusals import NotFound
from inbox.actions.locking import as_seen, lock_conversation, lock_visible_conversation, note_event, save_touched
from inbox.audience import Audience
from inbox.events import ConversationAssigned, ConversationReleased, ConversationsQueued
from inbox.models import Assignment, Conversation, ConversationEvent, Message
from inbox.models.conversation import Status
from inbox.permits import WORKED_ON, is_campaign_agent, may_release, may_take, taken_by_somebody

# One number for the whole product: distributions take turns, so an agent's capacity is never counted twice at once.
DISTRIBUTION_LOCK = 0x76656E74
HELD = ("status", "assignee", "assigned_at", "needs_first_reply", "answered", "unread")


@transaction.atomic
def take_conversation(conversation_id: int, *, by: User) -> Conversation:
    """Make `by` the one in charge. Of many who try at once one wins and the others learn who (R30).

    Raises:
        AlreadyTaken: somebody else holds it (named under `by`), or it is theirs already.
        AlreadyClosed, AuxStateForbids, NotFound.
    """
    conversation = lock_conversation(conversation_id)
    audience = Audience.of(by)
    if not audience.sees(as_seen(conversation)):
        # A colleague of the campaign was faster: it left the waiting ones just now, so say who, rather than "not found".
        if conversation.is_live and conversation.assignee_id and conversation.campaign_id in audience.campaign_ids:
            raise taken_by_somebody(conversation)
        raise NotFound
    may_take(conversation, by).require()
    was_held = conversation.assignee_id is not None
    kind = ConversationEvent.Kind.TAKEN_OVER if was_held else ConversationEvent.Kind.ASSIGNED
    give(conversation, by, kind=kind, by=by)
    if was_held or not is_campaign_agent(conversation, by):
        journal.record("conversation_taken_over", conversation, by=by)
    return conversation


@transaction.atomic
def release_conversation(conversation_id: int, *, by: User) -> Conversation:
    """Let it go back to the queue of its campaign."""
    conversation = lock_visible_conversation(conversation_id, by)
    may_release(conversation, by).require()
    now = timezone.now()
    end_assignment(conversation, now)
    conversation.status, conversation.assignee, conversation.assigned_at = Status.QUEUED, None, None
    begin_anew(conversation)
    note_event(conversation, ConversationEvent.Kind.RELEASED, at=now, by=by)
    save_touched(conversation, *HELD)
    publish(ConversationReleased(conversation_ids=(conversation.pk,), by_id=by.pk))
    publish(ConversationsQueued(conversation_ids=(conversation.pk,)))
    return conversation


def give(conversation: Conversation, user: User, *, kind: str, by: User | None) -> None:
    """Hand a locked conversation to a user: a new turn, with its own red dot and unread mark."""
    now = timezone.now()
    end_assignment(conversation, now)
    Assignment.objects.create(conversation=conversation, user=user, assigned_at=now, assigned_by=by)
    conversation.status = Status.IN_PROGRESS if conversation.status == Status.SNOOZED else Status.ASSIGNED
    conversation.assignee, conversation.assigned_at = user, now
    begin_anew(conversation)
    note_event(conversation, kind, at=now, by=by, assignee_id=user.pk, assignee_name=user.name)
    save_touched(conversation, *HELD)
    publish(ConversationAssigned(conversation_ids=(conversation.pk,), user_id=user.pk, by_id=by.pk if by else None))


def begin_anew(conversation: Conversation) -> None:
    """Red dot and unread mark belong to a turn: whoever comes next has neither answered nor read what still waits (001-14, 001-15)."""
    conversation.needs_first_reply, conversation.answered = True, False
    waiting = Message.objects.filter(conversation=conversation, direction="in")
    if conversation.last_outbound_at is not None:
        waiting = waiting.filter(happened_at__gt=conversation.last_outbound_at)
    conversation.unread = max(conversation.unread, waiting.count())


def end_assignment(conversation: Conversation, now: datetime.datetime) -> None:
    Assignment.objects.filter(conversation=conversation, ended_at__isnull=True).update(ended_at=now)


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
    user = least_loaded(conversation)
    if user is not None:
        give(conversation, user, kind=ConversationEvent.Kind.ASSIGNED, by=None)
    return user


def least_loaded(conversation: Conversation) -> User | None:
    """Online (ready, accepting, connected: 004-23), handling the channel and below capacity; the fewest live ones first, then who waited
    longest for one.
    """
    kind = conversation.channel_account.kind
    ready = AgentStateInterval.objects.filter(
        ended_at__isnull=True, aux_state__routing=AuxState.Routing.READY, aux_state__accepts_new=True
    ).values("user_id")
    agents = CampaignAgent.objects.filter(campaign=conversation.campaign, user__is_active=True, user_id__in=ready)
    handling = {each.user_id: each.user for each in agents.select_related("user") if each.handles(kind)}
    here = presence.here_among(handling)
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
    return min(with_room, key=lambda user: (loads.get(user.pk, 0), last.get(user.pk, long_ago), user.pk), default=None)
