"""A message whose answer was lost: nothing sends it again by itself; after a while a person may, warned that it may arrive twice."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
import time_machine
from django.utils import timezone, translation

from core.models import JournalEntry
from core.refusals import NotFound
from inbox import rows
from inbox.actions.assignment import take_conversation
from inbox.actions.sending import send_message, write_note
from inbox.actions.unconfirmed import discard_unconfirmed, resend_unconfirmed
from inbox.errors import MayArriveTwice, MessageNotUnconfirmed, NotYours, WindowClosed
from inbox.models import Conversation, Message
from inbox.models.message import PATIENCE
from inbox.tasks import drain_outbox, sweep_outbox
from tests import factories
from tests.factories import Cast, client_id, status_update
from tests.inbox.conftest import Provider
from tests.invariants import check_invariants
from tests.security.world import signed_in
from tests.witness import refused


@pytest.fixture
def lost(cast: Cast, provider: Provider) -> Iterator[Message]:
    """Ana's message reached the provider, the answer was lost, and no status came: eleven minutes ago."""
    provider.writes("Hola")
    conversation = take_conversation(Conversation.objects.latest("id").pk, by=cast.ana)
    message, _is_new = send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Buenas")
    provider.simulator.faults(lost_answer=1.0, webhook_paused=True)
    drain_outbox(conversation.pk)
    provider.simulator.faults(webhook_paused=True)
    with time_machine.travel(timezone.now() + PATIENCE + datetime.timedelta(minutes=1), tick=False):
        yield Message.objects.get(pk=message.pk)


@pytest.mark.shows("R13")
def test_a_person_who_was_warned_sends_it_again(cast: Cast, provider: Provider, lost: Message) -> None:
    assert (lost.status, sweep_outbox(), drain_outbox(lost.conversation_id)) == ("unknown", 0, 0)
    with refused(MayArriveTwice) as refusal, translation.override("es"):
        resend_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana, accepts_twice=False)
    assert refusal.value.message == "El cliente podría recibir este mensaje dos veces. ¿Reenviarlo de todos modos?"
    again = resend_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana, accepts_twice=True)
    assert (again.status, again.unconfirmed_since) == ("queued", None)
    with refused(MessageNotUnconfirmed):
        resend_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana, accepts_twice=True)
    assert JournalEntry.objects.get(verb="unconfirmed_message_resent").actor_id == cast.ana.pk
    drain_outbox(lost.conversation_id)
    assert provider.texts() == ["Buenas", "Buenas"]
    provider.simulator.faults()
    provider.pump()
    assert Message.objects.get(pk=lost.pk).status == "delivered"


@pytest.mark.shows("R13")
def test_a_status_that_comes_after_all_settles_it_and_nobody_sends_it_again(
    cast: Cast, provider: Provider, lost: Message
) -> None:
    provider.simulator.faults()
    provider.pump()
    assert Message.objects.get(pk=lost.pk).status == "delivered"
    for action in (discard_unconfirmed,):
        with refused(MessageNotUnconfirmed):
            action(lost.conversation_id, lost.pk, by=cast.ana)
    with refused(MessageNotUnconfirmed):
        resend_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana, accepts_twice=True)
    assert len(provider.sent()) == 1
    check_invariants()


def test_its_status_is_waited_for_first(cast: Cast, provider: Provider, lost: Message) -> None:
    Message.objects.filter(pk=lost.pk).update(
        unconfirmed_since=timezone.now() - datetime.timedelta(minutes=7, seconds=30)
    )
    with refused(MessageNotUnconfirmed) as refusal, translation.override("es"):
        resend_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana, accepts_twice=True)
    assert refusal.value.message == "Su confirmación aún puede llegar. Espera 3 minutos más."


def test_a_person_takes_it_off_the_thread_and_a_late_status_still_finds_it(
    cast: Cast, provider: Provider, lost: Message
) -> None:
    discard_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana)
    assert JournalEntry.objects.filter(verb="unconfirmed_message_discarded").count() == 1
    assert Message.objects.get(pk=lost.pk).deleted_at is not None
    provider.simulator.faults()
    provider.pump()
    assert Message.objects.get(pk=lost.pk).status == "delivered"


def test_news_of_the_lost_try_does_not_speak_for_the_next(cast: Cast, provider: Provider, lost: Message) -> None:
    late = status_update(lost, factories.MessageStatus.FAILED, provider_id="wamid.lost", error_code=131026)
    resend_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana, accepts_twice=True)
    drain_outbox(lost.conversation_id)
    from inbox.actions.statuses import apply_statuses

    apply_statuses(cast.account, [late])
    assert Message.objects.get(pk=lost.pk).status == "sent"


@pytest.mark.shows("S02", "S10")
def test_whoever_may_not_answer_may_not_decide(cast: Cast, provider: Provider, lost: Message) -> None:
    with refused(NotFound):
        resend_unconfirmed(lost.conversation_id, lost.pk, by=cast.eva, accepts_twice=True)
    with refused(NotYours):
        resend_unconfirmed(lost.conversation_id, lost.pk, by=cast.luis, accepts_twice=True)
    note, _is_new = write_note(lost.conversation_id, by=cast.ana, client_id=client_id(), text="Nota")
    with refused(NotFound):
        resend_unconfirmed(lost.conversation_id, note.pk, by=cast.ana, accepts_twice=True)
    Conversation.objects.update(window_expires_at=timezone.now())
    with refused(WindowClosed):
        resend_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana, accepts_twice=True)


def test_the_decision_over_rest(cast: Cast, provider: Provider, lost: Message) -> None:
    ana = signed_in(cast.ana)
    address = f"/api/v1/conversations/{lost.conversation_id}/messages/{lost.pk}/resolution/"
    first = ana.put(address, {"decision": "resend"}, content_type="application/json")
    assert (first.status_code, first.json()["error"]["code"]) == (409, "may_arrive_twice")
    second = ana.put(address, {"decision": "resend", "may_arrive_twice": True}, content_type="application/json")
    assert (second.status_code, second.json()["status"]) == (200, "queued")


@pytest.mark.shows("R13")
def test_the_row_says_from_when_on_a_person_may_decide(cast: Cast, provider: Provider, lost: Message) -> None:
    assert lost.unconfirmed_since is not None
    (shown,) = rows.message_rows(Message.objects.filter(pk=lost.pk))
    assert shown["resolvable_at"] == lost.unconfirmed_since + datetime.timedelta(minutes=10)
    assert "unconfirmed_since" not in shown
    # The very moment: nothing before it, everything from it on.
    too_early = shown["resolvable_at"] - datetime.timedelta(seconds=1)
    with time_machine.travel(too_early, tick=False), refused(MessageNotUnconfirmed):
        discard_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana)
    with time_machine.travel(shown["resolvable_at"], tick=False):
        discard_unconfirmed(lost.conversation_id, lost.pk, by=cast.ana)
    provider.simulator.faults()
    provider.pump()
    assert rows.message_rows(Message.objects.filter(pk=lost.pk))[0]["resolvable_at"] is None
