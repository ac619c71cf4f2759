"""For whom a conversation is kept: its contact's exclusive agent in its campaign, until the campaign's patience ends (004-28, B-06)."""

from __future__ import annotations

import datetime

from campaigns.exclusive import exclusive_agent
from campaigns.models import CampaignAgent
from inbox.models import Conversation


def exclusive_member(conversation: Conversation) -> CampaignAgent | None:
    """The exclusive agent whose it is: an agent of its campaign still, and for its channel."""
    member = exclusive_agent(conversation.contact.standing_id, conversation.campaign_id)
    return member if member is not None and member.handles(conversation.channel_account.kind) else None


def is_kept(conversation: Conversation, *, now: datetime.datetime) -> bool:
    """Whether nobody but the exclusive agent gets it yet. Without minutes of patience it is kept for as long as it takes."""
    assert conversation.campaign is not None
    minutes = conversation.campaign.exclusive_fallback_min
    since = conversation.waiting_since or conversation.last_activity_at
    return minutes is None or now < since + datetime.timedelta(minutes=minutes)
