"""A worker's turn at a run: chunk after chunk, each a transaction of its own, until its time is over, the run is, or somebody wishes
otherwise. Whoever holds the lease works; the row is the truth, so a killed worker loses what it had begun and nothing else (R35, R36).
"""

from __future__ import annotations

import datetime
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from core import outcomes
from processes.actions.filing import make_file, plans_left, said_by
from processes.actions.states import allow_undo, end, held_run, let_go, move, note
from processes.catalogue import catalogue
from processes.models import UNDOABLE, Clock, Run, RunItem, State
from processes.process import Process

logger = logging.getLogger(__name__)

# Renewed with every chunk: a dead worker's run is taken up again so long after its last one.
LEASE = datetime.timedelta(seconds=30)
# How often somebody who makes a file looks whether it is still wanted.
LOOK_SECONDS = 0.5
# Then the next in the queue has its turn.
TURN_SECONDS = 5.0
# What a chunk aims at: half of what it may take, for the next one may be slower.
AIM_SECONDS = 0.25
SMALLEST, LARGEST = 10, 20_000
# Deadlocks and the like: nobody is to see them (R39).
TRIES = 3
# An agent's transaction is short; whoever holds rows for longer than this is not waited for, so that what is wished meanwhile is heeded
# between two tries (R37). A ring of waiting is told within a second.
LOCK_TIMEOUT = "1500ms"

PENDING = """
SELECT target FROM processes_runitem WHERE run_id = %s AND target > %s AND result = %s ORDER BY target LIMIT %s
"""
# What the process did not answer for is not there any more.
SETTLE = """
WITH settled AS (
    UPDATE processes_runitem AS item
       SET result = CASE WHEN outcome.target IS NULL OR outcome.reason <> '' THEN 'skipped' ELSE 'applied' END,
           reason = coalesce(outcome.reason, 'gone'), before = outcome.before, after = outcome.after
      FROM unnest(%(ids)s::bigint[]) AS asked(target) LEFT JOIN bulk_outcome outcome USING (target)
     WHERE item.run_id = %(run)s AND item.target BETWEEN %(first)s AND %(last)s AND item.target = asked.target AND item.result = 'pending'
    RETURNING item.reason
)
SELECT reason, count(*) FROM settled GROUP BY reason
"""
SETTLE_UNDO = """
WITH settled AS (
    UPDATE processes_runitem AS item
       SET result = CASE WHEN outcome.reason = '' THEN 'undone' ELSE 'kept' END, reason = coalesce(outcome.reason, 'gone')
      FROM unnest(%(ids)s::bigint[]) AS asked(target) LEFT JOIN bulk_outcome outcome USING (target)
     WHERE item.run_id = %(run)s AND item.target BETWEEN %(first)s AND %(last)s AND item.target = asked.target AND item.result = 'applied'
    RETURNING item.reason
)
SELECT reason, count(*) FROM settled GROUP BY reason
"""
GIVE = """
INSERT INTO bulk_given (target, before, after)
SELECT target, before, after FROM processes_runitem WHERE run_id = %(run)s AND target BETWEEN %(first)s AND %(last)s AND target = ANY(%(ids)s::bigint[])
"""


class LeaseLost(Exception):
    """Somebody else works on the run, or it was stopped: what this chunk did is rolled back."""


class Stopped(Exception):
    """Somebody wished otherwise while a file was put together: the wish is heeded by the next chunk."""


@dataclass
class Turn:
    """One worker's hold of a run."""

    run_id: int
    token: uuid.UUID
    size: int
    # Every row is done; what is left is to make the files.
    is_walked: bool = False


def advance(run_id: int, *, seconds: float = TURN_SECONDS) -> bool:
    """Work on a run for a while; whether there is more to do. Somebody else's run is left to them."""
    turn = take(run_id)
    if turn is None:
        return False
    until = time.monotonic() + seconds
    try:
        while goes_on(turn):
            if turn.is_walked:
                make_files(turn)
            if time.monotonic() >= until:
                return True
        return False
    except LeaseLost:
        logger.info("run %s: another works on it", run_id)
        return False
    except (DatabaseError, InterfaceError):
        # The database is away: the sweeper finds the run when it is back.
        raise
    except Exception:
        logger.exception("run %s: its process failed", run_id)
        stop_at_trouble(turn)
        return False
    finally:
        Run.objects.filter(pk=run_id, lease_token=turn.token).update(lease_token=None, lease_until=None)


def take(run_id: int) -> Turn | None:
    """The right to work on a run that waits; None: there is nothing to do, or somebody else has it."""
    token = uuid.uuid4()
    with transaction.atomic():
        free = Run.objects.to_turn().exclude(state=State.DRAFT).filter(pk=run_id)
        # Compared and set in one statement: of two copies of a task one gets it.
        if not free.update(lease_token=token, lease_until=Clock() + LEASE):
            return None
        run = held_run(run_id, by=None)
        if run.state == State.QUEUED:
            move(run, "taken")
            run.save(update_fields=["state"])
        return Turn(run_id=run_id, token=token, size=run.chunk_size)


def goes_on(turn: Turn) -> bool:
    """Do one chunk; whether there may be another. A chunk that the database refuses is tried again smaller, down to the row that it is."""
    for tried in range(1, TRIES + 1):
        try:
            return do_chunk(turn)
        except OperationalError as error:
            # Deadlock, or a lock that did not come: all of it was rolled back.
            logger.warning("run %s: chunk tried %s times: %s", turn.run_id, tried, type(error).__name__)
            if tried == TRIES:
                turn.size = max(SMALLEST, turn.size // 4)
                return True
            time.sleep(0.05 * tried)
        except DatabaseError:
            logger.exception("run %s: a chunk of %s was refused", turn.run_id, turn.size)
            if turn.size == 1:
                give_up_next(turn)
                turn.size = SMALLEST
            else:
                turn.size = max(1, turn.size // 4)
            return True
    return True


@transaction.atomic
def do_chunk(turn: Turn) -> bool:
    run = Run.objects.get(pk=turn.run_id)
    process = catalogue().get(run.kind)
    if run.lease_token != turn.token:
        raise LeaseLost
    if process is None:
        forsake(turn)
        return False
    if run.state in UNDOABLE:
        return undo_chunk(run, process, turn)
    if run.wish:
        heed(turn)
        return False
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(PENDING, [run.pk, run.cursor, RunItem.Result.PENDING, turn.size])
        targets = [target for (target,) in cursor.fetchall()]
        if not targets:
            if not turn.is_walked and has_files_to_make(run, process):
                turn.is_walked = True
                return True
            finish(turn)
            return False
        outcomes.clear()
        process.apply(run, targets)
        cursor.execute(SETTLE, about(run, targets))
        counts = dict(cursor.fetchall())
    took = time.monotonic() - began
    size = min(fitting(turn.size, len(targets), took), process.largest_chunk)
    skipped = {reason: many for reason, many in counts.items() if reason}
    kept = Run.objects.filter(pk=run.pk, lease_token=turn.token, state=State.RUNNING).update(
        cursor=targets[-1],
        applied=F("applied") + counts.get("", 0),
        skipped=F("skipped") + sum(skipped.values()),
        reasons=added(run.reasons, skipped),
        chunk_size=size,
        busy_ms=F("busy_ms") + round(took * 1000),
        lease_until=Clock() + LEASE,
    )
    if not kept:
        raise LeaseLost
    turn.size = size
    return True


def has_files_to_make(run: Run, process: Process) -> bool:
    with said_by(run.requested_by):
        return bool(plans_left(run, process))


def make_files(turn: Turn) -> None:
    """Put a run's files together, between its chunks: it takes a while, the lease is renewed meanwhile, and a wish is heeded."""
    run = Run.objects.select_related("requested_by").get(pk=turn.run_id)
    process = catalogue()[run.kind]
    looked = time.monotonic()

    def heed_wish() -> None:
        nonlocal looked
        if time.monotonic() - looked < LOOK_SECONDS:
            return
        looked = time.monotonic()
        mine = Run.objects.filter(pk=turn.run_id, lease_token=turn.token, state=State.RUNNING)
        if not mine.update(lease_until=Clock() + LEASE):
            raise LeaseLost
        if mine.exclude(wish=Run.Wish.NONE).exists():
            raise Stopped

    try:
        with said_by(run.requested_by):
            for plan in plans_left(run, process):
                make_file(run, plan, heed=heed_wish, settle=lambda: held_by(turn))
    except Stopped:
        # Nothing was kept: whoever lets it go on has it made again.
        turn.is_walked = False


def undo_chunk(run: Run, process: Process, turn: Turn) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(PENDING, [run.pk, run.undo_cursor, RunItem.Result.APPLIED, turn.size])
        targets = [target for (target,) in cursor.fetchall()]
        if not targets:
            finish_undo(turn)
            return False
        began = time.monotonic()
        outcomes.clear()
        cursor.execute(GIVE, about(run, targets))
        process.undo(run, targets)
        cursor.execute(SETTLE_UNDO, about(run, targets))
        counts = dict(cursor.fetchall())
    size = min(fitting(turn.size, len(targets), time.monotonic() - began), process.largest_chunk)
    done = counts.get("", 0)
    kept = Run.objects.filter(pk=run.pk, lease_token=turn.token, state__in=UNDOABLE).update(
        undo_cursor=targets[-1],
        undone=F("undone") + done,
        kept=F("kept") + sum(counts.values()) - done,
        chunk_size=size,
        lease_until=Clock() + LEASE,
    )
    if not kept:
        raise LeaseLost
    turn.size = size
    return True


def about(run: Run, targets: list[int]) -> dict[str, Any]:
    """What the statements about a chunk ask; by its ends they find it in the ledger, however large that is and however new."""
    return {"run": run.pk, "ids": targets, "first": targets[0], "last": targets[-1]}


def heed(turn: Turn) -> None:
    """What somebody wished meanwhile: the run stops here, between two chunks."""
    run = held_by(turn)
    if run.wish == Run.Wish.CANCEL:
        allow_undo(run)
        end(run, "cancelled", by=None, fields=["undo_until"])
    elif run.wish == Run.Wish.PAUSE:
        move(run, "paused")
        run.wish, run.lease_token, run.lease_until = Run.Wish.NONE, None, None
        run.save(update_fields=["state", "wish", "lease_token", "lease_until"])
        note("run_paused", run, by=None)


@transaction.atomic
def stop_at_trouble(turn: Turn) -> None:
    """Its process does not work: nothing more is tried by itself. Somebody may let it go on or stop it; what was to be taken back stays."""
    run = held_by(turn)
    if run.state in UNDOABLE:
        call_undo_off(run)
        return
    if run.wish == Run.Wish.CANCEL:
        allow_undo(run)
        end(run, "cancelled", by=None, fields=["undo_until"])
        return
    move(run, "paused")
    run.failure = "process"
    run.wish, run.lease_token, run.lease_until = Run.Wish.NONE, None, None
    run.save(update_fields=["state", "failure", "wish", "lease_token", "lease_until"])
    note("run_paused", run, by=None, reason="process")


def call_undo_off(run: Run) -> None:
    run.undo_asked_at, run.undo_asked_by = None, None
    let_go(run)
    run.save(update_fields=["undo_asked_at", "undo_asked_by", "wish", "lease_token", "lease_until"])


def forsake(turn: Turn) -> None:
    """The package that brought its process is not installed any more."""
    run = held_by(turn)
    if run.state in UNDOABLE:
        call_undo_off(run)
        return
    run.failure = "unknown_process"
    end(run, "failed", by=None, fields=["failure"])


def finish(turn: Turn) -> None:
    run = held_by(turn)
    allow_undo(run)
    end(run, "finished", by=None, fields=["undo_until"])


def finish_undo(turn: Turn) -> None:
    run = held_by(turn)
    run.undone_at = timezone.now()
    end(run, "undone", by=None, fields=["undone_at"])


def held_by(turn: Turn) -> Run:
    run = held_run(turn.run_id, by=None)
    if run.lease_token != turn.token:
        raise LeaseLost
    return run


@transaction.atomic
def give_up_next(turn: Turn) -> None:
    """The next row cannot be changed: it failed, and the others go on."""
    run = held_by(turn)
    is_undo = run.state in UNDOABLE
    wanted = RunItem.Result.APPLIED if is_undo else RunItem.Result.PENDING
    after = run.undo_cursor if is_undo else run.cursor
    item = RunItem.objects.filter(run=run, target__gt=after, result=wanted).order_by("target").first()
    if item is None:
        return
    result = RunItem.Result.KEPT if is_undo else RunItem.Result.FAILED
    RunItem.objects.filter(run=run, target=item.target).update(result=result, reason="error")
    if is_undo:
        run.undo_cursor, run.kept = item.target, run.kept + 1
    else:
        run.cursor, run.failed = item.target, run.failed + 1
    run.save(update_fields=["cursor", "failed", "undo_cursor", "kept"])


def fitting(size: int, done: int, took: float) -> int:
    """How many rows the next chunk has: as many as half a second's half was enough for, never more than twice as many as now."""
    if done < size and took < AIM_SECONDS:
        return size
    return max(SMALLEST, min(LARGEST, size * 2, int(done * AIM_SECONDS / max(took, 0.001))))


def added(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) + more.get(name, 0) for name in {*counts, *more}}
