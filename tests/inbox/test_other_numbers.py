"""A customer with more than one number: the answer goes where they wrote last, once, in typed order (R10, R16, R19)."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import time_machine
from django.utils import timezone

from campaigns.actions import save_whatsapp_account
from campaigns.models import ChannelAccount
from connectors.kinds import MessageKind, MessageStatus
from connectors.messages import Identity, ProviderError
from contacts.models import Contact, ContactPoint
from inbox.actions import delivery, lanes
from inbox.actions.assignment import take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.renumbering import follow_customers
from inbox.actions.sending import send_message
from inbox.actions.statuses import apply_statuses
from inbox.models import Conversation, Message, OutboxEntry
from inbox.tasks import drain_outbox, resume_account, sweep_outbox
from tests import factories
from tests.factories import Cast, identity, inbound
from tests.inbox.conftest import Provider
from tests.invariants import check_invariants

NEW, THIRD = "595981222333", "595981444555"
NOON = datetime.datetime(2031, 3, 4, 12, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)


def change_number(
    cast: Cast, *, old: str = factories.ROCIO, new: str = NEW, at: datetime.datetime | None = None
) -> None:
    news = inbound("", sender=identity(old), kind=MessageKind.SYSTEM, changed_to=identity(new), at=at)
    follow_customers(cast.account, [news])


def writes(cast: Cast, phone: str | None, *, at: datetime.datetime | None = None, **who: str) -> None:
    receive_messages(cast.account, [inbound("Hola", sender=identity(phone, **who), at=at)])


def answered_at() -> str:
    return str(Conversation.objects.get().contact_point.normalised)


def say(conversation: Conversation, text: str, cast: Cast) -> Message:
    return send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text=text)[0]


def recipients(provider: Provider) -> list[tuple[str, str]]:
    return [(each.text, each.to) for each in provider.sent()]


# ── What waits follows


@pytest.mark.shows("R10", "R16", "R19")
def test_what_waits_while_the_number_changes_is_sent_once_in_order_to_the_new_one(
    cast: Cast, provider: Provider
) -> None:
    provider.writes("Hola")
    conversation = take_conversation(Conversation.objects.get().pk, by=cast.ana)
    old = conversation.contact_point.digits
    provider.simulator.faults(token_revoked=True)
    for text in ("Uno", "Dos", "Tres"):
        say(conversation, text, cast)
    drain_outbox(conversation.pk)
    assert ChannelAccount.objects.get(pk=cast.account.pk).state == ChannelAccount.State.DISCONNECTED
    change_number(cast, old=old)
    assert set(OutboxEntry.objects.values_list("contact_point__normalised", flat=True)) == {f"+{NEW}"}
    say(conversation, "Cuatro", cast)
    provider.simulator.faults()
    ChannelAccount.objects.update(state=ChannelAccount.State.ACTIVE)
    resume_account(cast.account.pk)
    # Nobody but the sweeper speaks for what waited.
    sweep_outbox()
    drain_outbox(conversation.pk)
    assert recipients(provider) == [(text, NEW) for text in ("Uno", "Dos", "Tres", "Cuatro")]
    check_invariants()


def test_an_entry_in_hand_stays_in_its_lane_and_the_next_ones_wait_for_it(cast: Cast) -> None:
    writes(cast, factories.ROCIO)
    conversation = take_conversation(Conversation.objects.get().pk, by=cast.ana)
    say(conversation, "Uno", cast)
    entry = factories.claim_next(conversation.pk)
    assert entry is not None
    say(conversation, "Dos", cast)
    change_number(cast)
    old_lane, new_lane = lanes.lanes_of(conversation.pk)
    assert old_lane == (entry.channel_account_id, entry.contact_point_id)
    assert delivery.next_due(new_lane) is None, "what was typed later must not overtake what is in a worker's hands"
    # It could not be sent: its next try goes where the customer is now.
    delivery.hold(entry, seconds=0)
    assert delivery.next_due(old_lane) is None
    first = delivery.next_due(new_lane)
    assert first is not None
    assert (first.pk, first.message and first.message.text) == (entry.pk, "Uno")


def test_a_worker_that_read_an_entry_before_it_moved_cannot_claim_it(cast: Cast) -> None:
    writes(cast, factories.ROCIO)
    conversation = take_conversation(Conversation.objects.get().pk, by=cast.ana)
    say(conversation, "Uno", cast)
    (lane,) = lanes.lanes_of(conversation.pk)
    entry = delivery.next_due(lane)
    assert entry is not None
    change_number(cast)
    assert not factories.claim(entry)


def test_what_an_older_version_queued_without_a_lane_is_sent(cast: Cast, provider: Provider) -> None:
    provider.writes("Hola")
    conversation = take_conversation(Conversation.objects.get().pk, by=cast.ana)
    say(conversation, "Uno", cast)
    OutboxEntry.objects.update(channel_account=None, contact_point=None)
    sweep_outbox()
    drain_outbox(conversation.pk)
    assert provider.texts() == ["Uno"]


# ── Where they wrote last


@pytest.mark.shows("R10")
def test_a_conversation_opened_again_is_answered_at_the_number_that_wrote(cast: Cast) -> None:
    cast.campaign.reopen_within_h = 24
    cast.campaign.save()
    with time_machine.travel(NOON, tick=False) as clock:
        writes(cast, factories.ROCIO)
        conversation = take_conversation(Conversation.objects.get().pk, by=cast.ana)
        Conversation.objects.update(needs_first_reply=False)
        close_conversation(conversation.pk, by=cast.ana, typification_id=factories.leaf().pk, note="listo")
        clock.shift(60)
        change_number(cast)
        # A closed one keeps what it was held through …
        assert answered_at() == f"+{factories.ROCIO}"
        clock.shift(60)
        writes(cast, NEW)
    conversation = Conversation.objects.get()
    assert (conversation.status, answered_at()) == ("queued", f"+{NEW}")
    assert conversation.contact_digits.endswith("981222333")
    check_invariants()


@pytest.mark.shows("R10")
def test_a_live_conversation_is_answered_where_its_customer_wrote_last(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        writes(cast, factories.ROCIO)
        clock.shift(60)
        change_number(cast)
        clock.shift(60)
        # They have both for a while.
        writes(cast, factories.ROCIO)
        assert answered_at() == f"+{factories.ROCIO}"
        take_conversation(Conversation.objects.get().pk, by=cast.ana)
        say(Conversation.objects.get(), "Uno", cast)
        clock.shift(60)
        writes(cast, NEW)
    assert answered_at() == f"+{NEW}"
    assert OutboxEntry.objects.get().contact_point == Conversation.objects.get().contact_point
    check_invariants(outbox_is_empty=False)


@pytest.mark.shows("R10", "R11")
def test_a_late_message_from_the_old_number_moves_nothing_back(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        writes(cast, factories.ROCIO, at=NOON - 60 * SECOND)
        change_number(cast, at=NOON - 30 * SECOND)
        # Newer than any other message of theirs, and older than the change.
        writes(cast, factories.ROCIO, at=NOON - 40 * SECOND)
        assert answered_at() == f"+{NEW}"
        writes(cast, NEW, at=NOON - 10 * SECOND)
        writes(cast, factories.ROCIO, at=NOON - 20 * SECOND)
    assert answered_at() == f"+{NEW}"


def test_a_conversation_does_not_move_into_anothers_place(cast: Cast) -> None:
    """Somebody opened one with each number of the same contact."""
    with time_machine.travel(NOON, tick=False) as clock:
        writes(cast, factories.ROCIO)
        change_number(cast)
        first = Conversation.objects.get()
        new, old = first.contact_point, ContactPoint.objects.get(normalised=f"+{factories.ROCIO}")
        second = Conversation.objects.create(
            contact=first.contact,
            contact_point=old,
            channel_account=cast.account,
            campaign=first.campaign,
            last_activity_at=timezone.now(),
        )
        clock.shift(60)
        writes(cast, factories.ROCIO)
    points = dict(Conversation.objects.values_list("pk", "contact_point_id"))
    assert points == {first.pk: new.pk, second.pk: old.pk}


def test_the_same_person_under_an_identifier_as_well_moves_nothing(cast: Cast) -> None:
    both = Identity(phone=factories.ROCIO, business_id="PY.1", portfolio=factories.WABA_ID, profile_name="Rocío")
    writes(cast, factories.ROCIO)
    receive_messages(cast.account, [inbound("Hola", sender=both)])
    assert answered_at() == f"+{factories.ROCIO}"


def test_the_live_conversation_of_a_merged_contact_goes_on(cast: Cast) -> None:
    """Its point leads to who stands for it, and its row keeps the contact it had."""
    writes(cast, factories.ROCIO)
    merged = Contact.objects.get()
    merged.merged_into = Contact.objects.create(first_name="Rocío")
    merged.save()
    writes(cast, factories.ROCIO)
    conversation = Conversation.objects.get()
    assert (conversation.contact, conversation.messages.count()) == (merged, 2)
    check_invariants()


# ── What stops a number


def a_failure_arrives(cast: Cast, *, code: int | None, at: datetime.datetime) -> Message:
    message = say(factories.taken_conversation(cast), "Uno", cast)
    news = factories.status_update(message, MessageStatus.FAILED)
    apply_statuses(
        cast.account, [dataclasses.replace(news, happened_at=at, error=ProviderError(code=code, title="Oh"))]
    )
    message.refresh_from_db()
    return message


def state(cast: Cast) -> str:
    return str(ChannelAccount.objects.get(pk=cast.account.pk).state)


@pytest.mark.shows("R19")
def test_a_failure_without_a_code_is_the_messages_alone(cast: Cast) -> None:
    message = a_failure_arrives(cast, code=None, at=timezone.now())
    assert (message.status, message.failure_code, bool(message.failure_reason)) == ("failed", None, True)
    assert state(cast) == ChannelAccount.State.ACTIVE


@pytest.mark.shows("R19")
def test_news_of_the_access_it_had_before_stops_no_number_that_was_connected_since(cast: Cast) -> None:
    with time_machine.travel(timezone.now() + 600 * SECOND, tick=False):
        before = timezone.now() - SECOND
        reconnect(cast)
        a_failure_arrives(cast, code=190, at=before)
        assert state(cast) == ChannelAccount.State.ACTIVE
        a_failure_arrives(cast, code=190, at=timezone.now())
        assert state(cast) == ChannelAccount.State.DISCONNECTED
        reconnect(cast)
        assert state(cast) == ChannelAccount.State.ACTIVE


def reconnect(cast: Cast) -> None:
    save_whatsapp_account(
        name="WhatsApp Ventas",
        phone_number_id=factories.PHONE_NUMBER_ID,
        waba_id=factories.WABA_ID,
        token=factories.TOKEN,
        campaign=cast.campaign,
    )
