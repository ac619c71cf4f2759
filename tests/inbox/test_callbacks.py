"""Promises to contact somebody again [Agendas]: made by an outcome, listed, moved, kept, cancelled and reminded once (004-18, Agendas)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from contacts.models import BaseMember
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from inbox.actions.associating import associate_conversation
from inbox.actions.calling_back import cancel_callback, finish_callback, move_callback, remind_due
from inbox.actions.closing import close_conversation
from inbox.actions.forgetting import forget_calls
from inbox.errors import CallbackIsOver, CallbackTimeRequired
from inbox.events import CallbackDue
from inbox.models import Callback, Conversation
from inbox.reminders import whose_reminder
from tests import factories
from tests.contacts.members import broken
from tests.factories import Cast, leaf
from tests.inbox.test_associating import answered, ask, open_base
from tests.witness import announced, nothing_happens, refused
from typification.models import Typification

NOON = datetime.datetime(2031, 3, 4, 12, tzinfo=datetime.UTC)
LATER = NOON + datetime.timedelta(hours=3)


def asking(kind: str, **more: Any) -> Typification:
    """An outcome of the campaign's that asks when they are contacted again."""
    Typification.objects.filter(pk=leaf().pk).update(asks_callback=kind, closes_member=False, **more)
    return leaf()


def promised(cast: Cast, *, kind: str = "personal", base: bool = False) -> Callback:
    """At noon Ana promised to contact somebody at three."""
    outcome, conversation = asking(kind), answered(cast)
    if base:
        associate_conversation(conversation.pk, by=cast.ana, base_id=open_base(cast).pk)
    close_conversation(conversation.pk, by=cast.ana, typification_id=outcome.pk, callback_at=LATER)
    return Callback.objects.get()


@pytest.mark.parametrize(("kind", "is_hers"), [("personal", True), ("global", False)])
def test_an_outcome_that_asks_for_it_promises_it(cast: Cast, kind: str, is_hers: bool) -> None:
    with time_machine.travel(NOON, tick=False):
        callback = promised(cast, kind=kind, base=True)
    conversation = Conversation.objects.get()
    assert (callback.kind, callback.owner, callback.due_at) == (kind, cast.ana if is_hers else None, LATER)
    assert (callback.campaign, callback.contact, callback.member) == (
        cast.campaign, conversation.contact, conversation.base_member,
    )  # fmt: skip
    assert callback.interaction_id == conversation.uuid
    # The record waits for the same moment.
    member = BaseMember.objects.get(pk=callback.member_id)
    assert (member.state, member.due_at) == ("scheduled", LATER)
    entry = JournalEntry.objects.get(verb="callback_made")
    assert (entry.actor_id, entry.details["kind"]) == (cast.ana.pk, kind)
    assert broken() == {}


@pytest.mark.shows("B-05")
@pytest.mark.parametrize("at", [None, NOON, NOON - datetime.timedelta(days=1)])
def test_without_a_time_to_come_such_an_outcome_is_refused(cast: Cast, at: datetime.datetime | None) -> None:
    with time_machine.travel(NOON, tick=False):
        outcome, conversation = asking("personal"), answered(cast)
        with refused(CallbackTimeRequired) as refusal:
            close_conversation(conversation.pk, by=cast.ana, typification_id=outcome.pk, callback_at=at)
    assert list(refusal.value.fields) == ["callback_at"]


def test_another_outcome_promises_nothing(cast: Cast) -> None:
    conversation = answered(cast)
    close_conversation(
        conversation.pk,
        by=cast.ana,
        typification_id=leaf().pk,
        callback_at=timezone.now() + datetime.timedelta(hours=1),
    )
    assert not Callback.objects.exists()


def test_an_outcome_that_calls_back_by_itself_promises_it_to_anybody(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        Typification.objects.filter(pk=leaf().pk).update(
            auto_callback_after=datetime.timedelta(hours=3), closes_member=False
        )
        conversation = answered(cast)
        associate_conversation(conversation.pk, by=cast.ana, base_id=open_base(cast).pk)
        close_conversation(conversation.pk, by=cast.ana, typification_id=leaf().pk)
    callback = Callback.objects.get()
    assert (callback.kind, callback.owner, callback.due_at) == ("automatic", None, LATER)
    assert BaseMember.objects.get().state == "auto_callback"


def test_the_next_interaction_keeps_what_was_promised(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        first = promised(cast)
        clock.move_to(LATER + datetime.timedelta(minutes=5))
        conversation = answered(cast)
        Conversation.objects.filter(pk=conversation.pk).update(contact=first.contact_id)
        close_conversation(conversation.pk, by=cast.ana, typification_id=leaf("No responde").pk)
    first.refresh_from_db()
    assert (first.state, first.kept_by_interaction_id) == ("done", conversation.uuid)
    assert JournalEntry.objects.filter(verb="callback_kept").count() == 1


@pytest.mark.shows("S01")
def test_what_another_campaign_promised_is_its_own_to_keep(cast: Cast) -> None:
    """The person is the same; whoever talks with them here keeps nothing that was promised there."""
    with time_machine.travel(NOON, tick=False) as clock:
        first = promised(cast)
        Callback.objects.filter(pk=first.pk).update(campaign=cast.other_campaign, owner=cast.eva)
        clock.move_to(LATER + datetime.timedelta(minutes=5))
        conversation = answered(cast)
        Conversation.objects.filter(pk=conversation.pk).update(contact=first.contact_id)
        close_conversation(conversation.pk, by=cast.ana, typification_id=leaf("No responde").pk)
    first.refresh_from_db()
    assert (first.state, first.kept_by_interaction_id) == ("pending", None)


def test_it_is_moved_kept_and_cancelled_once(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        callback = promised(cast, base=True)
        moved = LATER + datetime.timedelta(days=1)
        move_callback(callback.pk, due_at=moved, by=cast.ana)
        assert BaseMember.objects.get().due_at == moved
        with nothing_happens():
            move_callback(callback.pk, due_at=moved, by=cast.ana)
        for wrong in (NOON, NOON + datetime.timedelta(days=400)):
            with refused(Invalid) as refusal:
                move_callback(callback.pk, due_at=wrong, by=cast.ana)
            assert list(refusal.value.fields) == ["due_at"]
        cancel_callback(callback.pk, by=cast.ana)
        assert (BaseMember.objects.get().state, BaseMember.objects.get().due_at) == ("retry", None)
        with nothing_happens():
            cancel_callback(callback.pk, by=cast.ana)
        with refused(CallbackIsOver):
            finish_callback(callback.pk, by=cast.ana)
        with refused(CallbackIsOver):
            move_callback(callback.pk, due_at=LATER, by=cast.ana)
    assert broken() == {}


@pytest.mark.shows("S01")
def test_another_teams_promise_does_not_exist_and_a_colleagues_own_is_theirs(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        callback = promised(cast)
        beto = factories.agent_of(cast, "beto")
        for stranger in (cast.eva, beto):
            with refused(NotFound):
                finish_callback(callback.pk, by=stranger)
        Callback.objects.filter(pk=callback.pk).update(kind="global", owner=None)
        assert finish_callback(callback.pk, by=beto).state == "done"
        assert Callback.objects.visible_to(cast.luis).get() == callback
        assert Callback.objects.visible_to(cast.admin).get() == callback


def test_a_supervisor_works_on_an_agents_promise(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        callback = promised(cast)
        assert cancel_callback(callback.pk, by=cast.luis).state == "cancelled"


def test_one_is_reminded_once_when_its_time_comes_and_again_when_it_was_moved(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        callback = promised(cast)
        assert remind_due() == 0
        clock.move_to(LATER)
        with announced() as facts:
            assert remind_due() == 1
        assert facts == [CallbackDue(callback_id=callback.pk)]
        assert remind_due() == 0
        later = LATER + datetime.timedelta(hours=1)
        move_callback(callback.pk, due_at=later, by=cast.ana)
        clock.move_to(later)
        assert remind_due() == 1
        finish_callback(callback.pk, by=cast.ana)
        clock.shift(60)
        assert remind_due() == 0


@pytest.mark.shows("S62")
def test_of_who_is_forgotten_nobody_is_reminded(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        callback = promised(cast)
        forget_calls([callback.contact_id])
        clock.move_to(LATER)
        with nothing_happens():
            assert remind_due() == 0
    callback.refresh_from_db()
    assert (callback.state, callback.note, callback.ended_at) == ("cancelled", "", NOON)


@pytest.mark.shows("S60")
def test_whose_reminder_it_is_is_read_from_the_promise(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        callback = promised(cast)
    here = {cast.ana.pk, cast.eva.pk, cast.luis.pk}
    assert told(callback, here) == {cast.ana.pk}
    Callback.objects.filter(pk=callback.pk).update(kind="global", owner=None)
    beto = factories.agent_of(cast, "beto")
    assert told(callback, here | {beto.pk}) == {cast.ana.pk, beto.pk}


def told(callback: Callback, here: set[int]) -> set[int]:
    return whose_reminder({callback.pk}, here).get(callback.pk, set())


def test_the_list_is_mine_and_my_campaigns_the_soonest_first_page_by_page(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        callback = promised(cast)
        values = {
            "contact": callback.contact, "contact_point": callback.contact_point, "campaign": cast.campaign, "kind": "global",
        }  # fmt: skip
        others = [Callback.objects.create(due_at=LATER - datetime.timedelta(minutes=n), **values) for n in range(1, 4)]
        Callback.objects.create(due_at=LATER, campaign=cast.other_campaign, kind="global", contact=callback.contact)
        expected = [each.pk for each in reversed(others)] + [callback.pk]
        page = ask(cast.ana, "callbacks/?limit=3")
        rest = ask(cast.ana, f"callbacks/?limit=3&cursor={page['next']}")
        assert [each["id"] for each in page["results"] + rest["results"]] == expected
        assert rest["next"] is None
        assert [each["id"] for each in ask(cast.ana, "callbacks/?mine=1")["results"]] == [callback.pk]
        row = rest["results"][0]
        assert (row["owner"]["name"], row["campaign"]["name"], row["work"]["allowed"]) == ("Ana Gómez", "Altas", True)
        ask(cast.ana, "callbacks/?cursor=999999", status=400)


@pytest.mark.shows("B-10", "S01")
def test_over_rest_numbers_are_masked_and_anothers_is_404(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        callback = promised(cast, kind="global")
        masked = factories.agent_of(cast, "mara")
        masked.groups.first().permissions.remove(factories.permission("see_numbers"))  # type: ignore[union-attr]
        shown = ask(User.objects.get(pk=masked.pk), f"callbacks/{callback.pk}/")["number"]
        assert shown != callback.contact_point.shown  # type: ignore[union-attr]  # it has one
        path = f"callbacks/{callback.pk}/"
        for method, address, body in (
            ("get", path, None), ("put", path, {"due_at": LATER.isoformat()}), ("put", f"{path}end/", {"state": "done"}),
        ):  # fmt: skip
            ask(cast.eva, address, method=method, body=body, status=404)
        assert ask(cast.ana, f"{path}end/", method="put", body={"state": "done"})["state"] == "done"


def test_closing_over_rest_takes_the_time(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        outcome, conversation = asking("personal"), answered(cast)
        path = f"conversations/{conversation.pk}/closure/"
        told_why = ask(cast.ana, path, method="post", status=400, body={"typification": outcome.pk})
        assert list(told_why["error"]["fields"]) == ["callback_at"]
        body = {"typification": outcome.pk, "callback_at": LATER.isoformat()}
        client = Client()
        client.force_login(cast.ana)
        assert client.post(f"/api/v1/{path}", body, "application/json").status_code == 200
    assert Callback.objects.get().due_at == LATER
