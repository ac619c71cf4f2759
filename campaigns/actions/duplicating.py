"""A campaign like another one: next month's, with everything but its conversations."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from accounts.models import User
from campaigns.actions.campaign_setup import CampaignSheet, held_campaign, refuse_wrong, save_named
from campaigns.actions.schedules import ScheduleSheet, write_periods
from campaigns.actions.serving import set_accounts
from campaigns.actions.wording import MessagesSheet
from campaigns.events import CampaignAgentsChanged
from campaigns.models import Campaign, CampaignAgent, CampaignBase, CampaignTypification, ChannelAccount, Holiday
from contacts.models import ContactBase
from core import journal
from core.events import publish


@transaction.atomic
def copy_campaign(campaign_id: int, *, name: str, by: User) -> Campaign:
    """Return a draft called `name` that is set up as a campaign is: agents, channels, outcomes, hours, holidays, messages, bases.

    What `by` does not see of it (somebody of another team, a base, an account) is left out. New conversations go where they went:
    rules and defaults of the accounts stay the first one's.

    Raises:
        NotFound: no such campaign for `by`. Invalid: the name is taken; its project or team is archived by now.
    """
    source = held_campaign(campaign_id, by=by)
    sheet = replace(CampaignSheet.of(source), name=" ".join(name.split()))
    refuse_wrong(sheet, before=None, by=by)
    schedule, words = ScheduleSheet.of(source), MessagesSheet.of(source)
    copy = Campaign(
        **sheet.as_values(),
        state=Campaign.State.DRAFT,
        time_zone=schedule.time_zone,
        out_of_hours_action=schedule.out_of_hours_action,
        out_of_hours_message=schedule.out_of_hours_message,
        welcome_message=words.welcome_message,
        inactivity_message=words.inactivity_message,
        opt_out_words=list(words.opt_out_words),
    )
    save_named(copy)
    write_periods(copy, schedule.periods)
    Holiday.objects.bulk_create(
        Holiday(campaign=copy, on=each.on, name=each.name, is_yearly=each.is_yearly) for each in source.holidays.all()
    )
    CampaignTypification.objects.bulk_create(
        CampaignTypification(
            campaign=copy, typification_id=each.typification_id, purpose=each.purpose, is_default=each.is_default
        )
        for each in source.offered.filter(typification__archived=False)
    )
    copy_agents(source, copy, by=by)
    copy_bases(source, copy, by=by)
    seen = ChannelAccount.objects.visible_to(by).filter(campaigns=source).values_list("pk", flat=True)
    set_accounts(copy.pk, account_ids=frozenset(seen), by=by)
    journal.record("campaign_copied", copy, by=by, details={"from": source.pk, "after": sheet.as_values()})
    return copy


def copy_agents(source: Campaign, copy: Campaign, *, by: User) -> None:
    people = User.objects.visible_to(by).filter(is_active=True).values("pk")
    agents = [
        CampaignAgent(campaign=copy, user_id=each.user_id, channels=each.channels)
        for each in source.memberships.filter(user__in=people).order_by("pk")
    ]
    CampaignAgent.objects.bulk_create(agents)
    if agents:
        user_ids = tuple(sorted(each.user_id for each in agents))
        publish(CampaignAgentsChanged(campaign_id=copy.pk, user_ids=user_ids))


def copy_bases(source: Campaign, copy: Campaign, *, by: User) -> None:
    offered = ContactBase.objects.visible_to(by).exclude(state=ContactBase.State.CLOSED).values("pk")
    CampaignBase.objects.bulk_create(
        CampaignBase(campaign=copy, base_id=each.base_id, is_default=each.is_default)
        for each in source.worked_bases.filter(base__in=offered).order_by("pk")
    )
