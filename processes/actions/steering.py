"""A run is started, paused, resumed, cancelled, undone. Each says what is wished; a worker heeds it between two chunks (<= 2 s)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import publish
from processes.actions.states import MOVES, allow_undo, end, held_run, hold_scopes, move, note
from processes.catalogue import process_of
from processes.errors import NotConfirmed, NotFromHere, NothingToDo, UndoOver
from processes.events import RunWaiting
from processes.models import Run, State


@transaction.atomic
def start_run(run_id: int, *, by: User, word: str = "") -> Run:
    """Carry out what was previewed. A second click finds it started and changes nothing.

    Raises:
        NotFound. NotFromHere: it is not previewed yet, or over. NotConfirmed: `word` is not the process's.
        NothingToDo: nobody qualifies. ScopeHeld: another run works on the same rows; `extra["run_id"]` says which.
    """
    run = held_run(run_id, by=by)
    process = process_of(run.kind)
    if run.started_at is not None:
        return run
    if run.state not in MOVES["started"].before:
        raise NotFromHere(_("This run is «{state}» now.").format(state=run.get_state_display()))
    if process.word and word.strip().casefold() != str(process.word).casefold():
        text = _("Type {word} to confirm.").format(word=process.word)
        raise NotConfirmed(text, fields={"word": [text]})
    if run.expected == 0:
        raise NothingToDo(_("No record qualifies: there is nothing to do."))
    hold_scopes(run, process.scopes(run.parameters))
    process.begin(run, by=by)
    move(run, "started")
    run.started_by, run.started_at = by, timezone.now()
    run.save(update_fields=["state", "started_by", "started_at", "parameters"])
    note("run_started", run, by=by)
    publish(RunWaiting(run_id=run.pk))
    return run


@transaction.atomic
def pause_run(run_id: int, *, by: User) -> Run:
    """Stop after the chunk that is under way; its rows stay held. Pausing it again changes nothing.

    Raises:
        NotFound; NotFromHere: it has not begun, or is over.
    """
    run = held_run(run_id, by=by)
    if run.state == State.PAUSED or run.wish == Run.Wish.PAUSE:
        return run
    if is_in_a_workers_hands(run):
        wish(run, Run.Wish.PAUSE, verb="run_pause_asked", by=by)
        return run
    move(run, "paused")
    run.save(update_fields=["state"])
    note("run_paused", run, by=by)
    return run


@transaction.atomic
def resume_run(run_id: int, *, by: User) -> Run:
    """Go on where it stopped. One that goes on already only forgets that a pause was wished.

    Raises:
        NotFound; NotFromHere: it is over, or was never started.
    """
    run = held_run(run_id, by=by)
    if run.state == State.RUNNING and run.wish == Run.Wish.PAUSE:
        run.wish = Run.Wish.NONE
        run.save(update_fields=["wish"])
    elif run.state not in (State.QUEUED, State.RUNNING):
        move(run, "resumed")
        run.failure = ""
        run.save(update_fields=["state", "failure"])
        note("run_resumed", run, by=by)
    publish(RunWaiting(run_id=run.pk))
    return run


@transaction.atomic
def cancel_run(run_id: int, *, by: User) -> Run:
    """Stop for good after the chunk that is under way. What was done stays, and can be undone where its process knows how.

    Raises:
        NotFound; NotFromHere: it has not begun, or is over otherwise.
    """
    run = held_run(run_id, by=by)
    if run.state == State.CANCELLED or run.wish == Run.Wish.CANCEL:
        return run
    if is_in_a_workers_hands(run):
        wish(run, Run.Wish.CANCEL, verb="run_cancel_asked", by=by)
        return run
    allow_undo(run)
    end(run, "cancelled", by=by, fields=["undo_until"])
    return run


@transaction.atomic
def undo_run(run_id: int, *, by: User) -> Run:
    """Take back what a run did, but for rows that changed since (B-02). Asking again changes nothing.

    Raises:
        NotFound. UndoOver: its time is over, it did nothing, or its process knows no way back. ScopeHeld: another run works there now.
    """
    run = held_run(run_id, by=by)
    if run.undo_asked_at is not None:
        return run
    process = process_of(run.kind)
    if not process.is_undoable or not run.may_be_undone_now:
        raise UndoOver(_("This run cannot be taken back any more."))
    hold_scopes(run, process.scopes(run.parameters))
    run.undo_asked_at, run.undo_asked_by = timezone.now(), by
    run.save(update_fields=["undo_asked_at", "undo_asked_by"])
    note("run_undo_asked", run, by=by)
    publish(RunWaiting(run_id=run.pk))
    return run


def is_in_a_workers_hands(run: Run) -> bool:
    """Somebody alive works on it: they heed what is wished. A dead one's lease runs out, and whoever asks does it themselves."""
    return run.state == State.RUNNING and run.lease_until is not None and run.lease_until > timezone.now()


def wish(run: Run, what: Run.Wish, *, verb: str, by: User) -> None:
    run.wish = what
    run.save(update_fields=["wish"])
    note(verb, run, by=by)
