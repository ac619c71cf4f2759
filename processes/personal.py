"""What processes hold of one person: rows of the files that were brought, for as long as they are kept (core.personal.Holder).

They are sealed, so no question of the database finds anybody: the few sheets that there are at a time are opened, block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from contacts import documents
from core.personal import Aged, Cut, HeldFile, Part, Person, is_said
from core.secrets import seal, unseal
from processes.models import Run, RunItem, Sheet, SheetBlock
from processes.sheets import Row, blocks_of, bound_to

MODELS = ("processes.Sheet", "processes.SheetBlock")
KINDS: tuple[str, ...] = ()


def find(person: Person) -> dict[str, int]:
    return {"imported_rows": sum(1 for _sheet, _row in rows_naming(person))}


def export(person: Person) -> Iterator[Part | HeldFile]:
    """The rows that name the person, each with the file and the number it had there."""
    yield Part(
        name="imported_rows",
        rows=(
            {"file": sheet.name, "brought_at": sheet.brought_at, "row": number, "cells": cells}
            for sheet, (number, cells) in rows_naming(person)
        ),
    )


def erase(person: Person, *, by: Any) -> dict[str, int]:
    """Empty the cells of the rows that name the person; the rows keep their numbers."""
    count = 0
    for sheet in Sheet.objects.order_by("pk"):
        for rows in blocks_of(sheet):
            if any(is_named(cells, person) for _number, cells in rows):
                count += empty_rows(sheet, rows[0][0], person)
        head = list(sheet.head or [])
        if is_named(head, person):
            sheet.head = ["" for _each in head]
            sheet.save(update_fields=["head"])
            count += 1
    # What an update wrote over, until it cannot be taken back any more: of this person it cannot from now on.
    runs = list(Run.objects.filter(purged_at__isnull=True, sheet__isnull=False).values_list("pk", flat=True))
    for run_id in runs:
        for contact_id in person.contact_ids:
            kept = RunItem.objects.filter(run_id=run_id, before__contact=contact_id)
            kept.update(before=None, after=None)
    return {"imported_rows": count}


@transaction.atomic
def empty_rows(sheet: Sheet, first: int, person: Person) -> int:
    """Of one block, read anew and held: somebody else of it may be erased at this moment. Return how many."""
    block = SheetBlock.objects.select_for_update(no_key=True).filter(sheet=sheet, first=first).first()
    if block is None:
        return 0
    rows: list[Row] = unseal(bytes(block.content), bound_to=bound_to(sheet, first))
    named = {number for number, cells in rows if is_named(cells, person)}
    without = [(number, ["" for _each in cells] if number in named else cells) for number, cells in rows]
    block.content = seal(without, bound_to=bound_to(sheet, first))
    block.save(update_fields=["content"])
    return len(named)


def rows_naming(person: Person) -> Iterator[tuple[Sheet, Row]]:
    for sheet in Sheet.objects.order_by("pk"):
        for rows in blocks_of(sheet):
            for row in rows:
                if is_named(row[1], person):
                    yield sheet, row


def is_named(cells: list[str], person: Person) -> bool:
    text = "\n".join(form for cell in cells if cell for form in forms_of(cell))
    return any(is_said(mark, text) for mark in person.marks)


def forms_of(cell: str) -> set[str]:
    """A cell as it stands, folded, and without what stands between its letters and digits: «0981 123-456», «4.123.456» and «Rocio@X.com»."""
    bare = documents.compact(cell)
    return {cell, cell.casefold(), bare, bare.lstrip("0")}


def count_aged(cut: Cut) -> Aged:
    return Aged()


def remove_aged(cut: Cut, *, limit: int) -> int:
    return 0
