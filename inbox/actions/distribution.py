"""Who gets what waits: the exclusive agent, or the least loaded of those who are ready; given at once, or offered to one after the other.

Answers are derived from what is written down now, never remembered: a changed setting, a closed record, an agent who leaves count at once.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Collection

from django.db import connection, transaction
from django.db.models import Case, Count, Exists, Max, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from accounts import presence
from accounts.actions import hold_user
from accounts.models import AgentStateInterval, AuxState, User
from campaigns.exclusive import exclusive_agents
from campaigns.hours import Calendar
from campaigns.models import Campaign, CampaignAgent, ExclusiveAgent
from contacts.open_records import with_record_open
from core.events import publish
from inbox.actions.assignment import give
from inbox.actions.choosing import ANSWERED_WITHIN, is_choosing
from inbox.actions.locking import lock_conversation, save_touched
from inbox.events import ConversationOffered
from inbox.exclusivity import exclusive_member, is_kept
from inbox.models import Assignment, Conversation, ConversationEvent, Offer
from inbox.models.conversation import Status
from inbox.permits import WORKED_ON

logger = logging.getLogger(__name__)

# One number for the whole product: distributions take turns, so an agent's capacity is never counted twice at once.
DISTRIBUTION_LOCK = 0x76656E74
DISTRIBUTED = (Campaign.Distribution.ASSIGN, Campaign.Distribution.RING)
Routing = AuxState.Routing
Kind = ConversationEvent.Kind
LONG_AGO = datetime.datetime.min.replace(tzinfo=datetime.UTC)
# For how long it is remembered that an offer was in vain.
REMEMBERED = datetime.timedelta(hours=1)


@transaction.atomic
def assign_waiting(conversation_id: int) -> User | None:
    """Give one waiting conversation to whom it belongs, or offer it to them, where its campaign says so.

    An exclusive agent who is here has it whatever they carry (004-28); while it is kept for one who is not, nobody else gets it. Return
    who got it, or at whom it rings; None when it does not wait any more, is distributed by hand, or nobody has room now (it keeps
    waiting: the sweeper tries again, and an agent who becomes ready is another occasion).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DISTRIBUTION_LOCK])
    conversation = lock_conversation(conversation_id)
    campaign, now = conversation.campaign, timezone.now()
    if conversation.status != Status.QUEUED or campaign is None or campaign.state != Campaign.State.ACTIVE:
        return None
    theirs = exclusive_member(conversation)
    if theirs is None and campaign.distribution not in DISTRIBUTED:
        return None
    # What comes in outside of its hours waits for opening time.
    if not Calendar.of(campaign).is_open(now):
        return None
    if theirs is not None:
        is_theirs = is_kept(conversation, now=now)
        # Once the campaign's patience is over, who let it lie does not get it again and again.
        if is_here(theirs.user, campaign) and (
            is_theirs or theirs.user_id not in asked_in_vain(conversation, now=now)[0]
        ):
            give(conversation, theirs.user, kind=Kind.ASSIGNED, by=None)
            return theirs.user
        if is_theirs:
            return None
    if is_choosing(conversation, now=now):
        return None
    if campaign.distribution == Campaign.Distribution.ASSIGN:
        user = held_candidate(conversation, now=now)
        if user is not None:
            give(conversation, user, kind=Kind.ASSIGNED, by=None)
        return user
    if campaign.distribution == Campaign.Distribution.RING:
        return ring(conversation, now=now)
    return None


def ring(conversation: Conversation, *, now: datetime.datetime) -> User | None:
    """Offer a conversation that is held to the next agent, for as long as the campaign lets them think; nobody while it rings."""
    campaign = conversation.campaign
    assert campaign is not None
    if Offer.objects.filter(conversation=conversation, ended_at__isnull=True).exists():
        return None
    user = held_candidate(conversation, now=now)
    if user is None:
        return None
    until = now + datetime.timedelta(seconds=campaign.ring_timeout_s)
    Offer.objects.create(conversation=conversation, user=user, offered_at=now, until=until)
    save_touched(conversation)
    publish(ConversationOffered(conversation_ids=(conversation.pk,), user_id=user.pk))
    return user


def is_here(user: User, campaign: Campaign) -> bool:
    """Whether their own customers reach them: ready, or finishing what they have; connected; without a record open (000-02)."""
    stands = AgentStateInterval.objects.filter(
        user=user, ended_at__isnull=True, aux_state__routing__in=(Routing.READY, Routing.DRAIN)
    )
    if not stands.exists() or user.pk not in presence.here_among([user.pk]):
        return False
    return campaign.blending or not with_record_open([user.pk])


def held_candidate(conversation: Conversation, *, now: datetime.datetime) -> User | None:
    """The best of those who may get it, held to the end of the transaction: whoever switches auxiliary, or takes another by hand in the
    same moment, did so before, and is asked about once more, or does so after.
    """
    kind = conversation.channel_account.kind
    for user in candidates(conversation, now=now):
        hold_user(user)
        if user.pk not in ready_for_new([user.pk]):
            continue
        if sum(carried_by([user.pk], kind).values()) < user.capacity_for(kind):
            return user
    return None


def ready_for_new(user_ids: Collection[int] | None = None) -> set[int]:
    """Who stands in an auxiliary that brings new work, of these users or of all."""
    stands = AgentStateInterval.objects.filter(
        ended_at__isnull=True, aux_state__routing=Routing.READY, aux_state__accepts_new=True
    )
    if user_ids is not None:
        stands = stands.filter(user_id__in=user_ids)
    return set(stands.values_list("user_id", flat=True))


def carried_by(user_ids: Collection[int], kind: str) -> dict[int, int]:
    """What each carries of a channel, what rings at them counted."""
    held = Conversation.objects.filter(assignee_id__in=user_ids, status__in=WORKED_ON).order_by()
    carried = dict(held.values_list("assignee_id").annotate(n=Count("pk", filter=Q(channel_account__kind=kind))))
    for user_id, ringing in ringing_at(user_ids).items():
        carried[user_id] = carried.get(user_id, 0) + ringing
    return carried


def ringing_at(user_ids: Collection[int]) -> dict[int, int]:
    open_offers = Offer.objects.filter(user_id__in=user_ids, ended_at__isnull=True).order_by()
    return dict(open_offers.values_list("user_id").annotate(n=Count("pk")))


def candidates(conversation: Conversation, *, now: datetime.datetime) -> list[User]:
    """Who may get it now, the best first: online (ready, accepting, connected: 004-23), handling the channel, without a record open
    where the campaign does not blend, and below capacity, what rings counted.

    Before others stands who was not asked in vain for it, then who carries least, then who waited longest for one.
    """
    campaign, kind = conversation.campaign, conversation.channel_account.kind
    assert campaign is not None
    agents = CampaignAgent.objects.filter(campaign=campaign, user__is_active=True, user_id__in=ready_for_new())
    handling = {each.user_id: each.user for each in agents.select_related("user") if each.handles(kind)}
    free = presence.here_among(handling)
    if free and not campaign.blending:
        free -= with_record_open(free)
    if not free:
        return []
    loads = carried_by(free, kind)
    last = dict(Assignment.objects.filter(user_id__in=free).values_list("user_id").annotate(at=Max("assigned_at")))
    in_vain, declined = asked_in_vain(conversation, now=now)
    if campaign.distribution == Campaign.Distribution.RING:
        # It rings once at a time at each, and not at once again at who just said no.
        free -= set(ringing_at(free)) | declined
    with_room = [handling[user_id] for user_id in free if loads.get(user_id, 0) < handling[user_id].capacity_for(kind)]
    return sorted(
        with_room,
        key=lambda user: (in_vain.get(user.pk, 0), loads.get(user.pk, 0), last.get(user.pk, LONG_AGO), user.pk),
    )


def asked_in_vain(conversation: Conversation, *, now: datetime.datetime) -> tuple[dict[int, int], set[int]]:
    """How often each was lately asked in vain for it, and who said no so short ago that it is not offered to them yet."""
    campaign = conversation.campaign
    assert campaign is not None
    vain = (Offer.Answer.MISSED, Offer.Answer.DECLINED)
    offers = Offer.objects.filter(conversation=conversation, answer__in=vain, ended_at__gt=now - REMEMBERED)
    times: dict[int, int] = {}
    declined: set[int] = set()
    pause = now - datetime.timedelta(seconds=campaign.ring_timeout_s)
    for user_id, answer, ended_at in offers.values_list("user_id", "answer", "ended_at"):
        times[user_id] = times.get(user_id, 0) + 1
        if answer == Offer.Answer.DECLINED and ended_at is not None and ended_at > pause:
            declined.add(user_id)
    # Whoever gave it back, or did not answer it, is not given it again while somebody else is there.
    changes = (Kind.ASSIGNED, Kind.TAKEN_OVER, Kind.TRANSFERRED, Kind.RELEASED, Kind.RETURNED, Kind.REOPENED)
    latest = conversation.events.filter(kind__in=changes).order_by("-change").values_list("kind", flat=True).first()
    if latest in (Kind.RELEASED, Kind.RETURNED):
        before = Assignment.objects.filter(conversation=conversation).order_by("-assigned_at", "-pk").first()
        if before is not None:
            times[before.user_id] = times.get(before.user_id, 0) + 1
    return times, declined


def kept_for_somebody() -> Q:
    """Conversations of a contact who has an exclusive agent, in whatever campaign: those who may be among them."""
    chosen = ExclusiveAgent.objects.order_by()
    return (
        Q(contact_id__in=chosen.values("contact_id"))
        | Q(contact__merged_into_id__in=chosen.values("contact_id"))
        | Q(contact_id__in=chosen.filter(contact__merged_into__isnull=False).values("contact__merged_into_id"))
    )


def waiting_in_turn() -> QuerySet[Conversation]:
    """What waits to be distributed: exclusive ones first, then VIP, then whoever waits longest. What rings is being offered."""
    ringing = Offer.objects.filter(conversation=OuterRef("pk"), ended_at__isnull=True)
    waiting: QuerySet[Conversation] = Conversation.objects.filter(
        Q(campaign__distribution__in=DISTRIBUTED) | kept_for_somebody(),
        ~Exists(ringing),
        # Whoever was just asked whither they want has a moment to say it, unless they have an agent of their own.
        Q(chooses_since=None) | Q(chooses_since__lte=timezone.now() - ANSWERED_WITHIN) | kept_for_somebody(),
        status=Status.QUEUED,
        campaign__state=Campaign.State.ACTIVE,
    )
    return waiting.annotate(
        may_be_kept=Case(When(kept_for_somebody(), then=Value(True)), default=Value(False))
    ).order_by("-may_be_kept", "-contact_is_vip", "waiting_since", "pk")


def distribute_all_waiting(*, most: int) -> int:
    """Try again for those that wait, `most` of each campaign and channel; return how many were given or offered.

    Of each, so that five hundred who wait for a campaign that is closed, or for an exclusive agent on holiday, hold up no other.
    """
    place_in_line = Window(
        RowNumber(), partition_by=["campaign_id", "channel_account__kind", "may_be_kept"], order_by=["-contact_is_vip", "waiting_since", "pk"]
    )  # fmt: skip
    rows = list(
        waiting_in_turn()
        .annotate(place_in_line=place_in_line)
        .filter(place_in_line__lte=most)
        .values_list("pk", "campaign_id", "channel_account__kind", "contact_id", "contact__merged_into_id")
    )
    declined = set(
        Offer.objects.filter(
            conversation_id__in=[row[0] for row in rows],
            answer=Offer.Answer.DECLINED,
            ended_at__gt=timezone.now() - REMEMBERED,
        ).values_list("conversation_id", flat=True)
    )
    whose = exclusive_agents(
        {(merged or contact, campaign) for _pk, campaign, _kind, contact, merged in rows if campaign}
    )
    given = 0
    full: set[tuple[int | None, str, int | None]] = set()
    for pk, campaign_id, kind, contact_id, merged_into_id in rows:
        member = whose.get((merged_into_id or contact_id, campaign_id or 0))
        # Who has no room for one has none for the next: five hundred waiting ones at night are not asked for one by one.
        place = (campaign_id, kind, member.user_id if member else None)
        if place in full:
            continue
        try:
            user = assign_waiting(pk)
        except Exception:
            logger.exception("distribution: %s failed", pk)
            continue
        if user is not None:
            given += 1
        elif pk not in declined:
            # One that was declined rings at nobody for a while: who said no to it may have room for the next.
            full.add(place)
    return given
