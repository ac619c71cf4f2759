"""Exports asked for, carried out and read, as plain functions."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import openpyxl
from django.core.files.storage import default_storage

from accounts.models import User
from contacts.exporting import Shape
from core.workbooks import unguarded
from processes.actions.asking import ask_for_run, freeze
from processes.actions.steering import start_run
from processes.catalogue import process_of
from processes.models import Run, RunFile
from tests.processes.runs import carried_out

Rows = list[dict[str, str]]


def exporter(user: User) -> User:
    """May export from now on."""
    User.objects.filter(pk=user.pk).update(may_export=True)
    return User.objects.get(pk=user.pk)


def asked_export(
    kind: str, *, by: User, asked: Mapping[str, Sequence[str]] | None = None, format: str = "xlsx", **more: Any
) -> Run:
    """Previewed, as its form would ask for it."""
    parameters = {
        "format": format, "asked": dict(asked or {}), "numbers": by.has_perm("accounts.see_numbers"),
        **asdict(Shape.now()),
    } | more  # fmt: skip
    run = ask_for_run(process_of(kind), parameters, submission=uuid.uuid4(), by=by)
    assert freeze(run.pk)
    run.refresh_from_db()
    return run


def exported(kind: str, *, by: User, **said: Any) -> Run:
    run = asked_export(kind, by=by, **said)
    start_run(run.pk, by=by)
    return carried_out(run)


def file_of(run: Run) -> RunFile:
    return RunFile.objects.get(run=run, role="export")


def rows_of(run: Run) -> Rows:
    """What stands in the file, each row by its heads."""
    made = file_of(run)
    with default_storage.open(made.path) as file:
        body = file.read()
    if made.name.endswith(".csv"):
        table = [
            [unguarded(cell) for cell in row] for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
        ]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(body), read_only=True).worksheets[0]
        table = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert made.rows == len(table) - 1
    return [dict(zip(table[0], [*row, *[""] * (len(table[0]) - len(row))], strict=True)) for row in table[1:]]
