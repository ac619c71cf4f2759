"""What a run left of its file: its rows with the reason of each, to be mended and brought again (P0-57)."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from typing import cast

from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.guards import signed_in_user
from core import journal
from core.workbooks import write_workbook
from processes.actions.asking import ask_for_run
from processes.catalogue import process_of
from processes.importing import column_name
from processes.models import Run, RunItem
from processes.process import Process
from processes.rows import may_take_rows, words_of
from processes.sheets import blocks_of
from processes.views.doors import for_who_may_run, permitted_process, seen_run

# So many rows are written while one waits.
MOST = 100_000


@require_GET
@for_who_may_run
def left_out(request: HttpRequest, run_id: int) -> HttpResponse:
    """A workbook of the rows that were left out: as they came, and why, in the last column."""
    by = signed_in_user(request)
    run = seen_run(run_id, by=by)
    if not may_take_rows(run, by=by) or run.sheet is None or not run.skipped + run.failed:
        raise Http404
    written = tempfile.TemporaryFile()  # noqa: SIM115  # closed by the answer
    write_workbook(written, rows_left(run, process_of(run.kind)), title=_("Left out"))
    journal.record("run_left_out_taken", run, by=by, details={"rows": run.skipped + run.failed})
    written.seek(0)
    stem = run.sheet.name.rpartition(".")[0] or run.sheet.name
    # A response like others to whoever guards it.
    return cast(HttpResponse, FileResponse(written, as_attachment=True, filename=f"{stem} - {_('left out')}.xlsx"))


def rows_left(run: Run, process: Process) -> Iterator[list[str]]:
    """The head, then the rows in their order."""
    if run.sheet is None:
        return
    head = run.sheet.head or []
    yield [*(column_name(head, place) for place in range(len(head))), _("Row"), _("Reason")]
    left = RunItem.objects.filter(run=run, result__in=[RunItem.Result.SKIPPED, RunItem.Result.FAILED]).order_by(
        "target"
    )
    reasons = dict(left.values_list("target", "reason")[:MOST])
    for block in blocks_of(run.sheet):
        rows = {number: cells for number, cells in block if number in reasons}
        said = process.complaints(run, rows)
        for number, cells in rows.items():
            why = said.get(number) or str(words_of(reasons[number], process, then=False)[0])
            # Under the headings, however many cells the row has.
            yield [*(cells + [""] * len(head))[: len(head)], str(number), why]


@require_POST
@for_who_may_run
def retry(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask for the rows alone that were left out or failed: a field may have been set up since, or access given."""
    by = signed_in_user(request)
    run = seen_run(run_id, by=by)
    process = permitted_process(run.kind, by=by)
    if not may_take_rows(run, by=by) or run.sheet is None or not run.is_over:
        raise Http404
    # Twice the same click is the same run; once that one was started, the next is another.
    before = Run.objects.filter(Q(started_at__isnull=False) | Q(finished_at__isnull=False), parameters__only=run.pk)
    again = ask_for_run(
        process,
        run.parameters | {"only": run.pk, "rows": run.skipped + run.failed},
        submission=uuid.uuid5(run.submission, f"retry {before.count()}"),
        by=by,
        sheet=run.sheet,
    )
    return redirect("run", run_id=again.pk)
