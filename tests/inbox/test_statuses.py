"""What became of what we sent: statuses climb one ladder, in whatever order they come and whenever the answer does."""

from __future__ import annotations

import itertools
import logging
import time
from functools import partial

import pytest
import time_machine

from connectors.kinds import MessageStatus
from connectors.messages import StatusUpdate
from inbox import rows
from inbox.actions import delivery
from inbox.actions.sending import send_message
from inbox.actions.statuses import apply_statuses
from inbox.events import MessagesChanged
from inbox.models import Conversation, Message, OutboxEntry, ParkedStatus
from tests import factories
from tests.concurrency import all_well, scaled, together
from tests.factories import Cast, status_update
from tests.figures import figure
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens

SENT, DELIVERED, READ, FAILED, UNKNOWN = (
    MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED, MessageStatus.UNKNOWN,
)  # fmt: skip
UNREACHABLE = 131026


def message_in_flight(cast: Cast, conversation: Conversation | None = None) -> tuple[Message, OutboxEntry]:
    """A reply of Ana's, claimed by a worker whose call is under way."""
    conversation = conversation or factories.taken_conversation(cast)
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Buenos días")
    entry = factories.claim_next(conversation.pk)
    assert entry is not None
    return message, entry


def sent_message(cast: Cast) -> Message:
    message, entry = message_in_flight(cast)
    delivery.record_sent(entry, provider_id="wamid.X")
    message.refresh_from_db()
    return message


def update(message: Message, status: MessageStatus, *, opaque: bool = True) -> StatusUpdate:
    return status_update(
        message, status, provider_id="wamid.X", opaque=opaque, error_code=UNREACHABLE if status == FAILED else None
    )


PERMUTATIONS = list(itertools.permutations((SENT, DELIVERED, READ, FAILED)))


@pytest.mark.shows("R02", "004-33")
@pytest.mark.parametrize(
    ("opaque", "answered_after"),
    [*((False, place) for place in range(5)), *((True, place) for place in (0, 2, 4))],
    ids=lambda value: (
        {True: "with our id", False: "without our id"}[value] if isinstance(value, bool) else f"answer after {value}"
    ),
)
def test_every_order_of_statuses_and_answer_ends_alike(cast: Cast, answered_after: int, opaque: bool) -> None:
    """All 24 orders, with the answer of the send call before, between or after them: read, and nothing else."""
    conversation = factories.taken_conversation(cast)
    for order in PERMUTATIONS:
        # The same provider's id again and again: the messages before are none of this one's business.
        Message.objects.update(provider_id=None)
        message, entry = message_in_flight(cast, conversation)
        seen = []
        for place, status in enumerate((*order, None)):
            if place == answered_after:
                delivery.record_sent(entry, provider_id="wamid.X")
            if status is not None:
                apply_statuses(cast.account, [update(message, status, opaque=opaque)])
            message.refresh_from_db()
            seen.append(message.status)
        assert message.status == READ, (order, seen)
        assert READ not in seen[: seen.index(READ)]
        assert all(each == READ for each in seen[seen.index(READ) :]), (order, seen)
        assert (message.failure_code, message.failure_reason, message.failure_is_permanent) == (None, "", False), order
        assert message.provider_id == "wamid.X"
    assert not ParkedStatus.objects.exists()
    assert not OutboxEntry.objects.exists()
    check_invariants()


@pytest.mark.shows("R02")
def test_all_statuses_in_one_batch_end_alike_and_are_told_once(cast: Cast) -> None:
    message = sent_message(cast)
    for order in PERMUTATIONS:
        Message.objects.filter(pk=message.pk).update(status=SENT)
        with announced() as facts:
            apply_statuses(cast.account, [update(message, status) for status in order])
        message.refresh_from_db()
        assert (message.status, message.failure_code) == (READ, None), order
        assert facts == [MessagesChanged(conversation_ids=(message.conversation_id,), message_ids=(message.pk,))]
    check_invariants()


@pytest.mark.shows("R02")
def test_a_phone_that_has_the_message_has_it(cast: Cast) -> None:
    """Another of the person's devices may fail before or after."""
    message = sent_message(cast)
    for order in itertools.permutations((SENT, DELIVERED, FAILED)):
        Message.objects.filter(pk=message.pk).update(status=SENT)
        for status in order:
            apply_statuses(cast.account, [update(message, status)])
        message.refresh_from_db()
        assert (message.status, message.failure_code, message.failure_reason) == (DELIVERED, None, ""), order


@pytest.mark.shows("R02")
def test_a_failure_after_delivery_is_ignored_and_logged(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    message = sent_message(cast)
    apply_statuses(cast.account, [update(message, DELIVERED)])
    with caplog.at_level(logging.WARNING, logger="inbox.actions.statuses"), nothing_happens():
        assert apply_statuses(cast.account, [update(message, FAILED)]) == 0
    assert f"message {message.pk}: failed after delivered" in caplog.text


@pytest.mark.shows("R02")
@pytest.mark.parametrize("late", [SENT, DELIVERED])
def test_a_status_that_is_old_news_changes_nothing(cast: Cast, late: MessageStatus) -> None:
    message = sent_message(cast)
    apply_statuses(cast.account, [update(message, READ)])
    with nothing_happens():
        assert apply_statuses(cast.account, [update(message, late)]) == 0


@pytest.mark.shows("R02")
def test_the_same_status_twice_changes_nothing(cast: Cast) -> None:
    message = sent_message(cast)
    apply_statuses(cast.account, [update(message, DELIVERED)])
    with nothing_happens():
        assert apply_statuses(cast.account, [update(message, DELIVERED)] * 3) == 0


@pytest.mark.shows("R03")
def test_a_status_that_beats_the_answer_waits_for_it(cast: Cast) -> None:
    message, entry = message_in_flight(cast)
    assert apply_statuses(cast.account, [update(message, DELIVERED, opaque=False)]) == 0
    assert ParkedStatus.objects.get().provider_id == "wamid.X"
    with announced() as facts:
        delivery.record_sent(entry, provider_id="wamid.X")
    message.refresh_from_db()
    assert message.status == DELIVERED
    assert not ParkedStatus.objects.exists()
    assert facts == [MessagesChanged(conversation_ids=(message.conversation_id,), message_ids=(message.pk,))]


@pytest.mark.shows("R03")
def test_what_was_parked_is_applied_when_another_status_tells_the_id(cast: Cast) -> None:
    """The answer was lost: no `record_sent` will ever ask for what is parked."""
    message, entry = message_in_flight(cast)
    apply_statuses(cast.account, [update(message, DELIVERED, opaque=False)])
    delivery.record_unknown(entry)
    apply_statuses(cast.account, [update(message, SENT, opaque=True)])
    message.refresh_from_db()
    assert (message.status, message.provider_id) == (DELIVERED, "wamid.X")
    assert not ParkedStatus.objects.exists()


@pytest.mark.shows("R03")
@pytest.mark.faults
def test_a_status_and_the_answer_at_the_same_moment_lose_neither(committed_cast: Cast) -> None:
    conversation = factories.taken_conversation(committed_cast)
    rounds = scaled(small=12, full=1000)
    for number in range(rounds):
        message, entry = message_in_flight(committed_cast, conversation)
        status = status_update(message, DELIVERED, provider_id=f"wamid.{number}", opaque=False)
        all_well(
            together(
                [
                    partial(delivery.record_sent, entry, provider_id=f"wamid.{number}"),
                    partial(apply_statuses, committed_cast.account, [status]),
                ]
            )
        )
    assert list(Message.objects.filter(direction="out").values_list("status", flat=True)) == [DELIVERED] * rounds
    assert not ParkedStatus.objects.exists()
    check_invariants()
    figure("R03", "none lost", data="a status without our id beside the answer of the send call", samples=rounds)


@pytest.mark.shows("R03")
@pytest.mark.faults
def test_many_early_statuses_wait_and_none_is_lost(committed_cast: Cast) -> None:
    """All come before any answer of the send calls, some twice; half of the answers are lost, and the next status tells the id."""
    count = scaled(small=40, full=1000)
    flights = [message_in_flight(committed_cast) for _ in range(count)]
    early = [
        status_update(message, status, provider_id=f"wamid.{message.pk}", opaque=False)
        for message, _entry in flights
        for status in (DELIVERED, READ)
    ]
    for start in range(0, len(early), 300):
        assert apply_statuses(committed_cast.account, early[start : start + 300]) == 0
    apply_statuses(committed_cast.account, early[:100])
    assert ParkedStatus.objects.count() == 2 * count
    slowest = 0.0
    for message, entry in flights[::2]:
        began = time.monotonic()
        delivery.record_sent(entry, provider_id=f"wamid.{message.pk}")
        slowest = max(slowest, time.monotonic() - began)
    for _message, entry in flights[1::2]:
        delivery.record_unknown(entry)
    late = [status_update(message, SENT, provider_id=f"wamid.{message.pk}") for message, _entry in flights[1::2]]
    apply_statuses(committed_cast.account, late)
    statuses = Message.objects.filter(direction="out").values_list("status", flat=True)
    assert list(statuses) == [READ] * count
    assert not ParkedStatus.objects.exists()
    check_invariants()
    figure(
        "R03",
        f"0 lost, applied with the answer (slowest {slowest:.3f} s)",
        data=f"{2 * count} early statuses",
        samples=count,
    )
    assert slowest < 1


@pytest.mark.shows("R03")
@pytest.mark.faults
def test_the_status_that_tells_the_id_and_the_one_that_needs_it_lose_neither(committed_cast: Cast) -> None:
    """The answer was lost; one status carries our id, the other only the provider's, and both come at the same moment."""
    conversation = factories.taken_conversation(committed_cast)
    for number in range(scaled(small=12, full=500)):
        message, entry = message_in_flight(committed_cast, conversation)
        delivery.record_unknown(entry)
        telling = status_update(message, SENT, provider_id=f"wamid.{number}")
        needing = status_update(message, READ, provider_id=f"wamid.{number}", opaque=False)
        all_well(together([partial(apply_statuses, committed_cast.account, [each]) for each in (telling, needing)]))
    assert set(Message.objects.filter(direction="out").values_list("status", flat=True)) == {READ}
    assert not ParkedStatus.objects.exists()
    check_invariants()


def test_a_parked_failure_brings_its_reason(cast: Cast) -> None:
    message, entry = message_in_flight(cast)
    apply_statuses(cast.account, [update(message, FAILED, opaque=False)])
    delivery.record_sent(entry, provider_id="wamid.X")
    message.refresh_from_db()
    assert (message.status, message.failure_code, message.failure_is_permanent) == (FAILED, UNREACHABLE, True)


@pytest.mark.shows("R13", "R18")
@pytest.mark.parametrize("status", [SENT, DELIVERED, READ, FAILED])
def test_our_id_settles_a_lost_answer(cast: Cast, status: MessageStatus) -> None:
    message, entry = message_in_flight(cast)
    delivery.record_unknown(entry)
    message.refresh_from_db()
    assert (message.status, message.provider_id) == (UNKNOWN, None)
    apply_statuses(cast.account, [update(message, status)])
    message.refresh_from_db()
    assert (message.status, message.provider_id) == (status, "wamid.X")


def test_a_failure_is_shown_with_its_reason(cast: Cast) -> None:
    message = sent_message(cast)
    apply_statuses(cast.account, [update(message, FAILED)])
    (row,) = rows.message_rows(Message.objects.filter(pk=message.pk))
    assert row["status"] == "failed"
    assert row["failure"] == {
        "code": UNREACHABLE,
        "reason": "El WhatsApp del cliente no pudo recibir el mensaje. Revisa el número o usa otra vía.",
        "permanent": True,
    }


def test_a_status_stamps_the_message_with_the_next_change(cast: Cast) -> None:
    message = sent_message(cast)
    message.conversation.refresh_from_db()
    version, counter = message.conversation.version, message.conversation.change
    apply_statuses(cast.account, [update(message, DELIVERED)])
    message.refresh_from_db()
    message.conversation.refresh_from_db()
    assert counter < message.change == message.conversation.change
    assert message.conversation.version == version + 1


@pytest.mark.shows("004-32")
def test_an_account_that_shows_no_receipts_stores_them_all_the_same(cast: Cast) -> None:
    message = sent_message(cast)
    cast.account.update_message_statuses = False
    cast.account.save()
    for status in (DELIVERED, READ):
        apply_statuses(cast.account, [update(message, status)])
        message.refresh_from_db()
        assert message.status == status
        shown = rows.message_rows(Message.objects.filter(pk=message.pk))[0]
        assert (shown["status"], shown["shows_receipt"]) == ("sent", False)
    cast.account.update_message_statuses = True
    cast.account.save()
    shown = rows.message_rows(Message.objects.filter(pk=message.pk))[0]
    assert (shown["status"], shown["shows_receipt"]) == ("read", True)


@pytest.mark.shows("004-32")
def test_such_an_account_still_shows_failures(cast: Cast) -> None:
    message = sent_message(cast)
    cast.account.update_message_statuses = False
    cast.account.save()
    apply_statuses(cast.account, [update(message, FAILED)])
    assert rows.message_rows(Message.objects.filter(pk=message.pk))[0]["status"] == "failed"


def test_a_status_never_touches_another_accounts_message_or_a_customers(cast: Cast) -> None:
    message = sent_message(cast)
    customers = message.conversation.messages.get(direction="in")
    other = type(cast.account).objects.create(kind="whatsapp", external_id="777", name="Otro")
    before = list(Message.objects.order_by("pk").values())
    apply_statuses(other, [update(message, READ)])
    apply_statuses(cast.account, [status_update(customers, READ)])
    assert list(Message.objects.order_by("pk").values()) == before
    assert ParkedStatus.objects.count() == 2


def test_statuses_never_move_what_the_list_shows_of_the_customer(cast: Cast) -> None:
    with time_machine.travel("2031-03-04T12:00Z", tick=False):
        message = sent_message(cast)
        names = ("preview", "last_activity_at", "unread", "waiting_since", "answered", "needs_first_reply", "status")
        before = type(message.conversation).objects.values(*names).get()
        apply_statuses(cast.account, [update(message, READ)])
        assert type(message.conversation).objects.values(*names).get() == before
