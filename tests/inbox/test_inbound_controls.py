"""What comes in, measured with and without its safeguard (R02, R03, R04, R09 … R12): the second of the two must fail."""

from __future__ import annotations

import datetime
import itertools
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from django.utils import timezone

from connectors.kinds import MessageStatus
from connectors.messages import Unparseable
from connectors.whatsapp import parse
from contacts.actions import identifying as contacts
from contacts.models import Contact
from inbox.actions import changing, delivery, statuses
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.actions.statuses import apply_statuses
from inbox.models import Conversation, Message, OutboxEntry, Reaction
from tests import factories
from tests.concurrency import PATIENCE_SECONDS, all_well, together
from tests.connectors import payloads
from tests.factories import Cast, identity, inbound, status_update
from tests.figures import control, figure
from webhooks.actions import ingesting
from webhooks.models import DeadLetter, Delivery
from webhooks.tasks import ingest

pytestmark = pytest.mark.faults
SENT, DELIVERED, READ, FAILED = (
    MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED,
)  # fmt: skip


def in_flight(cast: Cast, conversation: Conversation) -> tuple[Message, OutboxEntry]:
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Buenas")
    entry = OutboxEntry.objects.get(message=message)
    assert factories.claim(entry)
    return message, entry


def undone(measure: Callable[[], Any]) -> Any:
    """What it gives; what it wrote is forgotten."""
    with transaction.atomic():
        result = measure()
        transaction.set_rollback(True)
    return result


@pytest.mark.shows("R02")
def test_a_status_that_comes_late_moves_nothing_back(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = list(itertools.permutations((SENT, DELIVERED, READ, FAILED)))
    conversation = factories.taken_conversation(cast)

    def moved_back() -> int:
        wrong = 0
        for number, (order, before) in enumerate(itertools.product(orders, (0, 2, 4))):
            message, entry = in_flight(cast, conversation)
            update = partial(status_update, message, provider_id=f"wamid.{number}")
            apply_statuses(cast.account, [update(each) for each in order[:before]])
            delivery.record_sent(entry, provider_id=f"wamid.{number}")
            apply_statuses(cast.account, [update(each) for each in order[before:]])
            wrong += Message.objects.get(pk=message.pk).status != READ
        return wrong

    data, samples = "24 orders of four statuses, before, around and after the answer", 3 * len(orders)
    wrong = undone(moved_back)
    figure("R02", f"{wrong} of {samples} ends below «read»", data=data, samples=samples)
    monkeypatch.setattr(statuses, "advance", lambda _before, incoming: incoming)
    without = undone(moved_back)
    control("R02", f"the status that came last counts: {without} of {samples} ends below «read»", data=data, samples=samples)  # fmt: skip
    assert wrong == 0 < without


@pytest.mark.shows("R03")
def test_a_status_that_is_not_kept_for_its_message_is_lost(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = factories.taken_conversation(cast)
    monkeypatch.setattr(statuses, "park", lambda _account, _strangers: None)
    for number in range(20):
        message, entry = in_flight(cast, conversation)
        early = status_update(message, DELIVERED, provider_id=f"wamid.{number}", opaque=False)
        apply_statuses(cast.account, [early])
        delivery.record_sent(entry, provider_id=f"wamid.{number}")
    lost = Message.objects.filter(direction="out", status=SENT).count()
    control("R03", f"what is not known yet is passed over: {lost} of 20 early statuses lost", data="one conversation", samples=20)  # fmt: skip
    assert lost == 20


@pytest.mark.shows("R04")
def test_one_bad_piece_would_cost_its_whole_post(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [
        payloads.change(
            messages=[payloads.message(id_=f"wamid.{n}", sender=f"59598100{n:04d}")],
            contacts=[payloads.contact(f"59598100{n:04d}", None)],
        )
        for n in range(97)
    ]
    changes.insert(10, payloads.change(messages=[{"type": "text", "text": {"body": "sin id"}}], contacts=[]))
    changes.insert(50, payloads.change(statuses=[payloads.status("teleported")]))
    changes.insert(90, payloads.change(messages=[payloads.message()], contacts=[payloads.contact()], number="999"))

    def stored_and_buried() -> tuple[int, int]:
        Delivery.objects.create(body=orjson.dumps(payloads.delivery(*changes)))
        ingest()
        return Message.objects.count(), DeadLetter.objects.count()

    stored, buried = undone(stored_and_buried)
    figure("R04", f"{stored} of 97 sound pieces stored, {buried} of 3 others buried", data="one post", samples=100)

    def all_or_nothing(whole: Delivery, taken: ingesting.TakenIn) -> list[ingesting.Read]:
        try:
            pieces = parse.split(bytes(whole.body))
            return [ingesting.Read(delivery=whole, piece=each, reading=parse.read(each)) for each in pieces]
        except Unparseable as error:
            taken.bury(whole, body=bytes(whole.body), reason=error.reason)
            return []

    monkeypatch.setattr(ingesting, "read_pieces", all_or_nothing)
    without, _buried = undone(stored_and_buried)
    control("R04", f"a post is read whole or not at all: {without} of 97 sound pieces stored", data="one post", samples=100)  # fmt: skip
    assert (stored, buried) == (97, 3)
    assert without == 0


@pytest.mark.shows("R09")
def test_looking_first_and_opening_then_opens_several(committed_cast: Cast) -> None:
    batches = [[inbound(f"Foto {n}", sender=identity("595981000333"))] for n in range(20)]
    all_well(together([partial(receive_messages, committed_cast.account, batch) for batch in batches]))
    opened = Conversation.objects.count()
    figure("R09", f"{opened} conversation, {Contact.objects.count()} contact", data="20 first messages of one person at a barrier", samples=20)  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE naive_conversation (phone text)")
    everybody_looked = threading.Barrier(10)

    def open_naively() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM naive_conversation WHERE phone = '595981000333'")
            known = cursor.fetchone()
            everybody_looked.wait(PATIENCE_SECONDS)
            if known is None:
                cursor.execute("INSERT INTO naive_conversation VALUES ('595981000333')")

    try:
        all_well(together([open_naively] * 10))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM naive_conversation")
            without = int(cursor.fetchone()[0])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE naive_conversation")
    control("R09", f"look, then open, without lock or constraint: {without} conversations", data="10 first messages of one person", samples=10)  # fmt: skip
    assert opened == 1 < without


@pytest.mark.shows("R10")
def test_comparing_digits_makes_two_people_of_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [
        ("553187654321", "5531987654321"), ("5215512345678", "525512345678"), ("54111523456789", "5491123456789"),
        ("5493513551234", "543513551234"),
    ]  # fmt: skip

    def people() -> int:
        for phone in itertools.chain(*pairs):
            receive_messages(cast.account, [inbound(sender=identity(phone))])
        return Contact.objects.count()

    counted = undone(people)
    figure("R10", f"{counted} contacts", data="4 people of Brazil, Mexico and Argentina, each written two ways", samples=8)  # fmt: skip
    monkeypatch.setattr(contacts.numbers, "canonical", lambda *_args, **_options: None)
    without = undone(people)
    control("R10", f"numbers are their digits: {without} contacts", data="the same", samples=8)
    assert counted == len(pairs) < without


@pytest.mark.shows("R11")
def test_in_the_order_of_arrival_a_late_message_would_stand_last(cast: Cast) -> None:
    now = timezone.now()
    conversation = factories.conversation(cast, "Ahora", sender=identity(), at=now)
    receive_messages(cast.account, [inbound("De hace tres días", at=now - datetime.timedelta(days=3))])
    conversation.refresh_from_db()
    shown = [each.text for each in conversation.messages.order_by("happened_at", "id")]
    arrived = [each.text for each in conversation.messages.order_by("id")]
    opened_until = conversation.window_expires_at
    figure("R11", f"three days late: shown as {shown}, window unmoved", data="one conversation", samples=1)
    control("R11", f"in the order of arrival: {arrived}", data="one conversation", samples=1)
    assert shown == ["De hace tres días", "Ahora"] != arrived
    assert opened_until == now + datetime.timedelta(hours=24)


@pytest.mark.shows("R12")
def test_a_reaction_that_is_not_kept_for_its_message_is_lost(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def reactions() -> int:
        for number in range(10):
            raw = payloads.message(
                "reaction", id_=f"wamid.r{number}", reaction={"message_id": f"wamid.m{number}", "emoji": "❤️"}
            )
            for each in (raw, payloads.message(id_=f"wamid.m{number}")):
                body = payloads.delivery(payloads.change(messages=[each], contacts=[payloads.contact()]))
                Delivery.objects.create(body=orjson.dumps(body))
                ingest()
        return Reaction.objects.count()

    kept = undone(reactions)
    figure("R12", f"{kept} of 10 early reactions applied", data="each before its message", samples=10)
    monkeypatch.setattr(changing, "park", lambda _account, _strangers: set())
    without = undone(reactions)
    control("R12", f"what is not known yet is passed over: {without} of 10 applied", data="each before its message", samples=10)  # fmt: skip
    assert kept == 10
    assert without == 0
