"""What an error code of the provider does."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import ChannelAccount
from connectors.whatsapp.errors import RULES
from core.models import JournalEntry
from inbox.actions.assignment import take_conversation
from inbox.actions.heeding import heed
from inbox.actions.statuses import apply_statuses
from inbox.models import Conversation, Message, OutboxEntry
from inbox.tasks import drain_outbox, sweep_outbox
from tests import factories
from tests.factories import Cast, status_update
from tests.inbox.conftest import Provider
from tests.inbox.outbound import say


def test_the_spam_limit_rests_the_number_and_tells_it_once(cast: Cast, provider: Provider) -> None:
    provider.writes("Hola")
    conversation = take_conversation(Conversation.objects.latest("id").pk, by=cast.ana)
    first, second = say(conversation, "Uno", cast), say(conversation, "Dos", cast)
    provider.simulator.faults(scripts=[{"code": 131048, "times": 1}])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        drain_outbox(conversation.pk)
        account = ChannelAccount.objects.get()
        assert account.paused_until is not None
        assert (account.paused_until - timezone.now()).total_seconds() == 3600
        assert account.pause_reason == RULES[131048].reason
        clock.shift(1800)
        OutboxEntry.objects.update(due_at=timezone.now())
        drain_outbox(conversation.pk)
        # The same, told again by the status of an earlier message, adds no second alert.
        heed(account.pk, 131048, RULES[131048], said_at=timezone.now())
        assert JournalEntry.objects.filter(verb="channel_account_paused").count() == 1
        assert provider.sent() == []
        clock.shift(3601)
        drain_outbox(conversation.pk)
    assert provider.texts() == ["Uno", "Dos"]
    assert {Message.objects.get(pk=each.pk).status for each in (first, second)} == {"sent"}


def test_the_same_code_in_a_status_rests_the_number_too_unless_it_is_old_news(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = say(conversation, "Uno", cast)
    failed = status_update(message, factories.MessageStatus.FAILED, provider_id="wamid.z", error_code=131048)
    apply_statuses(cast.account, [replace(failed, happened_at=timezone.now() - datetime.timedelta(days=3))])
    assert ChannelAccount.objects.get().paused_until is None
    apply_statuses(cast.account, [failed])
    assert ChannelAccount.objects.get().paused_until is not None


@pytest.mark.parametrize(
    ("code", "status", "state"),
    [
        (131049, "failed", "active"), (131047, "failed", "active"), (131026, "failed", "active"),
        (368, "queued", "disconnected"), (131031, "queued", "disconnected"), (190, "queued", "disconnected"),
        (4, "queued", "active"), (80007, "queued", "active"), (130429, "queued", "active"), (131056, "queued", "active"),
        (1, "queued", "active"), (2, "queued", "active"), (131000, "queued", "active"), (100, "failed", "active"), (33, "failed", "active"),
    ],
)  # fmt: skip
def test_each_code_of_channels_md_does_what_the_table_says(
    cast: Cast, provider: Provider, code: int, status: str, state: str
) -> None:
    provider.writes("Hola")
    conversation = take_conversation(Conversation.objects.latest("id").pk, by=cast.ana)
    message = say(conversation, "Uno", cast)
    provider.simulator.faults(scripts=[{"code": code}])
    drain_outbox(conversation.pk)
    message.refresh_from_db()
    assert (message.status, ChannelAccount.objects.get().state) == (status, state)
    if status == "failed":
        assert (message.failure_code, message.failure_reason) == (code, RULES[code].reason)
    else:
        assert OutboxEntry.objects.get().due_at > timezone.now()
    assert sweep_outbox() == 0
