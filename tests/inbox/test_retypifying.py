"""A closed conversation gets another outcome: by whom, within which time, and with what stays of the one before."""

from __future__ import annotations

import datetime
import json
import uuid

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from campaigns.actions.campaign_setup import Outcomes, set_outcomes
from contacts.actions import create_contact
from contacts.actions.associating import associate_contacts
from contacts.actions.bases import BaseSheet, change_base_state, create_base
from contacts.actions.members import begin_member, correct_outcome, finish_member, take_next_member
from contacts.models import Attempt, BaseMember
from core.models import JournalEntry
from core.refusals import NotFound
from inbox.actions.closing import close_conversation
from inbox.actions.moving import reopen_conversation
from inbox.actions.retypifying import retypify_conversation
from inbox.api import details
from inbox.errors import NotClosed, NoteRequired, NotYours, TooLate, TypificationNotOffered
from inbox.events import ConversationRetypified
from inbox.models import Conversation, OutcomeChange
from tests import factories
from tests.factories import Cast, leaf
from tests.witness import announced, nothing_happens, refused
from typification.models import Typification

NOON = "2031-03-04T12:00Z"


def closed(cast: Cast, *, note: str = "Pidió precios", name: str = "Pide propuesta por correo") -> Conversation:
    """One that Ana closed."""
    conversation = factories.taken_conversation(cast)
    Conversation.objects.filter(pk=conversation.pk).update(needs_first_reply=False)
    return close_conversation(conversation.pk, by=cast.ana, typification_id=leaf(name).pk, note=note)


def test_it_gets_another_outcome_and_keeps_the_one_before_in_its_history(cast: Cast) -> None:
    conversation = closed(cast)
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1), tick=False), announced() as facts:
        retypify_conversation(conversation.pk, by=cast.ana, typification_id=leaf("Venta concretada").pk, note="Compró")
        now = timezone.now()
    assert facts == [ConversationRetypified(conversation_ids=(conversation.pk,), by_id=cast.ana.pk)]
    before, change = conversation.change, OutcomeChange.objects.get()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.close_note, conversation.closed_by) == ("closed", "Compró", cast.ana)
    assert conversation.typification == leaf("Venta concretada")
    assert (change.before, change.after, change.changed_by) == (leaf(), leaf("Venta concretada"), cast.ana)
    assert change.changed_at == now
    event = conversation.events.get(kind="retypified")
    assert event.change == conversation.change > before
    assert (event.details["before"], event.details["note"]) == ("Interesado › Pide propuesta por correo", "Compró")
    entry = JournalEntry.objects.get(verb="conversation_retypified")
    assert entry.details["before"] == {"typification": leaf().pk}
    with nothing_happens():
        retypify_conversation(conversation.pk, by=cast.ana, typification_id=leaf("Venta concretada").pk, note="Compró")
    # Another note is a change of its own, with no other outcome.
    retypify_conversation(conversation.pk, by=cast.luis, typification_id=leaf("Venta concretada").pk, note="Compró dos")
    assert OutcomeChange.objects.count() == 1


def test_whoever_closed_it_may_for_a_day_and_a_supervisor_at_any_time(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    other = leaf("Cobertura").pk
    with time_machine.travel(NOON, tick=False) as clock, translation.override("es"):
        conversation = closed(cast)
        with refused(NotFound):
            retypify_conversation(conversation.pk, by=beto, typification_id=other)
        with refused(NotFound):
            retypify_conversation(conversation.pk, by=cast.eva, typification_id=other)
        clock.shift(datetime.timedelta(hours=24))
        retypify_conversation(conversation.pk, by=cast.ana, typification_id=other)
        clock.shift(1)
        with refused(TooLate) as refusal:
            retypify_conversation(conversation.pk, by=cast.ana, typification_id=leaf().pk)
        assert refusal.value.message == "Se finalizó hace más de 24 h. Pídeselo a quien supervisa."
        retypify_conversation(conversation.pk, by=cast.luis, typification_id=leaf().pk)
    Conversation.objects.filter(pk=conversation.pk).update(closed_by=cast.luis)
    with refused(NotYours):
        retypify_conversation(conversation.pk, by=cast.ana, typification_id=other)


@pytest.mark.shows("B-03")
def test_what_the_outcome_demands_it_demands_here_too(cast: Cast) -> None:
    conversation = closed(cast)
    with refused(NoteRequired):
        retypify_conversation(conversation.pk, by=cast.ana, typification_id=leaf("Venta concretada").pk, note="  ")
    finish = frozenset({leaf().pk})
    outcomes = Outcomes.of(cast.campaign)
    outcomes = Outcomes(offered={**outcomes.offered, "finish": finish}, defaults=outcomes.defaults)
    set_outcomes(cast.campaign.pk, outcomes=outcomes, by=cast.admin)
    for wrong in (leaf("Cobertura").pk, leaf("Interesado").pk, 987_654_321):
        with refused(TypificationNotOffered):
            retypify_conversation(conversation.pk, by=cast.ana, typification_id=wrong)


def test_what_is_open_has_no_outcome_to_correct(cast: Cast) -> None:
    conversation = closed(cast)
    type(cast.campaign).objects.filter(pk=cast.campaign.pk).update(reopen_within_h=24)
    reopen_conversation(conversation.pk, by=cast.ana)
    with refused(NotClosed):
        retypify_conversation(conversation.pk, by=cast.ana, typification_id=leaf("Cobertura").pk)


def test_the_desk_is_told_what_may_be_done_and_what_was(cast: Cast) -> None:
    conversation = closed(cast)
    client = Client()
    client.force_login(cast.ana)
    address = reverse("api:closure", args=[conversation.pk])
    body = json.dumps({"typification": leaf("Cobertura").pk, "note": "Sólo preguntó"})
    answer = client.put(address, body, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["actions"]["retypify"]["allowed"] is True
    offer = client.get(address).json()
    assert (offer["default"], offer["note"]) == (leaf("Cobertura").pk, "Sólo preguntó")
    (change,) = offer["changes"]
    assert (change["before"], change["after"]) == (
        "Interesado › Pide propuesta por correo",
        "Información entregada › Cobertura",
    )
    assert change["by"] == "Ana Gómez"
    live = details.closing_offer(factories.taken_conversation(cast), cast.ana)
    assert live["retypify"]["code"] == "not_closed"


def test_the_campaigns_default_is_chosen_beforehand(cast: Cast) -> None:
    cast.campaign.offered.filter(purpose="finish", typification=leaf("Cobertura")).update(is_default=True)
    assert details.closing_offer(factories.taken_conversation(cast), cast.ana)["default"] == leaf("Cobertura").pk


# --- The record it counted for ------------------------------------------------------------------------------------------------


def worked(cast: Cast, outcome: Typification, *, max_attempts: int | None = None) -> tuple[BaseMember, uuid.UUID]:
    """A record that Ana worked, and the interaction."""
    contact = create_contact(by=cast.admin, first_name="Zulma", teams=[cast.team])
    sheet = BaseSheet(name="Altas", team_ids=frozenset({cast.team.pk}), max_attempts=max_attempts)
    base = create_base(sheet, by=cast.admin)
    associate_contacts(base.pk, [contact.pk], by=cast.admin)
    change_base_state(base.pk, state="active", by=cast.admin)
    member = take_next_member(base.pk, by=cast.ana)
    assert member is not None
    begin_member(member.pk, by=cast.ana)
    interaction = uuid.uuid4()
    finish_member(member.pk, by=cast.ana, typification=outcome, medium="chat", interaction_id=interaction)
    return BaseMember.objects.get(pk=member.pk), interaction


@pytest.mark.shows("000-17")
def test_the_record_follows_while_this_was_the_last_that_happened_to_it(cast: Cast) -> None:
    member, interaction = worked(cast, leaf("No responde"))
    assert (member.state, member.attempts) == ("retry", 1)
    sale = leaf("Venta concretada")
    assert correct_outcome(interaction, by=cast.luis, typification=sale) == 1
    member.refresh_from_db()
    assert (member.state, member.last_typification, member.attempts) == ("closed", sale, 1)
    with nothing_happens():
        assert correct_outcome(interaction, by=cast.luis, typification=sale) == 0
    Typification.objects.filter(pk=leaf("No responde").pk).update(counts_as_attempt=False)
    correct_outcome(interaction, by=cast.luis, typification=leaf("No responde"))
    member.refresh_from_db()
    assert (member.state, member.attempts) == ("retry", 0)
    assert Attempt.objects.get().typification == leaf("No responde")
    assert JournalEntry.objects.filter(verb="member_corrected").count() == 2


def test_what_was_begun_or_promised_since_stays_as_it_is(cast: Cast) -> None:
    member, interaction = worked(cast, leaf("No responde"))
    due = timezone.now() + datetime.timedelta(days=1)
    BaseMember.objects.filter(pk=member.pk).update(state="scheduled", due_at=due)
    correct_outcome(interaction, by=cast.luis, typification=leaf("Llamar más tarde"))
    member.refresh_from_db()
    assert (member.state, member.due_at) == ("scheduled", due)
    BaseMember.objects.filter(pk=member.pk).update(state="in_progress", due_at=None)
    correct_outcome(interaction, by=cast.luis, typification=leaf("Venta concretada"))
    member.refresh_from_db()
    assert member.state == "in_progress"
    # Another cycle has begun: its figures are not this attempt's.
    BaseMember.objects.filter(pk=member.pk).update(state="unprocessed", cycle=2, attempts=0, last_contact_at=None)
    correct_outcome(interaction, by=cast.luis, typification=leaf("No responde"))
    member.refresh_from_db()
    assert (member.state, member.attempts) == ("unprocessed", 0)


def test_an_interaction_of_no_record_changes_nothing(cast: Cast) -> None:
    with nothing_happens():
        assert correct_outcome(uuid.uuid4(), by=cast.ana, typification=leaf()) == 0
