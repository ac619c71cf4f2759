"""Which conversation words go on in, when somebody else has a hand in it at that moment (R09, R10, R11)."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from django.db import connection

from contacts.actions.merging import merge_contacts
from contacts.actions.parting import part_contacts
from contacts.models import Contact, MergeRecord
from inbox.actions.assignment import take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.moving import reopen_conversation
from inbox.actions.receiving import receive_messages
from inbox.models import Conversation
from tests.factories import ROCIO, Cast, identity, inbound, leaf
from tests.inbox.test_held_ids import meanwhile, once
from tests.inbox.test_unreadable import somebody_waits_for_a_lock
from tests.invariants import check_invariants
from tests.stack import wait_until

OTHER = "595981222333"


def writes(cast: Cast, phone: str, text: str = "Hola") -> Conversation:
    receive_messages(cast.account, [inbound(text, sender=identity(phone))])
    return Conversation.objects.filter(messages__text=text).latest("pk")


def closed(cast: Cast, conversation: Conversation) -> Conversation:
    return close_conversation(conversation.pk, by=cast.luis, typification_id=leaf().pk, note="Listo")


def reopens(cast: Cast) -> None:
    cast.campaign.reopen_within_h = 24
    cast.campaign.save()


@pytest.mark.shows("R09", "R11")
def test_what_is_live_and_what_is_opened_again_is_taken_in_hand_in_one_order(committed_cast: Cast) -> None:
    """One of the batch has a live conversation, another an older one that was closed a moment ago. Whoever changes both meanwhile takes
    them by their keys, as everybody does: in two rounds, the live one first, the two would wait for each other for ever.
    """
    cast = committed_cast
    reopens(cast)
    low = closed(cast, writes(cast, ROCIO))
    high = writes(cast, OTHER, "Buenas")
    assert low.pk < high.pk
    batch = [inbound("Uno", sender=identity(OTHER)), inbound("Dos", sender=identity(ROCIO))]
    held = threading.Event()
    with meanwhile(once(held, partial(receive_messages, cast.account, batch))):
        Conversation.objects.select_for_update().get(pk=low.pk)
        held.set()
        wait_until(somebody_waits_for_a_lock, what="the batch's waiting", seconds=30)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20s'")
        Conversation.objects.select_for_update().get(pk=high.pk)
    assert dict(Conversation.objects.values_list("pk", "status")) == {low.pk: "queued", high.pk: "queued"}
    assert dict(Conversation.objects.values_list("pk", "unread")) == {low.pk: 1, high.pk: 2}
    check_invariants()


@pytest.mark.shows("R10", "R11", "001-24")
def test_one_that_is_opened_by_hand_while_its_customer_writes_stays_with_whoever_opened_it(
    committed_cast: Cast,
) -> None:
    cast = committed_cast
    reopens(cast)
    first, second = writes(cast, ROCIO), writes(cast, OTHER, "Buenas")
    merge_contacts(first.contact_id, merged_id=second.contact_id, by=cast.luis)
    for each in (first, second):
        closed(cast, each)
    news = [inbound("Otra vez", sender=identity(ROCIO))]
    held = threading.Event()
    with meanwhile(once(held, partial(receive_messages, cast.account, news))):
        reopen_conversation(second.pk, by=cast.luis)
        held.set()
        wait_until(somebody_waits_for_a_lock, what="the message's waiting", seconds=30)
    second.refresh_from_db()
    assert (second.status, second.assignee, second.unread) == ("in_progress", cast.luis, 1)
    assert Conversation.objects.get(messages__text="Otra vez") == second
    check_invariants()


# ── Two who were one, parted before their conversations were sorted out


def parted_with_a_stray(cast: Cast) -> tuple[Contact, Conversation]:
    """Whose number it is, and the conversation that began under the other while they were one."""
    rocio, other = writes(cast, ROCIO).contact, writes(cast, OTHER, "Buenas").contact
    for each in Conversation.objects.all():
        closed(cast, each)
    merge_contacts(rocio.pk, merged_id=other.pk, by=cast.luis)
    stray = writes(cast, OTHER, "Tarde")
    assert stray.contact == rocio
    part_contacts(MergeRecord.objects.get().pk, by=cast.luis)
    return other, stray


@pytest.mark.shows("R10", "B-08")
def test_one_that_slept_is_awake_for_whoever_it_is_held_through(cast: Cast) -> None:
    other, stray = parted_with_a_stray(cast)
    take_conversation(stray.pk, by=cast.ana)
    Conversation.objects.filter(pk=stray.pk).update(status="snoozed")
    assert writes(cast, OTHER, "Sigo") == stray
    stray.refresh_from_db()
    assert (stray.contact, stray.status, stray.assignee) == (other, "in_progress", cast.ana)
    check_invariants()


@pytest.mark.shows("R09", "R10", "B-08")
def test_both_who_were_parted_write_in_one_batch(cast: Cast) -> None:
    """The row under the one is held through the other's number: it goes on for one of them only, and no change is given twice."""
    other, stray = parted_with_a_stray(cast)
    rocio = stray.contact
    batch = [inbound("Yo", sender=identity(ROCIO)), inbound("No, yo", sender=identity(OTHER))]
    receive_messages(cast.account, batch)
    stray.refresh_from_db()
    assert (stray.contact, list(stray.messages.order_by("id").values_list("text", flat=True))) == (
        other,
        ["Tarde", "No, yo"],
    )
    assert Conversation.objects.get(messages__text="Yo").contact == rocio
    check_invariants()


@pytest.mark.shows("R09", "R10", "B-08")
def test_what_is_live_through_their_number_goes_on_before_an_older_one_is_opened_again(cast: Cast) -> None:
    """Opened again through the same number, the older one would stand where only one may."""
    other, stray = parted_with_a_stray(cast)
    reopens(cast)
    assert writes(cast, OTHER, "Sigo") == stray
    stray.refresh_from_db()
    assert (stray.contact, stray.messages.count()) == (other, 2)
    check_invariants()
