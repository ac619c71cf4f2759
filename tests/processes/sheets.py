"""Files that somebody brings, as plain functions."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contacts.columns import guess, targets
from processes.actions.asking import ask_for_run, freeze
from processes.actions.sheets import bring_sheet
from processes.catalogue import process_of
from processes.models import Run, Sheet
from tests.factories import Cast

HEAD = ("Nombre", "Apellido", "Teléfono", "Correo", "Cédula", "Empresa")
KIND = "import-contacts"


def csv_of(rows: Iterable[Sequence[str]], *, head: Sequence[str] = HEAD, separator: str = ",") -> bytes:
    return "\r\n".join(separator.join(row) for row in (head, *rows)).encode()


def workbook(rows: Iterable[Sequence[Any]], *, head: Sequence[Any] | None = HEAD) -> bytes:
    book, into = openpyxl.Workbook(), io.BytesIO()
    for row in (head, *rows) if head is not None else rows:
        book.active.append(list(row))
    book.save(into)
    return into.getvalue()


def brought(content: bytes, *, by: User, name: str = "clientes.csv") -> Sheet:
    return bring_sheet(io.BytesIO(content), name=name, kind=KIND, submission=uuid.uuid4(), by=by)


def asked_of(sheet: Sheet, cast: Cast, *, by: User, codes: list[str] | None = None, **more: Any) -> Run:
    """A previewed run over a brought file."""
    parameters = {
        "sheet": str(sheet.uuid),
        "columns": codes if codes is not None else guess(sheet.head or [], targets()),
        "name": "Clientes de marzo",
        "teams": [cast.team.pk],
        "file": sheet.name,
        "rows": sheet.rows,
    }
    run = ask_for_run(process_of(KIND), parameters | more, submission=uuid.uuid4(), by=by, sheet=sheet)
    assert freeze(run.pk)
    run.refresh_from_db()
    return run


def upload(client: Client, content: bytes, *, name: str = "clientes.csv") -> Any:
    return client.post(
        reverse("import-contacts"),
        {"submission": str(uuid.uuid4()), "file": SimpleUploadedFile(name, content)},
    )
