"""Customers' messages: each once, in its place, one contact and one live conversation, whatever the provider does."""

from __future__ import annotations

import contextlib
import datetime
import queue
import random
import threading
from functools import partial
from typing import Any

import orjson
import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from connectors.kinds import MessageStatus, advance
from contacts.models import Contact, ContactPoint
from inbox.actions.closing import close_conversation
from inbox.actions.delivery import record_sent
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.events import ConversationsQueued, MessagesReceived
from inbox.models import Conversation, Message
from tests import factories
from tests.concurrency import PATIENCE_SECONDS, all_well, scaled, together
from tests.connectors import payloads
from tests.factories import Cast, identity, inbound
from tests.figures import control, figure
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens
from webhooks.models import DeadLetter, Delivery
from webhooks.tasks import ingest

NOON = datetime.datetime(2031, 3, 4, 12, 0, tzinfo=datetime.UTC)


def text_piece(provider_id: str, *, sender: str = factories.ROCIO, at: int = 1_800_000_000, text: str = "Hola") -> Any:
    message = payloads.message(id_=provider_id, sender=sender, timestamp=str(at), text={"body": text})
    return payloads.change(messages=[message], contacts=[payloads.contact(sender, None, f"Cliente {sender[-4:]}")])


def arrive(*changes: Any, app_key: str = "") -> Delivery:
    """A stored delivery that waits to be read."""
    return Delivery.objects.create(body=orjson.dumps(payloads.delivery(*changes)), app_key=app_key)


# --- Once each, in order ----------------------------------------------------------------------------------------------


@pytest.mark.shows("R01")
@pytest.mark.faults
def test_events_that_come_one_to_five_times_in_any_order_are_stored_once_each(committed_cast: Cast) -> None:
    dice = random.Random(101)
    messages = scaled(small=650, full=10_000)
    senders = [f"5959816{n:05d}" for n in range(scaled(small=40, full=400))]
    sent = sent_messages(committed_cast, senders[: len(senders) // 2])
    statuses = [(message, status) for message in sent for status in ("sent", "delivered", "read")]
    events = [
        payloads.change(statuses=[payloads.status(status, id_=message.provider_id, recipient_id="x")])
        for message, status in dice.sample(statuses, len(statuses) * 3 // 4)
    ]
    reported = {(event["value"]["statuses"][0]["id"], event["value"]["statuses"][0]["status"]) for event in events}
    # Seconds repeat, as the provider's do: within one the order is the rows' own.
    events += [
        text_piece(
            f"wamid.in.{n}", sender=dice.choice(senders), at=1_800_000_000 + dice.randrange(messages // 2), text=str(n)
        )
        for n in range(messages)
    ]
    copies = [event for event in events for _ in range(dice.randint(1, 5))]
    dice.shuffle(copies)
    posts = packed(copies, dice)

    senders_at_once, workers = scaled(small=4, full=16), scaled(small=4, full=8)
    handled = post_and_read(posts, senders=senders_at_once, workers=workers)

    assert sum(handled) == len(posts)
    assert sum(each > 0 for each in handled) > 1, "one worker did it all: nothing was tried"
    assert not Delivery.objects.filter(processed_at__isnull=True).exists()
    assert not DeadLetter.objects.exists()
    stored = list(Message.objects.filter(direction="in").values_list("channel_account_id", "provider_id"))
    assert len(stored) == len(set(stored)) == messages
    assert {provider_id for _account, provider_id in stored} == {f"wamid.in.{n}" for n in range(messages)}
    assert Contact.objects.count() == len(senders)
    assert Conversation.objects.count() == len(senders)
    for conversation in Conversation.objects.all():
        shown = list(conversation.messages.order_by("happened_at", "id").values_list("happened_at", "pk"))
        assert shown == sorted(shown)
        newest = conversation.messages.order_by("-happened_at", "-id").first()
        assert newest is not None
        assert conversation.preview_at == newest.happened_at
    for message in sent:
        ladder = [MessageStatus(status) for provider_id, status in reported if provider_id == message.provider_id]
        expected = MessageStatus.SENT
        for each in ladder:
            expected = advance(expected, each)
        message.refresh_from_db()
        assert message.status == expected
    check_invariants()
    naive = naive_duplicates([[event_id(each) for each in post] for post in posts], workers=workers)
    data = f"{messages} messages and {len(reported)} statuses, {len(copies)} events in {len(posts)} posts of 1-50 by {senders_at_once} senders, shuffled, {workers} workers"
    figure("R01", f"{len(stored)} stored, 0 duplicates", data=data, samples=len(copies))
    control("R01", f"read, then write, no lock: {naive} duplicates", data=data, samples=len(copies))
    assert naive > 0


def sent_messages(cast: Cast, senders: list[str]) -> list[Message]:
    """One message that we sent to each, with the provider's id."""
    sent = []
    for sender in senders:
        conversation = factories.taken_conversation(
            cast, sender=identity(sender), at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        )
        Conversation.objects.filter(pk=conversation.pk).update(
            window_expires_at=timezone.now() + datetime.timedelta(hours=1)
        )
        message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Buenas")
        entry = factories.claim_next(conversation.pk)
        assert entry is not None
        record_sent(entry, provider_id=f"wamid.out.{message.pk}")
        message.refresh_from_db()
        sent.append(message)
    # What opened them is not what is counted.
    Message.objects.filter(direction="in").delete()
    Conversation.objects.update(preview_at=None, last_inbound_at=None, last_outbound_at=None, unread=0)
    return sent


def packed(events: list[Any], dice: random.Random) -> list[list[Any]]:
    posts, at = [], 0
    while at < len(events):
        size = dice.randint(1, 50)
        posts.append(events[at : at + size])
        at += size
    return posts


def post_and_read(posts: list[list[Any]], *, senders: int, workers: int) -> list[int]:
    """What comes is read while more comes. Return how many posts each worker read."""
    todo, reading = queue.SimpleQueue[bytes](), threading.Event()
    for post in posts:
        todo.put(orjson.dumps(payloads.delivery(*post)))

    def send() -> int:
        while not todo.empty():
            with contextlib.suppress(queue.Empty):
                Delivery.objects.create(body=todo.get_nowait())
                reading.set()
        return 0

    def work() -> int:
        read = 0
        reading.wait(PATIENCE_SECONDS)
        while (now := ingest()) or not todo.empty() or Delivery.objects.filter(processed_at=None).exists():
            read += now
        return read

    return all_well(together([send] * senders + [work] * workers))[senders:]


def event_id(change: Any) -> str:
    value = change["value"]
    return str(value["messages"][0]["id"] if "messages" in value else value["statuses"][0])


def naive_duplicates(posts: list[list[str]], *, workers: int) -> int:
    """The negative control: what reading first and writing then, without lock or constraint, makes of the same posts."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE naive_message (provider_id text)")
    todo, lock = list(posts), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not todo:
                    return
                post = todo.pop()
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT provider_id FROM naive_message WHERE provider_id = ANY(%s)", [post])
                known = {row[0] for row in cursor.fetchall()}
                cursor.executemany(
                    "INSERT INTO naive_message VALUES (%s)",
                    [[each] for each in dict.fromkeys(post) if each not in known],
                )

    try:
        all_well(together([work] * workers))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) - count(DISTINCT provider_id) FROM naive_message")
            return int(cursor.fetchone()[0])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE naive_message")


@pytest.mark.shows("R09")
@pytest.mark.faults
def test_an_album_of_a_new_contact_is_one_contact_and_one_conversation(committed_cast: Cast) -> None:
    batches = [[inbound(f"Foto {n}", sender=identity("595981000222"))] for n in range(20)]
    for _round in range(scaled(small=1, full=20)):
        received = all_well(together([partial(receive_messages, committed_cast.account, batch) for batch in batches]))
        assert sum(each.stored for each in received) == (20 if _round == 0 else 0)
    conversation = Conversation.objects.get()
    assert Contact.objects.count() == ContactPoint.objects.count() == 1
    assert conversation.messages.count() == conversation.unread == 20
    assert list(conversation.contact.teams.all()) == [committed_cast.team]
    check_invariants()


@pytest.mark.shows("R09", "R10")
def test_one_contact_under_two_names_at_once_opens_one_conversation(committed_cast: Cast) -> None:
    """The number alone in one delivery, the identifier alone in another: neither waits for the other's lock."""
    for number in range(10):
        phone, business_id = f"59598110{number:04d}", f"PY.{number}"
        receive_messages(committed_cast.account, [inbound(sender=identity(phone, business_id=business_id))])
        known = Conversation.objects.latest("id")
        close_conversation(known.pk, by=committed_cast.luis, typification_id=factories.leaf().pk)
        senders = (identity(phone), identity(None, business_id=business_id))
        all_well(
            together([partial(receive_messages, committed_cast.account, [inbound(sender=each)]) for each in senders])
        )
    check_invariants()


def test_a_batch_repeated_changes_nothing(cast: Cast) -> None:
    batch = [inbound("Hola"), inbound("¿Están?")]
    receive_messages(cast.account, batch)
    with nothing_happens():
        again = receive_messages(cast.account, batch)
    assert (again.stored, again.known) == (0, 2)


def test_a_message_twice_in_one_batch_is_one_message(cast: Cast) -> None:
    message = inbound("Hola")
    assert receive_messages(cast.account, [message, message]).stored == 1
    assert Conversation.objects.get().unread == 1


def test_a_first_message_opens_a_waiting_conversation_and_says_so_once(cast: Cast) -> None:
    with announced() as facts:
        receive_messages(cast.account, [inbound("Hola\n¿hay  lugar?", at=NOON)])
    conversation, message = Conversation.objects.get(), Message.objects.get()
    assert facts == [
        MessagesReceived(conversation_ids=(conversation.pk,), message_ids=(message.pk,)),
        ConversationsQueued(conversation_ids=(conversation.pk,)),
    ]
    assert (conversation.status, conversation.campaign, conversation.team) == ("queued", cast.campaign, cast.team)
    assert (conversation.preview, conversation.preview_direction, conversation.unread) == ("Hola ¿hay lugar?", "in", 1)
    assert (conversation.contact_name, conversation.contact_number) == ("Rocío Benítez", "+595 991 651 351")
    assert conversation.waiting_since == conversation.last_inbound_at == conversation.last_activity_at == NOON
    assert conversation.window_expires_at == NOON + datetime.timedelta(hours=24)
    assert (message.text, message.status, message.happened_at) == ("Hola\n¿hay  lugar?", "received", NOON)


def test_a_second_message_stays_in_the_conversation(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, sender=identity(), at=NOON)
    with announced() as facts:
        receive_messages(cast.account, [inbound("¿Sigue ahí?", at=NOON + datetime.timedelta(minutes=2))])
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee, conversation.unread) == ("assigned", cast.ana, 2)
    assert conversation.waiting_since == NOON
    assert [type(fact) for fact in facts] == [MessagesReceived]


@pytest.mark.shows("R11")
def test_a_late_message_stands_at_its_own_time_and_moves_nothing_back(cast: Cast) -> None:
    conversation = factories.conversation(cast, "Ahora", sender=identity(), at=NOON)
    receive_messages(cast.account, [inbound("De ayer", at=NOON - datetime.timedelta(days=1))])
    conversation.refresh_from_db()
    assert list(conversation.messages.order_by("happened_at", "id").values_list("text", flat=True)) == [
        "De ayer",
        "Ahora",
    ]
    assert (conversation.preview, conversation.preview_at, conversation.last_activity_at) == ("Ahora", NOON, NOON)
    assert conversation.last_inbound_at == NOON
    assert conversation.window_expires_at == NOON + datetime.timedelta(hours=24)
    assert conversation.unread == 2


def test_a_message_older_than_our_answer_leaves_the_conversation_answered(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        conversation = factories.taken_conversation(cast, sender=identity(), at=NOON - datetime.timedelta(minutes=5))
        send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Buenas")
        receive_messages(cast.account, [inbound("De antes", at=NOON - datetime.timedelta(minutes=1))])
    conversation.refresh_from_db()
    assert (conversation.answered, conversation.waiting_since, conversation.preview) == (True, None, "Buenas")


def test_quoting_a_known_message_points_at_it(cast: Cast) -> None:
    receive_messages(cast.account, [inbound("Primero", provider_id="wamid.A")])
    receive_messages(
        cast.account,
        [inbound("Respondo", reply_to_provider_id="wamid.A"), inbound("Otro", reply_to_provider_id="wamid.?")],
    )
    quoted = dict(Message.objects.values_list("text", "reply_to__text"))
    assert quoted == {"Primero": None, "Respondo": "Primero", "Otro": None}
