"""The rows of a brought file, asked for by number; and what columns with its headings were said to be the last time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from core.secrets import unseal
from core.text import fold
from processes.models import ColumnMapping, Sheet, SheetBlock

Row = tuple[int, list[str]]


def bound_to(sheet: Sheet, first: int) -> str:
    return f"processes_sheetblock|{sheet.uuid}|{first}"


def blocks_of(sheet: Sheet, *, first: int = 0, last: int | None = None) -> Iterator[list[Row]]:
    """The rows of a sheet, block by block, in their order; only the blocks that rows `first` to `last` stand in."""
    wanted = SheetBlock.objects.filter(sheet=sheet, last__gte=first)
    if last is not None:
        wanted = wanted.filter(first__lte=last)
    for pk, start in list(wanted.order_by("first").values_list("pk", "first")):
        content = SheetBlock.objects.values_list("content", flat=True).get(pk=pk)
        yield [(number, cells) for number, cells in unseal(bytes(content), bound_to=bound_to(sheet, start))]


def rows_numbered(sheet: Sheet, numbers: Sequence[int]) -> dict[int, list[str]]:
    """The cells of these rows, by number."""
    if not numbers:
        return {}
    wanted = set(numbers)
    found = blocks_of(sheet, first=min(wanted), last=max(wanted))
    return {number: cells for block in found for number, cells in block if number in wanted}


def first_rows(sheet: Sheet, many: int) -> list[Row]:
    rows: list[Row] = []
    for block in blocks_of(sheet):
        rows += block
        if len(rows) >= many:
            break
    return rows[:many]


def fingerprint(head: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(fold(each) for each in head).encode()).hexdigest()


def remembered(head: Sequence[str], *, kind: str) -> list[str] | None:
    """What columns with these headings were said to be the last time; None: never seen."""
    found = ColumnMapping.objects.filter(kind=kind, fingerprint=fingerprint(head)).values_list("codes", flat=True)
    return next(iter(found), None)
