"""All that match (B-04): exactly what the list shows, across its pages, assigned, closed, tagged or put into a base; and taken back."""

from __future__ import annotations

import io
import random
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.actions import switch_aux_state
from accounts.models import AuxState, User
from campaigns.models import CampaignTypification
from contacts.filters import ContactFilter
from contacts.listing import ContactList
from contacts.models import BaseMember, Contact, ContactTag, ContactTeam
from core.models import JournalEntry
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.audience import Audience
from inbox.filters import InboxFilter
from inbox.listing import page
from inbox.models import Conversation
from processes.actions.asking import ask_for_run, freeze
from processes.actions.steering import undo_run
from processes.catalogue import process_of
from processes.models import Run, RunFile, RunItem
from processes.selected import understood
from tests import factories
from tests.contacts.members import base_of
from tests.contacts.people import person, tag
from tests.factories import Cast, agent_of, conversation, leaf, taken_conversation
from tests.processes.runs import adds_up, carried_out, results, started

Browse = Callable[[User], Client]


def over(kind: str, *, by: User, screen: str = "desk", asked: str = "", **said: Any) -> Run:
    """A previewed run over what a list shows."""
    selected = understood(screen, asked, by=by)
    listed = {"screen": screen, "filter": selected.query, "time_zone": selected.time_zone}
    run = ask_for_run(process_of(kind), listed | said, submission=uuid.uuid4(), by=by)
    assert freeze(run.pk)
    run.refresh_from_db()
    return run


def online(user: User) -> User:
    switch_aux_state(user, AuxState.objects.get(code="social_new_and_active"))
    factories.be_here(user)
    return user


def chosen(run: Run) -> set[int]:
    return set(RunItem.objects.filter(run=run).values_list("target", flat=True))


def elsewhere(cast: Cast) -> Conversation:
    """Another team's, in every way like ours."""
    theirs = conversation(cast)
    Conversation.objects.filter(pk=theirs.pk).update(campaign=cast.other_campaign, team=cast.other_team)
    return theirs


@pytest.mark.shows("B-04", "S05")
@pytest.mark.parametrize(
    "asked",
    ["", "tray=pending", "tray=in_progress&order=name", "search=benitez", "unread=1", "assignee=none", "order=waiting"],
)
def test_what_is_chosen_is_what_the_desks_list_shows_on_all_its_pages(cast: Cast, asked: str) -> None:
    for n in range(7):
        (taken_conversation if n % 3 == 0 else conversation)(cast)
    elsewhere(cast)
    audience = Audience.of(cast.luis)
    wanted = InboxFilter.read(dict(QueryDict(asked).lists()), user_id=cast.luis.pk)
    listed, cursor = [], None
    while True:
        one = page(audience, wanted, limit=2, cursor=cursor)
        listed += one.ids
        cursor = one.next
        if cursor is None:
            break
    run = over("assigning", by=cast.luis, asked=asked, agent=None)
    assert sorted(listed) == sorted(chosen(run))
    assert run.total == len(listed)


@pytest.mark.shows("B-04", "S05")
@pytest.mark.parametrize(
    "asked", ["", "vip=1", "search=ambar", "order=-last_interaction", "do_not_contact=0&point=none"]
)
def test_what_is_chosen_is_what_the_contacts_list_shows_on_all_its_pages(cast: Cast, asked: str) -> None:
    for n in range(9):
        person(cast.team, first_name=f"Ámbar {n}", is_vip=n % 2 == 0, do_not_contact=n % 4 == 0)
    person(cast.other_team, first_name="Ámbar ajena", is_vip=True)
    listed = ContactList(cast.luis, ContactFilter.from_query(QueryDict(asked))).page(limit=1000).ids
    run = over("tagging", by=cast.luis, screen="contacts", asked=asked, change="add", tag=tag("Noviembre").pk)
    assert chosen(run) == set(listed)


@pytest.mark.shows("B-04")
def test_an_address_that_cannot_be_read_chooses_nothing_never_all(cast: Cast, browse: Browse) -> None:
    conversation(cast)
    client, page_of = browse(cast.luis), reverse("process", args=["assigning"])
    for said in ({}, {"screen": "desk"}, {"screen": "desk", "filter": "nada=1"}, {"screen": "contacts", "filter": ""}):
        answer = client.post(page_of, {"submission": str(uuid.uuid4()), "agent": ""} | said)
        assert answer.status_code == 400, said
        assert "Elígelos primero en la lista" in answer.content.decode()
        assert client.get(page_of, said).status_code == 200
    # Too short to be looked for: the list would show all.
    tagging = reverse("process", args=["tagging"])
    short = {"screen": "contacts", "filter": "search=a", "change": "add", "tag": tag("Noviembre").pk}
    assert client.post(tagging, {"submission": str(uuid.uuid4())} | short).status_code == 400
    assert not Run.objects.exists()


# ── Assign


@pytest.mark.shows("B-04", "S64")
def test_all_that_match_go_to_an_agent_but_for_whom_they_are_not(cast: Cast) -> None:
    eli = online(agent_of(cast, "eli"))
    waiting, held, theirs, closed, silent = (
        conversation(cast), taken_conversation(cast), taken_conversation(cast, by=eli), taken_conversation(cast), conversation(cast),
    )  # fmt: skip
    CampaignTypification.objects.get_or_create(campaign=cast.campaign, typification=leaf(), purpose="finish")
    Conversation.objects.filter(pk=closed.pk).update(needs_first_reply=False)
    close_conversation(closed.pk, by=cast.ana, typification_id=leaf().pk)
    Contact.objects.filter(pk=silent.contact_id).update(do_not_contact=True)
    away = elsewhere(cast)
    run = over("assigning", by=cast.luis, agent=eli.pk)
    assert {pk: reason for pk, (_result, reason) in results(run).items()} == {
        waiting.pk: "", held.pk: "", theirs.pk: "already_theirs", closed.pk: "already_closed", silent.pk: "do_not_contact",
    }  # fmt: skip
    run = carried_out(started(run, by=cast.luis))
    assert (run.applied, run.skipped) == (2, 3)
    for each in (waiting, held):
        each.refresh_from_db()
        assert (each.assignee, each.status, each.needs_first_reply) == (eli, "assigned", True)
        entry = JournalEntry.objects.get(verb="conversation_assigned", subject_id=str(each.pk))
        assert (entry.actor_id, entry.details) == (cast.luis.pk, {"user": eli.pk})
    for each in (silent, away):
        each.refresh_from_db()
        assert (each.assignee, each.status) == (None, "queued")
    adds_up(run)


@pytest.mark.shows("B-04", "004-23")
def test_nothing_is_given_to_who_is_not_online_or_of_another_campaign(cast: Cast) -> None:
    eli = agent_of(cast, "eli")
    for _ in range(2):
        conversation(cast)
    assert over("assigning", by=cast.luis, agent=eli.pk).preview == {"offline": 2}
    assert over("assigning", by=cast.admin, agent=online(cast.eva).pk).preview == {"not_agent": 2}
    # Whoever leaves after the preview gets nothing either.
    run = started(over("assigning", by=cast.luis, agent=online(eli).pk), by=cast.luis)
    factories.be_away(eli)
    run = carried_out(run)
    assert (run.applied, run.reasons) == (0, {"offline": 2})
    adds_up(run)


@pytest.mark.shows("B-04", "B-02")
def test_they_are_left_to_their_campaign_and_given_back_but_for_what_went_on(cast: Cast) -> None:
    held, other = taken_conversation(cast), taken_conversation(cast)
    conversation(cast)
    marks = ("assignee_id", "status", "needs_first_reply", "answered", "unread")
    send_message(held.pk, by=cast.ana, text="Hola", client_id=uuid.uuid4())
    before = Conversation.objects.filter(pk=held.pk).values(*marks).get()
    run = over("assigning", by=cast.luis, agent=None)
    assert run.preview == {"already_waiting": 1}
    run = carried_out(started(run, by=cast.luis))
    assert run.applied == 2
    assert set(Conversation.objects.values_list("assignee", "status")) == {(None, "queued")}
    # Something is said in one of them.
    again = Conversation.objects.get(pk=other.pk)
    receive_messages(
        cast.account, [factories.inbound("¿Y?", sender=factories.identity(phone=again.contact_point.digits))]
    )
    undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.undone, run.kept) == (1, 1)
    assert Conversation.objects.filter(pk=held.pk).values(*marks).get() == before
    assert Conversation.objects.get(pk=other.pk).assignee is None
    adds_up(run)


# ── Close


@pytest.mark.shows("B-04", "B-03")
def test_all_that_match_are_closed_by_the_one_rule(cast: Cast) -> None:
    CampaignTypification.objects.get_or_create(campaign=cast.campaign, typification=leaf(), purpose="finish")
    ours, away = [conversation(cast), taken_conversation(cast)], elsewhere(cast)
    kept = taken_conversation(cast, text="Otra")
    run = over("closing", by=cast.luis, asked="tray=pending", outcome=leaf().pk, note="Fin de campaña")
    assert (run.total, run.expected) == (3, 3)
    close_conversation(kept.pk, by=cast.luis, typification_id=leaf().pk)
    run = carried_out(started(run, by=cast.luis))
    assert (run.applied, run.reasons) == (2, {"already_closed": 1})
    for each in ours:
        each.refresh_from_db()
        assert (each.status, each.close_mode, each.close_note) == ("closed", "bulk", "Fin de campaña")
    away.refresh_from_db()
    assert away.status == "queued"
    adds_up(run)


# ── Tag


def tags() -> set[tuple[Any, ...]]:
    return set(ContactTag.objects.values_list("contact", "tag", "by", "created_at"))


@pytest.mark.shows("B-04", "B-02")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("change", ["add", "remove"])
def test_tags_change_as_previewed_and_come_back_as_they_were(cast: Cast, change: str, seed: int) -> None:
    dice, label = random.Random(seed), tag("Noviembre")
    people = [person(cast.team, first_name=f"P{n}") for n in range(12)]
    for each in people:
        if dice.random() < 0.5:
            ContactTag.objects.create(contact=each, tag=label, by=cast.ana)
    full = people[0]
    ContactTag.objects.filter(contact=full).delete()
    for n in range(30):
        ContactTag.objects.create(contact=full, tag=tag(f"Otra {n}"), by=cast.ana)
    other = person(cast.other_team, first_name="Ajena")
    before = tags()
    run = over("tagging", by=cast.luis, screen="contacts", change=change, tag=label.pk)
    expected = Counter(reason for _result, reason in results(run).values())
    run = carried_out(started(run, by=cast.luis))
    assert Counter(reason for _result, reason in results(run).values()) == expected
    assert run.applied == expected[""] == run.expected
    has = set(ContactTag.objects.filter(tag=label).values_list("contact", flat=True))
    assert has == ({each.pk for each in people} - {full.pk} if change == "add" else set())
    assert other.pk not in chosen(run)
    assert JournalEntry.objects.filter(verb="contact_tags_changed").count() == run.applied
    undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.undone, run.kept) == (run.applied, 0)
    assert tags() == before
    adds_up(run)


@pytest.mark.shows("B-04")
def test_from_the_desk_the_people_of_its_conversations_are_tagged_each_once(cast: Cast) -> None:
    label, one = tag("Noviembre"), conversation(cast)
    sender = factories.identity(phone=one.contact_point.digits)
    CampaignTypification.objects.get_or_create(campaign=cast.campaign, typification=leaf(), purpose="finish")
    close_conversation(one.pk, by=cast.luis, typification_id=leaf().pk)
    receive_messages(cast.account, [factories.inbound("Otra vez", sender=sender)])
    assert Conversation.objects.filter(contact=one.contact).count() == 2
    run = carried_out(started(over("tagging", by=cast.luis, change="add", tag=label.pk), by=cast.luis))
    assert (run.total, run.applied) == (1, 1)
    assert list(ContactTag.objects.values_list("contact", "tag", "by")) == [(one.contact_id, label.pk, cast.luis.pk)]


# ── Add to a base


@pytest.mark.shows("B-04", "S64", "B-02")
def test_all_that_match_join_a_base_but_for_who_must_not_be_contacted(cast: Cast) -> None:
    base = base_of(cast, 2)
    inside = set(BaseMember.objects.filter(base=base).values_list("contact", flat=True))
    joining = [person(cast.team, first_name=f"P{n}") for n in range(4)]
    silent = person(cast.team, first_name="Baja", do_not_contact=True)
    blocked = person(cast.team, first_name="Bloqueada", blocked=True)
    run = over("adding", by=cast.luis, screen="contacts", base=base.pk)
    reasons = {pk: reason for pk, (_result, reason) in results(run).items()}
    assert reasons == {
        **dict.fromkeys(inside, "already"),
        **{each.pk: "" for each in joining},
        silent.pk: "do_not_contact",
        blocked.pk: "do_not_contact",
    }
    # One says no after the preview.
    Contact.objects.filter(pk=joining[0].pk).update(do_not_contact=True)
    run = carried_out(started(run, by=cast.luis))
    members = BaseMember.objects.live().filter(base=base)
    assert set(members.values_list("contact", flat=True)) == inside | {each.pk for each in joining[1:]}
    assert run.reasons["do_not_contact"] == 3
    begun = members.get(contact=joining[1])
    BaseMember.objects.filter(pk=begun.pk).update(state="closed", attempts=1)
    undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.undone, run.kept) == (2, 1)
    assert set(members.values_list("contact", flat=True)) == inside | {joining[1].pk}


# ── Doors


@pytest.mark.shows("S07", "B-04")
def test_who_lacks_the_right_does_not_come_in(cast: Cast, browse: Browse, with_rights: Any) -> None:
    conversation(cast)
    agent = browse(cast.ana)
    for kind in ("assigning", "closing", "tagging", "adding"):
        assert agent.get(reverse("process", args=[kind]), {"screen": "desk", "filter": ""}).status_code == 403
    assert "all-that-match" not in agent.get(reverse("contacts")).content.decode()
    assert "processes.run_processes" not in agent.get("/api/v1/me/").json()["permissions"]
    supervisor = browse(cast.luis)
    assert "processes.run_processes" in supervisor.get("/api/v1/me/").json()["permissions"]
    assert "all-that-match" in supervisor.get(reverse("contacts")).content.decode()
    # They are no processes of the catalogue: there is nothing to choose them by.
    listed = supervisor.get(reverse("processes")).content.decode()
    assert reverse("process", args=["assigning"]) not in listed
    assert reverse("process", args=["reassigning"]) in listed


@pytest.mark.shows("B-04", "S62")
def test_what_was_searched_for_is_not_kept_with_the_run(cast: Cast) -> None:
    conversation(cast)
    run = over("assigning", by=cast.luis, asked="search=benitez", agent=None)
    label = tag("Noviembre")
    tagging = over("tagging", by=cast.luis, asked="search=benitez&tray=pending", change="add", tag=label.pk)
    tagging = carried_out(started(tagging, by=cast.luis))
    assert tagging.applied == 1
    assert "filter" not in tagging.parameters
    assert "benitez" in run.parameters["filter"]
    assert process_of("tagging").about(tagging, by=cast.luis)[-1][1] == label.name
    undo_run(tagging.pk, by=cast.luis)
    assert carried_out(tagging).undone == 1


@pytest.mark.shows("B-04", "P0-57", "S05")
def test_the_workbook_of_what_stayed_open_says_which_conversations(cast: Cast) -> None:
    CampaignTypification.objects.get_or_create(campaign=cast.campaign, typification=leaf(), purpose="finish")
    conversation(cast)
    kept, left = taken_conversation(cast), taken_conversation(cast)
    run = over("closing", by=cast.luis, asked="tray=pending", outcome=leaf().pk, note="Fin")
    for each in (kept, left):
        close_conversation(each.pk, by=cast.luis, typification_id=leaf().pk)
    # Not theirs to see any more: neither is what it is called.
    Conversation.objects.filter(pk=left.pk).update(campaign=cast.other_campaign, team=cast.other_team)
    run = carried_out(started(run, by=cast.luis))
    assert (run.applied, run.skipped) == (1, 2)
    with default_storage.open(RunFile.objects.get(run=run, role="errors").path) as file:
        rows = list(openpyxl.load_workbook(io.BytesIO(file.read())).active.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["ConversationId", kept.public_id]
    assert all(row[1] for row in rows)


@pytest.mark.shows("B-02", "S05")
@pytest.mark.parametrize("change", ["add", "remove"])
def test_tags_of_who_went_to_another_team_since_stay(cast: Cast, change: str) -> None:
    label, people = tag("Noviembre"), [person(cast.team, first_name=f"P{n}") for n in range(3)]
    if change == "remove":
        for each in people:
            ContactTag.objects.create(contact=each, tag=label, by=cast.ana)
    run = carried_out(
        started(over("tagging", by=cast.luis, screen="contacts", change=change, tag=label.pk), by=cast.luis)
    )
    assert run.applied == 3
    ContactTeam.objects.filter(contact=people[0]).update(team=cast.other_team)
    undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.undone, run.kept) == (2, 1)
    adds_up(run)
    assert ContactTag.objects.filter(contact=people[0], tag=label).exists() == (change == "add")
    assert ContactTag.objects.filter(contact__in=people[1:], tag=label).exists() == (change == "remove")
