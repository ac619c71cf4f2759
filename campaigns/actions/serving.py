"""Through which accounts a campaign works, and whose new conversations come to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.actions.campaign_setup import held_campaign
from campaigns.actions.rules import refuse_ruled, refuse_unrouted
from campaigns.models import Campaign, ChannelAccount
from core import journal
from core.refusals import Invalid
from core.versions import refuse_stale, version_of


@dataclass(frozen=True, kw_only=True)
class AccountsSheet:
    """The accounts a campaign works through, and those of them whose new conversations come to it."""

    accounts: frozenset[int] = frozenset()
    defaults: frozenset[int] = frozenset()

    @classmethod
    def of(cls, campaign: Campaign) -> AccountsSheet:
        return cls(
            accounts=frozenset(campaign.accounts.values_list("pk", flat=True)),
            defaults=frozenset(campaign.default_for.values_list("pk", flat=True)),
        )

    def as_values(self) -> dict[str, Any]:
        return {"accounts": sorted(self.accounts), "default_for": sorted(self.defaults)}

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def set_accounts(
    campaign_id: int,
    *,
    account_ids: frozenset[int],
    by: User,
    default_for: frozenset[int] | None = None,
    version: str | None = None,
) -> Campaign:
    """Make these the accounts the campaign works through; `default_for`: those whose new conversations come here (None: as they are).

    An account that had one campaign alone brings its new conversations to that one still, now that another one shares it.

    Raises: NotFound, Stale; Invalid: one is not for `by` to see, one that would go brings its new conversations here, or nobody would
    know where those of a shared one go.
    """
    campaign = held_campaign(campaign_id, by=by)
    before = AccountsSheet.of(campaign)
    refuse_stale(version, before.version)
    sheet = AccountsSheet(accounts=account_ids, defaults=before.defaults if default_for is None else default_for)
    if before == sheet:
        return campaign
    joining, leaving = account_ids - before.accounts, before.accounts - account_ids
    # Another team's number would answer in its name, and be seen from then on: here it does not exist.
    if ChannelAccount.objects.visible_to(by).filter(pk__in=joining).count() != len(joining):
        raise Invalid(fields={"accounts": [_("One of the accounts does not exist any more.")]})
    if astray := before.defaults - account_ids:
        words = _("New conversations of {names} come here. Choose another campaign for them first.")
        raise Invalid(fields={"accounts": [words.format(names=names_of(astray))]})
    if unserved := sheet.defaults - account_ids:
        seen = names_of(ChannelAccount.objects.visible_to(by).filter(pk__in=unserved).values_list("pk", flat=True))
        words = _("Turn on {names} first: new conversations come only through what the campaign works with.")
        gone = _("One of the accounts does not exist any more.")
        raise Invalid(fields={"accounts": [words.format(names=seen) if seen else gone]})
    touched = joining | leaving | (before.defaults ^ sheet.defaults)
    held = list(
        ChannelAccount.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=touched).order_by("pk")
    )
    for account in held:
        refuse_ruled(account, [campaign.pk] if account.pk in leaving else [], field="accounts")
        route(account, campaign, sheet, by=by)
    campaign.accounts.set(account_ids)
    for account in held:
        refuse_unrouted(account, account.campaigns.values_list("pk", flat=True), field="accounts")
    details = journal.changes(before.as_values(), sheet.as_values())
    journal.record("campaign_accounts_changed", campaign, by=by, details=details)
    return campaign


def names_of(account_ids: Iterable[int]) -> str:
    found = ChannelAccount.objects.filter(pk__in=account_ids).order_by("name")
    return ", ".join(found.values_list("name", flat=True))


def route(account: ChannelAccount, campaign: Campaign, sheet: AccountsSheet, *, by: User) -> None:
    """Write where an account's new conversations go from now on, if that changes. Raises Invalid."""
    others = list(account.campaigns.exclude(pk=campaign.pk).values_list("pk", flat=True)[:2])
    wanted = account.default_campaign_id
    if account.pk in sheet.defaults:
        wanted = campaign.pk
    elif wanted == campaign.pk:
        wanted = None
    elif wanted is None and account.pk in sheet.accounts and len(others) == 1 and not account.rules.exists():
        wanted = others[0]
    if wanted == account.default_campaign_id:
        return
    taken = account.default_campaign_id
    if taken is not None and not Campaign.objects.visible_to(by).filter(pk=taken).exists():
        words = _("New conversations of {names} go to another team's campaign.").format(names=account.name)
        raise Invalid(fields={"accounts": [words]})
    before, account.default_campaign_id = taken, wanted
    account.save(update_fields=["default_campaign"])
    details = {"before": {"default_campaign": before}, "after": {"default_campaign": wanted}}
    journal.record("channel_account_changed", account, by=by, details=details)
