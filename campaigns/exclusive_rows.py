"""A contact's exclusive agents as people read them, and who may be chosen. Campaigns that the reader does not see are not among them (S05)."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from campaigns.models import Campaign, CampaignAgent, ExclusiveAgent, campaigns_of
from contacts.models import Contact

WORKING = (Campaign.State.DRAFT, Campaign.State.ACTIVE, Campaign.State.PAUSED)


def exclusive_rows(contact: Contact, user: User) -> list[dict[str, Any]]:
    """One for each campaign, by its name. `is_here` False: they are no agent of it any more, and everybody attends."""
    rows = (
        ExclusiveAgent.objects.filter(contact__in=Contact.objects.identity(contact), campaign__in=campaigns_of(user))
        .select_related("campaign", "user", "set_by")
        .order_by("campaign__name", "campaign_id", "set_at", "pk")
    )
    # Of two who were joined the one that stands decides, else who was chosen last (campaigns.exclusive).
    by_campaign = {
        each.campaign_id: each for each in sorted(rows, key=lambda each: each.contact_id == contact.standing_id)
    }
    agents = set(
        CampaignAgent.objects.filter(campaign_id__in=by_campaign, user__is_active=True).values_list(
            "campaign_id", "user_id"
        )
    )
    return [
        {
            "campaign": each.campaign_id,
            "campaign_name": each.campaign.name,
            "user": each.user_id,
            "name": each.user.name,
            "initials": each.user.initials,
            "hue": each.user.hue,
            "is_here": (each.campaign_id, each.user_id) in agents,
            "set_by": each.set_by.name,
            "set_at": each.set_at,
        }
        for each in sorted(by_campaign.values(), key=lambda each: each.campaign.name)
    ]


def agents_to_choose(user: User) -> list[dict[str, Any]]:
    """The campaigns for which the user may choose, each with its agents (004-31)."""
    campaigns = campaigns_of(user).filter(state__in=WORKING)
    if not user.has_perm("accounts.supervise_teams"):
        campaigns = campaigns.filter(pk__in=CampaignAgent.objects.filter(user=user).values("campaign_id"))
    agents: dict[int, list[dict[str, Any]]] = {}
    for each in (
        CampaignAgent.objects.filter(campaign__in=campaigns, user__is_active=True)
        .select_related("user")
        .order_by("user__first_name", "user__last_name", "user_id")
    ):
        agents.setdefault(each.campaign_id, []).append({"id": each.user_id, "name": each.user.name})
    found = campaigns.filter(pk__in=agents).order_by("name", "pk")
    return [{"id": pk, "name": name, "agents": agents[pk]} for pk, name in found.values_list("pk", "name")]
