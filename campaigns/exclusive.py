"""Whose a contact is in a campaign (004-27 … 004-31): asked by routing, by the desk and by the contact's page."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Q

from campaigns.models import CampaignAgent, ExclusiveAgent

Pair = tuple[int, int]


def exclusive_agents(pairs: Collection[Pair]) -> Mapping[Pair, CampaignAgent]:
    """The exclusive agents of contacts in campaigns, by (contact, campaign), as members of the campaign. The contacts are those that
    stand for a person (`Contact.standing_id`).

    Only of who is an agent of the campaign still: who was switched off or left has nobody any more, and nobody waits for them (R33).
    One query, and a second one where there are some.
    """
    contact_ids = {contact_id for contact_id, _campaign in pairs}
    campaign_ids = {campaign_id for _contact, campaign_id in pairs}
    rows = (
        ExclusiveAgent.objects.filter(campaign_id__in=campaign_ids)
        .filter(Q(contact_id__in=contact_ids) | Q(contact__merged_into_id__in=contact_ids))
        .order_by("set_at", "pk")
        .values_list("contact_id", "contact__merged_into_id", "campaign_id", "user_id")
    )
    users: dict[Pair, int] = {}
    # Of two who were joined the one that stands decides, else who was chosen last.
    for contact_id, merged_into_id, campaign_id, user_id in sorted(rows, key=lambda row: row[1] is None):
        users[merged_into_id or contact_id, campaign_id] = user_id
    if not users:
        return {}
    members = {
        (each.campaign_id, each.user_id): each
        for each in CampaignAgent.objects.filter(
            campaign_id__in=campaign_ids, user_id__in=users.values(), user__is_active=True
        ).select_related("user")
    }
    return {
        pair: members[pair[1], user_id]
        for pair, user_id in users.items()
        if pair in pairs and (pair[1], user_id) in members
    }


def exclusive_agent(contact_id: int, campaign_id: int | None) -> CampaignAgent | None:
    """The same of one contact that stands for a person, in one campaign."""
    if campaign_id is None:
        return None
    return exclusive_agents([(contact_id, campaign_id)]).get((contact_id, campaign_id))
