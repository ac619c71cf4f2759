"""What becomes true about campaigns and accounts."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class CampaignAgentsChanged(Event):
    """Somebody joined or left a campaign: the waiting conversations they see are another set."""

    campaign_id: int
    user_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ChannelAccountChanged(Event):
    """Connected, disconnected, or given new credentials."""

    channel_account_id: int


@dataclass(frozen=True, kw_only=True)
class ExclusiveAgentChanged(Event):
    """A contact is one agent's in a campaign, or everybody's again (`user_id` None)."""

    contact_id: int
    campaign_id: int
    user_id: int | None


@dataclass(frozen=True, kw_only=True)
class TemplatesWanted(Event):
    """Somebody wants the account's templates copied now."""

    channel_account_id: int
