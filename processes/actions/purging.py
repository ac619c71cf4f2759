"""When the undo window is over, what could have been brought back goes for good, and with it the ledger's record of it (DOMAIN.md
decision 2). The counts stay.
"""

from __future__ import annotations

import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from processes.actions.filing import forget_files
from processes.actions.states import note
from processes.catalogue import catalogue
from processes.models import Run, RunLine, RunPiece, Sheet

AT_ONCE = 5_000
# A run that was taken back long ago.
KEPT = datetime.timedelta(days=30)
FORGET = """
DELETE FROM processes_runitem WHERE run_id = %(run)s AND target IN (
    SELECT target FROM processes_runitem WHERE run_id = %(run)s AND result IN ('applied', 'undone', 'kept') LIMIT %(most)s)
"""


def runs_to_purge() -> list[int]:
    """Runs whose undo window is over, or that are long past."""
    now = timezone.now()
    over = Q(undo_until__lt=now) | Q(undone_at__lt=now - KEPT)
    # Of processes that know no way back the ledger is kept for whoever asks what became of a row.
    over |= Q(undo_until__isnull=True, finished_at__lt=now - KEPT)
    for kind, process in catalogue().items():
        over |= Q(kind=kind, undo_until__isnull=True, finished_at__lt=now - process.kept)
    idle = Q(undo_asked_at__isnull=True) | Q(undone_at__isnull=False)
    found = Run.objects.filter(over & idle, finished_at__isnull=False, purged_at__isnull=True).order_by("finished_at")
    return list(found.values_list("pk", flat=True)[:20])


def purge_run(run_id: int) -> int:
    """Purge one run, in steps that commit; return how many rows went. Stopped anywhere, it goes on where it was."""
    run = Run.objects.get(pk=run_id)
    process = catalogue().get(run.kind)
    gone = forget_files(run_ids=[run.pk])
    while True:
        with transaction.atomic():
            now = process.purge(run, most=AT_ONCE) if process is not None else 0
            if not now:
                now = forget_items(run)
        gone += now
        if not now:
            break
    with transaction.atomic():
        RunLine.objects.filter(run=run).delete()
        forget_sheet(run)
        RunPiece.objects.filter(run=run).delete()
        # It was marked by whoever came first.
        # What somebody wrote to it goes too: it may name people.
        personal = process.personal_parameters if process is not None else frozenset(run.parameters)
        said = {name: value for name, value in run.parameters.items() if name not in personal}
        if Run.objects.filter(pk=run_id, purged_at__isnull=True).update(purged_at=timezone.now(), parameters=said):
            note("run_purged", run, by=None, removed=gone)
    return gone


def forget_sheet(run: Run) -> None:
    """The file of a run goes with it, where no other one needs it."""
    if (
        run.sheet_id is not None
        and not Run.objects.filter(sheet=run.sheet_id, purged_at__isnull=True).exclude(pk=run.pk).exists()
    ):
        Sheet.objects.filter(pk=run.sheet_id).delete()


def forget_items(run: Run) -> int:
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"run": run.pk, "most": AT_ONCE})
        return int(cursor.rowcount)
