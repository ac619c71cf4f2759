"""Auxiliaries: one at a time without overlaps, changed by oneself or by who supervises, told when they last too long."""

from __future__ import annotations

import datetime
import itertools
import json
import random
from functools import partial

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import presence
from accounts.actions import (
    begin_session,
    deactivate_user,
    end_session,
    force_aux_state,
    leave_auxiliary,
    note_overruns,
    switch_aux_state,
)
from accounts.actions.access import end_sessions
from accounts.actions.states import NotHere
from accounts.events import AuxStateLeft, AuxStateOverran, AuxStateSwitched
from accounts.models import AgentStateInterval, AuxState, User
from accounts.topics import who_is_told
from core.models import JournalEntry
from core.refusals import Invalid, NotAllowed, NotFound
from inbox.actions.distribution import assign_waiting
from tests import factories
from tests.concurrency import scaled, together
from tests.factories import Cast
from tests.witness import announced, nothing_happens, refused

NOON = datetime.datetime(2031, 3, 4, 12, tzinfo=datetime.UTC)


def aux(code: str) -> AuxState:
    return AuxState.objects.get(code=code)


def stretches(user: User) -> list[tuple[str, datetime.datetime, datetime.datetime | None]]:
    rows = AgentStateInterval.objects.filter(user=user).order_by("started_at", "pk")
    return list(rows.values_list("aux_state__code", "started_at", "ended_at"))


# --- Without overlaps ---------------------------------------------------------------------------------------------------------


@pytest.mark.shows("000-01", "B-11")
def test_each_stretch_begins_where_the_one_before_ended(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for code in ("social_new_and_active", "break", "social_active_only"):
            switch_aux_state(cast.ana, aux(code))
            clock.shift(60)
        # A machine whose clock is behind ends nothing before it began, and begins nothing before that.
        clock.shift(-300)
        switch_aux_state(cast.ana, aux("meeting"))
        switch_aux_state(cast.ana, aux("break"))
    found = stretches(cast.ana)
    assert [code for code, _start, _end in found] == [
        "social_new_and_active",
        "break",
        "social_active_only",
        "meeting",
        "break",
    ]
    for (_code, _start, end), (_next, start, _end) in itertools.pairwise(found):
        assert end is not None
        assert end <= start
    assert found[-1][2] is None


@pytest.mark.shows("B-11")
def test_the_database_itself_keeps_stretches_apart(cast: Cast) -> None:
    def write(user: User, first: int, until: int | None) -> None:
        with transaction.atomic():
            AgentStateInterval.objects.create(
                user=user,
                aux_state=aux("break"),
                started_at=NOON + datetime.timedelta(minutes=first),
                ended_at=None if until is None else NOON + datetime.timedelta(minutes=until),
            )

    write(cast.ana, 0, 10)
    write(cast.ana, 10, 20)
    # An instant says nothing of any time, and others' time is theirs.
    write(cast.ana, 5, 5)
    write(cast.eva, 0, 20)
    write(cast.ana, 30, None)
    for first, until in ((9, 11), (0, 10), (19, 25), (31, 32), (25, None)):
        with pytest.raises(IntegrityError):
            write(cast.ana, first, until)


@pytest.mark.shows("000-01", "B-11")
@pytest.mark.faults
def test_of_many_browsers_that_switch_at_once_one_line_of_stretches_comes(committed_cast: Cast) -> None:
    codes = ["social_new_and_active", "break", "meeting", "social_active_only"]
    dice = random.Random(11)
    for _round in range(scaled(small=5, full=100)):
        dice.shuffle(codes)
        outcomes = together([partial(switch_aux_state, committed_cast.ana, aux(code)) for code in codes])
        assert all(isinstance(each, AgentStateInterval) for each in outcomes), outcomes
    found = stretches(committed_cast.ana)
    assert [end for _code, _start, end in found].count(None) == 1
    assert all(first[2] is not None and first[2] <= then[1] for first, then in itertools.pairwise(found))


# --- Draining -----------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("000-01")
def test_who_drains_gets_nothing_new_and_goes_on_with_what_they_have(cast: Cast) -> None:
    type(cast.campaign).objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    mine = factories.taken_conversation(cast)
    factories.be_here(cast.ana)
    switch_aux_state(cast.ana, aux("social_active_only"))
    waiting = factories.conversation(cast)
    assert assign_waiting(waiting.pk) is None
    client = Client()
    client.force_login(cast.ana)
    body = {"client_id": str(factories.client_id()), "text": "Sigo con usted"}
    address = reverse("api:messages", args=[mine.pk])
    assert client.post(address, json.dumps(body), content_type="application/json").status_code == 201
    switch_aux_state(cast.ana, aux("social_new_and_active"))
    assert assign_waiting(waiting.pk) == cast.ana


@pytest.mark.shows("004-23", "B-06")
def test_who_is_ready_but_not_here_gets_nothing_new(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    type(cast.campaign).objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    beto = factories.agent_of(cast, "beto")
    for user in (cast.ana, beto):
        switch_aux_state(user, aux("social_new_and_active"))
    factories.be_here(cast.ana)
    assert assign_waiting(factories.conversation(cast).pk) == cast.ana
    assert assign_waiting(factories.conversation(cast).pk) == cast.ana
    factories.be_away(cast.ana)
    waiting = factories.conversation(cast)
    assert assign_waiting(waiting.pk) is None
    # While nothing can be said of anybody, everybody who is ready is taken to be here.
    monkeypatch.setattr(presence, "connected", lambda _seconds: None)
    assert assign_waiting(waiting.pk) == beto


# --- By who supervises --------------------------------------------------------------------------------------------------------


@pytest.mark.shows("000-01")
def test_a_supervisor_puts_an_agent_elsewhere_and_says_why(cast: Cast) -> None:
    switch_aux_state(cast.ana, aux("break"))
    with announced() as facts:
        interval = force_aux_state(cast.ana.pk, aux("social_new_and_active"), by=cast.luis, reason="  Hay  cola ")
    assert facts == [AuxStateSwitched(user_id=cast.ana.pk, aux_state_id=aux("social_new_and_active").pk)]
    assert (interval.forced_by, interval.reason) == (cast.luis, "Hay cola")
    with nothing_happens():
        force_aux_state(cast.ana.pk, aux("social_new_and_active"), by=cast.luis, reason="Otra vez")
    entry = JournalEntry.objects.get(verb="aux_state_forced")
    assert (entry.actor_id, entry.details) == (cast.luis.pk, {"aux_state": "social_new_and_active"})
    assert [each.value for each in entry.values.all()] == ["Hay cola"]
    # They may leave it again; it is theirs then.
    assert switch_aux_state(cast.ana, aux("break")).forced_by is None


@pytest.mark.shows("S01", "S07")
def test_nobody_is_put_anywhere_by_who_does_not_supervise_them(cast: Cast) -> None:
    for user in (cast.ana, cast.eva, cast.luis):
        switch_aux_state(user, aux("social_new_and_active"))
    beto = factories.agent_of(cast, "beto")
    pause = aux("break")
    with refused(NotAllowed):
        force_aux_state(cast.ana.pk, pause, by=beto, reason="Porque sí")
    with refused(NotFound):
        force_aux_state(cast.eva.pk, pause, by=cast.luis, reason="Porque sí")
    with refused(NotAllowed):
        force_aux_state(cast.luis.pk, pause, by=cast.luis, reason="Yo")
    with refused(NotHere):
        force_aux_state(beto.pk, pause, by=cast.luis, reason="No está")
    # Who belongs to the team without supervising it does not supervise its people.
    cast.team.memberships.filter(user=cast.luis).update(is_supervisor=False)
    with refused(NotAllowed):
        force_aux_state(cast.ana.pk, pause, by=User.objects.get(pk=cast.luis.pk), reason="Ya no")
    force_aux_state(cast.eva.pk, pause, by=cast.admin, reason="Administración")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_reason_is_to_be_given(cast: Cast, reason: str) -> None:
    switch_aux_state(cast.ana, aux("break"))
    with refused(Invalid) as refusal:
        force_aux_state(cast.ana.pk, aux("meeting"), by=cast.luis, reason=reason)
    assert list(refusal.value.fields) == ["reason"]


@pytest.mark.shows("S07")
def test_the_door_is_open_to_supervisors_only(cast: Cast) -> None:
    switch_aux_state(cast.ana, aux("break"))
    body = json.dumps({"aux_state": aux("meeting").pk, "reason": "Reunión de equipo"})
    address = reverse("api:user-aux-state", args=[cast.ana.pk])
    answers = {}
    for user in (factories.agent_of(cast, "beto"), cast.eva, cast.luis):
        client = Client()
        client.force_login(user)
        answers[user.username] = client.put(address, body, content_type="application/json")
    assert {name: each.status_code for name, each in answers.items()} == {"beto": 403, "eva": 404, "luis": 200}
    assert answers["luis"].json()["forced_by"] == "Luis Ferreira"
    me, luis = Client(), Client()
    me.force_login(cast.ana)
    luis.force_login(cast.luis)
    state = me.get(reverse("api:me")).json()["aux_state"]
    assert (state["code"], state["forced_by"], state["reason"]) == ("meeting", "Luis Ferreira", "Reunión de equipo")
    people = luis.get(reverse("api:users")).json()["results"]
    assert {each["name"]: each["supervised"] for each in people} == {
        "Ana Gómez": True,
        "Beto": True,
        "Luis Ferreira": False,
    }
    assert not any(each["supervised"] for each in me.get(reverse("api:users")).json()["results"])
    wrong = luis.put(address, json.dumps({"aux_state": 987654321, "reason": "x"}), content_type="application/json")
    assert list(wrong.json()["error"]["fields"]) == ["aux_state"]


# --- Too long -----------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("000-01")
def test_who_stays_too_long_is_told_of_once(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        switch_aux_state(cast.ana, aux("break"))
        switch_aux_state(cast.luis, aux("meeting"))
        clock.shift(15 * 60 - 1)
        with nothing_happens():
            assert note_overruns() == 0
        clock.shift(1)
        with announced() as facts:
            assert note_overruns() == 1
        assert facts == [AuxStateOverran(user_id=cast.ana.pk)]
        with nothing_happens():
            assert note_overruns() == 0
        entry = JournalEntry.objects.get(verb="aux_state_overran")
        assert entry.details == {"aux_state": "break", "max_minutes": 15}
        # Another stretch of the same is another one.
        switch_aux_state(cast.ana, aux("social_new_and_active"))
        switch_aux_state(cast.ana, aux("break"))
        clock.shift(3600)
        assert note_overruns() == 1


def test_it_is_told_to_them_and_to_who_supervises_their_teams(committed_cast: Cast) -> None:
    cast = committed_cast
    ids = {each.pk for each in (cast.ana, cast.luis, cast.eva, cast.admin)}
    switch_aux_state(cast.ana, aux("break"))
    # A forged announcement of somebody who is in time tells nobody.
    assert told(ids, ids) == {}
    AgentStateInterval.objects.filter(user=cast.ana).update(overrun_at=timezone.now())
    assert told(ids, ids) == {cast.ana.pk: [cast.ana.pk], cast.luis.pk: [cast.ana.pk]}
    assert told(ids, {cast.eva.pk, cast.admin.pk}) == {}


def told(user_ids: set[int], here: set[int]) -> dict[int, list[int]]:
    return who_is_told.func(user_ids, here)  # type: ignore[attr-defined,no-any-return]  # as this thread asks the database


# --- Leaving ------------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("B-06")
def test_whoever_is_shown_out_leaves_their_auxiliary_at_once(cast: Cast) -> None:
    for leave in (
        lambda: end_session(cast.ana, session_digest="this one"),
        lambda: end_sessions(cast.ana.pk, by=cast.admin),
        lambda: deactivate_user(cast.ana.pk, by=cast.admin),
    ):
        begin_session(cast.ana)
        with announced() as facts:
            leave()
        assert AuxStateLeft(user_id=cast.ana.pk) in facts
        assert stretches(cast.ana)[-1][2] is not None
        with announced() as facts:
            leave()
        assert AuxStateLeft(user_id=cast.ana.pk) not in facts


@pytest.mark.shows("B-06")
def test_nobody_is_taken_for_absent_while_nothing_can_be_said(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_session(cast.ana)
    with monkeypatch.context() as away, nothing_happens():
        away.setattr(presence, "connected", lambda _seconds: None)
        leave_auxiliary(cast.ana.pk)
    factories.be_here(cast.ana)
    with nothing_happens():
        leave_auxiliary(cast.ana.pk)
    factories.be_away(cast.ana)
    with announced() as facts:
        leave_auxiliary(cast.ana.pk)
    assert facts == [AuxStateLeft(user_id=cast.ana.pk)]
