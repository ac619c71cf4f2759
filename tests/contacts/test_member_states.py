"""The state machine of a base's members against a plain model of it (DOMAIN.md): whatever people do, in whatever order."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from contacts.actions.associating import associate_contacts, detach_members
from contacts.actions.member_states import MOVES, NotFromHere, State
from contacts.actions.members import (
    NotYours,
    allow_members,
    begin_member,
    finish_member,
    release_member,
    release_overdue,
    suppress_members,
    take_next_member,
)
from contacts.actions.slices import count_everything_touched, counts_of
from contacts.models import Attempt, BaseMember, Contact
from tests.contacts.members import base_of, broken, outcome
from tests.factories import Cast, agent_of

MOST = 2
OUTCOMES = ("closing", "again", "uncounted", "by itself", "promised")


@dataclass
class Plain:
    """What one member should be."""

    contact_id: int
    state: str = "unprocessed"
    attempts: int = 0
    came_from: str = ""
    holder: int | None = None
    due: datetime.datetime | None = None
    tried_at: datetime.datetime | None = None
    reachable: bool = True


class Members(RuleBasedStateMachine):
    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        self.before = transaction.savepoint()
        self.base = base_of(self.cast, 4, max_attempts=MOST)
        self.agents = [self.cast.ana, self.other]  # type: ignore[attr-defined]  # given by the test
        self.outcomes = self.kinds  # type: ignore[attr-defined]  # given by the test
        self.clock = timezone.now() - datetime.timedelta(days=10)
        self.plain = {
            pk: Plain(contact_id)
            for pk, contact_id in BaseMember.objects.filter(base=self.base).values_list("pk", "contact_id")
        }

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.before)

    # ── What people do

    @rule(who=st.integers(0, 1))
    def take(self, who: int) -> None:
        agent = self.agents[who]
        # The order is exact for what was counted; what changed since is offered too, a little sooner or later.
        count_everything_touched()
        got = take_next_member(self.base.pk, by=agent)
        mine = [pk for pk, each in self.plain.items() if each.holder == agent.pk]
        if mine:
            assert got is not None
            assert got.pk == mine[0]
            return
        expected = self.next()
        assert (got.pk if got else None) == expected
        if expected is not None:
            each = self.plain[expected]
            each.came_from, each.state, each.holder = each.state, "reserved", agent.pk

    @rule(which=st.integers(0, 3), who=st.integers(0, 1))
    def release(self, which: int, who: int) -> None:
        pk, each = self.one(which)
        if each.state == "reserved" and each.holder != self.agents[who].pk:
            with pytest.raises(NotYours):
                release_member(pk, by=self.agents[who])
            return
        release_member(pk, by=self.agents[who])
        self.back(each)

    @rule()
    def time_out(self) -> None:
        reserved = [pk for pk, each in self.plain.items() if each.state == "reserved"]
        BaseMember.objects.filter(pk__in=reserved).update(reserved_until=timezone.now())
        assert release_overdue() == len(reserved)
        for pk in reserved:
            self.back(self.plain[pk])

    @rule(which=st.integers(0, 3), who=st.integers(0, 1))
    def begin(self, which: int, who: int) -> None:
        pk, each = self.one(which)
        if each.state == "reserved" and each.holder == self.agents[who].pk:
            begin_member(pk, by=self.agents[who])
            each.state, each.holder, each.came_from, each.due = "in_progress", None, "", None
        elif each.state == "in_progress":
            begin_member(pk, by=self.agents[who])
        else:
            with pytest.raises((NotFromHere, NotYours)):
                begin_member(pk, by=self.agents[who])

    @rule(which=st.integers(0, 3), kind=st.sampled_from(OUTCOMES), twice=st.booleans())
    def finish(self, which: int, kind: str, twice: bool) -> None:
        pk, each = self.one(which)
        self.clock += datetime.timedelta(seconds=1)
        interaction, due = uuid.uuid4(), None
        if kind == "promised":
            due = timezone.now() + datetime.timedelta(hours=1)

        def done() -> Any:
            return finish_member(
                pk,
                by=self.cast.ana,
                typification=self.outcomes[kind],
                medium="call",
                interaction_id=interaction,
                due_at=due,
                at=self.clock,
            )

        if each.state != "in_progress":
            with pytest.raises(NotFromHere):
                done()
            return
        done()
        if twice:
            done()
        each.attempts += kind != "uncounted"
        each.tried_at = self.clock
        if kind == "closing":
            each.state = "closed"
        elif not each.reachable:
            each.state = "suppressed"
        elif kind == "promised":
            each.state, each.due = "scheduled", due
        elif kind == "by itself" and each.attempts < MOST:
            each.state = "auto_callback"
            each.due = BaseMember.objects.get(pk=pk).due_at
        else:
            each.state = "retry"

    @precondition(lambda self: any(each.due for each in self.plain.values()))
    @rule()
    def time_passes(self) -> None:
        for pk, each in self.plain.items():
            if each.due is not None:
                each.due -= datetime.timedelta(days=1)
                BaseMember.objects.filter(pk=pk).update(due_at=each.due)

    @rule(which=st.integers(0, 3))
    def ask_not_to_be_contacted(self, which: int) -> None:
        _pk, each = self.one(which)
        Contact.objects.filter(pk=each.contact_id).update(do_not_contact=True)
        suppress_members([each.contact_id], by=self.cast.luis)
        each.reachable = False
        if each.state in ("unprocessed", "retry", "auto_callback", "scheduled", "reserved"):
            each.state, each.holder, each.came_from, each.due = "suppressed", None, "", None

    @rule(which=st.integers(0, 3))
    def ask_to_be_contacted_again(self, which: int) -> None:
        _pk, each = self.one(which)
        Contact.objects.filter(pk=each.contact_id).update(do_not_contact=False)
        allow_members([each.contact_id], by=self.cast.luis)
        each.reachable = True
        if each.state == "suppressed":
            each.state = "retry" if each.attempts else "unprocessed"

    @rule(which=st.integers(0, 3))
    def leave_and_come_back(self, which: int) -> None:
        pk, each = self.one(which)
        done = detach_members(self.base.pk, [pk], by=self.cast.luis)
        leaves = each.state in ("unprocessed", "retry", "auto_callback", "scheduled", "closed")
        assert (done.detached, done.kept) == (int(leaves), int(not leaves))
        again = associate_contacts(self.base.pk, [each.contact_id], by=self.cast.luis)
        if not leaves:
            assert (again.added, again.already, again.suppressed) == (0, 1, 0)
            return
        assert BaseMember.objects.get(pk=pk).state == "detached"
        new = BaseMember.objects.live().get(base=self.base, contact_id=each.contact_id)
        del self.plain[pk]
        self.plain[new.pk] = Plain(
            each.contact_id, state="unprocessed" if each.reachable else "suppressed", reachable=each.reachable
        )

    # ── What must be so

    @invariant()
    def every_member_is_what_the_model_says(self) -> None:
        fields = ("state", "attempts", "reserved_by_id", "reserved_from", "due_at")
        stored = {
            row[0]: row[1:] for row in BaseMember.objects.live().filter(base=self.base).values_list("pk", *fields)
        }
        assert stored == {
            pk: (each.state, each.attempts, each.holder, each.came_from, each.due) for pk, each in self.plain.items()
        }
        for pk, each in self.plain.items():
            assert Attempt.objects.filter(member=pk, counts=True).count() == each.attempts

    @invariant()
    def the_rules_hold(self) -> None:
        assert broken() == {}

    @rule()
    def counts_are_recounts(self) -> None:
        count_everything_touched()
        counted = counts_of([self.base.pk])[self.base.pk]
        states = list(BaseMember.objects.filter(base=self.base).values_list("state", flat=True))
        assert counted == {state: states.count(state) for state in set(states)}

    # ── The model's own

    def next(self) -> int | None:
        free = {pk: each for pk, each in self.plain.items() if each.attempts < MOST}
        now = timezone.now()
        due = [
            (each.due, pk)
            for pk, each in free.items()
            if each.state in ("auto_callback", "scheduled") and each.due and each.due <= now
        ]
        if due:
            return min(due)[1]
        if fresh := [pk for pk, each in free.items() if each.state == "unprocessed"]:
            return min(fresh)
        tried = [(each.tried_at, pk) for pk, each in free.items() if each.state == "retry"]
        return min(tried)[1] if tried else None  # type: ignore[type-var]  # who is to be tried again was tried

    def one(self, which: int) -> tuple[int, Plain]:
        pk = sorted(self.plain)[which]
        return pk, self.plain[pk]

    def back(self, each: Plain) -> None:
        if each.state == "reserved":
            each.state, each.came_from, each.holder = each.came_from, "", None


def test_members_do_what_the_table_says_whatever_happens(cast: Cast) -> None:
    kinds = {
        "closing": outcome("Cierra", closes_member=True),
        "again": outcome("Otra vez"),
        "uncounted": outcome("No cuenta", counts_as_attempt=False),
        "by itself": outcome("Vuelve solo", auto_callback_after=datetime.timedelta(minutes=30)),
        "promised": outcome("Prometido"),
    }
    machine: Callable[[], Members] = type(
        "MembersOfThisCast", (Members,), {"cast": cast, "other": agent_of(cast, "mia"), "kinds": kinds}
    )
    run_state_machine_as_test(  # type: ignore[no-untyped-call]  # hypothesis
        machine,
        settings=settings(
            max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_the_table_names_every_state_and_no_other() -> None:
    named = {state for each in MOVES.values() for state in each.before | each.after}
    assert named == set(State)
