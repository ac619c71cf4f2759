"""Tables that leave us are texts, and come back as they went (S36)."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import workbooks
from core.tables import read_table
from core.workbooks import Kind, fragment, guarded, unguarded, write_fragments, write_table

# What a file can say: no control character but those of lines and tabs.
words = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cn")) | st.sampled_from("=+-@\t\r\n'\" \u00a0\ufeff;,<>&"),
    max_size=40,
)
tables = st.lists(st.lists(words, min_size=3, max_size=3), max_size=12)


def written(kind: Kind, rows: list[list[str]], *, head: tuple[str, ...] = ("A", "B", "C"), title: str = "T") -> bytes:
    into = io.BytesIO()
    assert write_table(into, kind, head=head, rows=rows, title=title) == len(rows)
    return into.getvalue()


def read_workbook(body: bytes) -> list[list[list[str]]]:
    """The sheets, each its rows; every cell that holds anything is a text."""
    book = openpyxl.load_workbook(io.BytesIO(body))
    sheets = []
    for sheet in book.worksheets:
        cells = [list(row) for row in sheet.iter_rows()]
        assert all(cell.data_type == "s" for row in cells for cell in row if cell.value is not None)
        sheets.append([["" if cell.value is None else cell.value for cell in row] for row in cells])
    return sheets


def read_text(body: bytes) -> list[list[str]]:
    text = body.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.shows("S36")
@given(rows=tables)
@example(rows=[["=1+1", " +1", "\u00a0@x"], ["\t=x", "\r\n-2", "\n=1"], ["'=1", "''+", "+595981123456"]])
def test_what_is_written_into_a_workbook_is_read_back_as_text(rows: list[list[str]]) -> None:
    (sheet,) = read_workbook(written(Kind.XLSX, rows))
    assert sheet == [["A", "B", "C"], *rows]


@pytest.mark.shows("S36")
@given(rows=tables)
@example(rows=[["=1+1", " +1", "\u00a0@x"], ["\t=x", "\r\n-2", "\n=1"], ["'=1", "''+", "+595981123456"]])
def test_a_csv_holds_nothing_that_runs_and_is_read_back(rows: list[list[str]]) -> None:
    read = read_text(written(Kind.CSV, rows))
    for row in read:
        for cell in row:
            assert not re.match(r"[\s\u00a0\ufeff\u200b]*[=+\-@]", cell)
            assert not cell.startswith(("\t", "\r", "\n"))
    assert [[unguarded(cell) for cell in row] for row in read] == [["A", "B", "C"], *rows]


@given(words)
def test_guarding_is_taken_back_and_only_where_it_was_done(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert guarded(cell) in (cell, f"'{cell}")


def test_control_characters_are_left_out_and_a_long_cell_is_cut_where_excel_cuts_it() -> None:
    rows = [["a\x00\x1f\x1eb\x07", "x" * 40_000, "\ud800c"]]
    (sheet,) = read_workbook(written(Kind.XLSX, rows))
    assert sheet[1] == ["ab", "x" * 32_767, "c"]


@pytest.mark.parametrize("title", ["", "a/b[c]:*?", "x" * 60, "'Contactos'"])
def test_a_sheet_has_a_name_that_excel_takes(title: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(Kind.XLSX, [["1", "2", "3"]], title=title)))
    assert 0 < len(book.sheetnames[0]) <= 31
    assert not set(book.sheetnames[0]) & set("[]:*?/\\'")


def test_a_full_sheet_is_followed_by_another_with_the_same_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 5)
    rows = [[str(n), "x", "y"] for n in range(10)]
    pieces = [fragment(Kind.XLSX, rows[at : at + 2]) for at in range(0, 10, 2)]
    into = io.BytesIO()
    assert write_fragments(into, Kind.XLSX, head=["A", "B", "C"], fragments=pieces, title="T") == 10
    sheets = read_workbook(into.getvalue())
    assert [len(each) for each in sheets] == [5, 5, 3]
    assert [row for each in sheets for row in each[1:]] == rows
    assert all(each[0] == ["A", "B", "C"] for each in sheets)


@pytest.mark.parametrize("kind", list(Kind))
def test_pieces_make_the_same_file_as_all_at_once(kind: Kind) -> None:
    rows = [[str(n), f"={n}", "ñ"] for n in range(50)]
    into = io.BytesIO()
    pieces = [fragment(kind, rows[:7]), fragment(kind, rows[7:8]), fragment(kind, rows[8:])]
    write_fragments(into, kind, head=("A", "B", "C"), fragments=pieces, title="T")
    whole = written(kind, rows)
    if kind == Kind.CSV:
        assert into.getvalue() == whole
    else:
        assert read_workbook(into.getvalue()) == read_workbook(whole)
        assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None


def test_a_table_without_rows_has_its_head() -> None:
    assert read_workbook(written(Kind.XLSX, [])) == [[["A", "B", "C"]]]
    assert read_text(written(Kind.CSV, [])) == [["A", "B", "C"]]


@pytest.mark.shows("S36")
@pytest.mark.parametrize("kind", list(Kind))
def test_a_file_of_ours_is_read_back_by_what_reads_imports(kind: Kind) -> None:
    rows = [["+595981123456", "=1+1", "-3,5"], ["'x", " @x", "Ñandú"]]
    with read_table(io.BytesIO(written(kind, rows))) as read:
        assert [row[:3] for row in read] == [["A", "B", "C"], *rows]
