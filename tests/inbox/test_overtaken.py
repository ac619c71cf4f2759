"""What happens to a message while its call is under way: news that is faster than the answer, another try, its erasure, its new number."""

from __future__ import annotations

import datetime
import logging
import threading

import pytest
from django.utils import timezone

from connectors.kinds import MessageStatus
from connectors.whatsapp.send import Sender, SentMessage
from core import leases
from core.models import Lease
from inbox.actions import delivery, lanes
from inbox.actions.sending import discard_message, retry_message, send_message
from inbox.actions.statuses import apply_statuses
from inbox.errors import MessageNotFailed
from inbox.models import Message, OutboxEntry
from inbox.tasks import drain_outbox
from tests import factories
from tests.inbox.outbound import say
from tests.inbox.test_held_ids import meanwhile, once
from tests.inbox.test_unreadable import somebody_waits_for_a_lock
from tests.stack import wait_until
from tests.witness import refused


@pytest.mark.shows("R02", "R17")
def test_a_message_that_failed_while_it_is_still_being_handed_over_cannot_be_tried_again_yet(
    cast: factories.Cast,
) -> None:
    conversation = factories.taken_conversation(cast)
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola")
    apply_statuses(cast.account, [factories.status_update(message, MessageStatus.FAILED, error_code=131026)])
    for again in (retry_message, discard_message):
        with refused(MessageNotFailed):
            again(conversation.pk, message.pk, by=cast.ana)


@pytest.mark.shows("R18")
def test_an_outcome_told_twice_is_never_that_of_a_newer_try(cast: factories.Cast) -> None:
    """The answer of a try that was given up is recorded again where the database stumbled: the message is on its way anew."""
    conversation = factories.taken_conversation(cast)
    message = say(conversation, "Buenas", cast)
    entry = factories.claim_next(conversation.pk)
    assert entry is not None
    Message.objects.filter(pk=message.pk).update(uuid=factories.client_id())
    for _again in range(2):
        delivery.record_sent(entry, provider_id="wamid.late")
    message.refresh_from_db()
    assert (message.status, message.provider_id) == ("queued", None)
    assert OutboxEntry.objects.filter(message=message).exists()


@pytest.mark.shows("R18", "S62")
def test_what_is_erased_while_it_is_on_its_way_ends_its_send_quietly(
    cast: factories.Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    conversation = factories.taken_conversation(cast)
    erased, kept = say(conversation, "Uno", cast), say(conversation, "Dos", cast)

    def answer(*_args: object, opaque: str, **_options: object) -> SentMessage:
        Message.objects.filter(pk=erased.pk).delete()
        return SentMessage(provider_id=f"wamid.{opaque}")

    monkeypatch.setattr(Sender, "send", answer)
    with caplog.at_level(logging.WARNING):
        assert drain_outbox(conversation.pk) == 2
    kept.refresh_from_db()
    assert kept.status == "sent"
    assert "is gone" in caplog.text
    assert not OutboxEntry.objects.exists()
    assert not Lease.objects.exists()


@pytest.mark.shows("R16", "R18")
@pytest.mark.parametrize("change", ["its number", "its time", "nothing of what matters"])
def test_a_claim_that_waited_for_a_change_of_its_entry_sees_it(committed_cast: factories.Cast, change: str) -> None:
    """One statement keeps the lane and marks the entry; whoever changes the entry at that moment is waited for, and heeded."""
    conversation = factories.taken_conversation(committed_cast)
    other = factories.taken_conversation(committed_cast)
    say(conversation, "Buenas", committed_cast)
    (lane,) = lanes.lanes_of(conversation.pk)
    entry = delivery.next_due(lane)
    assert entry is not None
    changes = {
        "its number": {"contact_point": other.contact_point},
        "its time": {"due_at": timezone.now() + datetime.timedelta(minutes=1)},
        "nothing of what matters": {"created_at": timezone.now()},
    }
    claimed: list[bool] = []
    with leases.held(lanes.lease_key(lane), seconds=60) as lease:
        assert lease is not None
        held = threading.Event()
        with meanwhile(once(held, lambda: claimed.append(delivery.claim(entry, lease, seconds=60)))):
            OutboxEntry.objects.filter(pk=entry.pk).update(**changes[change])
            held.set()
            wait_until(somebody_waits_for_a_lock, what="the claim's waiting", seconds=30)
    assert claimed == [change == "nothing of what matters"]
    entry.refresh_from_db()
    assert (entry.claimed_at is not None, entry.attempt) == (claimed[0], int(claimed[0]))
