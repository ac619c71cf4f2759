"""Reciclado and Reprocesamiento: who begins anew, who is left out and why, what goes and what stays (003-02 … 003-09)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import Attempt, BaseMember, ContactBase, RemovedAttempt, SliceTouch
from inbox.models import Call, Callback
from processes.models import RunItem
from tests.contacts.members import base_of, their_base
from tests.factories import Cast
from tests.processes.runs import (
    adds_up,
    attempt,
    carried_out,
    done,
    outcome,
    picture,
    previewed,
    promise,
    results,
    started,
    worked_base,
)

DAY = datetime.timedelta(days=1)


def member_of(base: ContactBase, n: int = 0) -> BaseMember:
    return BaseMember.objects.filter(base=base).order_by("pk")[n]


def tried(
    base: ContactBase, n: int, *, user: Any, times: int = 1, at: Any = None, state: str = "retry", name: str = "Ocupado"
) -> BaseMember:
    member = member_of(base, n)
    again = outcome(name)
    for each in range(times):
        attempt(member, user=user, typification=again, n=each)
    at = at or timezone.now()
    member.state, member.attempts, member.first_contact_at, member.last_contact_at = state, times, at, at
    member.last_user, member.last_typification = user, again
    member.save()
    return member


@pytest.mark.shows("003-02", "003-03")
def test_recycling_takes_the_history_of_this_base_and_begins_anew(cast: Cast) -> None:
    base, other = base_of(cast, 2), base_of(cast, 1)
    member, elsewhere = tried(base, 0, user=cast.ana, times=3), tried(other, 0, user=cast.ana)
    run = done("recycling", base, by=cast.luis)
    assert (run.state, run.total, run.applied, run.skipped) == ("done", 2, 2, 0)
    member.refresh_from_db()
    assert (member.state, member.cycle, member.attempts, member.due_at) == ("unprocessed", 2, 0, None)
    assert (member.first_contact_at, member.last_contact_at, member.last_user, member.last_typification) == (None,) * 4
    assert not Attempt.objects.filter(member=member).exists()
    assert RemovedAttempt.objects.filter(member=member, removal=run.uuid).count() == 3
    # Another base's history of theirs is not touched.
    assert Attempt.objects.filter(member=elsewhere).count() == 1
    assert SliceTouch.objects.filter(base=base).exists()
    adds_up(run)


@pytest.mark.shows("003-09")
def test_reprocessing_keeps_the_history(cast: Cast) -> None:
    base = base_of(cast, 1)
    member = tried(base, 0, user=cast.ana, times=2)
    run = done("reprocessing", base, by=cast.luis)
    member.refresh_from_db()
    assert (member.state, member.cycle, member.attempts, member.last_user) == ("unprocessed", 2, 0, None)
    assert Attempt.objects.filter(member=member, cycle=1).count() == 2
    assert not RemovedAttempt.objects.exists()
    adds_up(run)


@pytest.mark.shows("003-04", "003-05")
@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ({"attempts_below": 2}, [0, 1]),
        ({"attempts_above": 1}, [2, 3]),
        ({"attempts_above": 0, "attempts_below": 3}, [1, 2]),
        ({}, [0, 1, 2, 3]),
    ],
)
def test_attempts_are_compared_strictly(cast: Cast, said: dict[str, Any], chosen: list[int]) -> None:
    base = base_of(cast, 4)
    for n in (1, 2, 3):
        tried(base, n, user=cast.ana, times=n)
    run = previewed("recycling", base, by=cast.luis, **said)
    assert sorted(results(run)) == [member_of(base, n).pk for n in chosen]


@pytest.mark.shows("003-06")
def test_users_are_the_last_ones_unless_anybody_of_the_cycle_is_asked_for(cast: Cast) -> None:
    base = base_of(cast, 3)
    tried(base, 0, user=cast.ana)
    both = tried(base, 1, user=cast.ana)
    attempt(both, user=cast.luis, typification=outcome("Ocupado"), n=5)
    BaseMember.objects.filter(pk=both.pk).update(attempts=2, last_user=cast.luis)
    before = tried(base, 2, user=cast.luis)
    # Ana had them in a cycle that is over.
    Attempt.objects.create(member=before, cycle=0, medium="chat", user=cast.ana, at=timezone.now())
    last = previewed("recycling", base, by=cast.luis, users=[cast.ana.pk])
    assert list(results(last)) == [member_of(base, 0).pk]
    anyone = previewed("recycling", base, by=cast.luis, users=[cast.ana.pk], by_anyone=True)
    assert sorted(results(anyone)) == [member_of(base, 0).pk, both.pk]
    several = previewed("recycling", base, by=cast.luis, users=[cast.ana.pk, cast.luis.pk])
    assert len(results(several)) == 3


@pytest.mark.shows("003-07")
def test_days_of_the_last_contact_are_inclusive_by_the_installations_clock(cast: Cast) -> None:
    base = base_of(cast, 4)
    zone = timezone.get_default_timezone()
    moments = [
        datetime.datetime(2026, 3, 1, 23, 59, 59, tzinfo=zone),
        datetime.datetime(2026, 3, 2, 0, 0, tzinfo=zone),
        datetime.datetime(2026, 3, 5, 23, 59, 59, 999999, tzinfo=zone),
        datetime.datetime(2026, 3, 6, 0, 0, tzinfo=zone),
    ]
    for n, at in enumerate(moments):
        tried(base, n, user=cast.ana, at=at)
    with timezone.override("Asia/Tokyo"):
        run = previewed("recycling", base, by=cast.luis, contacted_from="2026-03-02", contacted_until="2026-03-05")
    assert sorted(results(run)) == [member_of(base, 1).pk, member_of(base, 2).pk]


@pytest.mark.shows("003-08")
def test_sub_categories_or_together_and_filters_and_together(cast: Cast) -> None:
    base = base_of(cast, 4)
    tried(base, 0, user=cast.ana, name="Ocupado")
    tried(base, 1, user=cast.ana, name="No contesta")
    tried(base, 2, user=cast.luis, name="Ocupado")
    tried(base, 3, user=cast.ana, name="Equivocado")
    two = [outcome("Ocupado").pk, outcome("No contesta").pk]
    assert len(results(previewed("recycling", base, by=cast.luis, outcomes=two))) == 3
    run = previewed("recycling", base, by=cast.luis, outcomes=two, users=[cast.ana.pk])
    assert sorted(results(run)) == [member_of(base, 0).pk, member_of(base, 1).pk]


@pytest.mark.shows("003-08", "B-01", "S64")
def test_the_preview_counts_each_reason_apart(cast: Cast) -> None:
    base = base_of(cast, 6)
    tried(base, 0, user=cast.ana)
    tried(base, 1, user=cast.ana, state="closed")
    BaseMember.objects.filter(pk=member_of(base, 1).pk).update(
        last_typification=outcome("Vendido", recyclable=False, closes_member=True)
    )
    tried(base, 2, user=cast.ana, state="in_progress")
    tried(base, 3, user=cast.ana, state="suppressed")
    # Closed and asked since not to be contacted: its state does not say so, its contact does.
    closed = tried(base, 4, user=cast.ana, state="closed")
    type(closed.contact).objects.filter(pk=closed.contact_id).update(do_not_contact=True)
    BaseMember.objects.filter(pk=member_of(base, 5).pk).update(state="detached")
    before = picture(base)
    run = previewed("recycling", base, by=cast.luis)
    assert (run.state, run.total, run.expected) == ("previewed", 5, 1)
    assert run.preview == {"not_recyclable": 1, "in_hands": 1, "do_not_contact": 2}
    assert run.frozen_at is not None
    # Nothing changes until it is confirmed.
    assert picture(base) == before
    run = carried_out(started(run, by=cast.luis))
    assert (run.applied, run.skipped, run.reasons) == (1, 4, run.preview)
    adds_up(run)


@pytest.mark.shows("003-02", "003-10")
def test_promises_are_cancelled_and_the_detail_of_calls_goes(cast: Cast) -> None:
    base = base_of(cast, 2)
    member, other = tried(base, 0, user=cast.ana, state="retry"), member_of(base, 1)
    called = attempt(member, user=cast.ana, typification=outcome("Ocupado"), n=3, call=True)
    due = timezone.now() + DAY
    BaseMember.objects.filter(pk=member.pk).update(state="scheduled", due_at=due, attempts=2)
    mine = promise(cast, member)
    BaseMember.objects.filter(pk=other.pk).update(state="in_progress")
    theirs = promise(cast, other)
    run = done("recycling", base, by=cast.luis)
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.state == "cancelled"
    assert mine.ended_at is not None
    assert theirs.state == "pending"
    assert RunItem.objects.get(run=run, target=member.pk).before["callbacks"] == [mine.pk]
    call = Call.objects.get(uuid=called.interaction_id)
    assert call.removed_in == run.uuid
    assert not Call.objects.visible_to(cast.admin).exists()
    adds_up(run)


@pytest.mark.shows("B-01", "S64")
def test_what_changed_since_the_preview_is_left_out_and_says_why(cast: Cast) -> None:
    base = base_of(cast, 6)
    for n in range(6):
        tried(base, n, user=cast.ana)
    run = started(previewed("recycling", base, by=cast.luis, attempts_below=2), by=cast.luis)
    taken, finished, forbidden, left, sold = (member_of(base, n) for n in range(5))
    BaseMember.objects.filter(pk=taken.pk).update(state="in_progress")
    attempt(finished, user=cast.ana, typification=outcome("Ocupado"), n=9)
    BaseMember.objects.filter(pk=finished.pk).update(attempts=2)
    type(forbidden.contact).objects.filter(pk=forbidden.contact_id).update(do_not_contact=True)
    BaseMember.objects.filter(pk=forbidden.pk).update(state="suppressed")
    BaseMember.objects.filter(pk=left.pk).update(state="detached")
    BaseMember.objects.filter(pk=sold.pk).update(last_typification=outcome("Vendido", recyclable=False))
    run = carried_out(run)
    assert (run.total, run.applied, run.skipped) == (6, 1, 5)
    assert run.reasons == {"in_hands": 1, "changed": 1, "do_not_contact": 1, "left": 1, "not_recyclable": 1}
    assert Attempt.objects.filter(member=finished).count() == 2
    adds_up(run)


@pytest.mark.shows("S07", "S64")
def test_only_members_that_one_sees_are_chosen(cast: Cast) -> None:
    theirs = their_base(cast)
    assert previewed("recycling", theirs, by=cast.luis).total == 0
    assert previewed("recycling", theirs, by=cast.admin).total == 2


@pytest.mark.shows("B-01", "R41")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(["recycling", "reprocessing"]), said=st.fixed_dictionaries({}, optional={
    "attempts_below": st.integers(1, 4), "attempts_above": st.integers(0, 2), "by_anyone": st.booleans()}))  # fmt: skip
def test_the_dry_run_is_the_run(cast: Cast, seed: int, kind: str, said: dict[str, Any]) -> None:
    base = worked_base(cast, 8, seed=seed)
    run = previewed(kind, base, by=cast.luis, **said)
    expected = {target for target, (result, _reason) in results(run).items() if result == "pending"}
    before = dict(run.preview)
    if not expected:
        return
    run = carried_out(started(run, by=cast.luis))
    assert {target for target, (result, _reason) in results(run).items() if result == "applied"} == expected
    assert (run.applied, run.reasons) == (len(expected), before)
    anew = BaseMember.objects.filter(pk__in=expected)
    assert {(each.state, each.attempts, each.cycle) for each in anew} == {("unprocessed", 0, 2)}
    adds_up(run)


@pytest.mark.shows("B-02")
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(["recycling", "reprocessing"]))
def test_undo_restores_the_identical_state(cast: Cast, seed: int, kind: str) -> None:
    from processes.actions.steering import undo_run

    base = worked_base(cast, 8, seed=seed)
    before = picture(base)
    run = previewed(kind, base, by=cast.luis)
    if run.expected == 0:
        return
    run = carried_out(started(run, by=cast.luis))
    assert picture(base) != before
    undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.state, run.undone, run.kept) == ("undone", run.applied, 0)
    assert picture(base) == before
    assert not Callback.objects.filter(state="cancelled", member__base=base).exists()
    adds_up(run)
