"""Who lets somebody wait too long is told of it; who is silent too long is asked, and let go."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
import time_machine

from accounts.actions import begin_session, end_session
from campaigns.actions.portfolio import ClientSheet, edit_client
from campaigns.actions.schedules import ScheduleSheet, set_schedule
from campaigns.actions.wording import MessagesSheet, set_messages
from campaigns.hours import Period
from campaigns.models import Campaign, Client
from core.models import JournalEntry
from inbox.actions.assignment import release_conversation
from inbox.actions.inactivity import alert_agents, step_on, step_one
from inbox.actions.leaving import redistribute
from inbox.actions.moving import reopen_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.scheduling import schedule_message, send_due
from inbox.actions.sending import send_message
from inbox.actions.snoozing import snooze_conversation, wake_due
from inbox.attention_tasks import tick
from inbox.events import ConversationsLeftWaiting
from inbox.models import Conversation, Message
from inbox.rows import read_conversations, show_conversation
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast, identity, inbound
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens

MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
WRITER = identity("595981333000")
ASKED = "¿Sigues ahí, {nombre}?"


@pytest.fixture
def impatient(cast: Cast) -> Cast:
    """Fibra Sur waits ten minutes, and asks twice."""
    Client.objects.filter(pk=cast.campaign.project.client_id).update(max_inactivity_s=600, inactivity_attempts=2)
    set_messages(cast.campaign.pk, sheet=MessagesSheet(inactivity_message=ASKED), by=cast.admin)
    return cast


def taken(cast: Cast) -> Conversation:
    return factories.taken_conversation(cast, sender=WRITER)


def answered(cast: Cast) -> Conversation:
    conversation = taken(cast)
    send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="¿Cuál es tu documento?")
    return conversation


def asked(conversation: Conversation) -> list[str]:
    said = Message.objects.filter(conversation=conversation, author_kind="bot").order_by("id")
    return list(said.values_list("text", flat=True))


# --- We let them wait ---------------------------------------------------------------------------------------------------------


@pytest.mark.shows("004-10")
def test_an_agent_is_told_once_of_whom_they_let_wait(impatient: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = taken(impatient)
        factories.conversation(impatient)
        clock.shift(10 * MINUTE - datetime.timedelta(seconds=1))
        with nothing_happens():
            assert alert_agents() == 0
        clock.shift(1)
        with announced() as facts:
            assert alert_agents() == 1
        assert facts == [ConversationsLeftWaiting(conversation_ids=(conversation.pk,))]
        assert is_late(conversation) is True
        with nothing_happens():
            assert alert_agents() == 0
        # What they add is the same waiting.
        receive_messages(impatient.account, [inbound("¿Hola?", sender=WRITER)])
        assert alert_agents() == 0
        send_message(conversation.pk, by=impatient.ana, client_id=factories.client_id(), text="Aquí estoy")
        assert is_late(conversation) is False
        clock.shift(MINUTE)
        receive_messages(impatient.account, [inbound("Gracias", sender=WRITER)])
        clock.shift(10 * MINUTE)
        assert alert_agents() == 1


def is_late(conversation: Conversation) -> bool:
    row = read_conversations([conversation.pk])[conversation.pk]
    return bool(show_conversation(row, sees_numbers=True)["is_late"])


@pytest.mark.shows("004-10")
@pytest.mark.parametrize("change", ["paused", "nobody waits"])
def test_a_campaign_at_rest_and_a_client_without_limits_tell_nothing(impatient: Cast, change: str) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        taken(impatient)
        if change == "paused":
            Campaign.objects.filter(pk=impatient.campaign.pk).update(state="paused")
        else:
            Client.objects.update(max_inactivity_s=0)
        clock.shift(60 * MINUTE)
        with nothing_happens():
            assert alert_agents() == 0
            assert step_on() == 0


@pytest.mark.shows("004-10")
def test_a_client_may_want_the_alert_alone(impatient: Cast) -> None:
    """Without reminders nothing ends by itself, as the client's page says."""
    client = Client.objects.get(pk=impatient.campaign.project.client_id)
    edit_client(client.pk, sheet=replace(ClientSheet.of(client), inactivity_attempts=0), by=impatient.admin)
    with time_machine.travel(MORNING, tick=False) as clock:
        answered(impatient)
        factories.taken_conversation(impatient)
        clock.shift(60 * MINUTE)
        with nothing_happens():
            assert step_on() == 0
        assert alert_agents() == 1


# --- They let us wait ---------------------------------------------------------------------------------------------------------


def test_a_silent_customer_is_asked_twice_and_then_let_go(impatient: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = answered(impatient)
        for number in (1, 2):
            clock.shift(10 * MINUTE - datetime.timedelta(seconds=1))
            with nothing_happens():
                assert step_on() == 0
            clock.shift(1)
            assert step_on() == 1
            with nothing_happens():
                assert step_on() == 0
            assert asked(conversation) == ["¿Sigues ahí, Rocío Benítez?"] * number
            conversation.refresh_from_db()
            # The agent's answer is the last word still: nobody waits, and nothing is unanswered.
            assert (conversation.status, conversation.answered, conversation.waiting_since) == (
                "in_progress",
                True,
                None,
            )
        clock.shift(10 * MINUTE)
        assert step_on() == 1
    conversation.refresh_from_db()
    assert (conversation.status, conversation.close_mode, conversation.closed_by) == ("closed", "inactivity", None)
    assert conversation.typification is not None
    assert conversation.typification.system_code == "inactivity"
    assert JournalEntry.objects.filter(verb="conversation_closed", actor_id=None).exists()
    check_invariants(outbox_is_empty=False)


@pytest.mark.shows("B-06")
def test_who_was_answered_by_somebody_who_left_is_asked_in_the_queue_too(impatient: Cast) -> None:
    """Back in the queue nobody waits: in a campaign where agents take what waits it would stand there for ever."""
    with time_machine.travel(MORNING, tick=False) as clock:
        begin_session(impatient.ana)
        conversation, waiting = answered(impatient), factories.conversation(impatient)
        clock.shift(9 * MINUTE)
        end_session(impatient.ana, session_digest="test")
        assert redistribute(impatient.ana.pk) == 1
        conversation.refresh_from_db()
        assert (conversation.status, conversation.waiting_since) == ("queued", None)
        # From here on, not from their agent's last word.
        clock.shift(10 * MINUTE - datetime.timedelta(seconds=1))
        with nothing_happens():
            assert step_on() == 0
        clock.shift(1)
        for number in (1, 2):
            assert step_on() == 1
            assert asked(conversation) == ["¿Sigues ahí, Rocío Benítez?"] * number
            clock.shift(10 * MINUTE)
        assert step_on() == 1
        # Who waits for us is neither asked nor let go, however long it takes.
        clock.shift(60 * MINUTE)
        with nothing_happens():
            assert step_on() == 0
    conversation.refresh_from_db()
    waiting.refresh_from_db()
    assert (conversation.status, conversation.close_mode, waiting.status) == ("closed", "inactivity", "queued")
    assert conversation.typification is not None
    check_invariants(outbox_is_empty=False)


def test_who_speaks_in_the_queue_waits_again(impatient: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        begin_session(impatient.ana)
        conversation = answered(impatient)
        end_session(impatient.ana, session_digest="test")
        redistribute(impatient.ana.pk)
        clock.shift(10 * MINUTE)
        assert step_on() == 1
        receive_messages(impatient.account, [inbound("Aquí sigo", sender=WRITER)])
        clock.shift(60 * MINUTE)
        with nothing_happens():
            assert step_on() == 0
    conversation.refresh_from_db()
    assert conversation.status == "queued"
    assert conversation.waiting_since is not None


@pytest.mark.parametrize("is_given_back", [False, True])
def test_who_is_to_be_written_later_is_neither_asked_nor_let_go(impatient: Cast, is_given_back: bool) -> None:
    """The words would be lost with the end of it. Of who gave it back they are lost already."""
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = answered(impatient)
        schedule_message(
            conversation.pk, by=impatient.ana, text="¿Lo encontraste?", due_at=MORNING + 60 * MINUTE, client_id=factories.client_id()
        )  # fmt: skip
        if is_given_back:
            release_conversation(conversation.pk, by=impatient.ana)
        clock.shift(30 * MINUTE)
        if is_given_back:
            assert step_on() == 1
            return
        with nothing_happens():
            assert step_on() == 0
            assert step_one(conversation.pk) is False
        clock.shift(30 * MINUTE)
        assert send_due() == 1
        # From there on they are silent as anybody.
        clock.shift(10 * MINUTE)
        assert step_on() == 1
    assert len(asked(conversation)) == 1


def test_the_campaigns_own_outcome_ends_it(impatient: Cast) -> None:
    impatient.campaign.offered.filter(purpose="inactivity").delete()
    outcome = factories.leaf()
    impatient.campaign.offered.create(typification=outcome, purpose="inactivity", is_default=True)
    Client.objects.update(inactivity_attempts=1)
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = answered(impatient)
        for _step in range(2):
            clock.shift(10 * MINUTE)
            assert step_on() == 1
    conversation.refresh_from_db()
    assert conversation.typification == outcome


def test_whoever_speaks_begins_the_count_anew(impatient: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = answered(impatient)
        clock.shift(10 * MINUTE)
        step_on()
        receive_messages(impatient.account, [inbound("Sí, aquí", sender=WRITER)])
        clock.shift(60 * MINUTE)
        # It is our turn: nobody asks them anything.
        assert step_on() == 0
        send_message(conversation.pk, by=impatient.ana, client_id=factories.client_id(), text="¿Y el documento?")
        conversation.refresh_from_db()
        assert conversation.reminders_sent == 0
        for _step in range(2):
            clock.shift(10 * MINUTE)
            assert step_on() == 1
        conversation.refresh_from_db()
        assert (conversation.status, len(asked(conversation))) == ("in_progress", 3)


def test_a_snooze_wins(impatient: Cast) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        begin_session(impatient.ana)
        conversation = answered(impatient)
        snooze_conversation(conversation.pk, by=impatient.ana, until=MORNING + 60 * MINUTE)
        clock.shift(59 * MINUTE)
        with nothing_happens():
            assert step_on() == 0
        clock.shift(MINUTE)
        assert wake_due() == 1
        # It is not asked in the moment in which it is back.
        assert step_on() == 0
        clock.shift(10 * MINUTE)
        assert step_on() == 1


def test_what_ended_by_silence_and_was_reopened_begins_anew(impatient: Cast) -> None:
    Campaign.objects.filter(pk=impatient.campaign.pk).update(reopen_within_h=24)
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = answered(impatient)
        for _step in range(3):
            clock.shift(10 * MINUTE)
            step_on()
        reopen_conversation(conversation.pk, by=impatient.ana)
        assert step_on() == 0
        clock.shift(10 * MINUTE)
        assert step_on() == 1
        conversation.refresh_from_db()
        assert (conversation.status, conversation.reminders_sent) == ("in_progress", 1)


def test_nobody_is_asked_at_night_and_the_steps_of_a_night_are_not_made_up_for(impatient: Cast) -> None:
    sheet = ScheduleSheet(periods=tuple(Period(day, 480, 1200) for day in range(5)))
    set_schedule(impatient.campaign.pk, sheet=sheet, by=impatient.admin)
    with time_machine.travel(MORNING + datetime.timedelta(hours=10, minutes=55), tick=False) as clock:
        conversation = answered(impatient)
        clock.shift(datetime.timedelta(hours=6))
        with nothing_happens():
            assert step_on() == 0
        clock.shift(datetime.timedelta(hours=7))
        assert step_on() == 1
        with nothing_happens():
            assert step_on() == 0
    assert len(asked(conversation)) == 1


def test_what_cannot_be_said_counts_all_the_same(impatient: Cast) -> None:
    set_messages(impatient.campaign.pk, sheet=MessagesSheet(), by=impatient.admin)
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = answered(impatient)
        for _step in range(3):
            clock.shift(10 * MINUTE)
            assert tick()["step_on"] == 1
    conversation.refresh_from_db()
    assert (conversation.status, asked(conversation)) == ("closed", [])


@pytest.mark.faults
def test_two_clocks_ask_once(committed_cast: Cast) -> None:
    cast = committed_cast
    Client.objects.update(max_inactivity_s=600, inactivity_attempts=2)
    set_messages(cast.campaign.pk, sheet=MessagesSheet(inactivity_message="¿Sigues ahí?"), by=cast.admin)
    conversation = answered(cast)
    long_ago = MORNING - datetime.timedelta(days=3650)
    Conversation.objects.filter(pk=conversation.pk).update(last_outbound_at=long_ago, reminded_at=long_ago)
    assert sum(all_well(together([step_on] * 4))) == 1
    conversation.refresh_from_db()
    assert conversation.reminders_sent == 1
