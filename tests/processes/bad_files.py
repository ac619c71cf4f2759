"""Files that go wrong, made by code: each with what is said of it in Spanish. «[row]» before the words: it is read, and that row is left out (R42)."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tests.processes.sheets import HEAD, csv_of, workbook

GOOD = ("Rocío", "Benítez", "0991 651 351", "rocio@example.com", "", "")


def row(phone: str = "0991 651 351", *, name: str = "Rocío", mail: str = "", document: str = "") -> tuple[str, ...]:
    return (name, "", phone, mail, document, "")


def zipped(parts: dict[str, bytes], *, locked: bool = False) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    content = bytearray(into.getvalue())
    if locked:
        # The bit that says so, in each entry and in the directory.
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = content.find(mark)
            while at >= 0:
                content[at + offset] |= 1
                at = content.find(mark, at + 4)
    return bytes(content)


def edited(content: bytes, part: str, change: Any) -> bytes:
    """A workbook with one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    return zipped(parts)


def drawn(draw: Any) -> bytes:
    book, into = openpyxl.Workbook(), io.BytesIO()
    draw(book.active)
    book.save(into)
    return into.getvalue()


def bomb() -> bytes:
    """Says what it inflates to: 640 MB of nothing in 640 kB."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _each in range(640):
                part.write(bytes(1024 * 1024))
    return into.getvalue()


def lying_bomb() -> bytes:
    """As large, and says that it is small."""
    content = bytearray(bomb())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


def merged(sheet: Worksheet) -> None:
    for each in (HEAD, GOOD, row("0981 111 111", name="Hugo")):
        sheet.append(list(each))
    sheet.merge_cells("A2:A3")


def head_on_row_3(sheet: Worksheet) -> None:
    for each in (["Clientes de marzo"], [None], list(HEAD), list(GOOD)):
        sheet.append(each)


def hidden_first(sheet: Worksheet) -> None:
    sheet.append(["Secreto", "x"])
    sheet.sheet_state = "hidden"
    other = sheet.parent.create_sheet("Clientes")
    for each in (HEAD, GOOD):
        other.append(list(each))
    sheet.parent.active = 1


SHEET = "xl/worksheets/sheet1.xml"
XXE = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 50 + b'"><!ENTITY c "' + b"&b;" * 50 + b'"><!ENTITY d "' + b"&c;" * 50 + b'"><!ENTITY e "' + b"&d;" * 50 + b'">]>'  # fmt: skip


def with_entity(prologue: bytes, entity: bytes) -> bytes:
    def change(xml: bytes) -> bytes:
        body = xml[xml.index(b"<worksheet") :]
        return prologue + body.replace(b"<sheetData>", b'<sheetData><row r="9"><c r="A9" t="inlineStr"><is><t>&' + entity + b";</t></is></c></row>", 1)  # fmt: skip

    return edited(workbook([GOOD]), SHEET, change)


# Refused as a whole: nothing of them is kept.
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "vacío"),
    "blank lines": (b"\r\n\r\n  \r\n", "vacío"),
    "head alone": (csv_of([]), "ninguna fila"),
    "empty workbook": (workbook([], head=None), "vacío"),
    "workbook with a head alone": (workbook([]), "ninguna fila"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel antiguo"),
    "encrypted workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "contraseña"),
    "locked zip": (zipped({"xl/workbook.xml": b"<a/>"}, locked=True), "contraseña"),
    "OpenDocument": (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}), "No es un libro de Excel"),
    "nested zip": (zipped({"clientes.xlsx": workbook([GOOD])}), "No es un libro de Excel"),
    "Word": (zipped({"word/document.xml": b"<a/>"}), "No es un libro de Excel"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "No es una tabla"),
    "RTF": (b"{\\rtf1 hola}", "No es una tabla"),
    "gzip": (b"\x1f\x8b\x08" + bytes(50), "comprimido"),
    "RAR": (b"Rar!\x1a\x07\x00" + bytes(50), "comprimido"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(50), "comprimido"),
    "HTML": (b"<html><table><tr><td>Nombre</td></tr></table></html>", "No es una tabla"),
    "HTML with a doctype": (b"  <!DOCTYPE html><table></table>", "No es una tabla"),
    "XML": (b'<?xml version="1.0"?><a/>', "No es una tabla"),
    "truncated workbook": (workbook([GOOD])[:900], "dañado"),
    "workbook cut in its sheet": (edited(workbook([GOOD]), SHEET, lambda xml: xml[: len(xml) // 2]), "dañado"),
    "workbook of nonsense": (zipped({"xl/workbook.xml": b"<a/>"}), "dañado"),
    "macros": (zipped({"xl/workbook.xml": b"<a/>", "xl/vbaProject.bin": b"x"}), "macros"),
    "entity of a file": (with_entity(XXE, b"x"), "dañado"),
    "billion laughs": (with_entity(LAUGHS, b"e"), "dañado|descomprimido"),
    "bomb": (bomb(), "descomprimido"),
    "bomb that lies": (lying_bomb(), "dañado|descomprimido"),
    "16,384 columns": (drawn(lambda sheet: sheet.cell(1, 16_384, "x")), "demasiadas columnas"),
    "500 columns of text": (",".join(f"c{n}" for n in range(500)).encode() + b"\r\n" + b",".join([b"x"] * 500), "demasiadas columnas"),
    "NUL": (csv_of([row("0991\x00651351")]), "No es una tabla"),
    "a cell of 40,000 letters": (csv_of([row(name="x" * 40_000)]), "celda"),
    "a quotation mark that never closes": (csv_of([row()]) + b'\r\n"' + b"x,\r\n" * 10_000, "celda"),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + bytes(80), "No es una tabla"),
}  # fmt: skip

# Read, and what is said of each of their rows, by number; '' where nothing is wrong with it.
READ: dict[str, tuple[bytes, dict[int, str]]] = {
    "1,048,576 declared rows": (edited(workbook([GOOD]), SHEET, lambda xml: xml.replace(b'ref="A1:F2"', b'ref="A1:XFD1048576"')), {2: ""}),
    "thousands of empty rows": (edited(workbook([GOOD]), SHEET, lambda xml: xml.replace(b"</sheetData>", b"".join(b'<row r="%d"/>' % n for n in range(3, 30_000)) + b"</sheetData>")), {2: ""}),
    "twice one heading": (csv_of([("Rocío", "Rocío", "0991 651 351")], head=("Nombre", "Nombre", "Teléfono")), {2: ""}),
    "blank headings": (csv_of([("Rocío", "algo", "0991 651 351")], head=("Nombre", "", "Teléfono")), {2: ""}),
    "merged cells": (drawn(merged), {2: "", 3: "nombre"}),
    "head on row 3": (drawn(head_on_row_3), {4: ""}),
    "hidden sheet first": (drawn(hidden_first), {2: ""}),
    "formula without a value": (workbook([row("=1+1")]), {2: "Sin número"}),
    "DDE": (csv_of([row("=cmd|'/c calc'!A0")]), {2: "no es un número"}),
    "error of Excel": (workbook([row("#N/A")]), {2: "error de Excel"}),
    "phone cut to a float": (csv_of([row("5.95981E+11")]), {2: "Excel recortó"}),
    "phone as a number": (workbook([row(595981123456)]), {2: ""}),  # type: ignore[arg-type]  # what people type
    "apostrophe": (csv_of([row("'0981123456")]), {2: ""}),
    "leading zero gone": (workbook([row(981123456)]), {2: ""}),  # type: ignore[arg-type]  # what people type
    "unseen characters": (csv_of([row("\u200b0981\u00a0123\u202c456\ufeff")]), {2: ""}),
    "emoji": (csv_of([row(name="🙂 Rocío")]), {2: ""}),
    "right to left": (csv_of([row(name="\u202eoícoR")]), {2: ""}),
    "CP1252": ("\r\n".join(",".join(each) for each in (HEAD, GOOD)).encode("cp1252"), {2: ""}),
    "UTF-16": ("\r\n".join("\t".join(each) for each in (HEAD, GOOD)).encode("utf-16"), {2: ""}),
    "byte order mark": (b"\xef\xbb\xbf" + csv_of([GOOD]), {2: ""}),
    "semicolons": (csv_of([GOOD], separator=";"), {2: ""}),
    "bars": (csv_of([GOOD], separator="|"), {2: ""}),
    "lines of the old Macintosh": (csv_of([GOOD]).replace(b"\r\n", b"\r"), {2: ""}),
    "short rows": (csv_of([("Rocío", "Benítez", "0991 651 351"), ("Hugo",)]), {2: "", 3: "Sin número"}),
    "long rows": (csv_of([(*GOOD, "x", "y", "z")]), {2: ""}),
    "a name of 90 letters": (csv_of([row(name="x" * 90)]), {2: "Como máximo"}),
    "a mail that is none": (csv_of([row(mail="rocio@")]), {2: "no es un correo"}),
    "a document that is none": (csv_of([row(document="12")]), {2: "Cédula"}),
    "nobody": (csv_of([row(name="")]), {2: "nombre"}),
    "a date where a number is": (csv_of([row("31/12/2024")]), {2: "no es un número"}),
}  # fmt: skip
