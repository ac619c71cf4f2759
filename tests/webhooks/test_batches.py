"""A batch of deliveries: one piece's trouble is its own, and no transaction grows with the batch."""

from __future__ import annotations

import datetime
import logging
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError

from connectors.whatsapp import parse
from inbox.models import Message
from tests.concurrency import all_well, together
from tests.connectors.payloads import body as encoded
from tests.connectors.payloads import change, contact, delivery, message
from tests.factories import Cast
from tests.witness import announced, every_row
from webhooks.actions import STUBBORN_ATTEMPTS, claim_deliveries, ingesting, take_in_deliveries
from webhooks.models import DeadLetter, Delivery

WAMIDS = ["wamid.1", "wamid.2", "wamid.3"]


def deliver(**fields: Any) -> None:
    pieces = [message(id_=each) for each in WAMIDS]
    Delivery.objects.create(body=encoded(delivery(change(messages=pieces, contacts=[contact()]))), **fields)


def stored() -> list[str]:
    return sorted(Message.objects.values_list("provider_id", flat=True))


@pytest.mark.shows("R04")
def test_a_piece_that_our_reader_stumbles_over_is_buried_alone(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    read = parse.read

    def stumble(piece: parse.Piece) -> Any:
        if piece.item["id"] == "wamid.2":
            raise TypeError
        return read(piece)

    monkeypatch.setattr(parse, "read", stumble)
    deliver()
    take_in_deliveries(claim_deliveries())
    assert stored() == ["wamid.1", "wamid.3"]
    assert DeadLetter.objects.get().reason == "TypeError while reading it."
    assert not Delivery.objects.filter(processed_at__isnull=True).exists()


@pytest.mark.shows("R01", "R11")
def test_words_of_one_second_stand_as_they_came_whoever_stores_them_first(cast: Cast) -> None:
    """The provider tells whole seconds. Two workers have a delivery each, and the later one's is stored first."""
    deliveries = [
        Delivery.objects.create(body=encoded(delivery(change(messages=[message(id_=each)], contacts=[contact()]))))
        for each in WAMIDS
    ]
    happened_at = int(message(id_=WAMIDS[0])["timestamp"])
    for place, each in enumerate(deliveries):
        Delivery.objects.filter(pk=each.pk).update(
            received_at=datetime.datetime.fromtimestamp(happened_at + 0.4 * (place + 1), datetime.UTC)
        )
    claimed = claim_deliveries()
    for each in reversed(claimed):
        take_in_deliveries([each])
    messages = Message.objects.order_by("happened_at", "id")
    assert [each.provider_id for each in messages] == WAMIDS
    assert {int(each.happened_at.timestamp()) for each in messages} == {happened_at}


def test_a_large_batch_is_stored_in_portions(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    receive = ingesting.receive_messages
    monkeypatch.setattr(ingesting, "PORTION", 2)
    monkeypatch.setattr(
        ingesting, "receive_messages", lambda account, batch: (sizes.append(len(batch)), receive(account, batch))
    )
    deliver()
    take_in_deliveries(claim_deliveries())
    assert (stored(), sizes) == (WAMIDS, [2, 1])


def test_what_the_database_refuses_for_ever_is_buried_in_the_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that looks like an outage, but was met at every one of many tries, must not hold its neighbours back for ever."""
    receive = ingesting.receive_messages

    def refuse_one(account: Any, batch: Any) -> Any:
        if "wamid.2" in {each.provider_id for each in batch}:
            raise OperationalError("out of shared memory")
        return receive(account, batch)

    monkeypatch.setattr(ingesting, "receive_messages", refuse_one)
    deliver()
    with pytest.raises(OperationalError):
        take_in_deliveries(claim_deliveries())
    assert not DeadLetter.objects.exists()
    Delivery.objects.update(attempt=STUBBORN_ATTEMPTS, locked_until=None)
    take_in_deliveries(claim_deliveries())
    assert stored() == ["wamid.1", "wamid.3"]
    assert DeadLetter.objects.get().reason == "OperationalError while storing it."


def test_one_poisonous_piece_of_many_is_found_by_halves(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    receive = ingesting.receive_messages
    sizes: list[int] = []

    def refuse_one(account: Any, batch: Any) -> Any:
        sizes.append(len(batch))
        if "wamid.41" in {each.provider_id for each in batch}:
            raise ValueError
        return receive(account, batch)

    monkeypatch.setattr(ingesting, "receive_messages", refuse_one)
    pieces = [message(id_=f"wamid.{number}") for number in range(64)]
    Delivery.objects.create(body=encoded(delivery(change(messages=pieces, contacts=[contact()]))))
    taken = take_in_deliveries(claim_deliveries())
    # 64, then at every halving both halves: 2 x 6 + 1.
    assert len(sizes) == 13
    assert (taken.stored, taken.known, Message.objects.count()) == (63, 0, 63)
    assert DeadLetter.objects.get().reason == "ValueError while storing it."


@pytest.mark.shows("S25")
def test_an_old_body_played_again_changes_nothing_and_is_counted(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    deliver()
    first = take_in_deliveries(claim_deliveries())
    before = every_row()
    deliver()
    with caplog.at_level(logging.INFO, logger="webhooks.actions"), announced() as facts:
        again = take_in_deliveries(claim_deliveries())
    after = every_row()
    assert len(after.pop("webhooks.Delivery")) == len(before.pop("webhooks.Delivery")) + 1
    assert after == before
    assert facts == []
    assert (first.stored, first.known, again.stored, again.known) == (3, 0, 0, 3)
    assert "3 of 3 messages were known already" in caplog.text


def test_a_reader_claims_no_more_than_it_can_carry(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """And always one, however heavy."""
    for _ in range(3):
        deliver()
    weight = len(bytes(Delivery.objects.all()[0].body))
    monkeypatch.setattr(ingesting, "CLAIMED_BYTES", weight + 1)
    assert [len(claim_deliveries()), len(claim_deliveries()), len(claim_deliveries())] == [2, 1, 0]
    Delivery.objects.update(locked_until=None)
    monkeypatch.setattr(ingesting, "CLAIMED_BYTES", 1)
    assert [len(claim_deliveries()) for _ in range(4)] == [1, 1, 1, 0]
    assert set(Delivery.objects.values_list("attempt", flat=True)) == {2}


def test_readers_at_once_claim_each_delivery_once(committed_cast: Cast) -> None:
    for _ in range(30):
        deliver()
    claimed = all_well(together([partial(claim_deliveries, limit=10)] * 6))
    ids = [each.pk for deliveries in claimed for each in deliveries]
    assert len(ids) == len(set(ids))
    # A reader that meets only rows another is just locking passes over them and comes back.
    ids += [each.pk for each in claim_deliveries()]
    assert sorted(ids) == sorted(Delivery.objects.values_list("pk", flat=True))
