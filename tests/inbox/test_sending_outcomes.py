"""What can happen to a message at the provider, and second tries."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.utils import timezone, translation
from pytest_django import Settings

from campaigns.actions import save_whatsapp_account
from campaigns.models import ChannelAccount
from core import leases
from core.models import JournalEntry, Lease
from core.refusals import NotFound
from inbox import rows
from inbox.actions import delivery
from inbox.actions.assignment import take_conversation
from inbox.actions.handing_over import sender_for
from inbox.actions.sending import discard_message, retry_message
from inbox.errors import MessageNotFailed, WindowClosed
from inbox.events import MessageQueued, MessagesChanged
from inbox.models import Conversation, Message, OutboxEntry
from inbox.tasks import drain_outbox, resume_account, sweep_outbox
from tests import factories
from tests.factories import Cast, client_id, status_update
from tests.figures import figure
from tests.inbox.conftest import Provider
from tests.inbox.test_sending import lease_key_of, now_of, ours, say
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused

# --- What can happen at the provider ----------------------------------------------------------------------------------


@pytest.mark.shows("R13")
@pytest.mark.parametrize("fault", ["rate_limited", "server_error", "reset_before"])
def test_what_surely_did_not_go_out_is_tried_again_later(cast: Cast, provider: Provider, fault: str) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        provider.simulator.faults(**{fault: 1.0})
        drain_outbox(conversation.pk)
        if fault == "reset_before":
            # The connection was there and then was not: nobody knows what the provider did with it.
            assert now_of(message).status == "unknown"
            return
        entry = OutboxEntry.objects.get()
        assert (entry.attempt, entry.claimed_at, now_of(message).status) == (1, None, "queued")
        assert entry.due_at > timezone.now()
        provider.simulator.faults()
        assert drain_outbox(conversation.pk) == 0
        assert provider.sent() == []
        clock.shift(10)
        assert drain_outbox(conversation.pk) == 1
    assert provider.texts() == ["Buenas"]
    assert now_of(message).status == "sent"
    check_invariants()


@pytest.mark.shows("R13")
def test_each_try_waits_longer_and_the_last_one_fails_with_its_reason(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    provider.simulator.faults(server_error=1.0)
    waits = []
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        while True:
            assert drain_outbox(conversation.pk) == 1
            entry = OutboxEntry.objects.first()
            if entry is None:
                break
            waits.append((entry.due_at - timezone.now()).total_seconds())
            assert now_of(message).status == "queued"
            clock.shift(waits[-1] - 0.001)
            assert drain_outbox(conversation.pk) == 0
            clock.shift(0.001)
    assert waits == sorted(waits)
    assert len(waits) == delivery.MAX_ATTEMPTS - 1
    assert sum(waits) > 200, "a short outage of the provider's must fail nobody's message"
    (row,) = rows.message_rows(Message.objects.filter(pk=message.pk))
    assert row["failure"] == {
        "code": 131000, "reason": "No se pudo llegar a WhatsApp. Vuelve a intentar en un momento.", "permanent": False,
    }  # fmt: skip
    assert provider.sent() == []
    check_invariants()


def test_a_provider_that_is_not_there_is_tried_again(cast: Cast, provider: Provider, settings: Settings) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    settings.META_GRAPH_URL = "http://127.0.0.1:9"
    sender_for.cache_clear()
    drain_outbox(conversation.pk)
    sender_for(factories.PHONE_NUMBER_ID, factories.TOKEN).close()
    sender_for.cache_clear()
    assert (now_of(message).status, OutboxEntry.objects.get().attempt) == ("queued", 1)
    settings.META_GRAPH_URL = provider.simulator.url
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=2), tick=False):
        drain_outbox(conversation.pk)
    assert provider.texts() == ["Buenas"]


def test_a_permanent_refusal_fails_at_once_with_its_reason(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    # The provider does not know this number: as if the account had been moved away.
    ChannelAccount.objects.update(external_id="404404")
    with announced() as facts:
        drain_outbox(conversation.pk)
    sender_for("404404", factories.TOKEN).close()
    (row,) = rows.message_rows(Message.objects.filter(pk=message.pk))
    assert row["status"] == "failed"
    assert row["failure"]["permanent"] is True
    assert row["failure"]["reason"] == "WhatsApp no entendió el mensaje. Avisa a tu administrador."
    assert facts == [MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(message.pk,))]
    check_invariants()


def test_a_failure_told_later_by_webhook_is_shown(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    provider.simulator.change_customer("rocio", fails_with=131026)
    message = say(conversation, "Buenas", by=cast.ana)
    drain_outbox(conversation.pk)
    provider.pump()
    (row,) = rows.message_rows(Message.objects.filter(pk=message.pk))
    assert (row["status"], row["failure"]["code"]) == ("failed", 131026)


@pytest.mark.shows("R13", "R18")
def test_a_lost_answer_is_shown_as_not_confirmed_and_never_sent_again(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    provider.simulator.faults(lost_answer=1.0, webhook_paused=True)
    drain_outbox(conversation.pk)
    provider.simulator.faults(webhook_paused=True)
    assert now_of(message).status == "unknown"
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1), tick=False):
        assert sweep_outbox() == drain_outbox(conversation.pk) == 0
        with refused(MessageNotFailed):
            retry_message(conversation.pk, message.pk, by=cast.ana)
        with refused(MessageNotFailed):
            discard_message(conversation.pk, message.pk, by=cast.ana)
    assert len(provider.sent()) == 1
    # The provider's own word settles it: its statuses bring our id back.
    provider.simulator.faults()
    provider.pump()
    settled = now_of(message)
    assert (settled.status, settled.provider_id) == ("delivered", provider.sent()[0].id)
    check_invariants()


@pytest.mark.shows("R18")
def test_a_worker_killed_in_the_call_leaves_the_message_not_confirmed(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    first, second = (say(conversation, text, by=cast.ana) for text in ("Uno", "Dos"))
    # It took the lease, marked the entry and was killed: nobody knows whether it had called.
    lease = leases.take(lease_key_of(conversation), seconds=180)
    assert lease is not None
    assert factories.claim_next(conversation.pk) is not None
    assert drain_outbox(conversation.pk) == 0
    Lease.objects.update(locked_until=timezone.now() - datetime.timedelta(seconds=1))
    assert sweep_outbox() == 1
    assert drain_outbox(conversation.pk) == 1
    assert (now_of(first).status, now_of(second).status) == ("unknown", "sent")
    assert provider.texts() == ["Dos"]
    apply = status_update(first, factories.MessageStatus.DELIVERED)
    factories_apply(cast, apply)
    assert now_of(first).status == "delivered"
    check_invariants()


def factories_apply(cast: Cast, update: Any) -> None:
    from inbox.actions.statuses import apply_statuses

    apply_statuses(cast.account, [update])


@pytest.mark.shows("R18")
def test_a_worker_that_lost_its_lease_does_not_call(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped for minutes before it marked the entry; meanwhile another took over."""
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    claim = delivery.claim

    def claim_late(entry: OutboxEntry, lease: leases.HeldLease, *, seconds: float) -> bool:
        Lease.objects.update(token=client_id())
        return claim(entry, lease, seconds=seconds)

    monkeypatch.setattr(delivery, "claim", claim_late)
    assert drain_outbox(conversation.pk) == 0
    assert provider.sent() == []
    assert now_of(message).status == "queued"
    # Nothing is in doubt: whoever holds the lane sends it.
    assert OutboxEntry.objects.get().claimed_at is None


@pytest.mark.shows("R19")
@pytest.mark.faults
def test_a_revoked_token_holds_the_messages_until_there_is_a_new_one(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    first, second = (say(conversation, text, by=cast.ana) for text in ("Uno", "Dos"))
    provider.simulator.faults(token_revoked=True)
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        drain_outbox(conversation.pk)
        account = ChannelAccount.objects.get()
        assert (account.state, account.state_reason) == (
            "disconnected",
            "The WhatsApp channel is disconnected. Messages wait and leave by themselves once it is reconnected.",
        )
        assert JournalEntry.objects.filter(verb="channel_account_disconnected").count() == 1
        # For hours: every sweep finds them, none is spent.
        for _again in range(20):
            clock.shift(61)
            drain_outbox(conversation.pk)
        assert [now_of(each).status for each in (first, second)] == ["queued", "queued"]
        assert [each.attempt for each in OutboxEntry.objects.all()] == [0, 0]
        provider.simulator.faults()
        drain_outbox(conversation.pk)
        assert provider.sent() == []
        # The new token: what was held is due at once.
        save_whatsapp_account(
            name=account.name, phone_number_id=account.external_id, waba_id=account.portfolio_id, token=factories.TOKEN, campaign=None,
        )  # fmt: skip
        resume_account(account.pk)
        assert drain_outbox(conversation.pk) == 2
    assert provider.texts() == ["Uno", "Dos"]
    assert JournalEntry.objects.filter(verb="channel_account_disconnected").count() == 1
    figure(
        "R19", "0 of 2 messages lost, both sent in order with the new token", data="revoked for 20 sweeps", samples=2
    )
    check_invariants()


@pytest.mark.shows("R19")
def test_an_account_that_is_still_away_is_not_resumed(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    say(conversation, "Buenas", by=cast.ana)
    ChannelAccount.objects.update(state="disconnected")
    OutboxEntry.objects.update(due_at=timezone.now() + datetime.timedelta(minutes=1))
    with nothing_happens():
        resume_account(cast.account.pk)


@pytest.mark.shows("S48")
def test_credentials_that_cannot_be_opened_hold_the_messages(
    cast: Cast, provider: Provider, settings: Settings
) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    right = settings.FIELD_KEYS
    settings.FIELD_KEYS = (("another", b"0" * 32),)
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        drain_outbox(conversation.pk)
        assert (now_of(message).status, OutboxEntry.objects.get().attempt) == ("queued", 0)
        settings.FIELD_KEYS = right
        clock.shift(61)
        drain_outbox(conversation.pk)
    assert provider.texts() == ["Buenas"]


# --- Second tries -----------------------------------------------------------------------------------------------------


def failed_message(cast: Cast, conversation: Conversation) -> Message:
    message = say(conversation, "Buenas", by=cast.ana)
    entry = factories.claim_next(conversation.pk)
    assert entry is not None
    delivery.record_failed(entry, code=131026, reason="No.", permanent=True)
    return now_of(message)


def test_a_failed_message_is_tried_again_in_the_same_bubble(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = failed_message(cast, conversation)
    with announced() as facts:
        retry_message(conversation.pk, message.pk, by=cast.ana)
    again = now_of(message)
    assert facts == [
        MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk)
    ]
    assert (again.status, again.failure_code, again.failure_reason, again.provider_id) == ("queued", None, "", None)
    assert (again.happened_at, again.client_id, again.text) == (message.happened_at, message.client_id, message.text)
    assert again.change > message.change
    drain_outbox(conversation.pk)
    provider.pump()
    assert now_of(message).status == "delivered"
    check_invariants()


def test_late_news_of_the_first_try_does_not_speak_for_the_second(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = failed_message(cast, conversation)
    late = status_update(message, factories.MessageStatus.FAILED, provider_id="wamid.first", error_code=131026)
    retry_message(conversation.pk, message.pk, by=cast.ana)
    drain_outbox(conversation.pk)
    factories_apply(cast, late)
    assert now_of(message).status == "sent"


def test_two_clicks_on_retry_are_one_more_try(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = failed_message(cast, conversation)
    retry_message(conversation.pk, message.pk, by=cast.ana)
    with refused(MessageNotFailed):
        retry_message(conversation.pk, message.pk, by=cast.ana)
    assert OutboxEntry.objects.count() == 1


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "read", "unknown"])
def test_only_a_failed_message_is_tried_again_or_removed(cast: Cast, status: str) -> None:
    conversation = factories.taken_conversation(cast)
    message = say(conversation, "Buenas", by=cast.ana)
    OutboxEntry.objects.all().delete()
    Message.objects.filter(pk=message.pk).update(status=status)
    for action in (retry_message, discard_message):
        with refused(MessageNotFailed) as refusal, translation.override("es"):
            action(conversation.pk, message.pk, by=cast.ana)
        assert refusal.value.message == "Solo un mensaje fallido se puede reintentar o eliminar."


def test_a_failed_message_is_taken_off_the_thread_and_kept(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = failed_message(cast, conversation)
    with announced() as facts:
        discard_message(conversation.pk, message.pk, by=cast.ana)
    assert facts == [MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(message.pk,))]
    assert rows.message_rows(Message.objects.filter(pk=message.pk))[0]["deleted"] is True
    for action in (retry_message, discard_message):
        with refused(MessageNotFailed):
            action(conversation.pk, message.pk, by=cast.ana)


def test_the_author_clears_away_a_failure_even_after_somebody_took_over(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = failed_message(cast, conversation)
    take_conversation(conversation.pk, by=cast.luis)
    Conversation.objects.filter(pk=conversation.pk).update(team=cast.team)
    with refused(NotFound):
        discard_message(conversation.pk, message.pk, by=cast.eva)
    discard_message(conversation.pk, message.pk, by=cast.luis)
    assert now_of(message).deleted_at is not None


@pytest.mark.shows("S02")
def test_a_message_under_another_conversations_address_does_not_exist(cast: Cast) -> None:
    conversation, other = factories.taken_conversation(cast), factories.taken_conversation(cast)
    message = failed_message(cast, conversation)
    for action in (retry_message, discard_message):
        with refused(NotFound):
            action(other.pk, message.pk, by=cast.ana)
        with refused(NotFound):
            action(conversation.pk, conversation.messages.get(direction="in").pk, by=cast.ana)


def test_a_second_try_asks_for_the_window_again(cast: Cast) -> None:
    with time_machine.travel("2031-03-04T12:00Z", tick=False) as clock:
        conversation = factories.taken_conversation(cast, at=timezone.now())
        message = failed_message(cast, conversation)
        clock.shift(24 * 3600)
        with refused(WindowClosed):
            retry_message(conversation.pk, message.pk, by=cast.ana)
