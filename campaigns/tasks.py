"""Keeping copies of what the provider holds, and looking at how the numbers are."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task

from campaigns.actions import copy_templates, forget_setups, refresh_health
from campaigns.models import ChannelAccount
from connectors.kinds import ChannelKind
from core.refusals import NotFound

logger = logging.getLogger(__name__)


def connected() -> list[ChannelAccount]:
    return list(ChannelAccount.objects.filter(kind=ChannelKind.WHATSAPP, state=ChannelAccount.State.ACTIVE))


@shared_task
def sync_templates() -> int:
    """Copy the templates of every connected WhatsApp account; return how many were listed. One that fails is left for the next hour."""
    return sum(max(0, copy_templates(account)) for account in connected())


@shared_task
def sync_templates_of(channel_account_id: int) -> int:
    """The same for one account, because somebody asked."""
    account = ChannelAccount.objects.filter(pk=channel_account_id, kind=ChannelKind.WHATSAPP).first()
    return copy_templates(account) if account is not None else 0


@shared_task(bind=True, max_retries=20, default_retry_delay=3)
def sync_templates_when_up(self: Any, channel_account_id: int) -> int:
    """The same where the provider may still be starting: the demo's, which stands beside us."""
    found = sync_templates_of(channel_account_id)
    if found < 0 and self.request.retries < self.max_retries:
        raise self.retry()
    return found


@shared_task
def refresh_accounts() -> int:
    """Ask the provider how every number is; return how many were asked about. What is wrong stands in the account's page."""
    accounts = connected()
    for account in accounts:
        try:
            refresh_health(account.pk)
        except NotFound:
            # Removed meanwhile.
            continue
        except Exception as error:  # noqa: BLE001  # whatever goes wrong with one, the others have their turn
            logger.error("health of account %s not refreshed: %s", account.pk, type(error).__name__)
    return len(accounts)


@shared_task
def forget_account_setups() -> int:
    return forget_setups()
