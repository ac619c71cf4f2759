"""Whoever holds a provider's id waits for no conversation; what is left for a transaction of its own is done, by somebody (R02, R12)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from connectors.kinds import MessageKind, MessageStatus
from inbox.actions import changing, delivery, handing_over
from inbox.actions.assignment import take_conversation
from inbox.actions.changing import apply_changes, settle_parked
from inbox.actions.locking import hold_provider_ids
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.actions.statuses import apply_statuses
from inbox.models import Conversation, Message, OutboxEntry, ParkedChange, Reaction
from inbox.tasks import drain_outbox
from tests import factories
from tests.factories import Cast, identity, inbound, status_update
from tests.inbox.conftest import Provider
from tests.inbox.test_unreadable import somebody_waits_for_a_lock
from tests.invariants import check_invariants
from tests.stack import wait_until

NAMED = "wamid.named"


def in_flight(cast: Cast) -> tuple[Message, OutboxEntry]:
    conversation = factories.taken_conversation(cast)
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Buenas")
    entry = factories.claim_next(conversation.pk)
    assert entry is not None
    return message, entry


def reply_elsewhere(cast: Cast) -> Message:
    """Somebody quotes, in a conversation of their own, what nobody here knows by that name yet."""
    receive_messages(cast.account, [inbound("Eso", sender=identity("595981777888"), reply_to_provider_id=NAMED)])
    return Message.objects.get(quoted_provider_id=NAMED)


def once(begun: threading.Event, job: Callable[[], object]) -> Callable[[], object]:
    """The job, from when it is told that what it is to wait for is held."""
    return lambda: begun.wait(30) and job()


@contextmanager
def meanwhile(job: Callable[[], object]) -> Iterator[None]:
    """The job in a thread of its own, ended and well when the block is left."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  # told below
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    with transaction.atomic():
        yield thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert not raised, raised


def hold_the_id_at_once(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
    hold_provider_ids(cast.account.pk, [NAMED])


def is_named(message: Message) -> bool:
    return Message.objects.filter(pk=message.pk, provider_id=NAMED).exists()


@pytest.mark.shows("R02", "R12")
@pytest.mark.parametrize("by", ["answer", "status"])
def test_a_message_is_named_while_a_reply_to_it_is_held_by_somebody(committed_cast: Cast, by: str) -> None:
    message, entry = in_flight(committed_cast)
    reply = reply_elsewhere(committed_cast)
    status = status_update(message, MessageStatus.DELIVERED, provider_id=NAMED)
    names = {
        "answer": partial(delivery.record_sent, entry, provider_id=NAMED),
        "status": partial(apply_statuses, committed_cast.account, [status]),
    }[by]
    block = meanwhile(names)
    with block:
        Conversation.objects.select_for_update().get(pk=reply.conversation_id)
        wait_until(lambda: is_named(message), what="the name")
        # A ring, were the id still held.
        hold_the_id_at_once(committed_cast)
    reply.refresh_from_db()
    assert reply.reply_to_id == message.pk


@pytest.mark.shows("R12")
def test_a_change_of_what_became_known_just_now_waits_without_the_id(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, entry = in_flight(committed_cast)
    delivery.record_sent(entry, provider_id=NAMED)
    find_messages, looked = changing.find_messages, [0]

    def blind_at_first(*args: Any) -> dict[str, Message]:
        looked[0] += 1
        return {} if looked[0] <= 2 else find_messages(*args)

    monkeypatch.setattr(changing, "find_messages", blind_at_first)
    reaction = inbound("👍", kind=MessageKind.REACTION, target_provider_id=NAMED)
    with meanwhile(partial(apply_changes, committed_cast.account, [reaction])):
        Conversation.objects.select_for_update().get(pk=message.conversation_id)
        wait_until(lambda: looked[0] >= 3 and somebody_waits_for_a_lock(), what="its waiting")
        hold_the_id_at_once(committed_cast)
    assert Reaction.objects.get().emoji == "👍"
    assert not ParkedChange.objects.exists()


# ── The nets


@pytest.mark.shows("R12")
def test_what_a_worker_did_not_come_to_after_naming_a_message_is_done_by_the_sweeper(cast: Cast) -> None:
    message, entry = in_flight(cast)
    reply = reply_elsewhere(cast)
    apply_changes(cast.account, [inbound("👍", kind=MessageKind.REACTION, target_provider_id=NAMED)])
    delivery.record_named(entry, provider_id=NAMED)
    # It is killed here.
    reply.refresh_from_db()
    assert (reply.reply_to_id, ParkedChange.objects.count()) == (None, 1)
    settle_parked()
    reply.refresh_from_db()
    assert (reply.reply_to_id, Reaction.objects.get().message_id) == (message.pk, message.pk)
    assert settle_parked() == 0
    check_invariants()


@pytest.mark.shows("R12")
def test_a_parked_change_that_fails_holds_back_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = factories.conversation(cast)
    receive_messages(cast.account, [inbound(provider_id=f"wamid.{name}", sender=identity()) for name in "abc"])
    for name in "abc":
        ParkedChange.objects.create(
            channel_account=cast.account, target_id=f"wamid.{name}", provider_id=f"wamid.r{name}", kind="reaction",
            text="👍", happened_at=conversation.last_activity_at,
        )  # fmt: skip
    apply_parked_changes = changing.apply_parked_changes

    def poisoned(account_id: int, messages: list[Message]) -> int:
        if messages[0].provider_id == "wamid.a":
            raise ValueError
        return apply_parked_changes(account_id, messages)

    monkeypatch.setattr(changing, "apply_parked_changes", poisoned)
    assert settle_parked() == 2
    assert ParkedChange.objects.get().target_id == "wamid.a"


@pytest.mark.shows("R13")
def test_what_was_sent_is_recorded_though_the_database_stumbles(
    committed_cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_over, "RECORD_PAUSES", (0.0, 0.0, 0.0))
    record_sent, tries = delivery.record_sent, [0]

    def stumbling(entry: OutboxEntry, *, provider_id: str) -> None:
        tries[0] += 1
        if tries[0] < 3:
            raise OperationalError("deadlock detected")
        record_sent(entry, provider_id=provider_id)

    monkeypatch.setattr(delivery, "record_sent", stumbling)
    provider.writes("Hola")
    conversation = take_conversation(Conversation.objects.get().pk, by=committed_cast.ana)
    message, _is_new = send_message(
        conversation.pk, by=committed_cast.ana, client_id=factories.client_id(), text="Buenas"
    )
    drain_outbox(conversation.pk)
    message.refresh_from_db()
    assert (message.status, tries[0], provider.texts()) == ("sent", 3, ["Buenas"])
    assert not OutboxEntry.objects.exists()
