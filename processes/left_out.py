"""The rows of a brought file that a run left out or could not do, each with its reason: what a workbook of errors holds (P0-57)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from core.workbooks import Fragment, Kind, fragment
from processes.models import Run, RunFile, RunItem, RunLine
from processes.process import FilePlan, Process

AT_ONCE = 1_000
# The cells before the reason, by target.
Said = Callable[[Run, Sequence[int]], Mapping[int, Sequence[str]]]


def errors_file(run: Run, process: Process, *, head: Sequence[str], said: Said) -> list[FilePlan]:
    """The workbook of what a run left out: what is `said` of each, under `head`, and the reason; none where nothing was left out."""
    if not run.skipped + run.failed:
        return []
    plan = FilePlan(
        role=RunFile.Role.ERRORS,
        kind=Kind.XLSX,
        name=f"{slugify(str(process.title))}-{slugify(_('Left out'))}-{timezone.localdate():%Y-%m-%d}.{Kind.XLSX}",
        head=[*head, _("Reason")],
        title=_("Left out"),
        fragments=pieces_left(run, process, said=said),
    )
    return [plan]


def said_by_lines(run: Run, numbers: Sequence[int]) -> dict[int, list[str]]:
    """Of a run whose targets are its lines (RunLine): what they said, and their numbers."""
    values = dict(RunLine.objects.filter(run=run, number__in=numbers).values_list("number", "value"))
    return {number: [values.get(number, ""), str(number)] for number in numbers}


def pieces_left(run: Run, process: Process, *, said: Said) -> Iterator[Fragment]:
    left = RunItem.objects.filter(run=run, result__in=[RunItem.Result.SKIPPED, RunItem.Result.FAILED]).order_by(
        "target"
    )
    last = -1
    while items := list(left.filter(target__gt=last).values_list("target", "reason")[:AT_ONCE]):
        numbers = [number for number, _reason in items]
        last = numbers[-1]
        cells = said(run, numbers)
        rows = [[*cells[number], str(process.reason(code).title)] for number, code in items if number in cells]
        yield fragment(Kind.XLSX, rows)
