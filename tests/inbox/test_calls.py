"""Calls: registered once, typified once, of their team; and when somebody was last attended, written where lists read it."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions import switch_aux_state
from accounts.models import AuxState
from contacts.actions import add_point
from contacts.models import Contact, ContactPoint
from core.models import JournalEntry
from core.refusals import Invalid, NotAllowed, NotFound
from inbox.actions.calling import call_outcomes, end_call, register_call
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.errors import CallIsOver, DoNotContact, NoteRequired, TypificationNotOffered
from inbox.models import Call, Conversation
from tests import factories
from tests.factories import Cast, inbound
from typification.models import Typification

pytestmark = pytest.mark.django_db


@pytest.fixture
def rocio(cast: Cast) -> ContactPoint:
    """A customer of Ana's team, with a telephone beside their WhatsApp."""
    contact = factories.conversation(cast, sender=factories.identity()).contact
    add_point(contact.pk, value="+595 21 584 310", kind="phone", by=cast.admin)
    return ContactPoint.objects.get(contact=contact, kind="phone")


def outcome_of_calls() -> Typification:
    return next(each for each in call_outcomes().values() if not each.requires_note)


@pytest.mark.shows("002-17")
def test_a_call_is_registered_once_however_often_it_is_sent(cast: Cast, rocio: ContactPoint) -> None:
    client_id = uuid.uuid4()
    call, is_new = register_call(rocio.contact_id, by=cast.ana, client_id=client_id, contact_point_id=rocio.pk)
    again, is_new_again = register_call(rocio.contact_id, by=cast.ana, client_id=client_id, contact_point_id=rocio.pk)
    assert (is_new, is_new_again, again.pk) == (True, False, call.pk)
    assert Call.objects.count() == 1
    assert (call.team, call.user, call.number, call.is_over) == (cast.team, cast.ana, rocio.shown, False)
    entry = JournalEntry.objects.get(verb="call_registered")
    # The number itself is personal.
    assert entry.details == {"contact": rocio.contact_id, "contact_point": rocio.pk}


@pytest.mark.shows("002-17", "000-06")
def test_how_it_went_is_one_of_the_outcomes_of_calls_and_said_once(cast: Cast, rocio: ContactPoint) -> None:
    call, _ = register_call(rocio.contact_id, by=cast.ana, client_id=uuid.uuid4(), contact_point_id=rocio.pk)
    for_chats = Typification.objects.create(name="Solo chat", applies_to="chat")
    with pytest.raises(TypificationNotOffered):
        end_call(call.uuid, by=cast.ana, typification_id=for_chats.pk)
    wanting = Typification.objects.create(name="Con nota", applies_to="phone", requires_note=True)
    with pytest.raises(NoteRequired):
        end_call(call.uuid, by=cast.ana, typification_id=wanting.pk, note="  ")
    with pytest.raises(Invalid):
        end_call(call.uuid, by=cast.ana, typification_id=wanting.pk, note="x" * 4001)
    before = call.started_at - datetime.timedelta(minutes=1)
    with pytest.raises(Invalid):
        end_call(call.uuid, by=cast.ana, typification_id=wanting.pk, note="Quiere", ended_at=before)
    assert Call.objects.get().ended_at is None
    ended = end_call(call.uuid, by=cast.ana, typification_id=wanting.pk, note="Quiere la promo")
    again = end_call(call.uuid, by=cast.ana, typification_id=wanting.pk, note="Quiere la promo")
    assert again.ended_at == ended.ended_at
    with pytest.raises(CallIsOver):
        end_call(call.uuid, by=cast.ana, typification_id=wanting.pk, note="Otra cosa")
    assert JournalEntry.objects.filter(verb="call_ended").count() == 1


@pytest.mark.shows("002-17", "B-10")
def test_nobody_calls_who_asked_not_to_be_whose_number_they_may_not_see_or_from_a_break(
    cast: Cast, rocio: ContactPoint
) -> None:
    def call(by: Any) -> None:
        register_call(rocio.contact_id, by=by, client_id=uuid.uuid4(), contact_point_id=rocio.pk)

    Contact.objects.filter(pk=rocio.contact_id).update(do_not_contact=True)
    with pytest.raises(DoNotContact):
        call(cast.ana)
    Contact.objects.filter(pk=rocio.contact_id).update(do_not_contact=False)
    masked = factories.agent_of(cast, "mara")
    masked.groups.first().permissions.remove(factories.permission("see_numbers"))  # type: ignore[union-attr]
    with pytest.raises(NotAllowed):
        call(type(masked).objects.get(pk=masked.pk))
    with pytest.raises(NotFound):
        call(cast.eva)
    assert not Call.objects.exists()


@pytest.mark.shows("002-17", "S01", "S02")
def test_another_teams_call_does_not_exist_over_rest(cast: Cast, rocio: ContactPoint) -> None:
    ana, eva = Client(), Client()
    ana.force_login(cast.ana)
    eva.force_login(cast.eva)
    path = f"/api/v1/contacts/{rocio.contact_id}/calls/"
    body = {"client_id": str(uuid.uuid4()), "contact_point": rocio.pk}
    assert eva.post(path, body, "application/json").status_code == 404
    assert not Call.objects.exists()
    made = ana.post(path, body, "application/json")
    assert made.status_code == 201
    assert ana.post(path, body, "application/json").status_code == 200
    outcome = f"/api/v1/calls/{made.json()['uuid']}/outcome/"
    said = {"typification": outcome_of_calls().pk, "note": "Llama mañana"}
    assert eva.put(outcome, said, "application/json").status_code == 404
    assert Call.objects.get().ended_at is None
    assert ana.put(outcome, said, "application/json").json()["ended_at"]
    story = f"/api/v1/contacts/{rocio.contact_id}/interactions/"
    assert eva.get(story).status_code == 404
    kinds = sorted(each["what"] for each in ana.get(story).json()["results"])
    # Ana sees her own call; the conversation waits in her campaign.
    assert kinds == ["call", "conversation"]


@pytest.mark.shows("002-21", "S05")
def test_the_history_is_one_order_read_page_by_page_and_only_what_one_may_see(cast: Cast, rocio: ContactPoint) -> None:
    contact = Contact.objects.get(pk=rocio.contact_id)
    contact.teams.add(cast.other_team)
    start = timezone.now() - datetime.timedelta(days=2)
    conversation = Conversation.objects.get(contact=contact)
    for n in range(45):
        Call.objects.create(
            client_id=uuid.uuid4(), contact=contact, contact_point=rocio, user=cast.ana if n % 3 else cast.eva,
            team=cast.team if n % 3 else cast.other_team, number=rocio.shown,
            # Many at one moment: the order is told apart by what and id.
            started_at=start + datetime.timedelta(minutes=n // 5),
        )  # fmt: skip
    Conversation.objects.filter(pk=conversation.pk).update(last_activity_at=start + datetime.timedelta(minutes=4))
    for user, expected in ((cast.admin, 46), (cast.luis, 31), (cast.ana, 31), (cast.eva, 15)):
        client = Client()
        client.force_login(user)
        seen, before = [], ""
        while True:
            page = client.get(f"/api/v1/contacts/{contact.pk}/interactions/", {"before": before}).json()
            seen += [(each["at"], each["what"] == "conversation", each["id"]) for each in page["results"]]
            before = page["next"]
            if not before:
                break
        assert len(seen) == expected
        assert seen == sorted(set(seen), reverse=True)
    client.force_login(cast.ana)
    assert client.get(f"/api/v1/contacts/{contact.pk}/interactions/", {"before": "x"}).status_code == 400


@pytest.mark.shows("002-21")
def test_when_somebody_was_last_attended_is_written_by_what_happens_to_them(cast: Cast, rocio: ContactPoint) -> None:
    def last() -> datetime.datetime | None:
        at: datetime.datetime | None = Contact.objects.get(pk=rocio.contact_id).last_interaction_at
        return at

    def forget() -> None:
        old = timezone.now() - datetime.timedelta(days=9)
        Contact.objects.filter(pk=rocio.contact_id).update(last_interaction_at=old)
        Conversation.objects.update(last_inbound_at=old, last_outbound_at=old)

    begun = timezone.now()
    forget()
    receive_messages(cast.account, [inbound("Otra vez", sender=factories.identity())])
    assert (heard := last()) is not None
    assert heard >= begun
    # Messages that come late say nothing of a later moment.
    late = begun - datetime.timedelta(days=1)
    receive_messages(cast.account, [inbound("Tarde", sender=factories.identity(), at=late)])
    assert last() == heard
    forget()
    conversation = factories.take_conversation(Conversation.objects.get().pk, by=cast.ana)
    Conversation.objects.update(window_expires_at=timezone.now() + datetime.timedelta(hours=5))
    send_message(conversation.pk, by=cast.ana, client_id=uuid.uuid4(), text="Hola")
    assert (last() or begun) > begun
    forget()
    close_conversation(conversation.pk, by=cast.ana, typification_id=factories.leaf().pk)
    assert (last() or begun) > begun
    forget()
    register_call(rocio.contact_id, by=cast.ana, client_id=uuid.uuid4(), contact_point_id=rocio.pk)
    assert (last() or begun) > begun


def test_no_call_is_made_on_a_break(cast: Cast, rocio: ContactPoint) -> None:
    state = AuxState.objects.filter(works_active=False, routing="not_ready").first()
    assert state is not None
    switch_aux_state(cast.ana, state)
    client = Client()
    client.force_login(cast.ana)
    body = {"client_id": str(uuid.uuid4()), "contact_point": rocio.pk}
    answer = client.post(f"/api/v1/contacts/{rocio.contact_id}/calls/", body, "application/json")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "aux_state_forbids"
    assert not Call.objects.exists()
