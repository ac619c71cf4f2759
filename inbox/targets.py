"""Whither a conversation may be transferred, and why not there (004-22, 004-23, 004-25, B-05).

The dialog shows what the action asks again under the row's lock: one set of rules.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import presence
from accounts.models import AgentStateInterval, AuxState, User
from campaigns.models import Campaign, CampaignAgent
from contacts.open_records import with_record_open
from inbox.models import Conversation
from inbox.permits import WORKED_ON

MOST_AGENTS = 300


def agent_targets(conversation: Conversation) -> list[dict[str, Any]]:
    """The agents of its campaign but for who holds it: who can take it first, each with the reason where not."""
    if conversation.campaign_id is None:
        return []
    members = list(
        CampaignAgent.objects.filter(campaign=conversation.campaign_id, user__is_active=True)
        .exclude(user=conversation.assignee_id)
        .select_related("user")
        .order_by("user__first_name", "user__last_name", "user_id")[:MOST_AGENTS]
    )
    ids = [each.user_id for each in members]
    ready = ready_among(ids)
    here = presence.here_among(ready)
    loads = dict(
        Conversation.objects.filter(assignee_id__in=ids, status__in=WORKED_ON)
        .order_by()
        .values_list("assignee_id")
        .annotate(n=Count("pk", filter=Q(channel_account__kind=conversation.channel_account.kind)))
    )
    shut, busy = why_not_channel(conversation), busy_with_a_record(conversation, ids)
    rows = [agent_row(each, conversation, loads.get(each.user_id, 0), ready, here, busy, shut) for each in members]
    return sorted(rows, key=lambda row: not row["allowed"])


def agent_row(
    member: CampaignAgent,
    conversation: Conversation,
    load: int,
    ready: set[int],
    here: set[int],
    busy: set[int],
    shut: str,
) -> dict[str, Any]:
    user, kind = member.user, conversation.channel_account.kind
    reason = shut or why_not_agent(
        member, kind, is_ready=user.pk in ready, is_here=user.pk in here, is_busy=user.pk in busy
    )
    return {
        "id": user.pk,
        "name": user.name,
        "initials": user.initials,
        "hue": user.hue,
        "load": load,
        "capacity": user.capacity_for(kind),
        "allowed": not reason,
        "reason": reason,
    }


def why_not_channel(conversation: Conversation) -> str:
    """Why nobody of its campaign can get it: the campaign has no account of this channel any more. Empty: it has."""
    campaign = conversation.campaign
    if campaign is None or campaign.accounts.filter(kind=conversation.channel_account.kind).exists():
        return ""
    return _("%(name)s does not attend this channel.") % {"name": campaign.name}


def why_not_agent(member: CampaignAgent, kind: str, *, is_ready: bool, is_here: bool, is_busy: bool) -> str:
    """Why an agent of the campaign cannot get it now; empty where they can."""
    if not member.handles(kind):
        return _("%(name)s does not attend this channel.") % {"name": member.user.name}
    if not is_here and is_ready:
        return _("%(name)s is not connected.") % {"name": member.user.name}
    if not is_ready:
        return _("%(name)s is not online: their auxiliary takes no new conversations.") % {"name": member.user.name}
    if is_busy:
        return _("%(name)s has a record open in preview.") % {"name": member.user.name}
    return ""


def busy_with_a_record(conversation: Conversation, user_ids: list[int]) -> set[int]:
    """Those whom no new chat reaches while they have a record open (000-02); nobody where the campaign blends both."""
    if conversation.campaign is not None and conversation.campaign.blending:
        return set()
    return with_record_open(user_ids)


def why_not_user(user: User | None, conversation: Conversation) -> str:
    """The same of one user, asked at the moment of handing over; the caller holds their row."""
    member = (
        CampaignAgent.objects.filter(campaign=conversation.campaign_id, user=user, user__is_active=True)
        .select_related("user")
        .first()
        if user is not None
        else None
    )
    if member is None:
        return _("They are not an agent of this campaign.")
    if member.user_id == conversation.assignee_id:
        return _("%(name)s has it already.") % {"name": member.user.name}
    if shut := why_not_channel(conversation):
        return shut
    ready = ready_among([member.user_id])
    here = presence.here_among(ready)
    kind = conversation.channel_account.kind
    busy = busy_with_a_record(conversation, [member.user_id])
    return why_not_agent(member, kind, is_ready=bool(ready), is_here=bool(here), is_busy=bool(busy))


def ready_among(user_ids: list[int]) -> set[int]:
    """Those who stand in an auxiliary that takes new work."""
    stands = AgentStateInterval.objects.filter(
        user_id__in=user_ids, ended_at__isnull=True, aux_state__routing=AuxState.Routing.READY
    )
    return set(stands.values_list("user_id", flat=True))


def campaign_targets(conversation: Conversation) -> list[dict[str, Any]]:
    """The other campaigns of its very account (004-25), each with the reason where not; `joins`: the contact talks there already."""
    campaigns = list(conversation.channel_account.campaigns.exclude(pk=conversation.campaign_id).order_by("name", "pk"))
    talking = set(live_elsewhere(conversation).filter(campaign__in=campaigns).values_list("campaign_id", flat=True))
    rows = []
    for campaign in campaigns:
        reason = why_not_campaign(campaign)
        joins = not reason and campaign.pk in talking
        rows.append({"id": campaign.pk, "name": campaign.name, "allowed": not reason, "reason": reason, "joins": joins})
    return sorted(rows, key=lambda row: not row["allowed"])


def why_not_campaign(campaign: Campaign) -> str:
    if campaign.state == Campaign.State.ACTIVE:
        return ""
    states = dict(Campaign.State.choices)
    return _("The campaign %(name)s is «%(state)s» now.") % {
        "name": campaign.name,
        "state": states[Campaign.State(campaign.state)],
    }


def live_there(conversation: Conversation, campaign: Campaign) -> Conversation | None:
    """What the same person has live in another campaign through the same account: there is one at most (DOMAIN.md)."""
    return live_elsewhere(conversation).filter(campaign=campaign).first()


def live_elsewhere(conversation: Conversation) -> QuerySet[Conversation]:
    live: QuerySet[Conversation] = Conversation.objects.live().filter(
        contact_point=conversation.contact_point_id,
        channel_account=conversation.channel_account_id,
        thread_key=conversation.thread_key,
    )
    return live
