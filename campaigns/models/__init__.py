"""Campaigns' nouns."""

from campaigns.models.channels import AccountSetup, ChannelAccount, ChannelAccountQuerySet, ProviderApp
from campaigns.models.exclusive import ExclusiveAgent
from campaigns.models.portfolio import (
    ArchivableQuerySet,
    Campaign,
    CampaignAgent,
    CampaignBase,
    CampaignQuerySet,
    CampaignTypification,
    Client,
    Project,
    campaigns_of,
    campaigns_run_by,
)
from campaigns.models.ready import ReadyQuerySet, Resource, Shortcut
from campaigns.models.routing import RoutingRule
from campaigns.models.schedule import BusinessHours, Holiday
from campaigns.models.templates import MessageTemplate, MessageTemplateQuerySet, TemplateSync

__all__ = [
    "AccountSetup",
    "ArchivableQuerySet",
    "BusinessHours",
    "Campaign",
    "CampaignAgent",
    "CampaignBase",
    "CampaignQuerySet",
    "CampaignTypification",
    "ChannelAccount",
    "ChannelAccountQuerySet",
    "Client",
    "ExclusiveAgent",
    "Holiday",
    "MessageTemplate",
    "MessageTemplateQuerySet",
    "Project",
    "ProviderApp",
    "ReadyQuerySet",
    "Resource",
    "RoutingRule",
    "Shortcut",
    "TemplateSync",
    "campaigns_of",
    "campaigns_run_by",
]
