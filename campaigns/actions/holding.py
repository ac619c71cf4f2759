"""Accounts that cannot send for a while: what is queued waits, and somebody is told."""

from __future__ import annotations

import datetime
import logging

from django.db import transaction
from django.utils import timezone

from campaigns.events import ChannelAccountChanged
from campaigns.models import ChannelAccount
from core import journal
from core.events import publish

logger = logging.getLogger(__name__)

# `no_key`: every message that is inserted holds its account's key, and none of them waits for this.


@transaction.atomic
def disconnect_account(channel_account_id: int, *, reason: str, as_of: datetime.datetime) -> None:
    """Note that the provider does not take this account's calls. Repeating it changes nothing; nor does news from before the account
    was connected, which speaks of the access it had then.
    """
    account = ChannelAccount.objects.select_for_update(no_key=True).get(pk=channel_account_id)
    if account.state == ChannelAccount.State.DISCONNECTED:
        return
    if account.connected_at is not None and as_of < account.connected_at:
        logger.warning("account %s: old news of a disconnection, connected again since", account.pk)
        return
    account.state, account.state_reason = ChannelAccount.State.DISCONNECTED, reason[:200]
    account.save(update_fields=["state", "state_reason"])
    journal.record("channel_account_disconnected", account, by=None)
    logger.error("account %s is disconnected and holds its messages", account.pk)
    publish(ChannelAccountChanged(channel_account_id=account.pk))


@transaction.atomic
def pause_account(channel_account_id: int, *, lasts: datetime.timedelta, reason: str, code: int | None) -> None:
    """Let a number rest because the provider holds its messages (131048). A rest that is under way only grows, and is told once."""
    account = ChannelAccount.objects.select_for_update(no_key=True).get(pk=channel_account_id)
    now = timezone.now()
    was_paused = account.paused_until is not None and account.paused_until > now
    until = now + lasts
    if was_paused and account.paused_until is not None and account.paused_until >= until:
        return
    account.paused_until, account.pause_reason = until, reason[:200]
    account.save(update_fields=["paused_until", "pause_reason"])
    if was_paused:
        return
    journal.record("channel_account_paused", account, by=None, details={"code": code, "until": until.isoformat()})
    logger.error("account %s rests until %s: code %s", account.pk, until.isoformat(), code)
    publish(ChannelAccountChanged(channel_account_id=account.pk))
