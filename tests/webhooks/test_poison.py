"""What cannot be taken in costs itself alone, once, and never fills a table (R04)."""

from __future__ import annotations

import datetime
from typing import Any

import orjson
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connectors.whatsapp import parse
from inbox.models import Message
from tests.connectors import payloads
from tests.factories import Cast
from webhooks.actions import burying, claim_deliveries, notices, replay_letter, take_in_deliveries
from webhooks.models import DeadLetter, Delivery, ProviderNotice
from webhooks.tasks import forget_dead_letters, ingest


def arrive(*changes: Any) -> Delivery:
    return Delivery.objects.create(body=orjson.dumps(payloads.delivery(*changes)))


def text(id_: str, *, number: str | None = None) -> Any:
    named = {} if number is None else {"number": number}
    return payloads.change(messages=[payloads.message(id_=id_)], contacts=[payloads.contact()], **named)


def account_error(code: Any, title: str = "Oh") -> Any:
    return payloads.change(errors=[{"code": code, "title": title}])


def unread() -> int:
    return Delivery.objects.filter(processed_at__isnull=True).count()


# ── Notices


@pytest.mark.shows("R04")
@pytest.mark.parametrize("code", [2**31, 2**40, -(2**40), "9" * 400])
def test_an_account_error_with_a_code_beyond_a_column_is_kept_without_it(cast: Cast, code: Any) -> None:
    arrive(text("wamid.1"), account_error(code))
    ingest()
    notice = ProviderNotice.objects.get()
    assert (notice.code, notice.summary) == (None, "Oh")
    assert notice.payload["code"] == code
    assert (Message.objects.count(), DeadLetter.objects.count(), unread()) == (1, 0, 0)


@pytest.mark.shows("R04")
def test_a_notice_the_database_refuses_is_buried_alone(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    summary_of = notices.summary_of
    monkeypatch.setattr(
        notices, "summary_of", lambda reading: "a\x00b" if summary_of(reading) == "Poison" else summary_of(reading)
    )
    arrive(text("wamid.1"), account_error(1, "One"), account_error(2, "Poison"))
    arrive(text("wamid.2"), account_error(3, "Three"))
    ingest()
    assert set(ProviderNotice.objects.values_list("summary", flat=True)) == {"One", "Three"}
    assert (Message.objects.count(), unread()) == (2, 0)
    letter = DeadLetter.objects.get()
    assert letter.reason == "DataError while storing it."
    assert orjson.loads(bytes(letter.body))["entry"][0]["changes"][0]["value"]["errors"][0]["title"] == "Poison"


# ── Bounds


def flood(pieces: int, *, number: str = "999") -> None:
    arrive(*(text(f"wamid.{number}.{n}.{timezone.now().timestamp()}", number=number) for n in range(pieces)))


@pytest.mark.shows("R04")
def test_a_number_nobody_connected_keeps_its_first_pieces_and_counts_the_rest(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(burying, "KEPT_OF_A_NUMBER", 3)
    flood(5)
    flood(2, number="888")
    ingest()
    flood(4)
    ingest()
    letters = DeadLetter.objects.filter(number="999").order_by("pk")
    assert [each.more for each in letters] == [0, 0, 6]
    assert letters[2].reason == ("No connected account has the number id 999. 6 more of it came and are only counted.")
    assert DeadLetter.objects.filter(number="888", more=0).count() == 2
    # What is kept can be played again, and makes room for what comes.
    replay_letter(letters[0].pk, by=cast.admin)
    ingest()
    assert DeadLetter.objects.filter(number="999", state="dead").count() == 3


def test_burying_costs_the_same_however_many_there_are(cast: Cast) -> None:
    costs = []
    for pieces in (2, 40):
        flood(pieces, number=f"77{pieces}")
        deliveries = claim_deliveries()
        with CaptureQueriesContext(connection) as asked:
            take_in_deliveries(deliveries)
        costs.append(len(asked))
    assert DeadLetter.objects.count() == 42
    assert costs[0] == costs[1]


def test_a_batch_read_by_two_is_counted_and_buried_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease of the first ran out while it was still at it."""
    monkeypatch.setattr(burying, "KEPT_OF_A_NUMBER", 1)
    flood(3)
    deliveries = claim_deliveries()
    take_in_deliveries(deliveries)
    take_in_deliveries(deliveries)
    letter = DeadLetter.objects.get()
    assert letter.more == 2


def test_what_waits_is_kept_for_ever_and_what_is_settled_for_a_while(cast: Cast) -> None:
    waits, discarded, fresh = (DeadLetter.objects.create(reason=each, body=b"{}") for each in ("w", "d", "f"))
    now = timezone.now()
    DeadLetter.objects.filter(pk=discarded.pk).update(state="discarded", settled_at=now)
    DeadLetter.objects.filter(pk=fresh.pk).update(state="replayed", settled_at=now + datetime.timedelta(days=1))
    with time_machine.travel(now + burying.KEPT_SETTLED + datetime.timedelta(seconds=1), tick=False):
        assert forget_dead_letters() == 1
    assert set(DeadLetter.objects.values_list("pk", flat=True)) == {waits.pk, fresh.pk}


# ── Mending


def save(letter: DeadLetter, cast: Cast, body: bytes) -> Any:
    client = Client()
    client.force_login(cast.admin)
    address = reverse("dead-letter", args=[letter.pk])
    return client.post(address, {"body": body.decode(), "version": letter.version})


def test_a_letter_our_reader_stumbles_over_says_so_at_its_field(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(piece: parse.Piece) -> Any:
        raise KeyError(piece.kind)

    monkeypatch.setattr(parse, "read", stumble)
    body = orjson.dumps(payloads.delivery(text("wamid.1")))
    letter = DeadLetter.objects.create(reason="KeyError while reading it.", body=body)
    answer = save(letter, cast, body)
    assert answer.status_code == 400
    assert "KeyError" in answer.content.decode()
    letter.refresh_from_db()
    assert (letter.version, letter.first_body) == (1, None)


def test_what_the_provider_sent_is_kept_however_often_it_is_mended(cast: Cast) -> None:
    letter = DeadLetter.objects.create(reason="It was strange.", body=b"not JSON at all")
    for id_ in ("wamid.1", "wamid.2"):
        assert save(letter, cast, orjson.dumps(payloads.delivery(text(id_)))).status_code == 302
        letter.refresh_from_db()
        assert bytes(letter.first_body) == b"not JSON at all"
        assert id_.encode() in bytes(letter.body)
