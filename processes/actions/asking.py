"""A process is asked what it would do: its parameters are kept, and a worker writes the selection down (B-01)."""

from __future__ import annotations

import datetime
import json
import logging
import uuid
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import QueryCanceled

from accounts.models import User
from core.events import publish
from processes.actions.states import end, held_run, let_go, move, note
from processes.catalogue import catalogue
from processes.events import RunAsked
from processes.models import Clock, Run, RunItem, RunLine, RunPiece, Sheet, State
from processes.process import Line, Process

logger = logging.getLogger(__name__)

# A selection of millions takes a while to be written down; nobody else begins it meanwhile.
LEASE = datetime.timedelta(minutes=5)
# Twice what a million takes by a good plan is not reached by a preview of the usual size.
PATIENCE = "20s"
# A preview that nobody started is forgotten after so long.
KEPT = datetime.timedelta(days=1)

# One statement, so one moment: what is counted is what was written.
WRITE_DOWN = """
WITH written AS (
    INSERT INTO processes_runitem (run_id, target, result, reason{plan})
    SELECT %s, chosen.target, CASE chosen.reason WHEN '' THEN 'pending' ELSE 'skipped' END, chosen.reason{chosen_plan}
      FROM ({selection}) AS chosen(target, reason{plan}) ORDER BY chosen.target
    RETURNING reason
)
SELECT reason, count(*) FROM written GROUP BY reason
"""

NOBODY = {False: "SELECT 0::bigint, '' WHERE false", True: "SELECT 0::bigint, '', NULL::jsonb WHERE false"}


@transaction.atomic
def ask_for_run(
    process: Process,
    parameters: dict[str, Any],
    *,
    submission: uuid.UUID,
    by: User,
    lines: Iterable[Line] = (),
    sheet: Sheet | None = None,
) -> Run:
    """Return the run that a submitted form asks for. The same submission is the same run: sent twice, by whoever clicked twice. Sent once
    more with other parameters (somebody went back and changed them) it is another.
    """
    run, is_new = Run.objects.get_or_create(
        submission=submitted(process, parameters, submission=submission, by=by, sheet=sheet),
        defaults={
            "kind": process.kind,
            "parameters": parameters,
            "base_id": process.base_id(parameters),
            "requested_by": by,
            "chunk_size": process.first_chunk,
            "sheet": sheet,
        },
    )
    if is_new:
        keep_lines(run, lines)
        note("run_asked", run, by=by)
        publish(RunAsked(run_id=run.pk))
    return run


def submitted(
    process: Process, parameters: dict[str, Any], *, submission: uuid.UUID, by: User, sheet: Sheet | None = None
) -> uuid.UUID:
    """What a run is known by that was asked for like this, over this file."""
    asked = [process.kind, by.pk, parameters, *([str(sheet.uuid)] if sheet is not None else [])]
    return uuid.uuid5(submission, json.dumps(asked, sort_keys=True, default=str))


def keep_lines(run: Run, lines: Iterable[Line]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY processes_runline (run_id, number, value, flaw) FROM STDIN") as copy,
    ):
        for line in lines:
            copy.write_row((run.pk, *line))


@transaction.atomic
def ask_again(run_id: int, *, by: User) -> Run:
    """Write the selection of a previewed run down anew.

    Raises:
        NotFound; NotFromHere: it was started, or is being counted already.
    """
    run = held_run(run_id, by=by)
    move(run, "asked_again")
    run.frozen_at, run.total, run.skipped, run.preview, run.reasons = None, 0, 0, {}, {}
    run.save(update_fields=["state", "frozen_at", "total", "skipped", "preview", "reasons"])
    publish(RunAsked(run_id=run.pk))
    return run


def freeze(run_id: int) -> bool:
    """Write down a draft's selection and count it by reason; whether this call did. It fails as a whole, and says so."""
    token = uuid.uuid4()
    taken = Run.objects.to_turn().filter(pk=run_id, state=State.DRAFT)
    # A file is read on the way: a million rows take minutes.
    rows = Sheet.objects.filter(runs=run_id).values_list("rows", flat=True).first() or 0
    if not taken.update(lease_token=token, lease_until=Clock() + LEASE + datetime.timedelta(milliseconds=rows)):
        return False
    try:
        return write_down(run_id, token)
    except Exception:
        logger.exception("run %s could not be previewed", run_id)
        fail(run_id, token)
        return False


@transaction.atomic
def write_down(run_id: int, token: uuid.UUID) -> bool:
    run = Run.objects.select_related("requested_by").get(pk=run_id)
    process = catalogue()[run.kind]
    moment = timezone.now()
    kinds = process.prepare(run)
    chosen = process.selection(run.parameters, by=run.requested_by, run=run).order_by()
    target = "target" if "target" in chosen.query.annotations else "pk"
    is_planned = "plan" in chosen.query.annotations
    columns = (target, "reason", "plan") if is_planned else (target, "reason")
    try:
        selection, values = chosen.values_list(*columns).query.sql_with_params()
    except EmptyResultSet:
        # What can be nobody is not even asked.
        selection, values = NOBODY[is_planned], ()
    # What is to become of each stands where what became of it will.
    planned = {"plan": ", after", "chosen_plan": ", chosen.after"} if is_planned else {"plan": "", "chosen_plan": ""}
    # What it was when it was asked before.
    RunItem.objects.filter(run=run).delete()
    counts = counted(WRITE_DOWN.format(selection=selection, **planned), [run.pk, *values])
    run = held_run(run_id, by=None)
    if run.lease_token != token:
        # Somebody else began it after our time: theirs counts.
        transaction.set_rollback(True)
        return False
    move(run, "frozen")
    let_go(run)
    run.frozen_at, run.total = moment, sum(counts.values())
    run.preview = {reason: many for reason, many in counts.items() if reason}
    run.kinds = kinds
    run.reasons, run.skipped = run.preview, sum(run.preview.values())
    run.save()
    note("run_previewed", run, by=run.requested_by)
    return True


def counted(statement: str, values: list[Any]) -> dict[str, int]:
    """Write the selection down, and count it by reason.

    Right after very many rows were brought the planner believes in few, and may ask for each of them by reading all. Whoever lost their
    patience with that joins them whole.
    """
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
                cursor.execute(statement, values)
                return dict(cursor.fetchall())
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
        logger.warning("a selection took longer than %s: joined whole", PATIENCE)
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(statement, values)
        return dict(cursor.fetchall())


@transaction.atomic
def fail(run_id: int, token: uuid.UUID) -> None:
    run = held_run(run_id, by=None)
    if run.lease_token == token and run.state == State.DRAFT:
        run.failure = "preview"
        end(run, "failed", by=None, fields=["failure"])


def forget_previews() -> int:
    """Remove the previews that nobody started; return how many."""
    old = Run.objects.filter(state__in=[State.DRAFT, State.PREVIEWED], requested_at__lt=timezone.now() - KEPT).order_by(
        "pk"
    )
    forgotten = 0
    for run_id in list(old.values_list("pk", flat=True)[:20]):
        with transaction.atomic():
            # One that is started in this moment is let be.
            free = Run.objects.select_for_update(skip_locked=True).filter(
                pk=run_id, state__in=[State.DRAFT, State.PREVIEWED]
            )
            if (run := free.first()) is not None:
                RunItem.objects.filter(run=run).delete()
                RunLine.objects.filter(run=run).delete()
                RunPiece.objects.filter(run=run).delete()
                run.delete()
                forgotten += 1
    return forgotten
