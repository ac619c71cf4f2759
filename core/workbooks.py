"""Tables that leave us: a workbook (.xlsx) or a text with separators (.csv), written row by row in bounded memory.

Every cell is a text and stays one (TRUST.md S36): in a workbook by its type and its format, in a CSV by an apostrophe before whatever a
spreadsheet would take for a formula. `unguarded` takes that apostrophe away again, so that what was written is what is read.

Rows are made ready in pieces («fragments») that stand for themselves: who makes a file over several turns keeps the pieces, and puts the
file together at the end.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain, islice
from typing import IO, Final
from xml.sax.saxutils import escape, quoteattr

Row = Sequence[str]
# Rows and what they are as bytes.
Fragment = tuple[int, bytes]


class Kind(StrEnum):
    """What a table is written as; the value is how its file's name ends."""

    XLSX = "xlsx"
    CSV = "csv"


MIMES: Final = {
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.CSV: "text/csv",
}
# Excel's own: rows of a sheet, characters of a cell, characters of a sheet's name.
MOST_ROWS: Final = 1_048_576
LONGEST_CELL: Final = 32_767
LONGEST_TITLE: Final = 31
AT_ONCE: Final = 1_000
PIECE: Final = 256 * 1024

# What a spreadsheet would run, also behind what it does not show; and behind apostrophes, so that ours can be told from theirs.
_RUNS: Final = re.compile(
    "'*(?:[\\s\u00a0\u200b-\u200f\u2028-\u202f\u2060\ufeff\x00-\x1f]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])"
)
# What no XML may hold.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Between cells and between rows while they are one text: what was taken out of every cell before.
_CELL, _ROW = "\x1f", "\x1e"


def guarded(cell: str) -> str:
    """A cell of a CSV that no spreadsheet runs (S36)."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given; any other text is as it was."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell, 1) else cell


def fragment(kind: Kind, rows: Sequence[Row]) -> Fragment:
    """These rows as a piece of a file. What cannot be written down in such a file (control characters) is left out of it."""
    make = xml_rows if kind == Kind.XLSX else csv_rows
    # As one text a large piece would stand in memory several times.
    return len(rows), b"".join(make(rows[at : at + AT_ONCE]) for at in range(0, len(rows), AT_ONCE))


def csv_rows(rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().replace("\x00", "").encode(errors="replace")


def xml_rows(rows: Sequence[Row]) -> bytes:
    """All cells are escaped as one text: a call for each of ten million would be most of the time."""
    text = _ROW.join([_CELL.join(row) for row in rows])
    if text.count(_CELL) + text.count(_ROW) != sum(len(row) for row in rows) - 1 or _UNWRITABLE.search(
        text.replace(_CELL, "").replace(_ROW, "")
    ):
        text = _ROW.join([_CELL.join([_UNWRITABLE.sub("", cell) for cell in row]) for row in rows])
    if max(map(len, chain.from_iterable(rows)), default=0) > LONGEST_CELL:
        text = _ROW.join([_CELL.join([_UNWRITABLE.sub("", cell)[:LONGEST_CELL] for cell in row]) for row in rows])
    if not rows:
        return b""
    # A reader makes every kind of line end one, unless it is spelled out.
    text = escape(text, {"\r": "&#13;"})
    start, end = '<c s="1" t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
    text = text.replace(_CELL, f"{end}{start}").replace(_ROW, f"{end}</row><row>{start}")
    return f"<row>{start}{text}{end}</row>".replace(f"{start}{end}", '<c s="1"/>').encode()


def write_table(into: IO[bytes], kind: Kind, *, head: Row, rows: Iterable[Row], title: str = "") -> int:
    """Write a whole table, in bounded memory; return how many rows it has below its head."""
    waiting = iter(rows)
    pieces = (fragment(kind, each) for each in iter(lambda: list(islice(waiting, AT_ONCE)), []))
    return write_fragments(into, kind, head=head, title=title, fragments=pieces)


def write_workbook(into: IO[bytes], rows: Iterable[Sequence[object]], *, title: str = "") -> int:
    """Write a workbook whose head is the first of the rows; return how many are below it."""
    waiting = ([str(cell) for cell in row] for row in rows)
    return write_table(into, Kind.XLSX, head=next(waiting, []), rows=waiting, title=title)


def write_fragments(into: IO[bytes], kind: Kind, *, head: Row, fragments: Iterable[Fragment], title: str = "") -> int:
    """Put a file together from its pieces; return how many rows it has below its head.

    A workbook gets another sheet, with the same head, where one is full.
    """
    return write_csv(into, head, fragments) if kind == Kind.CSV else write_sheets(into, head, fragments, title=title)


def write_csv(into: IO[bytes], head: Row, fragments: Iterable[Fragment]) -> int:
    # Without the mark Excel takes it for the encoding of another century.
    into.write(b"\xef\xbb\xbf" + csv_rows([head]))
    count = 0
    for rows, body in fragments:
        into.write(body)
        count += rows
    return count


def write_sheets(into: IO[bytes], head: Row, fragments: Iterable[Fragment], *, title: str) -> int:
    total = 0
    waiting = iter(fragments)
    first: Fragment | None = None
    sheets = 0
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=1, allowZip64=True) as book:
        while True:
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                count, first = write_sheet(sheet, head, waiting, first)
            total += count
            if first is None:
                break
        for name, body in frame(sheet_titles(title, sheets)):
            book.writestr(name, body)
    return total


def write_sheet(
    sheet: IO[bytes], head: Row, fragments: Iterator[Fragment], first: Fragment | None
) -> tuple[int, Fragment | None]:
    """Write one sheet; return how many rows it has below its head, and the piece that did not fit any more."""
    sheet.write(
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0">'
        b'<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        + f'<cols><col min="1" max="{max(len(head), 1)}" width="22" style="1" customWidth="1"/></cols><sheetData>'.encode()
        + xml_rows([head]).replace(b's="1"', b's="2"')
    )  # fmt: skip
    count = 0
    each = first if first is not None else next(fragments, None)
    while each is not None:
        rows, body = each
        if count and count + rows > MOST_ROWS - 1:
            break
        for at in range(0, len(body), PIECE):
            sheet.write(body[at : at + PIECE])
        count += rows
        each = next(fragments, None)
    sheet.write(b"</sheetData></worksheet>")
    return count, each


def sheet_titles(title: str, sheets: int) -> list[str]:
    """Names that Excel takes: short, without its signs, each its own."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", _UNWRITABLE.sub("", title)).strip()[: LONGEST_TITLE - 5] or "1"
    return [plain if number == 1 else f"{plain} {number}" for number in range(1, sheets + 1)]


def frame(titles: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What a workbook has beside its sheets. Format 49 is «text»: whoever edits a cell there still has a text."""
    declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    content = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(titles) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{content}.worksheet+xml"/>' for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{declaration}<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{content}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{content}.styles+xml"/>{overrides}</Types>',
    )
    yield (
        "_rels/.rels",
        f'{declaration}<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    sheets = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{n}" r:id="rId{n}"/>'
        for n, title in zip(numbers, titles, strict=True)
    )
    yield (
        "xl/workbook.xml",
        f'{declaration}<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{sheets}</sheets></workbook>',
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{declaration}<Relationships xmlns="{package}/relationships">{links}<Relationship Id="rId{len(titles) + 1}" Type="{office}/styles" Target="styles.xml"/></Relationships>',
    )
    yield (
        "xl/styles.xml",
        f'{declaration}<styleSheet xmlns="{main}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    )
