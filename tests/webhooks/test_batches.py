"""A batch of deliveries: one piece's trouble is its own, and no transaction grows with the batch."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from connectors.whatsapp import parse
from inbox.models import Message
from tests.connectors.payloads import body as encoded
from tests.connectors.payloads import change, contact, delivery, message
from tests.factories import Cast
from webhooks import actions
from webhooks.actions import STUBBORN_ATTEMPTS, claim_deliveries, take_in_deliveries
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


def test_a_large_batch_is_stored_in_portions(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    receive = actions.receive_messages
    monkeypatch.setattr(actions, "PORTION", 2)
    monkeypatch.setattr(
        actions, "receive_messages", lambda account, batch: (sizes.append(len(batch)), receive(account, batch))
    )
    deliver()
    take_in_deliveries(claim_deliveries())
    assert (stored(), sizes) == (WAMIDS, [2, 1])


def test_what_the_database_refuses_for_ever_is_buried_in_the_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that looks like an outage, but was met at every one of many tries, must not hold its neighbours back for ever."""
    receive = actions.receive_messages

    def refuse_one(account: Any, batch: Any) -> Any:
        if "wamid.2" in {each.provider_id for each in batch}:
            raise OperationalError("out of shared memory")
        return receive(account, batch)

    monkeypatch.setattr(actions, "receive_messages", refuse_one)
    deliver()
    with pytest.raises(OperationalError):
        take_in_deliveries(claim_deliveries())
    assert not DeadLetter.objects.exists()
    Delivery.objects.update(attempt=STUBBORN_ATTEMPTS, locked_until=None)
    take_in_deliveries(claim_deliveries())
    assert stored() == ["wamid.1", "wamid.3"]
    assert DeadLetter.objects.get().reason == "OperationalError while storing it."
