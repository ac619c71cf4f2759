"""Agents write: each message goes out once, in the order it was typed, and its outcome is told whatever it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation
from PIL import Image

from accounts.actions import switch_aux_state
from accounts.models import AuxState, User
from core.refusals import Invalid, NotFound
from inbox.actions import lanes, uploads
from inbox.actions.assignment import take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.sending import send_message, write_note
from inbox.errors import AlreadyClosed, AuxStateForbids, NotAssigned, NotYours, WindowClosed
from inbox.events import MessageQueued
from inbox.models import Attachment, Conversation, Message, OutboxEntry
from inbox.tasks import drain_outbox
from tests import factories
from tests.concurrency import all_well, together
from tests.factories import Cast, client_id
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
