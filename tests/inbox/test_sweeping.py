"""What the sweepers find again, and what a try that reached nobody may repeat."""

from __future__ import annotations

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from connectors.whatsapp.errors import AnswerLost
from connectors.whatsapp.send import Sender, SentMessage
from inbox import tasks
from inbox.actions import attachments, handing_over, uploads
from inbox.actions.sending import send_message
from inbox.models import Attachment, Message, OutboxEntry
from tests import factories
from tests.factories import Cast, client_id
from tests.inbox.query_budgets import STATEMENTS_A_SEND
from tests.security.world import png


@pytest.mark.shows("R13")
def test_an_upload_whose_answer_was_lost_is_tried_again(
    cast: Cast, settings: Settings, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a file may have left: the message itself did not, so it is neither «not confirmed» nor failed."""
    settings.MEDIA_ROOT = tmp_path
    conversation = factories.taken_conversation(cast)
    picture = uploads.store_upload(conversation.pk, SimpleUploadedFile("foto.png", png()), by=cast.ana)
    message, _is_new = send_message(
        conversation.pk, by=cast.ana, client_id=client_id(), text="", attachment_id=picture.pk
    )

    def lose_the_answer(*_args: object, **_options: object) -> str:
        raise AnswerLost("ReadTimeout")

    monkeypatch.setattr(Sender, "upload_media", lose_the_answer)
    tasks.drain_outbox(conversation.pk)
    entry = OutboxEntry.objects.get()
    assert (Message.objects.get(pk=message.pk).status, entry.claimed_at, entry.attempt) == ("queued", None, 1)
    assert entry.due_at > timezone.now()


def test_only_conversations_whose_oldest_message_is_due_are_swept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A held-up conversation's second message is no reason to look at it every three seconds, before everybody else's."""
    monkeypatch.setattr(tasks, "SWEEP_LIMIT", 1)
    held, free = factories.taken_conversation(cast), factories.taken_conversation(cast)
    for conversation, text in ((held, "Uno"), (held, "Dos"), (free, "Tres")):
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text=text)
    oldest = OutboxEntry.objects.filter(conversation=held).order_by("id").first()
    assert oldest is not None
    OutboxEntry.objects.filter(pk=oldest.pk).update(due_at=timezone.now() + datetime.timedelta(minutes=1))
    hinted: list[object] = []
    monkeypatch.setattr(tasks, "hint_again", lambda task, each: hinted.append(each))
    assert tasks.sweep_outbox() == 1
    assert hinted == [free.pk]


@pytest.mark.shows("R15")
def test_a_call_that_is_over_makes_room_for_the_next_that_waits_and_for_nobody_of_another_number(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise what found no room waits for the next sweep: four calls at once were four in three seconds."""
    first, second, held = (factories.taken_conversation(cast) for _each in range(3))
    for conversation in (first, second, held):
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Buenas")
    OutboxEntry.objects.filter(conversation=held).update(due_at=timezone.now() + datetime.timedelta(minutes=1))
    hinted: list[object] = []
    monkeypatch.setattr(tasks, "hint_again", lambda task, each: hinted.append((task, each)))
    monkeypatch.setattr(Sender, "send", lambda *_args, **_options: SentMessage(provider_id=f"wamid.{client_id()}"))
    assert tasks.drain_outbox(held.pk) == 0
    assert hinted == []
    assert tasks.drain_outbox(first.pk) == 1
    assert hinted == [(tasks.keep_sending, cast.account.pk)]
    assert tasks.keep_sending(cast.account.pk) == 1
    assert not OutboxEntry.objects.exclude(conversation=held).exists()
    assert len(hinted) == 1, "nothing more waits"


@pytest.mark.shows("R20")
def test_a_thread_that_waits_for_the_provider_holds_no_connection(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = factories.taken_conversation(committed_cast)
    send_message(conversation.pk, by=committed_cast.ana, client_id=client_id(), text="Buenas")
    held: list[object] = []

    def answer(*_args: object, **_options: object) -> SentMessage:
        held.append(connection.connection)
        return SentMessage(provider_id="wamid.1")

    monkeypatch.setattr(Sender, "send", answer)
    assert tasks.drain_outbox(conversation.pk) == 1
    assert held == [None]


def test_a_late_failure_does_not_hide_a_file_that_was_fetched(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    message = Message.objects.filter(conversation=conversation).get()
    attachment = Attachment.objects.create(
        conversation=conversation, message=message, kind="image", mime="image/png", state="stored", path="a/b"
    )
    attachments.fail_fetch(attachment, reason=attachments.GONE)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.reason) == ("stored", "")


@pytest.mark.shows("R15")
def test_what_a_message_costs_its_worker(committed_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """One number sends as fast as its worker's processor allows: each further question is felt (docs/performance.md)."""
    count = 5
    for _each in range(count):
        conversation = factories.taken_conversation(committed_cast)
        send_message(conversation.pk, by=committed_cast.ana, client_id=client_id(), text="Buenas")
    monkeypatch.setattr(Sender, "send", lambda *_args, **_options: SentMessage(provider_id=f"wamid.{client_id()}"))
    monkeypatch.setattr(handing_over, "lend_connection", lambda: None)
    with CaptureQueriesContext(connection) as asked:
        assert tasks.keep_sending(committed_cast.account.pk) == count
    # Once for the next lane, which nobody is in at the end.
    assert len(asked) - 1 <= STATEMENTS_A_SEND * count, [each["sql"][:120] for each in asked.captured_queries]
