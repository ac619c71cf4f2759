"""Internal notes stay inside: no provider ever sees one."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings

from core.refusals import Invalid, NotFound
from inbox.actions.closing import close_conversation
from inbox.actions.sending import NOTE_LIMIT, discard_message, retry_message, write_note
from inbox.events import NoteWritten
from inbox.models import Conversation, Message, OutboxEntry
from inbox.tasks import drain_outbox, sweep_outbox
from tests import factories
from tests.concurrency import scaled
from tests.factories import Cast, client_id
from tests.inbox.conftest import Provider
from tests.inbox.test_sending import ours, say
from tests.witness import announced, nothing_happens, refused


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
@pytest.mark.faults
@hypothesis_settings(
    max_examples=scaled(small=12, full=2000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
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
