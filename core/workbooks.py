"""Tables that are handed out: a workbook written row by row, whose cells are never formulas (S36)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

LONGEST_CELL = 32_767
# What a spreadsheet would reckon with, were it not said to be a text.
RECKONED = "=+-@"


def write_workbook(into: IO[bytes], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Write a workbook with one sheet. Every cell is a text, so that numbers come back as they went."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title=title[:31] or None)
    for row in rows:
        sheet.append([as_cell(sheet, each) for each in row])
    book.save(into)


def as_cell(sheet: object, value: object) -> object:
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))[:LONGEST_CELL]
    if text[:1] not in RECKONED:
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell
