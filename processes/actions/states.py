"""The states of a run and what leads from one to the next: DOMAIN.md's table, once, for every action that moves one."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core import journal
from core.events import publish
from core.refusals import NotFound
from processes.catalogue import catalogue
from processes.errors import NotFromHere, ScopeHeld
from processes.events import RunEnded
from processes.models import OVER, Run, RunHold, State

# From the end of a run on (B-02).
UNDO_WINDOW = datetime.timedelta(hours=24)


@dataclass(frozen=True)
class Move:
    """From which states an event leads, and to which."""

    before: frozenset[State]
    after: State


MOVES: Mapping[str, Move] = {
    "frozen": Move(frozenset({State.DRAFT}), State.PREVIEWED),
    # Its selection is written down anew.
    "asked_again": Move(frozenset({State.PREVIEWED}), State.DRAFT),
    "started": Move(frozenset({State.PREVIEWED}), State.QUEUED),
    "taken": Move(frozenset({State.QUEUED}), State.RUNNING),
    "paused": Move(frozenset({State.QUEUED, State.RUNNING}), State.PAUSED),
    "resumed": Move(frozenset({State.PAUSED}), State.QUEUED),
    "finished": Move(frozenset({State.RUNNING}), State.DONE),
    "cancelled": Move(frozenset({State.QUEUED, State.RUNNING, State.PAUSED}), State.CANCELLED),
    "failed": Move(frozenset({State.DRAFT, State.QUEUED, State.RUNNING, State.PAUSED}), State.FAILED),
    "undone": Move(frozenset({State.DONE, State.CANCELLED}), State.UNDONE),
}


def move(run: Run, event: str) -> None:
    """Put a run that is held into another state; the caller saves it.

    Raises:
        NotFromHere: the event does not lead anywhere from where it is.
    """
    allowed = MOVES[event]
    if run.state not in allowed.before:
        raise NotFromHere(_("This run is «{state}» now.").format(state=run.get_state_display()))
    run.state = allowed.after
    if run.state in OVER and run.finished_at is None:
        run.finished_at = timezone.now()


def held_run(run_id: int, *, by: User | None) -> Run:
    """A run, held to the end of the transaction; with `by`, only one that is theirs to see.

    Raises:
        NotFound: there is none.
    """
    runs = Run.objects.all() if by is None else Run.objects.visible_to(by)
    run: Run | None = runs.select_for_update(of=("self",), no_key=True).filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such run."))
    return run


def hold_scopes(run: Run, scopes: Iterable[str]) -> None:
    """Keep the rows of these names for this run, in the transaction that starts it.

    Raises:
        ScopeHeld: another run has some of them (R40).
    """
    with connection.cursor() as cursor:
        for scope in sorted(set(scopes)):
            # Whoever inserts it at the same moment is waited for.
            cursor.execute(
                "INSERT INTO processes_runhold (scope, run_id) VALUES (%s, %s) ON CONFLICT (scope) DO NOTHING",
                [scope, run.pk],
            )
            if cursor.rowcount == 0:
                holder = RunHold.objects.filter(scope=scope).values_list("run_id", flat=True).first()
                raise ScopeHeld(_("Another run works on the same records. Wait until it is over."), run_id=holder)


def allow_undo(run: Run) -> None:
    """A run that ends may be taken back for a day, where its process knows how; the caller saves it."""
    process = catalogue().get(run.kind)
    if process is not None and process.is_undoable and run.applied:
        run.undo_until = timezone.now() + UNDO_WINDOW


def let_go(run: Run) -> None:
    """Others may have its rows again, and no worker goes on with it."""
    run.wish, run.lease_token, run.lease_until = Run.Wish.NONE, None, None
    RunHold.objects.filter(run=run).delete()


def end(run: Run, event: str, *, by: User | None, fields: Iterable[str] = ()) -> None:
    """A held run is over by this event: saved, its rows let go, written down and told."""
    move(run, event)
    let_go(run)
    forget_search(run)
    run.save(update_fields=["state", "finished_at", "wish", "lease_token", "lease_until", "parameters", *fields])
    note(f"run_{event}", run, by=by)
    publish(RunEnded(run_id=run.pk))


def forget_search(run: Run) -> None:
    """A list's search may be somebody's name or number: with it goes the whole of the list, for without it that would be another one."""
    if "search=" in str(run.parameters.get("filter", "")):
        run.parameters = {name: value for name, value in run.parameters.items() if name != "filter"}


def note(verb: str, run: Run, *, by: User | None, **more: Any) -> None:
    """In the journal: which process, and how many rows of what became what (S47)."""
    counts = {"total": run.total, "applied": run.applied, "skipped": run.skipped, "failed": run.failed}
    journal.record(verb, run, by=by, details={"kind": run.kind, "base_id": run.base_id, **counts, **more})
