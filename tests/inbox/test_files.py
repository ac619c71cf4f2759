"""Customers' pictures: fetched once, tried again on a ladder, and given up with a reason."""

from __future__ import annotations

import datetime
from functools import partial

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone, translation

from inbox import rows
from inbox.actions import attachments
from inbox.actions.closing import close_conversation
from inbox.events import MessagesChanged
from inbox.models import Attachment, Conversation, Message
from inbox.tasks import fetch_attachment, sweep_attachments
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast
from tests.inbox.conftest import Provider
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens


def announced_picture(provider: Provider, *, caption: str = "Mi casa") -> Attachment:
    """Rocío sent a picture; its bytes are still at the provider."""
    provider.simulator.send_photo("rocio", caption=caption)
    provider.pump()
    return Attachment.objects.get()


@pytest.mark.shows("S32")
def test_a_picture_is_fetched_and_shown(cast: Cast, provider: Provider) -> None:
    waiting = announced_picture(provider)
    before = Message.objects.get().change
    with announced() as facts:
        fetch_attachment(str(waiting.pk))
    file = Attachment.objects.get()
    message = Message.objects.get()
    assert (file.state, file.mime, file.next_attempt_at, file.reason) == ("stored", "image/png", None, "")
    assert min(file.width or 0, file.height or 0, file.size) > 0
    assert default_storage.size(file.path) == file.size
    assert file.path.endswith(file.pk.hex)
    assert message.change > before
    assert facts == [MessagesChanged(conversation_ids=(message.conversation_id,), message_ids=(message.pk,))]
    (row,) = rows.message_rows(Message.objects.all())
    assert (row["text"], row["attachment"]["state"], row["attachment"]["url"]) == (
        "Mi casa",
        "stored",
        f"/media/{file.pk}/",
    )
    check_invariants()


def test_a_picture_that_is_here_is_not_fetched_again(cast: Cast, provider: Provider) -> None:
    waiting = announced_picture(provider)
    fetch_attachment(str(waiting.pk))
    with nothing_happens():
        fetch_attachment(str(waiting.pk))
        assert sweep_attachments() == 0


def test_two_workers_fetch_it_once(committed_cast: Cast, provider: Provider) -> None:
    waiting = announced_picture(provider)
    all_well(together([partial(fetch_attachment, str(waiting.pk))] * 4))
    file = Attachment.objects.get()
    assert (file.state, file.attempt) == ("stored", 1)
    check_invariants()


@pytest.mark.shows("R45")
@pytest.mark.parametrize("fault", ["expired", "unauthorised", "short"])
def test_what_may_pass_is_tried_again_later_and_later(cast: Cast, provider: Provider, fault: str) -> None:
    waiting = announced_picture(provider)
    provider.simulator.faults(media=fault)
    waits = []
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        for _again in range(4):
            fetch_attachment(str(waiting.pk))
            file = Attachment.objects.get()
            assert file.state == "pending"
            assert file.next_attempt_at is not None
            waits.append((file.next_attempt_at - timezone.now()).total_seconds())
            clock.shift(waits[-1] - 0.001)
            with nothing_happens():
                fetch_attachment(str(waiting.pk))
            clock.shift(0.001)
            assert sweep_attachments() == 1
        assert waits == list(attachments.FETCH_LADDER_SECONDS[:4])
        provider.simulator.faults()
        fetch_attachment(str(waiting.pk))
    assert Attachment.objects.get().state == "stored"
    assert Message.objects.get().text == "Mi casa"


@pytest.mark.shows("R45")
def test_after_a_week_it_is_given_up_with_a_reason(cast: Cast, provider: Provider) -> None:
    waiting = announced_picture(provider)
    provider.simulator.faults(media="expired")
    began = timezone.now() + datetime.timedelta(seconds=1)
    with time_machine.travel(began, tick=False) as clock:
        Attachment.objects.update(attempt=attachments.FETCH_ATTEMPTS - 1)
        fetch_attachment(str(waiting.pk))
        clock.shift(3600)
    ladder = attachments.FETCH_LADDER_SECONDS
    tries_later = attachments.FETCH_ATTEMPTS - 1 - len(ladder)
    assert sum(ladder) + tries_later * attachments.FETCH_LATER_SECONDS < 7 * 24 * 3600
    with translation.override("es"):
        (row,) = rows.message_rows(Message.objects.all())
    assert (row["attachment"]["state"], row["attachment"]["reason"]) == (
        "failed", "WhatsApp ya no tiene este archivo. Pide al cliente que lo envíe de nuevo.",
    )  # fmt: skip
    assert not any(default_storage.listdir(""))
    check_invariants()


@pytest.mark.shows("R45", "S31")
def test_what_is_not_what_it_claims_is_not_kept(cast: Cast, provider: Provider) -> None:
    waiting = announced_picture(provider)
    provider.simulator.faults(media="wrong_bytes")
    fetch_attachment(str(waiting.pk))
    file = Attachment.objects.get()
    assert (file.state, file.reason, file.path) == ("failed", attachments.REFUSED, "")
    assert not any(default_storage.listdir(""))


@pytest.mark.shows("S31")
def test_the_bytes_count_not_what_the_file_host_calls_them(cast: Cast, provider: Provider) -> None:
    waiting = announced_picture(provider)
    provider.simulator.faults(media="wrong_type")
    fetch_attachment(str(waiting.pk))
    assert (Attachment.objects.get().state, Attachment.objects.get().mime) == ("stored", "image/png")


def test_a_worker_that_dies_while_fetching_leaves_it_to_the_next(cast: Cast, provider: Provider) -> None:
    waiting = announced_picture(provider)
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        assert attachments.claim_fetch(str(waiting.pk)) is not None
        with nothing_happens():
            assert sweep_attachments() == 0
        clock.shift(attachments.FETCH_LEASE_SECONDS + 1)
        assert sweep_attachments() == 1
        fetch_attachment(str(waiting.pk))
    assert Attachment.objects.get().state == "stored"


def test_a_closed_conversation_still_gets_its_picture(cast: Cast, provider: Provider) -> None:
    waiting = announced_picture(provider)
    close_conversation(waiting.conversation_id, by=cast.luis, typification_id=factories.leaf().pk)
    fetch_attachment(str(waiting.pk))
    assert Attachment.objects.get().state == "stored"
    assert Conversation.objects.get().status == "closed"
    check_invariants()
