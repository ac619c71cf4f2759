"""What a provider's error code makes us do beyond the one message: connectors.whatsapp.errors is the table, this is the hand.

The same code comes as the answer to a call and, more often, as a `failed` status minutes later: both end here.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone

from campaigns.actions import disconnect_account, pause_account
from connectors.messages import StatusUpdate
from connectors.whatsapp.errors import Action, Rule, Scope, rule_for
from core import gates

REST = datetime.timedelta(hours=1)


def gate_of(channel_account_id: int) -> str:
    """The name of the gate before one number (core.gates)."""
    return f"account:{channel_account_id}"


def limits() -> gates.Limits:
    return gates.Limits(per_second=settings.OUTBOUND_PER_SECOND, at_once=settings.OUTBOUND_CALLS_AT_ONCE)


def heed(
    channel_account_id: int,
    code: int | None,
    rule: Rule,
    *,
    said_at: datetime.datetime,
    retry_after: datetime.timedelta | None = None,
) -> None:
    """Let the number or the account feel what the code says. A code about one message or one customer concerns nobody else.

    `said_at` is when the provider was asked, or when it says it happened: what was true of an access that has been given anew since
    does not take the new one away.
    """
    wait = retry_after or rule.retry_after
    if rule.scope not in (Scope.NUMBER, Scope.ACCOUNT):
        return
    if rule.action in (Action.RECONNECT, Action.STOP_CHANNEL):
        disconnect_account(channel_account_id, reason=rule.reason, as_of=said_at)
    elif rule.action is Action.PAUSE_CAMPAIGN:
        pause_account(channel_account_id, lasts=wait or REST, reason=rule.reason, code=code)
    elif rule.action is Action.SLOW_DOWN:
        gates.slow_down(gate_of(channel_account_id), limits())
        if rule.scope is Scope.ACCOUNT and wait is not None:
            # A limit of calls in an hour: slower is not enough, only waiting helps.
            gates.shut(gate_of(channel_account_id), seconds=wait.total_seconds())
    elif rule.action is Action.RETRY and wait is not None:
        gates.shut(gate_of(channel_account_id), seconds=wait.total_seconds())


def heed_failures(channel_account_id: int, batch: Iterable[StatusUpdate]) -> None:
    """The same for failures that came with statuses, each code once, as of its newest. Old news, brought late or again, stops nobody
    today; a failure without a code stops nobody at all.
    """
    since = timezone.now() - REST
    newest: dict[int, datetime.datetime] = {}
    for each in batch:
        if each.error is not None and each.error.code is not None and each.happened_at > since:
            code = each.error.code
            newest[code] = max(newest.get(code, each.happened_at), each.happened_at)
    for code, said_at in sorted(newest.items()):
        heed(channel_account_id, code, rule_for(code), said_at=said_at)
