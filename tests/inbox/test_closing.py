"""The one closing action: with an outcome of the campaign's, once, and nothing comes after it."""

from __future__ import annotations

import datetime
from functools import partial
from typing import Any

import pytest
import time_machine
from django.utils import timezone, translation

from accounts.actions import switch_aux_state
from accounts.models import AuxState, User
from campaigns.models import CampaignTypification
from contacts.actions.members import release_member, take_next_member
from contacts.models import ContactNote
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.closing import NOTE_LIMIT, close_conversation
from inbox.actions.noting import write_contact_note
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.api import details
from inbox.errors import (
    AlreadyClosed,
    AuxStateForbids,
    NotAnswered,
    NotAssigned,
    NoteRequired,
    NotYours,
    QuickCloseUnavailable,
    RecordOpen,
    TypificationNotOffered,
)
from inbox.events import ConversationClosed
from inbox.models import Assignment, Conversation, ConversationEvent
from tests import factories
from tests.concurrency import together
from tests.contacts.members import base_of
from tests.factories import Cast, client_id, identity, inbound, leaf
from tests.invariants import check_invariants
from tests.witness import announced, refused
from typification.models import Typification

NOON = "2031-03-04T12:00Z"


def answered_conversation(cast: Cast, *, by: User | None = None, **begun: Any) -> Conversation:
    conversation = factories.taken_conversation(cast, by=by, **begun)
    send_message(conversation.pk, by=by or cast.ana, client_id=client_id(), text="Buenas")
    conversation.outbox.all().delete()
    conversation.messages.filter(direction="out").update(status="sent")
    conversation.refresh_from_db()
    return conversation


def close(conversation: Conversation, by: User, name: str = "Pide propuesta por correo", **more: Any) -> Conversation:
    return close_conversation(conversation.pk, by=by, typification_id=leaf(name).pk, **more)


# --- What closing does ------------------------------------------------------------------------------------------------


@pytest.mark.shows("B-03", "000-07", "004-17")
def test_closing_writes_the_outcome_everywhere_it_is_looked_for(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    with time_machine.travel(NOON, tick=False), announced() as facts:
        close(conversation, cast.ana, note="  Enviar el plan de 300 megas\x00 ")
        now = timezone.now()
    conversation.refresh_from_db()
    outcome = leaf("Pide propuesta por correo")
    assert facts == [ConversationClosed(conversation_ids=(conversation.pk,), by_id=cast.ana.pk)]
    assert (conversation.status, conversation.tray) == ("closed", "attended")
    assert (conversation.closed_at, conversation.closed_by, conversation.typification) == (now, cast.ana, outcome)
    assert (conversation.close_mode, conversation.close_note) == ("normal", "Enviar el plan de 300 megas")
    assert (conversation.assignee, conversation.unread, conversation.waiting_since) == (cast.ana, 0, None)
    assert Assignment.objects.get().ended_at == now
    event = ConversationEvent.objects.latest("id")
    assert (event.kind, event.actor, event.change) == ("closed", cast.ana, conversation.change)
    assert event.details == {
        "typification": "Interesado › Pide propuesta por correo", "mode": "normal", "note": "Enviar el plan de 300 megas",
    }  # fmt: skip
    entry = JournalEntry.objects.get(verb="conversation_closed")
    # The note may name a person: it stays out of the journal, which nothing is ever erased from.
    assert (entry.actor_id, entry.details) == (cast.ana.pk, {"typification": outcome.pk, "mode": "normal"})
    check_invariants()


def test_closing_twice_is_refused(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    close(conversation, cast.ana)
    for user in (cast.ana, cast.luis, cast.admin):
        with refused(AlreadyClosed) as refusal, translation.override("es"):
            close(conversation, user)
        assert refusal.value.message == "Esta conversación ya está finalizada."


def test_two_who_close_at_once_close_it_once(committed_cast: Cast) -> None:
    conversation = answered_conversation(committed_cast)
    outcomes = together([partial(close, conversation, user) for user in (committed_cast.ana, committed_cast.luis)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyClosed", "Conversation"]
    assert conversation.events.filter(kind="closed").count() == 1
    assert JournalEntry.objects.filter(verb="conversation_closed").count() == 1
    check_invariants()


def test_a_message_that_comes_while_it_is_closed_is_never_lost(committed_cast: Cast) -> None:
    """Either it came before, and is in the closed one, or after, and opened another."""
    for number in range(6):
        sender = identity(f"59598100{number:04d}")
        conversation = answered_conversation(committed_cast, sender=sender)
        outcomes = together(
            [
                partial(close, conversation, committed_cast.ana),
                partial(receive_messages, committed_cast.account, [inbound("Una cosa más", sender=sender)]),
            ]
        )
        assert not [outcome for outcome in outcomes if isinstance(outcome, BaseException)], outcomes
        found = Conversation.objects.filter(contact=conversation.contact, messages__text="Una cosa más").get()
        assert (found.pk == conversation.pk) == (found.status == "closed")
    check_invariants()


def test_after_the_end_nothing_goes_out_and_a_new_message_opens_another(cast: Cast) -> None:
    conversation = answered_conversation(cast, sender=identity())
    close(conversation, cast.ana)
    with refused(AlreadyClosed) as refusal, translation.override("es"):
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Ah, y…")
    assert refusal.value.message == "Esta conversación está finalizada. Un mensaje nuevo del cliente abre otra."
    receive_messages(cast.account, [inbound("Una cosa más")])
    other = Conversation.objects.exclude(pk=conversation.pk).get()
    assert (other.status, other.contact, other.assignee) == ("queued", conversation.contact, None)
    assert conversation.messages.count() == 2
    check_invariants()


# --- Which outcomes ---------------------------------------------------------------------------------------------------


def names(branches: list[dict[str, Any]]) -> dict[str, Any]:
    return {each["name"]: names(each["children"]) if each["children"] else each["selectable"] for each in branches}


@pytest.mark.shows("000-06", "004-18", "004-20")
def test_the_offer_is_the_campaigns_set_as_a_tree_with_headings_that_are_not_outcomes(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    CampaignTypification.objects.filter(campaign=cast.campaign).exclude(
        typification__name__in=["Interesado", "Llamar más tarde", "Cobertura", "No responde"]
    ).delete()
    offer = details.closing_offer(Conversation.objects.get(pk=conversation.pk), cast.ana)
    assert names(offer["typifications"]) == {
        # A heading in the set brings its children; one that is not stands above the child that is.
        "Interesado": {
            "Llamar más tarde": True, "Pide propuesta por correo": True, "Compara con otro proveedor": True, "Espera aprobación familiar": True,
        },
        "Información entregada": {"Cobertura": True},
        "No responde": True,
    }  # fmt: skip
    assert {each["name"]: each["selectable"] for each in offer["typifications"]} == {
        "Interesado": False, "Información entregada": False, "No responde": True,
    }  # fmt: skip
    assert offer["close"] == {"allowed": True, "code": "", "reason": ""}


@pytest.mark.shows("004-18", "004-20", "B-05")
@pytest.mark.parametrize("name", ["Interesado", "Transferencia", "Spam"])
def test_a_heading_and_what_the_product_keeps_for_itself_are_not_outcomes(cast: Cast, name: str) -> None:
    conversation = answered_conversation(cast)
    with refused(TypificationNotOffered) as refusal, translation.override("es"):
        close(conversation, cast.ana, name)
    assert refusal.value.message == "Esta campaña no finaliza con esa tipificación. Elige una de la lista."


@pytest.mark.shows("004-18", "S02")
def test_another_campaigns_outcome_is_refused(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    foreign = Typification.objects.create(name="Solo reclamos")
    CampaignTypification.objects.create(campaign=cast.other_campaign, typification=foreign)
    with refused(TypificationNotOffered):
        close(conversation, cast.ana, foreign.name)
    with refused(TypificationNotOffered):
        close_conversation(conversation.pk, by=cast.ana, typification_id=10**12)


def test_an_archived_outcome_is_refused_and_its_heading_becomes_one_when_all_are(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    Typification.objects.filter(name="Cobertura").update(archived=True)
    with refused(TypificationNotOffered):
        close(conversation, cast.ana, "Cobertura")
    with refused(TypificationNotOffered):
        close(conversation, cast.ana, "Información entregada")
    Typification.objects.filter(parent__name="Información entregada").update(archived=True)
    assert close(conversation, cast.ana, "Información entregada").status == "closed"


def test_an_outcome_meant_for_calls_is_not_offered_for_a_chat(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    Typification.objects.filter(name="No responde").update(applies_to="phone")
    offer = details.closing_offer(Conversation.objects.get(pk=conversation.pk), cast.ana)
    assert "No responde" not in names(offer["typifications"])
    with refused(TypificationNotOffered):
        close(conversation, cast.ana, "No responde")
    Typification.objects.filter(name="No responde").update(applies_to="chat")
    assert close(conversation, cast.ana, "No responde").status == "closed"


def test_a_campaign_without_a_set_offers_nothing(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    CampaignTypification.objects.filter(campaign=cast.campaign).delete()
    assert details.closing_offer(Conversation.objects.get(pk=conversation.pk), cast.ana)["typifications"] == []
    with refused(TypificationNotOffered):
        close(conversation, cast.ana)


def test_what_belongs_to_no_campaign_closes_with_any_outcome_people_may_choose(cast: Cast) -> None:
    cast.account.default_campaign = None
    cast.account.save()
    cast.account.campaigns.clear()
    conversation = factories.conversation(cast)
    with refused(TypificationNotOffered):
        close(conversation, cast.admin, "Spam")
    assert close(conversation, cast.admin, "No responde").status == "closed"


# --- Note and quick close ---------------------------------------------------------------------------------------------


@pytest.mark.shows("B-05")
@pytest.mark.parametrize("note", ["", "  \n", "\x00"])
def test_an_outcome_that_needs_a_note_is_refused_without(cast: Cast, note: str) -> None:
    conversation = answered_conversation(cast)
    with refused(NoteRequired) as refusal, translation.override("es"):
        close(conversation, cast.ana, "Facturación", note=note)
    assert refusal.value.message == "«Facturación» exige una nota."
    assert refusal.value.fields == {"note": ["«Facturación» exige una nota."]}
    assert close(conversation, cast.ana, "Facturación", note="Cobraron dos veces").close_note == "Cobraron dos veces"


def test_a_note_has_an_end(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    with refused(Invalid) as refusal:
        close(conversation, cast.ana, note="x" * (NOTE_LIMIT + 1))
    assert list(refusal.value.fields) == ["note"]


@pytest.mark.shows("004-19")
def test_the_last_internal_note_is_where_the_closing_note_begins(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    assert details.closing_offer(conversation, cast.ana)["note"] == ""
    with time_machine.travel(NOON, tick=False) as clock:
        write_note(conversation.pk, by=cast.ana, client_id=client_id(), text="Primera")
        clock.shift(60)
        write_note(conversation.pk, by=cast.luis, client_id=client_id(), text="Segunda")
        offer = details.closing_offer(conversation, cast.ana)
    assert (offer["note"], offer["note_from"]) == (
        "Segunda",
        timezone.localtime(datetime.datetime.fromisoformat("2031-03-04T12:01+00:00")).strftime("%H:%M"),
    )


@pytest.mark.shows("000-05", "000-07")
def test_a_quick_close_is_for_outcomes_that_are_flagged_for_it(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    with refused(QuickCloseUnavailable) as refusal, translation.override("es"):
        close(conversation, cast.ana, mode="quick")
    assert refusal.value.message == "«Pide propuesta por correo» no sirve para el cierre rápido."
    assert close(conversation, cast.ana, "Cobertura", mode="quick").close_mode == "quick"


@pytest.mark.shows("B-05", "000-05")
def test_without_a_flagged_outcome_the_quick_close_says_why(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    Typification.objects.update(quick_close=False)
    with translation.override("es"):
        offer = details.closing_offer(conversation, cast.ana)
    assert offer["close"]["allowed"] is True
    assert offer["quick_close"] == {
        "allowed": False, "code": "quick_close_unavailable", "reason": "Ninguna tipificación de esta campaña admite el cierre rápido.",
    }  # fmt: skip


# --- Who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("000-04", "B-05")
def test_an_unanswered_one_is_not_closed_by_its_agent_unless_the_campaign_says_so(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with refused(NotAnswered) as refusal, translation.override("es"):
        close(conversation, cast.ana)
    assert refusal.value.message == (
        "Responde al menos una vez antes de finalizar: la campaña no cierra conversaciones sin respuesta."
    )
    cast.campaign.allow_close_unanswered = True
    cast.campaign.save()
    assert close(conversation, cast.ana).status == "closed"


def test_after_a_takeover_the_new_turn_must_be_answered_too(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    conversation = answered_conversation(cast)
    release_conversation(conversation.pk, by=cast.ana)
    take_conversation(conversation.pk, by=beto)
    with refused(NotAnswered):
        close(conversation, beto)


def test_only_the_assignee_or_a_supervisor_closes(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    waiting, taken = factories.conversation(cast), answered_conversation(cast, by=beto)
    with refused(NotAssigned) as refusal, translation.override("es"):
        close(waiting, cast.ana)
    assert refusal.value.message == "Toma la conversación para finalizarla."
    with refused(NotFound):
        close(taken, cast.ana)
    with refused(NotFound):
        close(waiting, cast.eva)
    assert close(taken, cast.luis).closed_by == cast.luis


def test_who_watches_the_team_reads_whose_it_is(cast: Cast) -> None:
    from django.contrib.auth.models import Permission

    cast.ana.user_permissions.add(Permission.objects.get(codename="view_team_conversations"))
    conversation = answered_conversation(cast, by=factories.agent_of(cast, "beto"))
    with refused(NotYours) as refusal:
        close(conversation, User.objects.get(pk=cast.ana.pk))
    assert refusal.value.extra["by"]["name"] == "Beto"


def test_a_supervisor_closes_from_the_queue_without_taking(cast: Cast) -> None:
    conversation = factories.conversation(cast)
    close(conversation, cast.luis, "No responde")
    conversation.refresh_from_db()
    assert (conversation.status, conversation.closed_by, conversation.assignee) == ("closed", cast.luis, None)
    assert not Assignment.objects.exists()
    check_invariants()


@pytest.mark.shows("000-04")
def test_nobody_closes_from_a_break(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    switch_aux_state(cast.ana, AuxState.objects.get(code="break"))
    with refused(AuxStateForbids):
        close(conversation, cast.ana)


@pytest.mark.shows("004-15", "004-19")
def test_a_note_about_the_contact_that_names_the_conversation_is_where_the_closing_note_begins(cast: Cast) -> None:
    conversation = answered_conversation(cast)
    with time_machine.travel(NOON, tick=False) as clock:
        write_contact_note(conversation.pk, "Prefiere la tarde", by=cast.ana)
        clock.shift(60)
        write_note(conversation.pk, by=cast.ana, client_id=client_id(), text="Interna, más nueva")
        offer = details.closing_offer(conversation, cast.ana)
    assert offer["note"] == "Prefiere la tarde"
    note = ContactNote.objects.get()
    assert (note.conversation_uuid, note.team, note.contact) == (conversation.uuid, cast.team, conversation.contact)
    # Another conversation's closing begins with its own.
    assert details.closing_offer(answered_conversation(cast), cast.ana)["note"] == ""


@pytest.mark.shows("000-02", "000-04", "B-05")
def test_a_record_open_in_preview_comes_first_unless_the_campaign_blends(cast: Cast) -> None:
    conversation, base = answered_conversation(cast), base_of(cast, 2)
    member = take_next_member(base.pk, by=cast.ana)
    assert member is not None
    with refused(RecordOpen) as refusal, translation.override("es"):
        close(conversation, cast.ana, "Cobertura", mode="quick")
    assert base.name in refusal.value.message
    offer = details.closing_offer(Conversation.objects.get(pk=conversation.pk), cast.ana)
    assert offer["quick_close"]["reason"] == offer["close"]["reason"] != ""
    cast.campaign.blending = True
    cast.campaign.save()
    assert details.closing_offer(Conversation.objects.get(pk=conversation.pk), cast.ana)["close"]["allowed"]
    cast.campaign.blending = False
    cast.campaign.save()
    release_member(member.pk, by=cast.ana)
    assert close(conversation, cast.ana, "Cobertura", mode="quick").status == "closed"
