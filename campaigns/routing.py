"""Which campaign a new conversation of an account belongs to (DOMAIN.md: default campaign or RoutingRule). Pure, once it was read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from campaigns.models import Campaign, ChannelAccount, RoutingRule
from core.text import fold

State = Campaign.State
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Routes:
    """An account's campaigns and rules."""

    campaigns: Mapping[int, Campaign]
    default_id: int | None
    rules: Sequence[RoutingRule] = ()
    # What is asked of whoever fits no rule; empty: nothing.
    menu_text: str = ""

    @classmethod
    def of(cls, account: ChannelAccount) -> Routes:
        """One query; a second where campaigns share the account, for only then there are rules to ask."""
        served = ChannelAccount.campaigns.through.objects.filter(channelaccount_id=account.pk).values("campaign_id")
        found = Campaign.objects.filter(Q(pk__in=served) | Q(pk=account.default_campaign_id)).order_by("pk")
        campaigns = {each.pk: each for each in found}
        rules = list(account.rules.order_by("position", "pk")) if len(campaigns) > 1 else []
        return cls(
            campaigns=campaigns, default_id=account.default_campaign_id, rules=rules, menu_text=account.menu_text
        )

    def choose(self, text: str, at: datetime.datetime) -> Campaign | None:
        """The campaign of who begins with this text at this moment.

        Of the active ones: the first whose rule fits, else the account's default, else the only one. Where none of that is active,
        what comes in waits in the one that begins or goes on later; a finished campaign gets nothing any more.
        """
        if (ruled := self.ruled(text, at)) is not None:
            return ruled
        default = self.campaigns.get(self.default_id or 0)
        for states in ({State.ACTIVE}, {State.PAUSED, State.DRAFT}):
            if default is not None and default.state in states:
                return default
            of_state = [each for each in self.campaigns.values() if each.state in states]
            if len(of_state) == 1:
                return of_state[0]
        return None

    def ruled(self, text: str, at: datetime.datetime) -> Campaign | None:
        """The active campaign of the first rule that fits by itself."""
        for rule in self.rules:
            campaign = self.campaigns.get(rule.campaign_id)
            if campaign is not None and campaign.state == State.ACTIVE and fits(rule, campaign, text, at):
                return campaign
        return None

    @property
    def options(self) -> list[RoutingRule]:
        """The choices of the account's question, in their order: those whose campaign is at work."""
        menu = [each for each in self.rules if each.kind == RoutingRule.Kind.MENU]
        active = {pk for pk, campaign in self.campaigns.items() if campaign.state == State.ACTIVE}
        return [each for each in menu if each.campaign_id in active]

    def asks(self, text: str, at: datetime.datetime) -> bool:
        """Whether who begins with this text at this moment is asked whither they want."""
        return bool(self.menu_text and self.options) and self.ruled(text, at) is None

    def chosen(self, text: str, choice_id: str) -> Campaign | None:
        """The campaign that an answer to the question names: a choice by its id, or its number or label, written by hand."""
        said = plain(text)
        for number, rule in enumerate(self.options, start=1):
            if choice_id == choice_id_of(rule) or said in (str(number), plain(rule.label)):
                return self.campaigns[rule.campaign_id]
        return None

    def reopening(self) -> list[Campaign]:
        """Those that take up again what was closed a short while ago; what a draft or a finished one had is over."""
        working = (State.ACTIVE, State.PAUSED)
        return [each for each in self.campaigns.values() if each.reopen_within_h and each.state in working]


def choice_id_of(rule: RoutingRule) -> str:
    """What stands for a rule among the choices that the customer's telephone shows."""
    return f"rule:{rule.pk}"


def fits(rule: RoutingRule, campaign: Campaign, text: str, at: datetime.datetime) -> bool:
    """Whether a campaign's rule speaks of this text or moment."""
    if rule.kind == RoutingRule.Kind.KEYWORD:
        said = f" {plain(text)} "
        return any(f" {plain(word)} " in said for word in rule.words)
    # Of a choice nothing is known before they were asked.
    if rule.from_minute is None or rule.until_minute is None:
        return False
    local = at.astimezone(campaign.zone)
    minute, weekday = local.hour * 60 + local.minute, local.weekday()
    if rule.from_minute < rule.until_minute:
        return weekday in rule.weekdays and rule.from_minute <= minute < rule.until_minute
    # Past midnight: its evening on the day itself, its morning on the next one.
    evening = weekday in rule.weekdays and minute >= rule.from_minute
    return evening or ((weekday - 1) % 7 in rule.weekdays and minute < rule.until_minute)


def plain(text: str) -> str:
    """Words alone, folded: «¡Quiero la PROMOCIÓN!» is «quiero la promocion»."""
    return " ".join(_WORDS.findall(fold(text)))
