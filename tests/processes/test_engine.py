"""The crank: leases, chunks, pause and cancel, holds, submissions, rows that fail, runs of dead workers."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.utils import timezone

from contacts.models import BaseMember, RemovedAttempt
from core.models import JournalEntry
from core.refusals import NotFound
from processes import tasks
from processes.actions import advancing
from processes.actions.advancing import advance, fitting, take
from processes.actions.asking import ask_again, ask_for_run, forget_previews, freeze
from processes.actions.purging import purge_run, runs_to_purge
from processes.actions.states import MOVES, move
from processes.actions.steering import cancel_run, pause_run, resume_run, start_run, undo_run
from processes.catalogue import BUILT_IN, catalogue, process_of
from processes.errors import NotConfirmed, NotFromHere, NothingToDo, ScopeHeld, UndoOver
from processes.events import RunAsked, RunWaiting
from processes.models import Run, RunHold, RunItem, State
from processes.recycling import Recycling
from tests.contacts.members import base_of, their_base
from tests.factories import Cast
from tests.processes.runs import (
    EMPTY,
    adds_up,
    asked,
    carried_out,
    done,
    picture,
    previewed,
    results,
    started,
    worked_base,
)
from tests.witness import announced, nothing_happens, refused


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows at a time, one chunk a turn."""
    monkeypatch.setattr(advancing, "fitting", lambda size, done, took: 2)


def one_chunk(run: Run) -> Run:
    Run.objects.filter(pk=run.pk).update(chunk_size=2)
    advance(run.pk, seconds=0)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("event", MOVES)
@pytest.mark.parametrize("state", State.values)
def test_a_run_moves_only_as_the_table_says(event: str, state: str) -> None:
    run = Run(state=state)
    if state in MOVES[event].before:
        move(run, event)
        assert run.state == MOVES[event].after
    else:
        with pytest.raises(NotFromHere):
            move(run, event)
        assert run.state == state


@pytest.mark.shows("R40")
def test_the_same_submission_is_the_same_run(cast: Cast) -> None:
    base, submission = base_of(cast, 2), uuid.uuid4()
    said = EMPTY | {"base": base.pk}
    with announced() as facts:
        first = ask_for_run(process_of("recycling"), said, submission=submission, by=cast.luis)
    assert facts == [RunAsked(run_id=first.pk)]
    with nothing_happens():
        assert ask_for_run(process_of("recycling"), said, submission=submission, by=cast.luis) == first
    assert Run.objects.count() == 1
    # Whoever goes back and chooses otherwise is not shown what was counted before.
    other = ask_for_run(process_of("recycling"), said | {"attempts_above": 2}, submission=submission, by=cast.luis)
    assert (other != first, other.parameters["attempts_above"]) == (True, 2)


@pytest.mark.shows("R40")
def test_a_second_click_starts_nothing_twice(cast: Cast) -> None:
    run = previewed("recycling", base_of(cast, 2), by=cast.luis)
    with announced() as facts:
        started(run, by=cast.luis)
    assert facts == [RunWaiting(run_id=run.pk)]
    with nothing_happens():
        started(run, by=cast.luis)
    run = carried_out(run)
    with nothing_happens():
        started(run, by=cast.luis)
    assert JournalEntry.objects.filter(verb="run_started", subject_id=str(run.pk)).count() == 1


@pytest.mark.shows("R40", "P0-62")
def test_two_live_runs_never_hold_the_same_rows(cast: Cast) -> None:
    base = base_of(cast, 3)
    first, second = (previewed(kind, base, by=cast.luis) for kind in ("recycling", "reprocessing"))
    elsewhere = previewed("recycling", base_of(cast, 1), by=cast.luis)
    started(first, by=cast.luis)
    with refused(ScopeHeld) as refusal:
        started(second, by=cast.admin)
    assert refusal.value.extra == {"run_id": first.pk}
    started(elsewhere, by=cast.luis)
    carried_out(first)
    assert list(RunHold.objects.values_list("run_id", flat=True)) == [elsewhere.pk]
    # What the first one did, the second finds done: it says so, and does nothing twice that the preview did not count.
    assert carried_out(started(second, by=cast.luis)).state == "done"
    adds_up(second)


def test_what_deletes_is_confirmed_by_its_word(cast: Cast) -> None:
    run = previewed("recycling", base_of(cast, 1), by=cast.luis)
    for word in ("", "recicla", "RECYCLE NOW"):
        with refused(NotConfirmed):
            start_run(run.pk, by=cast.luis, word=word)
    assert start_run(run.pk, by=cast.luis, word="  reciclar ").state == "queued"


def test_nothing_is_started_that_is_not_previewed_or_chooses_nobody(cast: Cast) -> None:
    base = base_of(cast, 1)
    draft = asked("reprocessing", base, by=cast.luis)
    with refused(NotFromHere):
        start_run(draft.pk, by=cast.luis)
    nobody = previewed("reprocessing", base, by=cast.luis, attempts_above=5)
    with refused(NothingToDo):
        start_run(nobody.pk, by=cast.luis)


@pytest.mark.shows("S07", "S64")
def test_anothers_run_does_not_exist(cast: Cast) -> None:
    run = previewed("reprocessing", their_base(cast), by=cast.admin)
    for act in (start_run, pause_run, resume_run, cancel_run, undo_run, ask_again):
        with refused(NotFound):
            act(run.pk, by=cast.luis)


@pytest.mark.shows("R37")
def test_pause_resume_and_cancel_between_two_chunks(cast: Cast, small_chunks: None) -> None:
    base = base_of(cast, 9)
    run = one_chunk(started(previewed("recycling", base, by=cast.luis), by=cast.luis))
    assert (run.state, run.applied, run.pending) == ("running", 2, 7)
    adds_up(run)
    # Nobody has it in hand: it obeys at once.
    assert pause_run(run.pk, by=cast.luis).state == "paused"
    with nothing_happens():
        pause_run(run.pk, by=cast.luis)
    assert not advance(run.pk)
    assert resume_run(run.pk, by=cast.luis).state == "queued"
    run = one_chunk(run)
    assert run.applied == 4
    # In a worker's hands it is wished, and heeded after the chunk.
    turn = take(run.pk)
    assert turn is not None
    assert pause_run(run.pk, by=cast.luis).wish == "pause"
    assert not advancing.goes_on(turn)
    run.refresh_from_db()
    assert (run.state, run.wish, run.applied) == ("paused", "", 4)
    resume_run(run.pk, by=cast.luis)
    turn = take(run.pk)
    assert turn is not None
    cancel_run(run.pk, by=cast.luis)
    assert not advancing.goes_on(turn)
    run.refresh_from_db()
    assert (run.state, run.applied, run.pending) == ("cancelled", 4, 5)
    assert not RunHold.objects.exists()
    assert BaseMember.objects.filter(base=base, cycle=2).count() == 4
    adds_up(run)
    # What was done before it was cancelled can be taken back.
    undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.state, run.undone) == ("undone", 4)
    assert BaseMember.objects.filter(base=base, cycle=1).count() == 9
    adds_up(run)


@pytest.mark.shows("R36")
def test_the_second_copy_of_a_task_finds_the_lease_taken(cast: Cast) -> None:
    run = started(previewed("recycling", base_of(cast, 4), by=cast.luis), by=cast.luis)
    turn = take(run.pk)
    assert turn is not None
    assert take(run.pk) is None
    assert not advance(run.pk)
    run.refresh_from_db()
    assert run.applied == 0
    # The first one's time is over and somebody else took it: what it does then is rolled back.
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    other = take(run.pk)
    assert other is not None
    with pytest.raises(advancing.LeaseLost):
        advancing.do_chunk(turn)
    assert advancing.goes_on(other)
    adds_up(run)
    assert run.applied == 4


@pytest.mark.shows("R35")
def test_the_sweeper_takes_up_what_a_dead_worker_left(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    hinted: list[tuple[str, int]] = []
    for name in ("advance", "preview"):
        monkeypatch.setattr(getattr(tasks, name), "delay", lambda run_id, name=name: hinted.append((name, run_id)))
    dead = started(previewed("recycling", base_of(cast, 2), by=cast.luis), by=cast.luis)
    alive = started(previewed("recycling", base_of(cast, 2), by=cast.luis), by=cast.luis)
    draft = asked("recycling", base_of(cast, 1), by=cast.luis)
    assert take(dead.pk)
    assert take(alive.pk)
    Run.objects.filter(pk=dead.pk).update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    assert tasks.sweep_runs() == 2
    assert hinted == [("advance", dead.pk), ("preview", draft.pk)]


class Stubborn(Recycling):
    """Recycling that the database refuses for some rows."""

    kind: ClassVar[str] = "stubborn"
    refused: ClassVar[set[int]] = set()

    def apply(self, run: Run, targets: list[int]) -> None:
        super().apply(run, targets)
        if self.refused & set(targets):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")


@pytest.fixture
def stubborn(monkeypatch: pytest.MonkeyPatch) -> type[Stubborn]:
    known: dict[str, Any] = {**catalogue(), "stubborn": Stubborn()}
    for module in ("processes.actions.advancing", "processes.actions.asking", "processes.actions.states"):
        monkeypatch.setattr(f"{module}.catalogue", lambda: known)
    for module in ("processes.actions.steering", "tests.processes.runs"):
        monkeypatch.setattr(f"{module}.process_of", known.__getitem__)
    return Stubborn


def test_a_row_that_the_database_refuses_fails_alone(
    cast: Cast, stubborn: type[Stubborn], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = base_of(cast, 7)
    members = list(BaseMember.objects.filter(base=base).order_by("pk").values_list("pk", flat=True))
    monkeypatch.setattr(stubborn, "refused", {members[3]})
    run = done("stubborn", base, by=cast.luis)
    assert (run.state, run.applied, run.failed) == ("done", 6, 1)
    assert results(run)[members[3]] == ("failed", "error")
    assert BaseMember.objects.get(pk=members[3]).cycle == 1
    adds_up(run)


def test_a_process_that_fails_pauses_its_run_and_may_go_on(
    cast: Cast, stubborn: type[Stubborn], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(previewed("stubborn", base_of(cast, 3), by=cast.luis), by=cast.luis)

    def fail(*_arguments: object) -> None:
        raise KeyError("its own mistake")

    with monkeypatch.context() as patch:
        patch.setattr(stubborn, "apply", fail)
        assert not advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.failure, run.applied, run.lease_token) == ("paused", "process", 0, None)
    adds_up(run)
    resume_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.state, run.failure, run.applied) == ("done", "", 3)
    with monkeypatch.context() as patch:
        patch.setattr(stubborn, "undo", fail)
        undo_run(run.pk, by=cast.luis)
        assert not advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.undo_asked_at) == ("done", None)
    assert not RunHold.objects.exists()
    undo_run(run.pk, by=cast.luis)
    assert carried_out(run).state == "undone"
    adds_up(run)


def test_a_process_that_is_not_installed_any_more_fails_its_run(cast: Cast) -> None:
    run = started(previewed("recycling", base_of(cast, 2), by=cast.luis), by=cast.luis)
    Run.objects.filter(pk=run.pk).update(kind="gone")
    advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.failure) == ("failed", "unknown_process")
    assert JournalEntry.objects.filter(verb="run_failed", subject_id=str(run.pk)).count() == 1
    assert not RunHold.objects.exists()


def test_a_preview_can_be_counted_again_and_is_forgotten_after_a_day(cast: Cast) -> None:
    base = base_of(cast, 3)
    run = previewed("reprocessing", base, by=cast.luis)
    BaseMember.objects.filter(pk=BaseMember.objects.filter(base=base).earliest("pk").pk).update(state="in_progress")
    ask_again(run.pk, by=cast.luis)
    assert freeze(run.pk)
    assert not freeze(run.pk)
    run.refresh_from_db()
    assert (run.expected, run.preview) == (2, {"in_hands": 1})
    adds_up(run)
    Run.objects.filter(pk=run.pk).update(requested_at=timezone.now() - datetime.timedelta(days=2))
    assert forget_previews() == 1
    assert not RunItem.objects.exists()


@pytest.mark.shows("B-02")
def test_rows_changed_since_are_not_taken_back(cast: Cast) -> None:
    base = worked_base(cast, 12, seed=3)
    run = done("recycling", base, by=cast.luis)
    applied = sorted(target for target, (result, _r) in results(run).items() if result == "applied")
    assert len(applied) > 2
    BaseMember.objects.filter(pk=applied[0]).update(state="retry", attempts=0)
    before = picture(base)
    undo_run(run.pk, by=cast.luis)
    with nothing_happens():
        undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.state, run.undone, run.kept) == ("undone", len(applied) - 1, 1)
    assert results(run)[applied[0]] == ("kept", "changed")
    after = picture(base)
    assert [each for each in after["members"] if each["id"] == applied[0]] == [
        each for each in before["members"] if each["id"] == applied[0]
    ]
    # Its history stays put away, to be purged.
    assert set(RemovedAttempt.objects.values_list("member_id", flat=True)) <= {applied[0]}
    adds_up(run)


@pytest.mark.shows("B-02")
def test_undo_ends_after_a_day_and_what_was_kept_for_it_goes(cast: Cast) -> None:
    base = worked_base(cast, 12, seed=3)
    run = done("recycling", base, by=cast.luis)
    assert runs_to_purge() == []
    assert RemovedAttempt.objects.exists()
    Run.objects.filter(pk=run.pk).update(undo_until=timezone.now() - datetime.timedelta(seconds=1))
    with refused(UndoOver):
        undo_run(run.pk, by=cast.luis)
    assert runs_to_purge() == [run.pk]
    assert purge_run(run.pk) > 0
    assert not RemovedAttempt.objects.exists()
    assert not RunItem.objects.filter(run=run, result="applied").exists()
    run.refresh_from_db()
    assert run.purged_at is not None
    assert run.applied > 0
    assert purge_run(run.pk) == 0
    assert JournalEntry.objects.filter(verb="run_purged").count() == 1
    adds_up(run)


def test_a_chunk_aims_at_a_quarter_of_a_second() -> None:
    assert fitting(500, 500, 0.1) == 1000
    assert fitting(500, 500, 1.0) == 125
    assert fitting(500, 20, 0.01) == 500
    assert fitting(20, 20, 9.0) == advancing.SMALLEST


@pytest.mark.shows("003-01")
def test_a_process_of_ones_own_comes_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = value = "acme"

        def __init__(self, loaded: Any) -> None:
            self.loaded = loaded

        def load(self) -> Any:
            if isinstance(self.loaded, Exception):
                raise self.loaded
            return self.loaded

    points = [Point(Stubborn), Point(ImportError("no")), Point(Recycling), Point(object)]
    monkeypatch.setattr(
        "processes.catalogue.entry_points", lambda group: points if group == "ventanilla.processes" else []
    )
    catalogue.cache_clear()
    try:
        assert set(catalogue()) == {each.kind for each in BUILT_IN} | {"stubborn"}
    finally:
        catalogue.cache_clear()
