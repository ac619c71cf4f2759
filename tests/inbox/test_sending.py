"""Agents write: each message goes out once, in the order it was typed, and its outcome is told whatever it is."""

from __future__ import annotations

import datetime
import io
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings
from PIL import Image
from pytest_django import Settings

from accounts.actions import switch_aux_state
from accounts.models import AuxState, User
from campaigns.actions import save_whatsapp_account
from campaigns.models import ChannelAccount
from core import leases
from core.models import JournalEntry, Lease
from core.refusals import Invalid, NotFound, Refusal, TooLarge, UnsupportedMedia
from inbox import rows
from inbox.actions import delivery, lanes, uploads
from inbox.actions.assignment import take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.handing_over import sender_for
from inbox.actions.sending import NOTE_LIMIT, discard_message, retry_message, send_message, write_note
from inbox.errors import AlreadyClosed, AuxStateForbids, MessageNotFailed, NotAssigned, NotYours, WindowClosed
from inbox.events import MessageQueued, MessagesChanged, NoteWritten
from inbox.models import Assignment, Attachment, Conversation, Message, OutboxEntry
from inbox.tasks import drain_outbox, resume_account, sweep_outbox
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast, client_id, status_update
from tests.figures import figure
from tests.inbox.conftest import Provider
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused


def ours(cast: Cast, provider: Provider) -> Conversation:
    """Rocío wrote at the provider a moment ago, and Ana took it."""
    provider.writes("Hola")
    return take_conversation(Conversation.objects.latest("id").pk, by=cast.ana)


def say(conversation: Conversation, text: str, *, by: User, **more: Any) -> Message:
    message, is_new = send_message(conversation.pk, by=by, client_id=client_id(), text=text, **more)
    assert is_new
    return message


def lease_key_of(conversation: Conversation) -> str:
    return lanes.lease_key((conversation.channel_account_id, conversation.contact_point_id))


def now_of(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def picture(kind: str = "JPEG", size: tuple[int, int] = (30, 20)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def upload(conversation: Conversation, *, by: User, name: str = "foto.jpg", content: bytes | None = None) -> Attachment:
    file = SimpleUploadedFile(name, picture() if content is None else content)
    return uploads.store_upload(conversation.pk, file, by=by)


# --- Once, and in order -----------------------------------------------------------------------------------------------


@pytest.mark.shows("R17")
@pytest.mark.faults
def test_a_hundred_clicks_are_one_message_and_one_call(committed_cast: Cast, provider: Provider) -> None:
    conversation = ours(committed_cast, provider)
    asked = client_id()

    def click() -> list[tuple[int, bool]]:
        answers = []
        for _again in range(10):
            message, is_new = send_message(conversation.pk, by=committed_cast.ana, client_id=asked, text="Buenas")
            drain_outbox(conversation.pk)
            answers.append((message.pk, is_new))
        return answers

    answers = [answer for ten in all_well(together([click] * 10)) for answer in ten]
    assert len(answers) == 100
    assert [is_new for _pk, is_new in answers].count(True) == 1
    assert len({pk for pk, _is_new in answers}) == 1
    message = Message.objects.get(direction="out")
    assert len(provider.sent()) == len(provider.sent(opaque=str(message.uuid))) == 1
    provider.pump()
    assert now_of(message).status == "delivered"
    check_invariants()
    figure(
        "R17",
        "1 message, 1 call at the provider",
        data="one client id, 10 threads, each draining",
        samples=len(answers),
    )


def test_a_reply_is_queued_with_its_outbox_entry_and_told_once(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with announced() as facts:
        message = say(conversation, "  Buenos días \x00\n", by=cast.ana)
    assert facts == [
        MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk)
    ]
    assert (message.text, message.status, message.author, message.provider_id) == (
        "Buenos días",
        "queued",
        cast.ana,
        None,
    )
    assert OutboxEntry.objects.get().message == message
    check_invariants(outbox_is_empty=False)


def test_the_same_client_id_again_is_the_same_message_whatever_it_says(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    asked = client_id()
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=asked, text="Buenas")
    with nothing_happens():
        assert send_message(conversation.pk, by=cast.ana, client_id=asked, text="Otra cosa") == (message, False)


def test_the_same_client_id_is_answered_even_after_the_window_closed(cast: Cast) -> None:
    """The answer to the first POST was lost, and the browser asks again a day later."""
    with time_machine.travel("2031-03-04T12:00Z", tick=False) as clock:
        conversation = factories.taken_conversation(cast)
        asked = client_id()
        message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=asked, text="Buenas")
        clock.shift(25 * 3600)
        with nothing_happens():
            assert send_message(conversation.pk, by=cast.ana, client_id=asked, text="Buenas") == (message, False)


@pytest.mark.shows("R16")
def test_messages_arrive_in_the_order_they_were_typed(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    typed = [f"Mensaje {n}" for n in range(12)]
    provider.simulator.faults(rate_limited=0.3, server_error=0.2, seed=7)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for text in typed:
            say(conversation, text, by=cast.ana)
            drain_outbox(conversation.pk)
        for _again in range(200):
            if not OutboxEntry.objects.exists():
                break
            clock.shift(5)
            drain_outbox(conversation.pk)
    assert provider.texts() == typed
    # Drawn per message and try, whose ids are new each time: how many is chance, that there were some is not.
    assert provider.simulator.world.faults.hits.total() > 0
    check_invariants()


@pytest.mark.shows("R14")
def test_one_customer_who_must_wait_holds_up_nobody_else(cast: Cast, provider: Provider) -> None:
    provider.writes(customer="rocio")
    provider.writes(customer="martin")
    first, second = (take_conversation(each.pk, by=cast.ana) for each in Conversation.objects.order_by("pk"))
    provider.simulator.faults(pair_limited=["rocio"])
    for conversation in (first, second):
        say(conversation, "Uno", by=cast.ana)
        say(conversation, "Dos", by=cast.ana)
        drain_outbox(conversation.pk)
    assert [each.to for each in provider.sent()] == ["5491155550142"] * 2
    waiting = OutboxEntry.objects.order_by("pk").values_list("conversation_id", "attempt")
    assert list(waiting) == [(first.pk, 1), (first.pk, 0)]


def test_replies_go_to_the_identifier_of_who_has_no_number(cast: Cast, provider: Provider) -> None:
    provider.writes("Hola", customer="inigo")
    conversation = take_conversation(Conversation.objects.latest("id").pk, by=cast.ana)
    message = say(conversation, "Buenas, Íñigo", by=cast.ana)
    drain_outbox(conversation.pk)
    provider.pump()
    assert now_of(message).status == "delivered"
    assert provider.texts() == ["Buenas, Íñigo"]


def test_a_quoted_message_is_quoted_at_the_provider(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    customers = conversation.messages.get()
    say(conversation, "A eso respondo", by=cast.ana, reply_to_id=customers.pk)
    drain_outbox(conversation.pk)
    assert provider.sent()[0].reply_to == customers.provider_id


# --- Refused ----------------------------------------------------------------------------------------------------------


def attempt(conversation: Conversation, by: User, **changes: Any) -> Callable[[], Any]:
    return partial(send_message, conversation.pk, **({"by": by, "client_id": client_id(), "text": "Buenas"} | changes))


@pytest.mark.shows("B-07")
def test_after_the_window_nothing_goes_out(cast: Cast) -> None:
    with time_machine.travel("2031-03-04T12:00:00Z", tick=False) as clock:
        conversation = factories.taken_conversation(cast, at=timezone.now())
        clock.shift(24 * 3600 - 1)
        say(conversation, "A tiempo", by=cast.ana)
        clock.shift(1)
        with refused(WindowClosed) as refusal, translation.override("es"):
            attempt(conversation, cast.ana)()
        assert refusal.value.message == (
            "La ventana de 24 h está cerrada. Podrás escribir cuando el cliente lo haga; fuera de ella solo se admiten plantillas aprobadas."
        )


def test_without_a_message_of_the_customer_there_is_no_window(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    Conversation.objects.update(window_expires_at=None)
    with refused(WindowClosed):
        attempt(conversation, cast.ana)()


def test_only_the_assignee_answers(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(NotYours) as refusal, translation.override("es"):
        attempt(conversation, cast.luis)()
    assert refusal.value.message == "Solo la persona a cargo puede hacerlo. Pide la transferencia a Ana Gómez."
    assert refusal.value.extra == {"by": {"id": cast.ana.pk, "name": "Ana Gómez"}}


def test_nobody_answers_what_nobody_took(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    with refused(NotAssigned):
        attempt(conversation, cast.ana)()


@pytest.mark.shows("S02")
def test_for_an_outsider_the_conversation_does_not_exist(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(NotFound):
        attempt(conversation, cast.eva)()
    with refused(NotFound):
        write_note(conversation.pk, by=cast.eva, client_id=client_id(), text="Hola")


def test_a_closed_conversation_takes_no_message(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    with refused(AlreadyClosed):
        attempt(conversation, cast.ana)()


@pytest.mark.shows("000-01", "000-04")
def test_nobody_answers_from_a_break(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    switch_aux_state(cast.ana, AuxState.objects.get(code="break"))
    with refused(AuxStateForbids) as refusal, translation.override("es"):
        attempt(conversation, cast.ana)()
    assert refusal.value.message == "Tu auxiliar es Descanso. Cambia a uno que atienda conversaciones."


@pytest.mark.parametrize("text", ["", "   ", "\x00\n"])
def test_an_empty_message_is_refused(cast: Cast, text: str) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(Invalid) as refusal:
        attempt(conversation, cast.ana, text=text)()
    assert list(refusal.value.fields) == ["text"]


def test_a_text_as_long_as_the_channel_takes_goes_and_one_more_does_not(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(Invalid) as refusal, translation.override("es"):
        attempt(conversation, cast.ana, text="ñ" * 4097)()
    assert refusal.value.fields == {"text": ["El texto tiene 4097 caracteres; caben 4096."]}
    assert len(say(conversation, "ñ" * 4096, by=cast.ana).text) == 4096


def test_a_caption_is_shorter(cast: Cast, provider: Provider) -> None:
    conversation = factories.taken_conversation(cast)
    attachment = upload(conversation, by=cast.ana)
    with refused(Invalid) as refusal, translation.override("es"):
        attempt(conversation, cast.ana, text="x" * 1025, attachment_id=attachment.pk)()
    assert refusal.value.fields == {"text": ["El texto tiene 1025 caracteres; caben 1024."]}
    assert say(conversation, "x" * 1024, by=cast.ana, attachment_id=attachment.pk).kind == "image"


@pytest.mark.shows("S02")
def test_quoting_another_conversations_message_or_a_note_is_refused(cast: Cast) -> None:
    conversation, other = factories.taken_conversation(cast), factories.taken_conversation(cast)
    note, _is_new = write_note(conversation.pk, by=cast.ana, client_id=client_id(), text="Solo nuestro")
    for quoted in (other.messages.get().pk, note.pk, 10**12):
        with refused(Invalid) as refusal:
            attempt(conversation, cast.ana, reply_to_id=quoted)()
        assert list(refusal.value.fields) == ["reply_to"]


# --- Notes ------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("S10")
def test_a_note_stays_inside(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    with announced() as facts:
        note, _is_new = write_note(conversation.pk, by=cast.luis, client_id=client_id(), text="Es cliente de la casa")
    assert facts == [NoteWritten(conversation_ids=(conversation.pk,), message_id=note.pk)]
    assert (note.status, note.is_note, note.author) == ("noted", True, cast.luis)
    assert not OutboxEntry.objects.exists()
    assert drain_outbox(conversation.pk) == sweep_outbox() == 0
    conversation.refresh_from_db()
    assert (conversation.preview, conversation.needs_first_reply, conversation.answered) == ("Hola", True, False)
    assert provider.sent() == []


@pytest.mark.shows("S10")
@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    script=strategies.lists(strategies.tuples(strategies.booleans(), strategies.booleans()), min_size=1, max_size=10)
)
def test_whatever_is_written_no_note_ever_goes_out(
    cast: Cast, provider: Provider, script: list[tuple[bool, bool]]
) -> None:
    """Notes and replies in any order, sent at once or later: what the provider got are the replies, all and only."""
    conversation = Conversation.objects.first() or ours(cast, provider)
    typed = provider.texts()
    for is_note, drains in script:
        secret = uuid.uuid4()
        if is_note:
            write_note(conversation.pk, by=cast.ana, client_id=client_id(), text=f"secreto {secret}")
        else:
            typed.append(say(conversation, f"público {secret}", by=cast.ana).text)
        if drains:
            drain_outbox(conversation.pk)
    assert not OutboxEntry.objects.filter(message__is_note=True).exists()
    drain_outbox(conversation.pk)
    assert provider.texts() == typed
    assert "secreto" not in repr(provider.sent())


@pytest.mark.shows("S10")
def test_the_database_itself_refuses_a_note_that_would_be_sent(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    note, _is_new = write_note(conversation.pk, by=cast.ana, client_id=client_id(), text="Solo nuestro")
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="note_is_only_noted"), transaction.atomic():
        Message.objects.filter(pk=note.pk).update(status="queued")


@pytest.mark.shows("S10")
def test_a_note_is_neither_retried_nor_removed(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    note, _is_new = write_note(conversation.pk, by=cast.ana, client_id=client_id(), text="Solo nuestro")
    for action in (retry_message, discard_message):
        for somebody in (cast.ana, cast.luis, cast.admin):
            with refused(NotFound):
                action(conversation.pk, note.pk, by=somebody)


def test_a_note_may_be_left_after_the_end_and_outside_the_window(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    note, is_new = write_note(conversation.pk, by=cast.ana, client_id=client_id(), text="Llamó después")
    assert is_new
    conversation.refresh_from_db()
    assert (conversation.status, note.change) == ("closed", conversation.change)


def test_a_note_twice_is_one_note(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    asked = client_id()
    note, _is_new = write_note(conversation.pk, by=cast.ana, client_id=asked, text="Ojo")
    with nothing_happens():
        assert write_note(conversation.pk, by=cast.ana, client_id=asked, text="Ojo") == (note, False)


@pytest.mark.parametrize("text", ["", " \n", "x" * (NOTE_LIMIT + 1)])
def test_an_empty_or_endless_note_is_refused(cast: Cast, text: str) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(Invalid):
        write_note(conversation.pk, by=cast.ana, client_id=client_id(), text=text)


# --- What can happen at the provider ----------------------------------------------------------------------------------


@pytest.mark.shows("R13")
@pytest.mark.parametrize("fault", ["rate_limited", "server_error", "reset_before"])
def test_what_surely_did_not_go_out_is_tried_again_later(cast: Cast, provider: Provider, fault: str) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        provider.simulator.faults(**{fault: 1.0})
        drain_outbox(conversation.pk)
        if fault == "reset_before":
            # The connection was there and then was not: nobody knows what the provider did with it.
            assert now_of(message).status == "unknown"
            return
        entry = OutboxEntry.objects.get()
        assert (entry.attempt, entry.claimed_at, now_of(message).status) == (1, None, "queued")
        assert entry.due_at > timezone.now()
        provider.simulator.faults()
        assert drain_outbox(conversation.pk) == 0
        assert provider.sent() == []
        clock.shift(10)
        assert drain_outbox(conversation.pk) == 1
    assert provider.texts() == ["Buenas"]
    assert now_of(message).status == "sent"
    check_invariants()


@pytest.mark.shows("R13")
def test_each_try_waits_longer_and_the_last_one_fails_with_its_reason(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    provider.simulator.faults(server_error=1.0)
    waits = []
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        while True:
            assert drain_outbox(conversation.pk) == 1
            entry = OutboxEntry.objects.first()
            if entry is None:
                break
            waits.append((entry.due_at - timezone.now()).total_seconds())
            assert now_of(message).status == "queued"
            clock.shift(waits[-1] - 0.001)
            assert drain_outbox(conversation.pk) == 0
            clock.shift(0.001)
    assert waits == sorted(waits)
    assert len(waits) == delivery.MAX_ATTEMPTS - 1
    assert sum(waits) > 200, "a short outage of the provider's must fail nobody's message"
    (row,) = rows.message_rows(Message.objects.filter(pk=message.pk))
    assert row["failure"] == {
        "code": 131000, "reason": "No se pudo llegar a WhatsApp. Vuelve a intentar en un momento.", "permanent": False,
    }  # fmt: skip
    assert provider.sent() == []
    check_invariants()


def test_a_provider_that_is_not_there_is_tried_again(cast: Cast, provider: Provider, settings: Settings) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    settings.META_GRAPH_URL = "http://127.0.0.1:9"
    sender_for.cache_clear()
    drain_outbox(conversation.pk)
    sender_for(factories.PHONE_NUMBER_ID, factories.TOKEN).close()
    sender_for.cache_clear()
    assert (now_of(message).status, OutboxEntry.objects.get().attempt) == ("queued", 1)
    settings.META_GRAPH_URL = provider.simulator.url
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=2), tick=False):
        drain_outbox(conversation.pk)
    assert provider.texts() == ["Buenas"]


def test_a_permanent_refusal_fails_at_once_with_its_reason(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    # The provider does not know this number: as if the account had been moved away.
    ChannelAccount.objects.update(external_id="404404")
    with announced() as facts:
        drain_outbox(conversation.pk)
    sender_for("404404", factories.TOKEN).close()
    (row,) = rows.message_rows(Message.objects.filter(pk=message.pk))
    assert row["status"] == "failed"
    assert row["failure"]["permanent"] is True
    assert row["failure"]["reason"] == "WhatsApp no entendió el mensaje. Avisa a tu administrador."
    assert facts == [MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(message.pk,))]
    check_invariants()


def test_a_failure_told_later_by_webhook_is_shown(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    provider.simulator.change_customer("rocio", fails_with=131026)
    message = say(conversation, "Buenas", by=cast.ana)
    drain_outbox(conversation.pk)
    provider.pump()
    (row,) = rows.message_rows(Message.objects.filter(pk=message.pk))
    assert (row["status"], row["failure"]["code"]) == ("failed", 131026)


@pytest.mark.shows("R13", "R18")
def test_a_lost_answer_is_shown_as_not_confirmed_and_never_sent_again(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    provider.simulator.faults(lost_answer=1.0, webhook_paused=True)
    drain_outbox(conversation.pk)
    provider.simulator.faults(webhook_paused=True)
    assert now_of(message).status == "unknown"
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1), tick=False):
        assert sweep_outbox() == drain_outbox(conversation.pk) == 0
        with refused(MessageNotFailed):
            retry_message(conversation.pk, message.pk, by=cast.ana)
        with refused(MessageNotFailed):
            discard_message(conversation.pk, message.pk, by=cast.ana)
    assert len(provider.sent()) == 1
    # The provider's own word settles it: its statuses bring our id back.
    provider.simulator.faults()
    provider.pump()
    settled = now_of(message)
    assert (settled.status, settled.provider_id) == ("delivered", provider.sent()[0].id)
    check_invariants()


@pytest.mark.shows("R18")
def test_a_worker_killed_in_the_call_leaves_the_message_not_confirmed(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    first, second = (say(conversation, text, by=cast.ana) for text in ("Uno", "Dos"))
    # It took the lease, marked the entry and was killed: nobody knows whether it had called.
    lease = leases.take(lease_key_of(conversation), seconds=180)
    assert lease is not None
    assert factories.claim_next(conversation.pk) is not None
    assert drain_outbox(conversation.pk) == 0
    Lease.objects.update(locked_until=timezone.now() - datetime.timedelta(seconds=1))
    assert sweep_outbox() == 1
    assert drain_outbox(conversation.pk) == 1
    assert (now_of(first).status, now_of(second).status) == ("unknown", "sent")
    assert provider.texts() == ["Dos"]
    apply = status_update(first, factories.MessageStatus.DELIVERED)
    factories_apply(cast, apply)
    assert now_of(first).status == "delivered"
    check_invariants()


def factories_apply(cast: Cast, update: Any) -> None:
    from inbox.actions.statuses import apply_statuses

    apply_statuses(cast.account, [update])


@pytest.mark.shows("R18")
def test_a_worker_that_lost_its_lease_does_not_call(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped for minutes before it marked the entry; meanwhile another took over."""
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    claim = delivery.claim

    def claim_late(entry: OutboxEntry, lease: leases.HeldLease, *, seconds: float) -> bool:
        Lease.objects.update(token=client_id())
        return claim(entry, lease, seconds=seconds)

    monkeypatch.setattr(delivery, "claim", claim_late)
    assert drain_outbox(conversation.pk) == 0
    assert provider.sent() == []
    assert now_of(message).status == "queued"
    # Nothing is in doubt: whoever holds the lane sends it.
    assert OutboxEntry.objects.get().claimed_at is None


@pytest.mark.shows("R19")
@pytest.mark.faults
def test_a_revoked_token_holds_the_messages_until_there_is_a_new_one(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    first, second = (say(conversation, text, by=cast.ana) for text in ("Uno", "Dos"))
    provider.simulator.faults(token_revoked=True)
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        drain_outbox(conversation.pk)
        account = ChannelAccount.objects.get()
        assert (account.state, account.state_reason) == (
            "disconnected",
            "The WhatsApp channel is disconnected. Messages wait and leave by themselves once it is reconnected.",
        )
        assert JournalEntry.objects.filter(verb="channel_account_disconnected").count() == 1
        # For hours: every sweep finds them, none is spent.
        for _again in range(20):
            clock.shift(61)
            drain_outbox(conversation.pk)
        assert [now_of(each).status for each in (first, second)] == ["queued", "queued"]
        assert [each.attempt for each in OutboxEntry.objects.all()] == [0, 0]
        provider.simulator.faults()
        drain_outbox(conversation.pk)
        assert provider.sent() == []
        # The new token: what was held is due at once.
        save_whatsapp_account(
            name=account.name, phone_number_id=account.external_id, waba_id=account.portfolio_id, token=factories.TOKEN, campaign=None,
        )  # fmt: skip
        resume_account(account.pk)
        assert drain_outbox(conversation.pk) == 2
    assert provider.texts() == ["Uno", "Dos"]
    assert JournalEntry.objects.filter(verb="channel_account_disconnected").count() == 1
    figure(
        "R19", "0 of 2 messages lost, both sent in order with the new token", data="revoked for 20 sweeps", samples=2
    )
    check_invariants()


@pytest.mark.shows("R19")
def test_an_account_that_is_still_away_is_not_resumed(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    say(conversation, "Buenas", by=cast.ana)
    ChannelAccount.objects.update(state="disconnected")
    OutboxEntry.objects.update(due_at=timezone.now() + datetime.timedelta(minutes=1))
    with nothing_happens():
        resume_account(cast.account.pk)


@pytest.mark.shows("S48")
def test_credentials_that_cannot_be_opened_hold_the_messages(
    cast: Cast, provider: Provider, settings: Settings
) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "Buenas", by=cast.ana)
    right = settings.FIELD_KEYS
    settings.FIELD_KEYS = (("another", b"0" * 32),)
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        drain_outbox(conversation.pk)
        assert (now_of(message).status, OutboxEntry.objects.get().attempt) == ("queued", 0)
        settings.FIELD_KEYS = right
        clock.shift(61)
        drain_outbox(conversation.pk)
    assert provider.texts() == ["Buenas"]


# --- Second tries -----------------------------------------------------------------------------------------------------


def failed_message(cast: Cast, conversation: Conversation) -> Message:
    message = say(conversation, "Buenas", by=cast.ana)
    entry = factories.claim_next(conversation.pk)
    assert entry is not None
    delivery.record_failed(entry, code=131026, reason="No.", permanent=True)
    return now_of(message)


def test_a_failed_message_is_tried_again_in_the_same_bubble(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = failed_message(cast, conversation)
    with announced() as facts:
        retry_message(conversation.pk, message.pk, by=cast.ana)
    again = now_of(message)
    assert facts == [
        MessageQueued(conversation_ids=(conversation.pk,), conversation_id=conversation.pk, message_id=message.pk)
    ]
    assert (again.status, again.failure_code, again.failure_reason, again.provider_id) == ("queued", None, "", None)
    assert (again.happened_at, again.client_id, again.text) == (message.happened_at, message.client_id, message.text)
    assert again.change > message.change
    drain_outbox(conversation.pk)
    provider.pump()
    assert now_of(message).status == "delivered"
    check_invariants()


def test_late_news_of_the_first_try_does_not_speak_for_the_second(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = failed_message(cast, conversation)
    late = status_update(message, factories.MessageStatus.FAILED, provider_id="wamid.first", error_code=131026)
    retry_message(conversation.pk, message.pk, by=cast.ana)
    drain_outbox(conversation.pk)
    factories_apply(cast, late)
    assert now_of(message).status == "sent"


def test_two_clicks_on_retry_are_one_more_try(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = failed_message(cast, conversation)
    retry_message(conversation.pk, message.pk, by=cast.ana)
    with refused(MessageNotFailed):
        retry_message(conversation.pk, message.pk, by=cast.ana)
    assert OutboxEntry.objects.count() == 1


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "read", "unknown"])
def test_only_a_failed_message_is_tried_again_or_removed(cast: Cast, status: str) -> None:
    conversation = factories.taken_conversation(cast)
    message = say(conversation, "Buenas", by=cast.ana)
    OutboxEntry.objects.all().delete()
    Message.objects.filter(pk=message.pk).update(status=status)
    for action in (retry_message, discard_message):
        with refused(MessageNotFailed) as refusal, translation.override("es"):
            action(conversation.pk, message.pk, by=cast.ana)
        assert refusal.value.message == "Solo un mensaje fallido se puede reintentar o eliminar."


def test_a_failed_message_is_taken_off_the_thread_and_kept(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = failed_message(cast, conversation)
    with announced() as facts:
        discard_message(conversation.pk, message.pk, by=cast.ana)
    assert facts == [MessagesChanged(conversation_ids=(conversation.pk,), message_ids=(message.pk,))]
    assert rows.message_rows(Message.objects.filter(pk=message.pk))[0]["deleted"] is True
    for action in (retry_message, discard_message):
        with refused(MessageNotFailed):
            action(conversation.pk, message.pk, by=cast.ana)


def test_the_author_clears_away_a_failure_even_after_somebody_took_over(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = failed_message(cast, conversation)
    take_conversation(conversation.pk, by=cast.luis)
    Conversation.objects.filter(pk=conversation.pk).update(team=cast.team)
    with refused(NotFound):
        discard_message(conversation.pk, message.pk, by=cast.eva)
    discard_message(conversation.pk, message.pk, by=cast.luis)
    assert now_of(message).deleted_at is not None


@pytest.mark.shows("S02")
def test_a_message_under_another_conversations_address_does_not_exist(cast: Cast) -> None:
    conversation, other = factories.taken_conversation(cast), factories.taken_conversation(cast)
    message = failed_message(cast, conversation)
    for action in (retry_message, discard_message):
        with refused(NotFound):
            action(other.pk, message.pk, by=cast.ana)
        with refused(NotFound):
            action(conversation.pk, conversation.messages.get(direction="in").pk, by=cast.ana)


def test_a_second_try_asks_for_the_window_again(cast: Cast) -> None:
    with time_machine.travel("2031-03-04T12:00Z", tick=False) as clock:
        conversation = factories.taken_conversation(cast, at=timezone.now())
        message = failed_message(cast, conversation)
        clock.shift(24 * 3600)
        with refused(WindowClosed):
            retry_message(conversation.pk, message.pk, by=cast.ana)


# --- Pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.shows("001-34")
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_kept_sent_and_received(cast: Cast, provider: Provider, kind: str) -> None:
    conversation = ours(cast, provider)
    content = picture(kind)
    attachment = upload(conversation, by=cast.ana, name="../../etc/ pá\x00ssŵd.jpg", content=content)
    assert (attachment.state, attachment.width, attachment.height, attachment.size) == ("stored", 30, 20, len(content))
    # Under its own id, never under the name that came with it (S32).
    assert attachment.path == f"{attachment.pk.hex[:2]}/{attachment.pk.hex[2:4]}/{attachment.pk.hex}"
    message = say(conversation, "Mire", by=cast.ana, attachment_id=attachment.pk)
    drain_outbox(conversation.pk)
    provider.pump()
    (sent,) = provider.sent()
    assert sent.text == "Mire"
    stored = provider.simulator.world.media.get(sent.media_id)
    assert stored is not None
    assert stored.content == content
    assert (now_of(message).status, now_of(message).kind) == ("delivered", "image")
    check_invariants()


def test_a_picture_needs_no_words(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    message = say(conversation, "", by=cast.ana, attachment_id=upload(conversation, by=cast.ana).pk)
    drain_outbox(conversation.pk)
    assert now_of(message).status == "sent"
    assert list(provider.sent()[0].content["image"]) == ["id"]


def test_a_picture_whose_file_is_gone_fails_with_words(cast: Cast, provider: Provider) -> None:
    conversation = ours(cast, provider)
    attachment = upload(conversation, by=cast.ana)
    message = say(conversation, "Mire", by=cast.ana, attachment_id=attachment.pk)
    default_storage.delete(attachment.path)
    drain_outbox(conversation.pk)
    assert now_of(message).status == "failed"
    assert now_of(message).failure_reason == "The file is no longer there. Attach it again."
    assert provider.sent() == []
    check_invariants()


def gif() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "GIF")
    return file.getvalue()


@pytest.mark.shows("S31")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("anim.jpg", gif()),
        ("empty.png", b""),
        ("half.png", picture("PNG")[:20]),
        ("report.pdf", b"%PDF-1.7 ..."),
    ],
)
def test_what_is_no_picture_is_refused_whatever_its_name_says(
    cast: Cast, provider: Provider, name: str, content: bytes
) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(UnsupportedMedia):
        upload(conversation, by=cast.ana, name=name, content=content)
    assert not any(default_storage.listdir("")), "nothing is left on the disk"


@pytest.mark.shows("001-34")
def test_a_picture_over_the_limit_is_refused_with_both_sizes(cast: Cast, provider: Provider) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(TooLarge) as refusal, translation.override("es"):
        upload(conversation, by=cast.ana, content=picture() + b"\0" * (5 * 1024 * 1024))
    assert refusal.value.message == "La imagen pesa 5.0 MB; WhatsApp admite 5 MB."
    assert not any(default_storage.listdir(""))


@pytest.mark.shows("S40")
def test_an_image_bomb_is_refused_from_its_header(cast: Cast, provider: Provider) -> None:
    conversation = factories.taken_conversation(cast)
    small = bytearray(picture("PNG"))
    small[16:24] = (50_000).to_bytes(4, "big") * 2
    with refused(UnsupportedMedia):
        upload(conversation, by=cast.ana, name="bomb.png", content=bytes(small))


def test_whoever_may_not_answer_may_not_upload(cast: Cast, provider: Provider) -> None:
    conversation = factories.taken_conversation(cast)
    refusals: list[tuple[User, type[Refusal]]] = [(cast.luis, NotYours), (cast.eva, NotFound)]
    for user, refusal in refusals:
        with refused(refusal):
            upload(conversation, by=user)
    assert not any(default_storage.listdir(""))


@pytest.mark.shows("S02")
def test_a_file_is_sent_once_by_who_uploaded_it_in_the_conversation_it_was_uploaded_for(
    cast: Cast, provider: Provider
) -> None:
    beto = factories.agent_of(cast, "beto")
    conversation, other = factories.taken_conversation(cast), factories.taken_conversation(cast)
    betos = factories.taken_conversation(cast, by=beto)
    mine, elsewhere, his = upload(conversation, by=cast.ana), upload(other, by=cast.ana), upload(betos, by=beto)
    Attachment.objects.filter(pk=his.pk).update(conversation=conversation)
    pending = Attachment.objects.create(conversation=conversation, kind="image", mime="image/png", uploaded_by=cast.ana)
    for wrong in (elsewhere, his, pending, Attachment(pk=uuid.uuid4())):
        with refused(Invalid) as refusal, translation.override("es"):
            attempt(conversation, cast.ana, attachment_id=wrong.pk)()
        assert refusal.value.fields == {"attachment": ["El archivo ya no está. Adjúntalo otra vez."]}
    say(conversation, "Mire", by=cast.ana, attachment_id=mine.pk)
    with refused(Invalid):
        attempt(conversation, cast.ana, attachment_id=mine.pk)()
    assert Assignment.objects.filter(ended_at=None).count() == 3
