"""A workbook that says of itself which format it is of, and what its cells may say; it is filled in and comes back (core.tables reads its mark)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from core.tables import MARK_SHEET

LONGEST_CELL = 32_767
# Of the list that a cell offers.
LONGEST_LIST = 255
# What a spreadsheet would reckon with, were it not said to be a text.
RECKONED = "=+-@"


def write_marked_workbook(
    into: IO[bytes],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    mark: str,
    choices: Mapping[int, Sequence[str]] | None = None,
) -> None:
    """Write a workbook with one sheet that is seen. Every cell is a text, so that numbers come back as they went.

    `mark` is written on a sheet that nobody sees (core.tables reads it). `choices`: by the place of a column, what its cells may say.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title=title[:31] or None)
    for place, words in (choices or {}).items():
        offer(sheet, place, words)
    if mark:
        hidden = book.create_sheet(title=MARK_SHEET)
        hidden.sheet_state = "veryHidden"
        hidden.append([mark])
    for row in rows:
        sheet.append([as_cell(sheet, each) for each in row])
    book.save(into)


def offer(sheet: Any, place: int, words: Sequence[str]) -> None:
    """Excel's own list in the cells of a column; where it is too long for that, there is none."""
    said = ",".join(each.replace(",", " ").replace('"', "") for each in words)
    if not words or len(said) > LONGEST_LIST:
        return
    rule = DataValidation(type="list", formula1=f'"{said}"', allow_blank=True, showErrorMessage=True)
    letter = get_column_letter(place + 1)
    rule.add(f"{letter}2:{letter}1048576")
    # A sheet whose rows are written one after the other has the list, and not the method that adds to it.
    sheet.data_validations.append(rule)


def as_cell(sheet: object, value: object) -> object:
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))[:LONGEST_CELL]
    if text[:1] not in RECKONED:
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell
