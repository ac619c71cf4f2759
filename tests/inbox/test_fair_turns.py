"""What waits for somebody who is not there, or fails every time, holds up nothing that could go on."""

from __future__ import annotations

import datetime
from functools import partial

import pytest
import time_machine

from accounts.actions import deactivate_user
from accounts.models import AgentStateInterval, User
from campaigns.actions import remove_agent
from campaigns.actions.exclusive import set_exclusive_agent
from campaigns.actions.schedules import ScheduleSheet, set_schedule
from campaigns.actions.wording import MessagesSheet, set_messages
from campaigns.hours import Period
from campaigns.models import Campaign, ChannelAccount, Client
from core.models import JournalEntry
from inbox.actions import distribution, inactivity, promises, scheduling
from inbox.actions.arrival import greet
from inbox.actions.assignment import take_conversation
from inbox.actions.distribution import assign_waiting, distribute_all_waiting
from inbox.actions.inactivity import alert_agents, step_on
from inbox.actions.offers import decline_offer
from inbox.actions.promises import note_breaches
from inbox.actions.returning import return_unanswered
from inbox.actions.scheduling import schedule_message, send_due
from inbox.actions.sending import send_message
from inbox.actions.snoozing import snooze_conversation, wake_conversation
from inbox.models import Conversation, Message, Offer, ScheduledMessage
from inbox.tasks import rescue_orphans
from tests import factories
from tests.factories import Cast, identity
from tests.inbox.test_assignment import put_into
from tests.invariants import check_invariants
from tests.witness import nothing_happens

# A Monday, 9 in Asunción.
MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
NIGHT = ScheduleSheet(periods=(Period(6, 0, 60),))


def elsewhere(cast: Cast, *, phone: str) -> Conversation:
    """Somebody writes to Eva's campaign, through the same account."""
    cast.account.campaigns.add(cast.other_campaign)
    ChannelAccount.objects.filter(pk=cast.account.pk).update(default_campaign=cast.other_campaign)
    cast.account.refresh_from_db()
    conversation = factories.conversation(cast, sender=identity(phone))
    ChannelAccount.objects.filter(pk=cast.account.pk).update(default_campaign=cast.campaign)
    cast.account.refresh_from_db()
    assert conversation.campaign == cast.other_campaign
    return conversation


# --- Distribution -------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("B-06")
def test_a_campaign_without_anybody_holds_up_no_other(cast: Cast) -> None:
    Campaign.objects.update(distribution="assign", state="active")
    for _each in range(3):
        factories.conversation(cast)
    theirs = elsewhere(cast, phone="595982444001")
    put_into(cast.eva, "social_new_and_active")
    assert distribute_all_waiting(most=2) == 1
    theirs.refresh_from_db()
    assert theirs.assignee == cast.eva


@pytest.mark.shows("B-06", "R33")
def test_those_kept_for_an_agent_on_holiday_hold_up_nobody(cast: Cast) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    beto = factories.agent_of(cast, "beto")
    for _each in range(3):
        kept = factories.conversation(cast)
        set_exclusive_agent(kept.contact_id, campaign_id=cast.campaign.pk, user_id=cast.ana.pk, by=cast.luis)
    free = factories.conversation(cast)
    put_into(beto, "social_new_and_active")
    assert distribute_all_waiting(most=2) == 1
    free.refresh_from_db()
    assert free.assignee == beto


def test_what_was_declined_holds_up_no_other(cast: Cast) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="ring", ring_timeout_s=20)
    put_into(cast.ana, "social_new_and_active")
    with time_machine.travel(MORNING, tick=False) as clock:
        declined = factories.conversation(cast)
        clock.shift(1)
        next_one = factories.conversation(cast)
        assert distribute_all_waiting(most=10) == 1
        decline_offer(Offer.objects.get(ended_at=None).pk, by=cast.ana)
        assert distribute_all_waiting(most=10) == 1
    assert Offer.objects.get(ended_at=None).conversation == next_one
    assert Offer.objects.filter(conversation=declined).count() == 1


def test_one_that_cannot_be_distributed_holds_up_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    put_into(cast.ana, "social_new_and_active")
    broken, sound = factories.conversation(cast), factories.conversation(cast)

    def fails_for_one(conversation_id: int) -> User | None:
        if conversation_id == broken.pk:
            raise RuntimeError
        return assign_waiting(conversation_id)

    monkeypatch.setattr(distribution, "assign_waiting", fails_for_one)
    assert distribute_all_waiting(most=10) == 1
    sound.refresh_from_db()
    assert sound.assignee == cast.ana


@pytest.mark.shows("B-06", "R33")
def test_an_exclusive_agent_who_lets_it_lie_gets_it_again_only_while_it_is_kept_for_them(cast: Cast) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(
        distribution="assign", return_after_s=60, exclusive_fallback_min=5
    )
    beto = factories.agent_of(cast, "beto")
    with time_machine.travel(MORNING, tick=False) as clock:
        for agent in (cast.ana, beto):
            put_into(agent, "social_new_and_active")
        conversation = factories.conversation(cast)
        set_exclusive_agent(conversation.contact_id, campaign_id=cast.campaign.pk, user_id=cast.ana.pk, by=cast.luis)
        assert assign_waiting(conversation.pk) == cast.ana
        clock.shift(5 * MINUTE)
        assert return_unanswered(most=10) == 1
        assert assign_waiting(conversation.pk) == beto
    check_invariants()


# --- Timers -------------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("B-06", "004-10")
def test_who_is_silent_in_a_closed_campaign_holds_up_nobody_in_an_open_one(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inactivity, "SWEPT_AT_ONCE", 1)
    monkeypatch.setattr(promises, "SWEPT_AT_ONCE", 1)
    Client.objects.update(max_inactivity_s=600, inactivity_attempts=2, sla_low_s=600)
    Campaign.objects.update(state="active")
    set_schedule(cast.campaign.pk, sheet=NIGHT, by=cast.admin)
    with time_machine.travel(MORNING, tick=False) as clock:
        theirs = elsewhere(cast, phone="595982444002")
        take_conversation(theirs.pk, by=cast.eva)
        for _each in range(2):
            mine = factories.taken_conversation(cast)
            send_message(mine.pk, by=cast.ana, client_id=factories.client_id(), text="¿Tu documento?")
            factories.conversation(cast)
        clock.shift(1)
        send_message(theirs.pk, by=cast.eva, client_id=factories.client_id(), text="¿Tu documento?")
        waiting = elsewhere(cast, phone="595982444003")
        clock.shift(11 * MINUTE)
        assert step_on() == 1
        assert Conversation.objects.get(reminders_sent=1) == theirs
        assert note_breaches() == 1
        assert JournalEntry.objects.get(verb="sla_breached").subject_id == str(waiting.pk)


def test_who_was_asked_before_a_rest_is_asked_again_after_it(cast: Cast) -> None:
    Client.objects.update(max_inactivity_s=600, inactivity_attempts=2)
    set_messages(cast.campaign.pk, sheet=MessagesSheet(inactivity_message="¿Sigues ahí?"), by=cast.admin)
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = factories.taken_conversation(cast)
        send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="¿Tu documento?")
        clock.shift(10 * MINUTE)
        assert step_on() == 1
        snooze_conversation(conversation.pk, by=cast.ana, until=MORNING + 60 * MINUTE)
        wake_conversation(conversation.pk, by=cast.ana)
        clock.shift(10 * MINUTE)
        assert step_on() == 1
    conversation.refresh_from_db()
    asked = Message.objects.filter(conversation=conversation, author_kind="bot")
    # Of two steps each was heard: nobody is let go who was asked less often than the client wants.
    assert (conversation.reminders_sent, asked.count()) == (1, 2)


def test_an_alert_is_for_the_waiting_it_was_asked_about(cast: Cast) -> None:
    Client.objects.update(max_inactivity_s=600)
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = factories.taken_conversation(cast)
        clock.shift(10 * MINUTE)
        with nothing_happens():
            assert inactivity.alert_one(conversation.pk, MORNING - MINUTE) is False
        assert alert_agents() == 1


def test_words_for_later_that_were_sent_by_hand_are_said_once_and_hold_up_no_others(cast: Cast) -> None:
    twice = factories.client_id()
    with time_machine.travel(MORNING, tick=False) as clock:
        first, second = factories.taken_conversation(cast), factories.taken_conversation(cast)
        later = partial(schedule_message, by=cast.ana, due_at=MORNING + MINUTE)
        later(first.pk, text="Hasta mañana", client_id=twice)
        later(second.pk, text="Adiós", client_id=factories.client_id())
        send_message(first.pk, by=cast.ana, client_id=twice, text="Hasta mañana")
        clock.shift(MINUTE)
        assert send_due() == 2
    assert set(ScheduledMessage.objects.values_list("state", flat=True)) == {"sent"}
    said = Message.objects.filter(direction="out").order_by("pk")
    assert list(said.values_list("conversation", "text")) == [(first.pk, "Hasta mañana"), (second.pk, "Adiós")]


def test_words_that_cannot_be_sent_hold_up_no_others(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        first, second = factories.taken_conversation(cast), factories.taken_conversation(cast)
        for each in (first, second):
            schedule_message(
                each.pk, by=cast.ana, text="Hola", due_at=MORNING + MINUTE, client_id=factories.client_id()
            )
        say = scheduling.say

        def fails_for_one(conversation: Conversation, row: ScheduledMessage) -> None:
            if conversation.pk == first.pk:
                raise RuntimeError
            say(conversation, row)

        monkeypatch.setattr(scheduling, "say", fails_for_one)
        clock.shift(MINUTE)
        assert send_due() == 1
        # Half done is not done: it is tried again.
        assert ScheduledMessage.objects.get(conversation=first).state == "pending"
        monkeypatch.undo()
        assert send_due() == 1


# --- Arrival and leaving ------------------------------------------------------------------------------------------------------


def test_what_somebody_took_at_night_is_not_closed_under_their_hands(cast: Cast) -> None:
    sheet = ScheduleSheet(
        periods=NIGHT.periods,
        out_of_hours_action=Campaign.OutOfHours.CLOSE,
        out_of_hours_message="Atendemos de 8 a 20.",
    )
    set_schedule(cast.campaign.pk, sheet=sheet, by=cast.admin)
    cast.account.refresh_from_db()
    with time_machine.travel(MORNING, tick=False):
        conversation = factories.taken_conversation(cast)
        assert conversation.awaits_greeting is True
        assert greet(conversation.pk) is True
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("assigned", cast.ana)


@pytest.mark.shows("B-06", "S04")
def test_whose_leaving_the_campaign_nobody_was_told_of_is_found(cast: Cast) -> None:
    """The hint that follows the removal is lost."""
    conversation = factories.taken_conversation(cast)
    stepped_in = take_conversation(factories.conversation(cast).pk, by=cast.luis)
    remove_agent(cast.campaign, cast.ana, by=cast.admin)
    assert rescue_orphans() == 1
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("queued", None)
    # A supervisor who stepped in is no agent either, and keeps it.
    stepped_in.refresh_from_db()
    assert stepped_in.assignee == cast.luis
    with nothing_happens():
        assert rescue_orphans() == 0


@pytest.mark.shows("B-06", "R33")
def test_who_was_switched_off_without_ever_standing_in_an_auxiliary_keeps_nothing(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    assert not AgentStateInterval.objects.filter(user=cast.ana).exists()
    assert rescue_orphans() == 0
    deactivate_user(cast.ana.pk, by=cast.admin)
    assert rescue_orphans() == 1
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("queued", None)
