"""Campaigns' nouns."""

from campaigns.models.channels import AccountSetup, ChannelAccount, ChannelAccountQuerySet, ProviderApp
from campaigns.models.portfolio import (
    ArchivableQuerySet,
    Campaign,
    CampaignAgent,
    CampaignQuerySet,
    CampaignTypification,
    Client,
    Project,
    campaigns_of,
    campaigns_run_by,
)
from campaigns.models.ready import ReadyQuerySet, Resource, Shortcut
from campaigns.models.templates import MessageTemplate, MessageTemplateQuerySet, TemplateSync

__all__ = [
    "AccountSetup",
    "ArchivableQuerySet",
    "Campaign",
    "CampaignAgent",
    "CampaignQuerySet",
    "CampaignTypification",
    "ChannelAccount",
    "ChannelAccountQuerySet",
    "Client",
    "MessageTemplate",
    "MessageTemplateQuerySet",
    "Project",
    "ProviderApp",
    "ReadyQuerySet",
    "Resource",
    "Shortcut",
    "TemplateSync",
    "campaigns_of",
    "campaigns_run_by",
]
