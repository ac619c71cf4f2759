"""Associating a conversation's contact with a base: the wizard's questions, the one action, and where the result lands (000-08 … 000-17)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import Client

from campaigns.models import CampaignBase
from contacts.actions import add_point, create_contact
from contacts.actions.associating import associate_contacts
from contacts.actions.bases import change_base_state
from contacts.actions.engaging import land_outcome
from contacts.actions.members import take_next_member
from contacts.models import Attempt, BaseMember, Contact, ContactBase, DocumentType, MergeRecord
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from inbox.actions.associating import associate_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.retypifying import retypify_conversation
from inbox.errors import AlreadyClosed, AnotherPerson, BaseRequired, NoBaseOffered, NotAssigned
from inbox.events import ConversationAssociated
from inbox.models import Conversation
from tests import factories
from tests.concurrency import together
from tests.contacts.members import base_of, broken, outcome, their_base
from tests.factories import Cast, identity, leaf
from tests.witness import announced, nothing_happens, refused
from typification.models import Typification


def open_base(cast: Cast, name: str = "Altas web", *, is_default: bool = False) -> ContactBase:
    """An active base that the campaign's agents may use, without anybody in it."""
    base = base_of(cast, 0, name=name)
    # From its page it would have to hold somebody first.
    ContactBase.objects.filter(pk=base.pk).update(state="active")
    CampaignBase.objects.create(campaign=cast.campaign, base=base, is_default=is_default)
    return base


def answered(cast: Cast, **begun: Any) -> Conversation:
    conversation = factories.taken_conversation(cast, **begun)
    Conversation.objects.filter(pk=conversation.pk).update(needs_first_reply=False)
    conversation.refresh_from_db()
    return conversation


def ask(user: Any, path: str, *, status: int = 200, method: str = "get", body: Any = None) -> Any:
    client = Client()
    client.force_login(user)
    call = getattr(client, method)
    response = call(f"/api/v1/{path}", body, "application/json") if body is not None else call(f"/api/v1/{path}")
    assert response.status_code == status, response.content
    return response.json()


# --- The action ---------------------------------------------------------------------------------------------------------


@pytest.mark.shows("000-08", "000-12", "000-14")
def test_who_writes_becomes_a_member_and_the_conversation_is_about_that_record(cast: Cast) -> None:
    base, conversation = open_base(cast), answered(cast)
    with announced() as facts:
        associate_conversation(
            conversation.pk, by=cast.ana, base_id=base.pk, changes={"first_name": "Rocío", "last_name": "Benítez"}
        )
    conversation.refresh_from_db()
    member = BaseMember.objects.get(base=base)
    assert (conversation.base_member, member.contact_id) == (member, conversation.contact_id)
    # A conversation with them is under way: nobody is offered the record meanwhile.
    assert member.state == "in_progress"
    assert take_next_member(base.pk, by=cast.ana) is None
    assert Contact.objects.get(pk=conversation.contact_id).name == "Rocío Benítez"
    assert ConversationAssociated(conversation_ids=(conversation.pk,), by_id=cast.ana.pk) in facts
    entry = JournalEntry.objects.get(verb="conversation_associated")
    assert entry.details == {"base": base.pk, "before": {"member": None}, "after": {"member": member.pk}}
    assert broken() == {}


@pytest.mark.shows("000-12")
def test_associating_again_changes_nothing(cast: Cast) -> None:
    base, conversation = open_base(cast), answered(cast)
    associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk)
    with nothing_happens():
        associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk)
    with nothing_happens():
        associate_conversation(conversation.pk, by=cast.luis, base_id=base.pk, contact_id=conversation.contact_id)


@pytest.mark.shows("000-12")
def test_two_who_associate_at_once_make_one_member(committed_cast: Cast) -> None:
    base, conversation = open_base(committed_cast), answered(committed_cast)
    done = together(
        [
            partial(associate_conversation, conversation.pk, by=user, base_id=base.pk)
            for user in (committed_cast.ana, committed_cast.luis)
        ]
    )
    assert not [each for each in done if isinstance(each, BaseException)], done
    assert BaseMember.objects.filter(base=base).count() == 1
    assert JournalEntry.objects.filter(verb="conversation_associated").count() == 1


def test_another_base_takes_its_place_and_the_record_before_is_offered_again(cast: Cast) -> None:
    first, second, conversation = open_base(cast), open_base(cast, "Cobranzas"), answered(cast)
    associate_conversation(conversation.pk, by=cast.ana, base_id=first.pk)
    associate_conversation(conversation.pk, by=cast.ana, base_id=second.pk)
    conversation.refresh_from_db()
    assert conversation.base_member == BaseMember.objects.get(base=second)
    assert BaseMember.objects.get(base=first).state == "unprocessed"
    assert BaseMember.objects.get(base=second).state == "in_progress"


@pytest.mark.shows("000-09", "000-11", "000-12")
def test_an_existing_contact_who_was_chosen_is_who_writes_from_now_on(cast: Cast) -> None:
    base, conversation = open_base(cast), answered(cast)
    known = create_contact(by=None, first_name="Rocío", last_name="Benítez", teams=[cast.team])
    associate_contacts(base.pk, [known.pk], by=cast.luis)
    associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk, contact_id=known.pk)
    conversation.refresh_from_db()
    assert conversation.base_member == BaseMember.objects.get(base=base)
    assert conversation.base_member.contact_id == known.pk  # type: ignore[union-attr]  # set above
    # Nothing was known of the number but how it writes; it can be parted again.
    assert conversation.contact.standing == known
    assert MergeRecord.objects.get().survivor == known


@pytest.mark.shows("000-11")
def test_who_writes_and_is_known_as_somebody_else_is_not_joined_by_an_agent(cast: Cast) -> None:
    base, conversation = open_base(cast), answered(cast)
    Contact.objects.filter(pk=conversation.contact_id).update(first_name="Otra", last_name="Persona")
    known = create_contact(by=None, first_name="Rocío", teams=[cast.team])
    with refused(AnotherPerson) as refusal:
        associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk, contact_id=known.pk)
    assert "Otra Persona" in refusal.value.message


@pytest.mark.shows("S09", "000-16")
def test_another_teams_base_or_contact_does_not_exist_and_one_that_is_not_the_campaigns_is_refused(cast: Cast) -> None:
    base, conversation = open_base(cast), answered(cast)
    theirs, not_offered = their_base(cast), base_of(cast, 1)
    stranger = create_contact(by=None, first_name="Ajena", teams=[cast.other_team])
    with refused(NotFound):
        associate_conversation(conversation.pk, by=cast.ana, base_id=theirs.pk)
    with refused(NotFound):
        associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk, contact_id=stranger.pk)
    with refused(NotFound):
        associate_conversation(conversation.pk, by=cast.eva, base_id=base.pk)
    with refused(Invalid) as refusal:
        associate_conversation(conversation.pk, by=cast.ana, base_id=not_offered.pk)
    assert list(refusal.value.fields) == ["base"]


@pytest.mark.shows("000-08", "000-16", "B-05")
def test_only_active_bases_of_the_campaign_and_a_reason_where_there_are_none(cast: Cast) -> None:
    conversation = answered(cast)
    with refused(NoBaseOffered) as refusal:
        associate_conversation(conversation.pk, by=cast.ana, base_id=1)
    assert refusal.value.message
    base = open_base(cast)
    change_base_state(base.pk, state="paused", by=cast.luis)
    with refused(NoBaseOffered):
        associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk)


def test_what_waits_or_is_closed_is_not_associated(cast: Cast) -> None:
    base, waiting, done = open_base(cast), factories.conversation(cast), answered(cast)
    with refused(NotAssigned):
        associate_conversation(waiting.pk, by=cast.ana, base_id=base.pk)
    close_conversation(done.pk, by=cast.ana, typification_id=leaf().pk)
    with refused(AlreadyClosed):
        associate_conversation(done.pk, by=cast.ana, base_id=base.pk)


# --- Where the result lands ---------------------------------------------------------------------------------------------


@pytest.mark.shows("000-12", "000-17")
def test_the_result_lands_on_the_record(cast: Cast) -> None:
    base, conversation = open_base(cast), answered(cast)
    associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk)
    close_conversation(conversation.pk, by=cast.ana, typification_id=leaf("Venta concretada").pk, note="Plan 100")
    member, attempt = BaseMember.objects.get(base=base), Attempt.objects.get()
    assert (member.state, member.attempts, member.last_user) == ("closed", 1, cast.ana)
    assert member.last_typification == leaf("Venta concretada")
    assert (attempt.interaction_id, attempt.medium) == (conversation.uuid, "chat")
    assert broken() == {}
    retypify_conversation(conversation.pk, by=cast.luis, typification_id=leaf().pk)
    member.refresh_from_db()
    assert member.last_typification == leaf()


@pytest.mark.shows("000-17", "B-05")
def test_an_outcome_for_bases_is_refused_until_the_conversation_is_associated(cast: Cast) -> None:
    base, conversation = open_base(cast), answered(cast)
    Typification.objects.filter(pk=leaf().pk).update(requires_base=True)
    with refused(BaseRequired) as refusal:
        close_conversation(conversation.pk, by=cast.ana, typification_id=leaf().pk)
    assert leaf().name in refusal.value.message
    associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk)
    assert close_conversation(conversation.pk, by=cast.ana, typification_id=leaf().pk).status == "closed"


def test_a_record_that_is_over_or_in_other_hands_only_remembers_the_attempt(cast: Cast) -> None:
    base, conversation = open_base(cast), answered(cast)
    associate_contacts(base.pk, [conversation.contact_id], by=cast.luis)
    BaseMember.objects.filter(base=base).update(state="closed")
    associate_conversation(conversation.pk, by=cast.ana, base_id=base.pk)
    assert BaseMember.objects.get(base=base).state == "closed"
    again = outcome("Otra vez")
    member = land_outcome(
        BaseMember.objects.get(base=base).pk, by=cast.ana, typification=again, medium="chat", interaction_id=conversation.uuid
    )  # fmt: skip
    assert (member.state, member.attempts, member.last_typification) == ("closed", 1, again)


# --- The wizard's questions ---------------------------------------------------------------------------------------------


@pytest.mark.shows("000-08", "000-16")
def test_the_wizard_begins_with_the_number_and_the_campaigns_base_first(cast: Cast) -> None:
    open_base(cast, "Altas")
    chosen = open_base(cast, "Zona norte", is_default=True)
    conversation = answered(cast, sender=identity())
    offer = ask(cast.ana, f"conversations/{conversation.pk}/association/")
    assert offer["number"] == "+595 991 651 351"
    assert [(each["name"], each["is_default"]) for each in offer["bases"]] == [("Zona norte", True), ("Altas", False)]
    assert offer["fields"][0]["name"] == "phone"
    assert offer["associate"]["allowed"] is True
    detail = ask(
        cast.ana, f"conversations/{conversation.pk}/association/", method="put",
        body={"base": chosen.pk, "filled_in": {"first_name": "Rocío"}},
    )  # fmt: skip
    assert detail["record"]["base"] == {"id": chosen.pk, "name": "Zona norte"}
    ask(cast.eva, f"conversations/{conversation.pk}/association/", status=404)


@pytest.mark.shows("000-10", "001-07")
@pytest.mark.parametrize("written", ["595991651351", "+595 991 651-351", "0991651351", "651351"])
def test_any_form_of_the_number_finds_them(cast: Cast, written: str) -> None:
    base, conversation = open_base(cast), answered(cast)
    known = create_contact(by=None, first_name="Rocío", teams=[cast.team])
    add_point(known.pk, value="+595 991 651 351", kind="phone", by=None)
    associate_contacts(base.pk, [known.pk], by=cast.luis)
    found = ask(cast.ana, f"conversations/{conversation.pk}/association/candidates/?by=phone&search={written.replace('+', '%2B')}")  # fmt: skip
    assert [each["id"] for each in found["results"]] == [known.pk]
    assert found["results"][0]["bases"][0]["name"] == base.name
    assert found["is_in_a_base"] is True


@pytest.mark.shows("000-10")
def test_they_are_found_by_any_field(cast: Cast) -> None:
    conversation = answered(cast)
    kind = DocumentType.objects.filter(is_for_people=True).first()
    if kind is None:
        kind = DocumentType.objects.create(name="Carné", code="x-carne", is_for_people=True)
    known = create_contact(by=None, first_name="Amparo", last_name="Villalba", teams=[cast.team])
    Contact.objects.filter(pk=known.pk).update(document_type=kind, document_number="4123456")
    add_point(known.pk, value="amparo@example.com", kind="email", by=None)
    path = f"conversations/{conversation.pk}/association/candidates/"
    for by, search in (("name", "villalba"), ("document", "4.123.456"), ("email", "amparo@example.com")):
        assert [each["id"] for each in ask(cast.ana, f"{path}?by={by}&search={search}")["results"]] == [known.pk], by
    ask(cast.ana, f"{path}?by=nothing&search=rocio", status=400)
    ask(cast.ana, f"{path}?by=name&search=r", status=400)


@pytest.mark.shows("000-13")
def test_who_is_in_no_base_is_said_to_be_in_none(cast: Cast) -> None:
    open_base(cast)
    conversation = answered(cast)
    found = ask(cast.ana, f"conversations/{conversation.pk}/association/candidates/?by=phone")
    assert [each["id"] for each in found["results"]] == [conversation.contact_id]
    assert (found["results"][0]["bases"], found["is_in_a_base"]) == ([], False)


@pytest.mark.shows("S05", "B-10")
def test_the_search_shows_nobody_of_another_team(cast: Cast) -> None:
    conversation = answered(cast)
    stranger = create_contact(by=None, first_name="Ajena", teams=[cast.other_team])
    add_point(stranger.pk, value="+595 981 224 607", kind="phone", by=None)
    path = f"conversations/{conversation.pk}/association/candidates/"
    assert ask(cast.ana, f"{path}?by=phone&search=595981224607")["results"] == []
    assert ask(cast.ana, f"{path}?by=name&search=ajena")["results"] == []


@pytest.mark.shows("000-15")
def test_partial_data_is_accepted_and_what_is_wrong_keeps_everything_undone(cast: Cast) -> None:
    base, conversation = open_base(cast), answered(cast)
    path = f"conversations/{conversation.pk}/association/"
    client = Client()
    client.force_login(cast.ana)
    too_long = {"base": base.pk, "filled_in": {"first_name": "x" * 150}}
    with nothing_happens():
        assert client.put(f"/api/v1/{path}", too_long, "application/json").status_code == 400
    ask(cast.ana, path, method="put", body={"base": base.pk, "filled_in": {"first_name": "", "last_name": ""}})
    assert BaseMember.objects.filter(base=base).count() == 1
