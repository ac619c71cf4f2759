"""Tables that people bring: a workbook or a text with separators, read in the limited process (core.media.limited), never in ours (R42)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.media.limited import Job, Overrun, Unreadable, measure
from core.refusals import Refusal
from core.workbooks import unguarded

# The reason that the limited process gives -> what to do about it.
WORDS = {
    "old_excel": gettext_lazy("This is a workbook of an old Excel, or one with a password. Save it as .xlsx without one, or as CSV."),
    "macros": gettext_lazy("Workbooks with macros are not taken. Save it as .xlsx or CSV."),
    "locked": gettext_lazy("The file has a password. Save it without one."),
    "inflated": gettext_lazy("The file is too large once it is unpacked."),
    "packed": gettext_lazy("This is an archive. Bring the workbook or the CSV in it."),
    "not_a_workbook": gettext_lazy("This is no Excel workbook (.xlsx). Save it as .xlsx or CSV."),
    "not_a_table": gettext_lazy("This is no table. Bring a workbook (.xlsx) or a CSV."),
    "broken_text": gettext_lazy("A cell is longer than Excel allows, or a quotation mark is never closed."),
    "too_many_rows": gettext_lazy("The table has too many rows."),
    "too_many_columns": gettext_lazy("The table has too many columns."),
}  # fmt: skip


class NotATable(Refusal):
    """The file cannot be read as a table; the message says why and what to do."""

    code = "not_a_table"
    status = 400


# The sheet of a workbook that the product made, which nobody sees: which format it is of.
MARK_SHEET = "_ventanilla"


@contextmanager
def read_table(source: IO[bytes]) -> Iterator[Iterator[list[str]]]:
    """Give the rows of a file one by one, each a list of texts; the first is its head.

    Raises:
        NotATable: before any row is given.
    """
    with read_marked_table(source) as (_mark, rows):
        yield rows


@contextmanager
def read_marked_table(source: IO[bytes]) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """The same, and what a workbook says of itself on the sheet that nobody sees: empty where there is none. Raises as `read_table`."""
    with tempfile.TemporaryFile() as copy, tempfile.TemporaryFile() as into:
        source.seek(0)
        while piece := source.read(1024 * 1024):
            copy.write(piece)
        try:
            measure(Job.TABLE, copy, into)
        except Overrun:
            raise NotATable(str(WORDS["inflated"])) from None
        except Unreadable as error:
            reason = str(error).rpartition(": ")[2]
            words = WORDS.get(reason)
            raise NotATable(str(words) if words else _("The file is damaged and cannot be read.")) from None
        first = into.readline()
        row = json.loads(first) if first else []
        if len(row) == 2 and row[0] == MARK_SHEET:
            mark = str(row[1])
        else:
            mark = ""
            into.seek(0)
        # What our own files put before a cell that would run.
        yield mark, ([unguarded(cell) for cell in json.loads(line)] for line in into)
