"""Files that people bring: each kept once, by what is in it; and who is erased from one does not come back (R40, S62)."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from contacts import actions
from contacts.models import Contact
from core.personal import Person
from processes import importing, personal
from processes.actions import sheets
from processes.actions.sheets import bring_sheet
from processes.models import Sheet, SheetBlock
from processes.sheets import first_rows, rows_numbered
from tests.factories import Cast
from tests.processes.runs import adds_up, carried_out, started
from tests.processes.sheets import HEAD, KIND, asked_of, brought, csv_of

ROWS = [
    ("Rocío", "Benítez", "0991 651 351", "Rocio@Example.com", "4.123.456", "Acme S.A."),
    ("Hugo", "Ferreira", "0981123456", "", "", "acme s.a."),
    ("Nadia", "", "", "nadia@example.com", "", ""),
]


@pytest.fixture(autouse=True)
def documents(db: None) -> None:
    actions.seed_document_types()


@pytest.mark.shows("P0-55", "R40")
def test_another_file_by_the_form_that_was_gone_back_to_is_another_one(cast: Cast) -> None:
    """The form that somebody goes back to has the same submission in it: what counts is the file that came with it."""
    submission = uuid.uuid4()

    def sent(content: bytes) -> Sheet:
        return bring_sheet(io.BytesIO(content), name="clientes.csv", kind=KIND, submission=submission, by=cast.luis)

    first = sent(csv_of(ROWS))
    assert sent(csv_of(ROWS)) == first
    mended = sent(csv_of(ROWS[:1]))
    assert (mended.rows, [cells[0] for _number, cells in first_rows(mended, 9)]) == (1, ["Rocío"])
    assert Sheet.objects.count() == 2
    theirs = bring_sheet(io.BytesIO(csv_of(ROWS)), name="a.csv", kind=KIND, submission=submission, by=cast.admin)
    assert (theirs.brought_by, Sheet.objects.count()) == (cast.admin, 3)


@pytest.mark.shows("R40")
def test_a_file_that_comes_twice_at_once_is_kept_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    submission, read = uuid.uuid4(), sheets.read_table
    first: list[Sheet] = []

    def sent() -> Sheet:
        return bring_sheet(io.BytesIO(csv_of(ROWS)), name="c.csv", kind=KIND, submission=submission, by=cast.luis)

    @contextmanager
    def overtaken(source: IO[bytes]) -> Iterator[Iterator[list[str]]]:
        monkeypatch.setattr(sheets, "read_table", read)
        first.append(sent())
        with read(source) as rows:
            yield rows

    monkeypatch.setattr(sheets, "read_table", overtaken)
    assert sent() == first[0]
    assert (Sheet.objects.count(), SheetBlock.objects.count()) == (1, 1)


@pytest.mark.shows("S62")
def test_two_people_of_one_block_are_erased_at_once_and_neither_comes_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet, read = brought(csv_of(ROWS), by=cast.luis), personal.blocks_of
    one = Person(contact_ids=(1,), marks=("595991651351", "991651351"))
    other = Person(contact_ids=(2,), marks=("595981123456", "981123456"))

    def overtaken(brought_one: Sheet) -> Iterator[list[tuple[int, list[str]]]]:
        """Whoever reads a block is overtaken before they write it."""
        for rows in list(read(brought_one)):
            monkeypatch.setattr(personal, "blocks_of", read)
            assert personal.erase(other, by=None) == {"imported_rows": 1}
            yield rows

    monkeypatch.setattr(personal, "blocks_of", overtaken)
    assert personal.erase(one, by=None) == {"imported_rows": 1}
    assert [cells[0] for _number, cells in first_rows(sheet, 9)] == ["", "", "Nadia"]


@pytest.mark.shows("S62")
def test_who_is_erased_while_a_chunk_is_at_work_is_not_made_anew(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    run = started(asked_of(brought(csv_of(ROWS), by=cast.luis), cast, by=cast.luis), by=cast.luis)
    asked: list[int] = []

    def erased_meanwhile(sheet: Sheet, numbers: list[int]) -> dict[int, list[str]]:
        """Whoever reads the rows a second time finds the first of them empty."""
        asked.append(len(numbers))
        rows = rows_numbered(sheet, numbers)
        return rows if len(asked) == 1 else rows | {2: [""] * len(HEAD)}

    monkeypatch.setattr(importing, "rows_numbered", erased_meanwhile)
    run = carried_out(run)
    adds_up(run)
    assert (run.state, run.applied, run.skipped) == ("done", 2, 1)
    assert sorted(Contact.objects.values_list("first_name", flat=True)) == ["Hugo", "Nadia"]
    assert len(asked) == 4
