"""Setting up clients, campaigns and accounts."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.actions import ensure_team
from accounts.models import Team, User
from campaigns.actions.campaign_setup import system_offers
from campaigns.events import CampaignAgentsChanged, ChannelAccountChanged
from campaigns.models import Campaign, CampaignAgent, CampaignTypification, ChannelAccount, Client, Project, ProviderApp
from connectors.kinds import ChannelKind
from core import journal
from core.events import publish
from core.refusals import Invalid
from typification.models import Typification

# What a campaign gets made under when nobody says otherwise: `manage create_user --campaign NAME` on a new installation.
FIRST_CLIENT = "Cliente"
FIRST_PROJECT = "Proyecto"


@transaction.atomic
def ensure_campaign(
    name: str, *, team: Team | None = None, client: str = FIRST_CLIENT, project: str = FIRST_PROJECT
) -> Campaign:
    """Return the campaign called `name`, made with what it needs where it is missing: client, project, team, outcomes.

    A new campaign finishes with every live outcome of the tree that people may choose.
    """
    campaign = Campaign.objects.filter(name=name).first()
    if campaign is not None:
        return campaign
    owner, _created = Client.objects.get_or_create(name=client)
    work, _created = Project.objects.get_or_create(client=owner, name=project)
    team = team or ensure_team(name)
    campaign = Campaign.objects.create(name=name, project=work, team=team)
    offer_typifications(campaign, Typification.objects.live().filter(system_code__isnull=True))
    CampaignTypification.objects.bulk_create(system_offers(campaign))
    journal.record("campaign_created", campaign, by=None)
    return campaign


def offer_typifications(campaign: Campaign, typifications: Iterable[Typification]) -> None:
    """Add outcomes to those the campaign finishes with. A heading brings its children along; repeating it changes nothing."""
    CampaignTypification.objects.bulk_create(
        [
            CampaignTypification(campaign=campaign, typification=each, purpose=CampaignTypification.Purpose.FINISH)
            for each in typifications
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def add_agent(campaign: Campaign, user: User, *, by: User | None, channels: Iterable[str] = ()) -> CampaignAgent:
    """Make the user an agent of the campaign."""
    membership, _created = CampaignAgent.objects.update_or_create(
        campaign=campaign, user=user, defaults={"channels": list(channels)}
    )
    journal.record("campaign_agent_added", campaign, by=by, details={"user": user.pk})
    publish(CampaignAgentsChanged(campaign_id=campaign.pk, user_ids=(user.pk,)))
    return membership


@transaction.atomic
def remove_agent(campaign: Campaign, user: User, *, by: User | None) -> None:
    CampaignAgent.objects.filter(campaign=campaign, user=user).delete()
    journal.record("campaign_agent_removed", campaign, by=by, details={"user": user.pk})
    publish(CampaignAgentsChanged(campaign_id=campaign.pk, user_ids=(user.pk,)))


@transaction.atomic
def save_whatsapp_account(
    *,
    name: str,
    phone_number_id: str,
    waba_id: str,
    token: str,
    campaign: Campaign | None,
    display_number: str = "",
    provider_app: ProviderApp | None = None,
    by: User | None = None,
) -> ChannelAccount:
    """Connect a WhatsApp number, or give a connected one its new token. The campaign becomes its default one.

    Raises:
        Invalid: an id is not a number or the token is empty.
    """
    fields = {}
    if not phone_number_id.isdigit():
        fields["phone_number_id"] = [
            "The phone number id is a number; it stands beside the number in WhatsApp Manager."
        ]
    if not waba_id.isdigit():
        fields["waba_id"] = ["The WhatsApp business account id is a number."]
    if not token.strip():
        fields["token"] = ["The token is empty."]
    if fields:
        raise Invalid(fields=fields)
    account = (
        ChannelAccount.objects.filter(kind=ChannelKind.WHATSAPP, external_id=phone_number_id)
        .select_for_update()
        .first()
    )
    if account is None:
        account = ChannelAccount(kind=ChannelKind.WHATSAPP, external_id=phone_number_id)
    account.name, account.portfolio_id = name, waba_id
    account.display_number = display_number or account.display_number
    account.credentials = {"token": token.strip()}
    account.state, account.state_reason = ChannelAccount.State.ACTIVE, ""
    account.connected_at = timezone.now()
    account.paused_until, account.pause_reason = None, ""
    account.provider_app = provider_app or account.provider_app
    account.default_campaign = campaign or account.default_campaign
    account.save()
    if campaign is not None:
        account.campaigns.add(campaign)
    journal.record("channel_account_saved", account, by=by)
    publish(ChannelAccountChanged(channel_account_id=account.pk))
    return account
