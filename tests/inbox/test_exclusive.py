"""One agent for all that a contact writes to a campaign (004-27 … 004-31), and nobody who waits for ever by accident (B-06, R33)."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.actions import deactivate_user
from accounts.models import User
from campaigns.actions import add_agent, remove_agent
from campaigns.actions.exclusive import remove_exclusive_agent, set_exclusive_agent
from campaigns.events import ExclusiveAgentChanged
from campaigns.exclusive import exclusive_agent
from campaigns.models import Campaign, ExclusiveAgent
from contacts.actions.merging import merge_contacts
from core.models import JournalEntry
from core.refusals import Invalid, NotAllowed, NotFound
from inbox.actions.assignment import take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.distribution import assign_waiting, distribute_all_waiting
from inbox.actions.exclusive import choose_exclusive, clear_exclusive
from inbox.actions.returning import return_unanswered
from inbox.api import details
from inbox.attention_tasks import follow_exclusive
from inbox.errors import KeptForAnother
from inbox.models import Conversation
from inbox.tasks import distribute_to, distribute_waiting
from tests import factories
from tests.factories import Cast, identity
from tests.inbox.test_assignment import put_into
from tests.invariants import check_invariants
from tests.witness import announced, nothing_happens, refused

MORNING = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)
ROCIO = identity("595981555000")


def wrote(cast: Cast) -> Conversation:
    """Rocío writes; what she had before is closed."""
    for each in Conversation.objects.live():
        close_conversation(each.pk, by=cast.luis, typification_id=factories.leaf().pk)
    return factories.conversation(cast, sender=ROCIO)


@pytest.fixture
def exclusive(cast: Cast) -> Cast:
    """Rocío is Ana's in Altas; Beto is ready, Ana is not."""
    conversation = factories.conversation(cast, sender=ROCIO)
    set_exclusive_agent(conversation.contact_id, campaign_id=cast.campaign.pk, user_id=cast.ana.pk, by=cast.luis)
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    put_into(factories.agent_of(cast, "beto"), "social_new_and_active")
    return cast


# --- Choosing -----------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("004-27", "004-29")
def test_an_agent_makes_a_contact_theirs_in_one_click_and_everybodys_in_another(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    assert details.conversation_detail(conversation.pk, cast.ana)["exclusive"] is None
    choose_exclusive(conversation.pk, by=cast.ana)
    shown = details.conversation_detail(conversation.pk, cast.ana)
    assert shown["exclusive"] == {"id": cast.ana.pk, "name": "Ana Gómez"}
    assert shown["actions"]["exclusive"]["allowed"] is True
    with nothing_happens():
        choose_exclusive(conversation.pk, by=cast.ana)
    event = conversation.events.get(kind="exclusive")
    assert (event.actor, event.details["assignee_name"]) == (cast.ana, "Ana Gómez")
    clear_exclusive(conversation.pk, by=cast.luis)
    with nothing_happens():
        clear_exclusive(conversation.pk, by=cast.ana)
    assert details.conversation_detail(conversation.pk, cast.ana)["exclusive"] is None
    verbs = JournalEntry.objects.filter(verb__startswith="exclusive_agent").order_by("pk")
    assert list(verbs.values_list("verb", "actor_id", "subject_type")) == [
        ("exclusive_agent_set", cast.ana.pk, "contacts.contact"),
        ("exclusive_agent_removed", cast.luis.pk, "contacts.contact"),
    ]


@pytest.mark.shows("004-27")
def test_a_supervisor_chooses_whoever_has_it_or_somebody_by_name(cast: Cast) -> None:
    beto = factories.agent_of(cast, "beto")
    conversation = factories.taken_conversation(cast)
    choose_exclusive(conversation.pk, by=cast.luis)
    contact_id = conversation.contact_id
    assert ExclusiveAgent.objects.get().user == cast.ana
    with announced() as facts:
        choose_exclusive(conversation.pk, by=cast.luis, user_id=beto.pk)
    assert ExclusiveAgentChanged(contact_id=contact_id, campaign_id=cast.campaign.pk, user_id=beto.pk) in facts
    assert ExclusiveAgent.objects.get().user == beto
    waiting = factories.conversation(cast)
    with refused(Invalid):
        choose_exclusive(waiting.pk, by=cast.luis)


@pytest.mark.shows("004-27", "S01", "S09", "B-05")
def test_who_works_elsewhere_chooses_nobody_and_nobody_from_elsewhere_is_chosen(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    contact_id, campaign_id = conversation.contact_id, cast.campaign.pk
    with refused(NotFound):
        choose_exclusive(conversation.pk, by=cast.eva)
    with refused(NotFound):
        set_exclusive_agent(contact_id, campaign_id=campaign_id, user_id=cast.eva.pk, by=cast.eva)
    with refused(Invalid) as refusal:
        set_exclusive_agent(contact_id, campaign_id=campaign_id, user_id=cast.eva.pk, by=cast.ana)
    assert list(refusal.value.fields) == ["user"]
    # A campaign that Ana does not work for is as one that never was.
    with refused(Invalid) as refusal:
        set_exclusive_agent(contact_id, campaign_id=cast.other_campaign.pk, user_id=cast.eva.pk, by=cast.ana)
    assert list(refusal.value.fields) == ["campaign"]
    with refused(NotFound):
        remove_exclusive_agent(contact_id, campaign_id=cast.other_campaign.pk, by=cast.ana)
    idle = factories.agent_of(cast, "idle")
    remove_agent(cast.campaign, idle, by=None)
    idle.user_permissions.add(factories.permission("view_team_conversations"))
    idle = User.objects.get(pk=idle.pk)
    with refused(NotAllowed):
        set_exclusive_agent(contact_id, campaign_id=campaign_id, user_id=cast.ana.pk, by=idle)
    permit = details.conversation_detail(conversation.pk, idle)["actions"]["exclusive"]
    assert permit["allowed"] is False
    assert permit["reason"]


@pytest.mark.shows("004-31")
def test_each_campaign_has_its_own(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    contact = conversation.contact
    add_agent(cast.other_campaign, cast.ana, by=None)
    set_exclusive_agent(contact.pk, campaign_id=cast.campaign.pk, user_id=cast.ana.pk, by=cast.ana)
    set_exclusive_agent(contact.pk, campaign_id=cast.other_campaign.pk, user_id=cast.eva.pk, by=cast.ana)
    members = [exclusive_agent(contact.pk, each.pk) for each in (cast.campaign, cast.other_campaign)]
    assert [each.user for each in members if each] == [cast.ana, cast.eva]
    assert exclusive_agent(contact.pk, None) is None
    remove_exclusive_agent(contact.pk, campaign_id=cast.campaign.pk, by=cast.ana)
    assert exclusive_agent(contact.pk, cast.campaign.pk) is None
    assert ExclusiveAgent.objects.get().campaign == cast.other_campaign


def test_who_was_joined_keeps_their_agent_and_the_one_that_stands_decides(cast: Cast) -> None:
    first, second = (factories.conversation(cast).contact for _each in range(2))
    beto = factories.agent_of(cast, "beto")
    set_exclusive_agent(second.pk, campaign_id=cast.campaign.pk, user_id=beto.pk, by=cast.luis)
    merge_contacts(first.pk, merged_id=second.pk, by=cast.admin)
    member = exclusive_agent(first.pk, cast.campaign.pk)
    assert member is not None
    assert member.user == beto
    set_exclusive_agent(first.pk, campaign_id=cast.campaign.pk, user_id=cast.ana.pk, by=cast.luis)
    member = exclusive_agent(first.pk, cast.campaign.pk)
    assert member is not None
    assert member.user == cast.ana
    remove_exclusive_agent(first.pk, campaign_id=cast.campaign.pk, by=cast.luis)
    assert exclusive_agent(first.pk, cast.campaign.pk) is None


# --- Who gets it --------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("004-28")
@pytest.mark.parametrize("distribution", ["manual", "ring", "assign"])
@pytest.mark.parametrize("code", ["social_new_and_active", "social_active_only"])
def test_what_they_write_goes_to_their_agent_whatever_the_campaign_does(
    exclusive: Cast, distribution: str, code: str
) -> None:
    Campaign.objects.filter(pk=exclusive.campaign.pk).update(distribution=distribution)
    User.objects.filter(pk=exclusive.ana.pk).update(capacity={"whatsapp": 0})
    put_into(exclusive.ana, code)
    conversation = wrote(exclusive)
    assert distribute_waiting() == 1
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("assigned", exclusive.ana)
    check_invariants()


@pytest.mark.shows("004-28", "B-06", "B-05")
def test_while_their_agent_is_away_it_is_kept_and_says_for_whom(exclusive: Cast) -> None:
    conversation = wrote(exclusive)
    beto = User.objects.get(username="beto")
    with nothing_happens():
        assert assign_waiting(conversation.pk) is None
        assert distribute_all_waiting(most=10) == 0
    with translation.override("es"):
        shown = details.conversation_detail(conversation.pk, beto)["actions"]["take"]
        assert shown["reason"] == "Espera a Ana Gómez, el agente exclusivo de este contacto."
        with refused(KeptForAnother) as refusal:
            take_conversation(conversation.pk, by=beto)
        assert (refusal.value.code, refusal.value.message) == (shown["code"], shown["reason"])
    # Others are not held up behind it.
    other = factories.conversation(exclusive)
    assert distribute_waiting() == 1
    other.refresh_from_db()
    assert other.assignee == beto
    put_into(exclusive.ana, "social_new_and_active")
    distribute_to(exclusive.ana.pk)
    conversation.refresh_from_db()
    assert conversation.assignee == exclusive.ana


def test_a_supervisor_may_step_in(exclusive: Cast) -> None:
    assert take_conversation(wrote(exclusive).pk, by=exclusive.luis).assignee == exclusive.luis


@pytest.mark.shows("B-06", "R33")
def test_after_the_campaigns_patience_anybody_gets_it(exclusive: Cast) -> None:
    Campaign.objects.filter(pk=exclusive.campaign.pk).update(exclusive_fallback_min=30)
    beto = User.objects.get(username="beto")
    with time_machine.travel(MORNING, tick=False) as clock:
        conversation = wrote(exclusive)
        clock.shift(30 * 60 - 1)
        assert distribute_waiting() == 0
        clock.shift(1)
        assert distribute_waiting() == 1
    conversation.refresh_from_db()
    assert conversation.assignee == beto


@pytest.mark.shows("B-06", "R33")
def test_who_was_switched_off_or_left_the_campaign_is_waited_for_by_nobody(exclusive: Cast) -> None:
    beto = User.objects.get(username="beto")
    conversation = wrote(exclusive)
    assert assign_waiting(conversation.pk) is None
    remove_agent(exclusive.campaign, exclusive.ana, by=None)
    assert assign_waiting(conversation.pk) == beto
    add_agent(exclusive.campaign, exclusive.ana, by=None)
    again = wrote(exclusive)
    assert assign_waiting(again.pk) is None
    deactivate_user(exclusive.ana.pk, by=exclusive.admin)
    assert assign_waiting(again.pk) == beto
    check_invariants()


@pytest.mark.shows("B-06")
def test_the_return_timer_leaves_it_with_the_agent_whose_it_is(exclusive: Cast) -> None:
    Campaign.objects.filter(pk=exclusive.campaign.pk).update(return_after_s=60)
    with time_machine.travel(MORNING, tick=False) as clock:
        put_into(exclusive.ana, "social_new_and_active")
        conversation = wrote(exclusive)
        assert assign_waiting(conversation.pk) == exclusive.ana
        clock.shift(600)
        with nothing_happens():
            assert return_unanswered(most=10) == 0
        Campaign.objects.filter(pk=exclusive.campaign.pk).update(exclusive_fallback_min=5)
        assert return_unanswered(most=10) == 1


@pytest.mark.shows("004-28")
def test_whose_a_contact_becomes_has_what_waits_at_once(cast: Cast) -> None:
    put_into(cast.ana, "social_new_and_active")
    conversation = factories.conversation(cast)
    set_exclusive_agent(conversation.contact_id, campaign_id=cast.campaign.pk, user_id=cast.ana.pk, by=cast.luis)
    assert follow_exclusive(conversation.contact_id) == 1
    conversation.refresh_from_db()
    assert conversation.assignee == cast.ana


# --- REST, and the contact's page ---------------------------------------------------------------------------------------------


@pytest.mark.shows("004-29", "004-30", "004-31", "S01")
def test_over_rest(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    client = Client()
    client.force_login(cast.ana)
    desk = f"/api/v1/conversations/{conversation.pk}/exclusive-agent/"
    page = f"/api/v1/contacts/{conversation.contact_id}/exclusive-agents/"
    assert client.put(desk, {}, content_type="application/json").json()["exclusive"]["id"] == cast.ana.pk
    said = client.get(page).json()
    (row,) = said["results"]
    assert (row["campaign_name"], row["name"], row["is_here"]) == ("Altas", "Ana Gómez", True)
    assert [each["id"] for each in said["campaigns"]] == [cast.campaign.pk]
    assert client.delete(f"{page}{cast.campaign.pk}/").status_code == 204
    answer = client.put(f"{page}{cast.campaign.pk}/", {"user": cast.ana.pk}, content_type="application/json")
    assert [each["user"] for each in answer.json()["results"]] == [cast.ana.pk]
    assert client.delete(desk).json()["exclusive"] is None
    client.force_login(cast.eva)
    for address in (desk, page):
        assert client.get(address).status_code in (404, 405)
    assert client.delete(f"{page}{cast.campaign.pk}/").status_code == 404


@pytest.mark.shows("004-30", "004-31")
def test_the_contacts_page_has_a_tab_for_it(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    client = Client()
    client.force_login(cast.ana)
    section = client.get(f"/contacts/{conversation.contact_id}/section/").content.decode()
    address = f"/contacts/{conversation.contact_id}/exclusive-agents/"
    assert address in section
    assert f"{cast.campaign.pk}:{cast.ana.pk}" in client.get(address).content.decode()
    chosen = {"do": "set", "chosen": f"{cast.campaign.pk}:{cast.ana.pk}"}
    answer = client.post(address, chosen, headers={"X-Fragment": "1"})
    assert answer.status_code == 200
    assert ExclusiveAgent.objects.get().user == cast.ana
    wrong = client.post(address, chosen | {"chosen": f"{cast.campaign.pk}:{cast.eva.pk}"}, headers={"X-Fragment": "1"})
    assert wrong.status_code == 409
    assert client.post(address, {"do": "set", "chosen": "x"}).status_code == 404
    assert client.post(address, {"do": "remove", "chosen": f"{cast.campaign.pk}:"}).status_code == 302
    assert not ExclusiveAgent.objects.exists()
    client.force_login(cast.eva)
    assert client.get(address).status_code == 404
