"""How a batch is cut never matters: not for what is stored, and not for what it costs."""

from __future__ import annotations

import datetime
import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kinds import ChannelKind, MessageKind, MessageStatus
from connectors.messages import InboundMessage, MediaReference
from contacts.actions import identify
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import Received, receive_messages
from inbox.actions.statuses import apply_statuses
from inbox.models import Attachment, Conversation, ConversationEvent, Message, ParkedStatus
from inbox.models.conversation import Status
from tests import factories
from tests.concurrency import PATIENCE_SECONDS, all_well, together
from tests.factories import Cast, identity, inbound, status_update
from tests.invariants import check_invariants
from tests.stack import wait_until

NOON = datetime.datetime(2031, 3, 4, 12, 0, tzinfo=datetime.UTC)
SENDERS = [f"59598200000{number}" for number in range(5)]


# --- What it costs ----------------------------------------------------------------------------------------------------

# Statements for a batch of any size. A COPY is not among them, but the statement that fetches its keys is.
# With the account's campaigns, whose state and rules say where each goes.
BUDGETS = {"new customers": 31, "known customers": 23, "a repetition": 14, "statuses": 10, "early statuses": 11}


def statements(job: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        job()
    return len(captured)


def messages_of(senders: int, count: int, *, first: int = 0) -> list[InboundMessage]:
    """As many messages, some of them with a picture or an answer to an earlier one of the batch."""
    return [
        inbound(
            f"Mensaje {number}",
            sender=identity(f"5959830{first + number % senders:05d}", business_id=f"PY.{first + number % senders}"),
            provider_id=f"wamid.{first}.{number}",
            reply_to_provider_id=f"wamid.{first}.{number - 1}" if number % 7 == 1 else None,
            kind=MessageKind.IMAGE if number % 5 == 0 else MessageKind.TEXT,
            media=MediaReference(id=f"media.{number}", mime="image/jpeg") if number % 5 == 0 else None,
        )
        for number in range(count)
    ]


def test_two_hundred_messages_of_a_hundred_senders_cost_as_many_statements_as_twenty(cast: Cast) -> None:
    # What is read once in a process is read before.
    receive_messages(cast.account, messages_of(1, 1, first=90_000))
    few, many = messages_of(20, 20), messages_of(100, 200, first=1000)
    counted = {
        name: [statements(lambda batch=batch: receive_messages(cast.account, batch)) for batch in batches]
        for name, batches in {
            "new customers": (few, many),
            "known customers": (again(few), again(many)),
            "a repetition": (few, many),
        }.items()
    }
    assert {name: small == large for name, (small, large) in counted.items()} == dict.fromkeys(counted, True), counted
    for name, (_small, large) in counted.items():
        assert large <= BUDGETS[name], f"{name}: {large} statements"
    assert (Message.objects.count(), Conversation.objects.count()) == (441, 121)
    assert Attachment.objects.count() == 2 * (4 + 40) + 1
    check_invariants()


def again(batch: Sequence[InboundMessage]) -> list[InboundMessage]:
    return [inbound(each.text, sender=each.sender, kind=each.kind, media=each.media) for each in batch]


def test_two_hundred_statuses_cost_as_many_statements_as_twenty(cast: Cast) -> None:
    receive_messages(cast.account, messages_of(100, 100))
    now = timezone.now()
    sent = Message.objects.bulk_create(
        Message(
            conversation=each, channel_account=cast.account, change=2 + turn, happened_at=now, direction="out",
            status="sent", provider_id=f"wamid.out.{each.pk}.{turn}", author=cast.ana, author_kind="agent",
        )
        for each in Conversation.objects.all() for turn in range(2)
    )  # fmt: skip
    Conversation.objects.update(change=3)
    delivered = [status_update(each, MessageStatus.DELIVERED, opaque=False) for each in sent]
    read = [status_update(each, MessageStatus.READ) for each in sent]
    strangers = [
        status_update(sent[0], MessageStatus.READ, provider_id=f"wamid.early.{n}", opaque=False) for n in range(220)
    ]
    counted = {
        "statuses": [statements(lambda batch=batch: apply_statuses(cast.account, batch)) for batch in (delivered[:20], delivered[20:] + read)],
        "early statuses": [statements(lambda batch=batch: apply_statuses(cast.account, batch)) for batch in (strangers[:20], strangers[20:])],
    }  # fmt: skip
    for name, (small, large) in counted.items():
        assert small == large <= BUDGETS[name], counted
    assert set(Message.objects.filter(direction="out").values_list("status", flat=True)) == {"read"}
    assert ParkedStatus.objects.count() == 220
    assert set(Conversation.objects.values_list("change", flat=True)) <= {5, 7}


# --- What is stored ---------------------------------------------------------------------------------------------------


def people_of_every_standing(cast: Cast) -> None:
    """A waiting one, one that was answered, a snoozed one and one closed a moment ago; the fifth never wrote."""
    begun = NOON - datetime.timedelta(hours=1)
    for sender in SENDERS[:4]:
        receive_messages(cast.account, [inbound("Antes", sender=identity(sender), at=begun)])
    _waiting, answered, snoozed, closed = Conversation.objects.order_by("pk")
    Message.objects.create(
        conversation=answered, channel_account=cast.account, change=2, happened_at=NOON, direction="out", status="sent"
    )
    Conversation.objects.filter(pk=answered.pk).update(
        last_outbound_at=NOON, waiting_since=None, answered=True, change=2
    )
    Conversation.objects.filter(pk=snoozed.pk).update(status=Status.SNOOZED)
    close_conversation(closed.pk, by=cast.luis, typification_id=factories.leaf().pk)
    cast.campaign.reopen_within_h = 24
    cast.campaign.save()


def end_state() -> list[Any]:
    """Everything but the order in which rows were given their keys."""
    conversations = Conversation.objects.order_by("contact_number").values(
        "contact_number", "contact_name", "status", "unread", "preview", "preview_at", "preview_direction", "last_inbound_at", "last_activity_at",
        "window_expires_at", "waiting_since", "answered", "needs_first_reply", "assignee", "team", "change",
    )  # fmt: skip
    messages = Message.objects.order_by("happened_at", "provider_id").values_list(
        "conversation__contact_number", "provider_id", "happened_at", "text", "reply_to__provider_id"
    )
    events = ConversationEvent.objects.order_by("conversation__contact_number", "kind").values_list(
        "conversation__contact_number", "kind"
    )
    return [list(conversations), list(messages), list(events)]


class Undo(Exception):
    """Takes everything back that a trial did."""


def after(cast: Cast, batches: Sequence[Sequence[InboundMessage]]) -> list[Any]:
    state: list[Any] = []
    try:
        with transaction.atomic():
            for batch in batches:
                receive_messages(cast.account, batch)
            check_invariants()
            state = end_state()
            raise Undo
    except Undo:
        return state


@pytest.mark.shows("R01", "R11")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    # Whose, and when: minutes before or after the answer we gave, each another.
    written=st.lists(
        st.tuples(st.integers(0, 4), st.integers(-4320, 4320)), min_size=1, max_size=12, unique_by=lambda each: each[1]
    ),
    cuts=st.lists(st.integers(1, 5), max_size=12),
    dice=st.randoms(use_true_random=False),
)
def test_the_same_messages_in_any_split_and_order_end_alike(
    cast: Cast, written: list[tuple[int, int]], cuts: list[int], dice: random.Random
) -> None:
    if not Conversation.objects.exists():
        people_of_every_standing(cast)
    messages = [
        inbound(
            f"A los {minute} minutos",
            sender=identity(SENDERS[sender]),
            provider_id=f"wamid.{minute}",
            at=NOON + datetime.timedelta(minutes=minute, seconds=1),
        )
        for sender, minute in written
    ]
    at_once = after(cast, [messages])
    shuffled = messages + dice.sample(messages, len(messages) // 2)
    dice.shuffle(shuffled)
    batches, rest = [], shuffled
    for size in cuts:
        batches.append(rest[:size])
        rest = rest[size:]
    assert after(cast, [*(each for each in batches if each), *([each] for each in rest)]) == at_once


def test_what_was_written_within_one_second_stands_in_the_order_in_which_it_arrived(cast: Cast) -> None:
    words = [f"{number}" for number in range(12)]
    # Ids that sort another way: they are the provider's, and say nothing about time.
    together = [inbound(each, at=NOON, provider_id=f"wamid.{97 - number * 7:02d}") for number, each in enumerate(words)]
    receive_messages(cast.account, together)
    stored = Conversation.objects.get().messages.order_by("happened_at", "id").values_list("text", flat=True)
    assert list(stored) == words


@pytest.mark.shows("R11")
def test_messages_days_late_reopen_once_at_their_own_time_with_a_window_of_their_own(cast: Cast) -> None:
    """The conversation was closed since. Nothing of the window is given back, and somebody sees that they came."""
    cast.campaign.reopen_within_h = 2
    cast.campaign.save()
    conversation = factories.taken_conversation(cast, sender=identity(), at=timezone.now())
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    days_ago = timezone.now() - datetime.timedelta(days=3)
    Conversation.objects.update(window_expires_at=days_ago)
    late = [inbound(f"Tarde {n}", sender=identity(), at=days_ago + datetime.timedelta(minutes=n)) for n in range(3)]
    receive_messages(cast.account, late[:2])
    receive_messages(cast.account, late[1:])
    conversation.refresh_from_db()
    texts = conversation.messages.order_by("happened_at", "id").values_list("text", flat=True)
    assert list(texts) == ["Tarde 0", "Tarde 1", "Tarde 2", "Hola"]
    assert Conversation.objects.count() == 1
    assert conversation.events.filter(kind=ConversationEvent.Kind.REOPENED).count() == 1
    assert (conversation.status, conversation.unread, conversation.preview) == ("queued", 3, "Hola")
    assert conversation.window_expires_at == late[2].happened_at + datetime.timedelta(hours=24)
    assert conversation.window_expires_at < timezone.now()
    check_invariants()


def test_an_answer_may_come_in_the_batch_of_what_it_quotes(cast: Cast) -> None:
    batch = [
        inbound("Respondo", at=NOON, provider_id="wamid.B", reply_to_provider_id="wamid.A"),
        inbound("Pregunto", at=NOON + datetime.timedelta(seconds=1), provider_id="wamid.A"),
    ]
    receive_messages(cast.account, batch)
    assert dict(Message.objects.values_list("text", "reply_to__text")) == {"Respondo": "Pregunto", "Pregunto": None}


def test_a_batch_waits_only_for_the_senders_that_another_worker_holds(committed_cast: Cast) -> None:
    is_held, may_go = threading.Event(), threading.Event()
    busy, free = identity(SENDERS[0]), identity(SENDERS[1])

    def hold() -> None:
        with transaction.atomic():
            identify([busy], kind=ChannelKind.WHATSAPP)
            is_held.set()
            may_go.wait(PATIENCE_SECONDS)

    def receive() -> Received:
        is_held.wait(PATIENCE_SECONDS)
        batch = [inbound("Ocupado", sender=busy), inbound("Libre", sender=free)]
        return receive_messages(committed_cast.account, batch)

    def watch() -> list[str]:
        is_held.wait(PATIENCE_SECONDS)
        wait_until(Message.objects.exists, what="the free one's message")
        seen = list(Message.objects.values_list("text", flat=True))
        may_go.set()
        return seen

    _held, received, seen = all_well(together([hold, receive, watch]))
    assert seen == ["Libre"]
    assert received == Received(stored=2, known=0)
    assert set(Message.objects.values_list("text", flat=True)) == {"Libre", "Ocupado"}
    check_invariants()
