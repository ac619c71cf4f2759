"""What a campaign says by itself to who begins: once, at the right hours, and without answering in an agent's place."""

from __future__ import annotations

import datetime
from functools import partial

import pytest
import time_machine

from accounts.actions import switch_aux_state
from accounts.models import AuxState
from campaigns.actions.schedules import ScheduleSheet, add_holiday, set_schedule
from campaigns.actions.wording import MessagesSheet, set_messages
from campaigns.hours import Period
from campaigns.models import Campaign, ChannelAccount
from campaigns.variables import fill_alone
from inbox.actions.arrival import greet, waiting_for_greeting
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.distribution import assign_waiting
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.events import ConversationClosed, MessageQueued
from inbox.models import Conversation, Message, OutboxEntry
from inbox.tasks import greet_all, sweep_greetings
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast, identity, inbound
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens

# A Monday: 9 in the morning and 9 in the evening in Asunción.
MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)
EVENING = MORNING + datetime.timedelta(hours=12)
WELCOME, CLOSED = "Hola {nombre}, te damos la bienvenida a {empresa}.", "Atendemos de 8 a 20."


def speaking(cast: Cast, *, action: str = "queue", message: str = CLOSED) -> None:
    """Altas attends on Mondays from 8 to 20."""
    set_messages(cast.campaign.pk, sheet=MessagesSheet(welcome_message=WELCOME), by=cast.admin)
    sheet = ScheduleSheet(periods=(Period(0, 480, 1200),), out_of_hours_action=action, out_of_hours_message=message)
    set_schedule(cast.campaign.pk, sheet=sheet, by=cast.admin)
    cast.account.refresh_from_db()


def begun(cast: Cast, *, name: str = "Rocío Benítez") -> Conversation:
    receive_messages(
        ChannelAccount.objects.get(pk=cast.account.pk), [inbound("Hola", sender=identity("595981000001", name=name))]
    )
    return Conversation.objects.latest("id")


def said(conversation: Conversation) -> list[str]:
    return list(
        Message.objects.filter(conversation=conversation, direction="out").order_by("id").values_list("text", flat=True)
    )


def test_who_begins_in_hours_is_welcomed_once(cast: Cast) -> None:
    speaking(cast)
    with time_machine.travel(MORNING, tick=False):
        conversation = begun(cast)
        assert waiting_for_greeting(most=10) == [conversation.pk]
        with announced() as facts:
            assert greet(conversation.pk) is True
        (message,) = Message.objects.filter(conversation=conversation, direction="out")
        assert facts == [
            MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk)
        ]
        assert message.text == "Hola Rocío Benítez, te damos la bienvenida a Fibra Sur."
        assert (message.author, message.author_kind, message.status) == (None, "bot", "queued")
        assert OutboxEntry.objects.filter(message=message).exists()
        with nothing_happens():
            assert greet(conversation.pk) is False
            assert sweep_greetings() == 0
        # Let go, it waits anew and is not welcomed anew.
        take_conversation(conversation.pk, by=cast.ana)
        release_conversation(conversation.pk, by=cast.ana)
        assert greet_all([conversation.pk]) == 0
    assert len(said(conversation)) == 1


@pytest.mark.shows("001-14", "001-16")
def test_what_nobody_wrote_answers_nobody(cast: Cast) -> None:
    speaking(cast)
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = begun(cast)
        since = conversation.waiting_since
        take_conversation(conversation.pk, by=cast.ana)
        clock.shift(1)
        assert greet(conversation.pk) is True
        conversation.refresh_from_db()
        assert (conversation.needs_first_reply, conversation.answered, conversation.waiting_since) == (
            True,
            False,
            since,
        )
        assert (conversation.status, conversation.unread) == ("assigned", 1)
        assert (conversation.preview_direction, conversation.preview[:10]) == ("out", "Hola Rocío")
        send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola, soy Ana")
        conversation.refresh_from_db()
        assert conversation.needs_first_reply is False
    check_invariants(outbox_is_empty=False)


def test_who_writes_outside_of_hours_is_told_and_waits_for_opening_time(cast: Cast) -> None:
    speaking(cast)
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    switch_aux_state(cast.ana, AuxState.objects.get(code="social_new_and_active"))
    factories.be_here(cast.ana)
    with time_machine.travel(EVENING, tick=False) as clock:
        conversation = begun(cast)
        assert greet(conversation.pk) is True
        assert said(conversation) == [CLOSED]
        assert assign_waiting(conversation.pk) is None
        # Somebody who is there all the same may take it.
        clock.move_to(MORNING + datetime.timedelta(days=7))
        assert assign_waiting(conversation.pk) == cast.ana


@pytest.mark.parametrize("is_holiday", [False, True])
def test_a_campaign_that_closes_says_so_and_ends_it_with_its_own_outcome(cast: Cast, is_holiday: bool) -> None:
    speaking(cast, action="close")
    if is_holiday:
        add_holiday(cast.campaign.pk, on=MORNING.date(), by=cast.admin)
    with time_machine.travel(MORNING if is_holiday else EVENING, tick=False), announced() as facts:
        conversation = begun(cast)
        assert greet(conversation.pk) is True
    conversation.refresh_from_db()
    assert (conversation.status, conversation.close_mode, conversation.closed_by) == ("closed", "out_of_hours", None)
    assert conversation.typification is not None
    assert conversation.typification.system_code == "out_of_hours"
    assert said(conversation) == [CLOSED]
    assert facts[-1] == ConversationClosed(conversation_ids=(conversation.pk,), by_id=None)
    # What was said leaves all the same.
    assert OutboxEntry.objects.filter(conversation=conversation).count() == 1
    check_invariants(outbox_is_empty=False)


def test_who_comes_back_is_told_again_that_nobody_is_there_and_welcomed_no_more(cast: Cast) -> None:
    speaking(cast, action="close")
    Campaign.objects.filter(pk=cast.campaign.pk).update(reopen_within_h=48)
    with time_machine.travel(EVENING, tick=False) as clock:
        conversation = begun(cast)
        greet(conversation.pk)
        clock.shift(60)
        assert begun(cast) == conversation
        greet(conversation.pk)
        assert said(conversation) == [CLOSED, CLOSED]
        clock.move_to(MORNING + datetime.timedelta(days=1, hours=-1))
        # Tuesday has no hours: it stays closed.
        begun(cast)
        assert greet(conversation.pk) is True
        clock.move_to(EVENING + datetime.timedelta(hours=40))
        sheet = ScheduleSheet.of(cast.campaign)
        set_schedule(
            cast.campaign.pk,
            sheet=ScheduleSheet(out_of_hours_action=sheet.out_of_hours_action, out_of_hours_message=CLOSED),
            by=cast.admin,
        )
        begun(cast)
        assert greet(conversation.pk) is False
    assert len(said(conversation)) == 3


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_a_campaign_that_does_not_work_says_nothing(cast: Cast, state: str) -> None:
    speaking(cast, action="close")
    Campaign.objects.filter(pk=cast.campaign.pk).update(state=state)
    with time_machine.travel(EVENING, tick=False):
        conversation = begun(cast)
        assert greet(conversation.pk) is False
    conversation.refresh_from_db()
    assert (conversation.status, said(conversation)) == ("queued", [])


def test_a_campaign_without_words_costs_nothing(cast: Cast) -> None:
    conversation = begun(cast)
    assert conversation.awaits_greeting is False
    with nothing_happens():
        assert greet(conversation.pk) is False
        assert greet(987_654_321) is False


def test_what_came_too_late_to_be_answered_freely_is_answered_by_nobody(cast: Cast) -> None:
    speaking(cast, message="")
    with time_machine.travel(MORNING, tick=False):
        account = ChannelAccount.objects.get(pk=cast.account.pk)
        receive_messages(account, [inbound("Hola", at=MORNING - datetime.timedelta(days=3))])
        conversation = Conversation.objects.latest("id")
        assert greet(conversation.pk) is False
        with time_machine.travel(EVENING, tick=False):
            assert greet(begun(cast).pk) is False


def test_of_two_workers_one_greets(committed_cast: Cast) -> None:
    speaking(committed_cast)
    with time_machine.travel(MORNING, tick=False):
        conversation = begun(committed_cast)
        outcomes = all_well(together([partial(greet, conversation.pk)] * 4))
    assert sorted(outcomes) == [False, False, False, True]
    assert len(said(conversation)) == 1


@pytest.mark.shows("S35")
@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hola {nombre}, bienvenida", "Hola, bienvenida"),
        ("{nombre}: hola", ": hola"),
        ("Hola {NOMBRE} {apellido}.", "Hola."),
        ("{empresa} te saluda", "Fibra {nombre} te saluda"),
        ("{otra} {{nombre}} {0.__class__}", "{otra} {{nombre}} {0.__class__}"),
        ("Hola {agente}\nChau", "Hola\nChau"),
        ("", ""),
    ],
)
def test_what_has_no_value_is_left_out_and_nothing_else_is_a_variable(text: str, filled: str) -> None:
    assert fill_alone(text, {"empresa": "Fibra {nombre}"}) == filled
