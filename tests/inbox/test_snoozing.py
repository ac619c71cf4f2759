"""Letting it rest until a time of one's own; words for later, sent once if they may be said then."""

from __future__ import annotations

import datetime
import uuid
from functools import partial

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.actions import begin_session, deactivate_user
from core.refusals import Invalid, NotFound
from inbox.actions.assignment import release_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.scheduling import cancel_scheduled, schedule_message, send_due
from inbox.actions.sending import send_message
from inbox.actions.snoozing import snooze_conversation, wake_conversation, wake_due
from inbox.errors import AlreadyClosed, NotAssigned, NotSnoozed, NotYours, ScheduleOver
from inbox.events import ConversationSnoozed, ConversationWoken, MessageQueued, MessageScheduled
from inbox.models import Conversation, Message, OutboxEntry, ScheduledMessage
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast, identity, inbound
from tests.inbox.test_assignment import put_into
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused

MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
WRITER = identity("595981444000")


def answered(cast: Cast) -> Conversation:
    conversation = factories.taken_conversation(cast, sender=WRITER)
    send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Te escucho")
    conversation.refresh_from_db()
    return conversation


# --- Resting ------------------------------------------------------------------------------------------------------------------


def test_it_rests_until_its_time(cast: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        begin_session(cast.ana)
        conversation = answered(cast)
        until = MORNING + HOUR
        with announced() as facts:
            snooze_conversation(conversation.pk, by=cast.ana, until=until)
        assert facts == [ConversationSnoozed(conversation_ids=(conversation.pk,), by_id=cast.ana.pk)]
        with nothing_happens():
            snooze_conversation(conversation.pk, by=cast.ana, until=until)
            assert wake_due() == 0
        conversation.refresh_from_db()
        assert (conversation.status, conversation.snoozed_until, conversation.tray) == ("snoozed", until, "in_progress")
        clock.shift(HOUR)
        with announced() as facts:
            assert wake_due() == 1
        assert facts == [ConversationWoken(conversation_ids=(conversation.pk,), by_id=None)]
        with nothing_happens():
            assert wake_due() == 0
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee, conversation.snoozed_until) == ("in_progress", cast.ana, None)
    assert list(conversation.events.order_by("change").values_list("kind", flat=True)) == [
        "assigned",
        "snoozed",
        "woken",
    ]
    check_invariants(outbox_is_empty=False)


def test_the_customers_word_wakes_it(cast: Cast) -> None:
    conversation = answered(cast)
    snooze_conversation(conversation.pk, by=cast.ana, until=timezone.now() + HOUR)
    receive_messages(cast.account, [inbound("Ya tengo el dato", sender=WRITER)])
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("in_progress", cast.ana)
    with nothing_happens():
        assert wake_due() == 0


@pytest.mark.shows("B-06")
def test_whose_owner_is_gone_goes_to_the_queue(cast: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        begin_session(cast.ana)
        conversation = answered(cast)
        snooze_conversation(conversation.pk, by=cast.ana, until=MORNING + HOUR)
        deactivate_user(cast.ana.pk, by=cast.admin)
        clock.shift(HOUR)
        assert wake_due() == 1
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("queued", None)
    assert conversation.events.get(kind="returned").details["reason"] == "left"
    check_invariants(outbox_is_empty=False)


@pytest.mark.shows("B-05", "S01")
def test_who_may_not_let_it_rest_is_told_why(cast: Cast) -> None:
    conversation = answered(cast)
    ask = partial(snooze_conversation, conversation.pk, until=timezone.now() + HOUR)
    with refused(NotFound):
        ask(by=cast.eva)
    with refused(NotYours):
        ask(by=cast.luis)
    for wrong in (-HOUR, datetime.timedelta(days=61)):
        with refused(Invalid) as refusal:
            snooze_conversation(conversation.pk, by=cast.ana, until=timezone.now() + wrong)
        assert list(refusal.value.fields) == ["until"]
    with refused(NotSnoozed):
        wake_conversation(conversation.pk, by=cast.ana)
    ask(by=cast.ana)
    with announced() as facts:
        wake_conversation(conversation.pk, by=cast.luis)
    assert facts == [ConversationWoken(conversation_ids=(conversation.pk,), by_id=cast.luis.pk)]
    waiting = factories.conversation(cast)
    with refused(NotAssigned):
        snooze_conversation(waiting.pk, by=cast.luis, until=timezone.now() + HOUR)
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    with refused(AlreadyClosed):
        ask(by=cast.ana)


# --- Words for later ----------------------------------------------------------------------------------------------------------


def later(conversation: Conversation, cast: Cast, *, text: str = "¿Cómo te fue?") -> ScheduledMessage:
    scheduled, is_new = schedule_message(
        conversation.pk, by=cast.ana, text=text, due_at=timezone.now() + HOUR, client_id=factories.client_id()
    )
    assert is_new
    return scheduled


def test_they_are_sent_once_at_their_time_though_their_author_is_away(cast: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = answered(cast)
        scheduled = later(conversation, cast, text="  ¿Cómo te fue?\n")
        receive_messages(cast.account, [inbound("Espera", sender=WRITER)])
        with nothing_happens():
            assert send_due() == 0
        put_into(cast.ana, "break")
        clock.shift(HOUR)
        with announced() as facts:
            assert send_due() == 1
        message = Message.objects.get(client_id=scheduled.client_id)
        assert facts == [
            MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk),
            MessageScheduled(conversation_ids=(conversation.pk,), by_id=None),
        ]
        assert (message.text, message.author, message.author_kind) == ("¿Cómo te fue?", cast.ana, "agent")
        assert OutboxEntry.objects.filter(message=message).exists()
        with nothing_happens():
            assert send_due() == 0
    conversation.refresh_from_db()
    assert (conversation.answered, conversation.waiting_since) == (True, None)
    scheduled.refresh_from_db()
    assert scheduled.state == "sent"


@pytest.mark.shows("B-07")
def test_what_may_not_be_said_any_more_is_not_said_and_says_why(cast: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        late, given_back, over = (
            factories.taken_conversation(cast, sender=identity(f"59598144400{n}")) for n in range(1, 4)
        )
        for each in (given_back, over):
            later(each, cast)
        schedule_message(
            late.pk, by=cast.ana, text="Tarde", due_at=MORNING + 30 * HOUR, client_id=factories.client_id()
        )
        release_conversation(given_back.pk, by=cast.ana)
        close_conversation(over.pk, by=cast.luis, typification_id=factories.leaf().pk)
        clock.shift(30 * HOUR)
        assert send_due() == 3
    assert not Message.objects.filter(direction="out").exists()
    failures = ScheduledMessage.objects.order_by("conversation_id").values_list("state", "failure")
    assert list(failures) == [("failed", "window_closed"), ("failed", "not_assigned"), ("failed", "already_closed")]


@pytest.mark.shows("S01", "S10")
def test_who_may_schedule_and_call_off(cast: Cast) -> None:
    conversation = answered(cast)
    ask = partial(schedule_message, conversation.pk, client_id=uuid.uuid4(), text="Hola", due_at=timezone.now() + HOUR)
    with refused(NotFound):
        ask(by=cast.eva)
    with refused(NotYours):
        ask(by=cast.luis)
    for wrong in ({"text": " "}, {"text": "x" * 5000}, {"due_at": timezone.now() - HOUR}):
        with refused(Invalid):
            ask(by=cast.ana, **wrong)
    scheduled, is_new = ask(by=cast.ana)
    assert is_new
    with nothing_happens():
        assert ask(by=cast.ana) == (scheduled, False)
    with refused(NotFound):
        cancel_scheduled(conversation.pk, scheduled.uuid, by=cast.eva)
    with refused(NotFound):
        cancel_scheduled(conversation.pk, uuid.uuid4(), by=cast.ana)
    cancel_scheduled(conversation.pk, scheduled.uuid, by=cast.ana)
    with nothing_happens():
        cancel_scheduled(conversation.pk, scheduled.uuid, by=cast.luis)
    ScheduledMessage.objects.filter(pk=scheduled.pk).update(state="sent")
    with refused(ScheduleOver):
        cancel_scheduled(conversation.pk, scheduled.uuid, by=cast.ana)
    for _each in range(20):
        later(conversation, cast)
    with refused(Invalid):
        later(conversation, cast)


@pytest.mark.faults
def test_two_clocks_say_it_once(committed_cast: Cast) -> None:
    conversation = answered(committed_cast)
    scheduled = later(conversation, committed_cast)
    ScheduledMessage.objects.filter(pk=scheduled.pk).update(due_at=timezone.now() - HOUR)
    assert sum(all_well(together([send_due] * 4))) == 1
    assert Message.objects.filter(client_id=scheduled.client_id).count() == 1
    check_invariants(outbox_is_empty=False)


def test_over_rest(cast: Cast) -> None:
    conversation = answered(cast)
    client = Client()
    client.force_login(cast.ana)
    snooze = f"/api/v1/conversations/{conversation.pk}/snooze/"
    until = (timezone.now() + HOUR).isoformat()
    shown = client.put(snooze, {"until": until}, content_type="application/json").json()
    assert (shown["status"], shown["snoozed_until"] is not None) == ("snoozed", True)
    assert shown["actions"]["wake"]["allowed"] is True
    assert client.delete(snooze).json()["snoozed_until"] is None
    assert client.put(snooze, {"until": "mañana"}, content_type="application/json").status_code == 400
    address = f"/api/v1/conversations/{conversation.pk}/scheduled/"
    body = {"client_id": str(uuid.uuid4()), "text": "Hasta mañana", "due_at": until}
    made = client.post(address, body, content_type="application/json")
    assert (made.status_code, made.json()["state"]) == (201, "pending")
    assert client.post(address, body, content_type="application/json").status_code == 200
    (row,) = client.get(address).json()["results"]
    assert (row["text"], row["is_mine"], row["author"]["name"]) == ("Hasta mañana", True, "Ana Gómez")
    assert client.delete(f"{address}{row['id']}/").status_code == 204
    assert client.get(address).json()["results"] == []
    client.force_login(cast.eva)
    assert client.get(address).status_code == 404
