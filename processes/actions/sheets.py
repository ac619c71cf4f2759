"""A brought file is read once, in the limited process, and its rows kept sealed, in blocks; whoever needs them asks by number."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.bulk import copy_rows
from core.secrets import seal
from core.tables import NotATable, read_table
from core.text import without_nul
from processes.models import ColumnMapping, Run, Sheet, SheetBlock
from processes.sheets import Row, bound_to, fingerprint

IN_BLOCK = 500
# A title may stand above the headings.
HEAD_WITHIN = 10
INVISIBLE = " \t\r\n\u00a0\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff"
# One that no run was asked for with is forgotten after so long.
KEPT = datetime.timedelta(days=1)


def bring_sheet(source: IO[bytes], *, name: str, kind: str, submission: uuid.UUID, by: User) -> Sheet:
    """Keep the rows of a file. The same file of the same submission is the same sheet, also when it comes twice at once; another file
    is another one, though its form was gone back to.

    Raises:
        NotATable: it is none, or has no rows below its headings; nothing of it was kept.
    """
    key = brought_as(source, kind=kind, submission=submission, by=by)
    brought = Sheet.objects.filter(submission=key)
    if (known := brought.first()) is not None:
        return known
    try:
        with read_table(source) as rows, transaction.atomic():
            return keep_rows(numbered(rows), name=name, kind=kind, submission=key, by=by)
    except IntegrityError:
        # Who sent it at the same moment was first.
        if (known := brought.first()) is None:
            raise
        return known


def brought_as(source: IO[bytes], *, kind: str, submission: uuid.UUID, by: User) -> uuid.UUID:
    """What a file is known by: who brought what, for what, by which form."""
    digest = hashlib.sha256()
    source.seek(0)
    while piece := source.read(1024 * 1024):
        digest.update(piece)
    return uuid.uuid5(submission, f"{kind} {by.pk} {digest.hexdigest()}")


def keep_rows(rows: Iterator[Row], *, name: str, kind: str, submission: uuid.UUID, by: User) -> Sheet:
    head, waiting = head_of(rows)
    sheet = Sheet(kind=kind, brought_by=by, name=shown_name(name), submission=submission)
    sheet.head = head
    sheet.save()
    block = waiting
    for row in rows:
        if len(block) == IN_BLOCK:
            sheet.rows += keep_block(sheet, block)
            block = []
        block.append(row)
    sheet.rows += keep_block(sheet, block)
    if not sheet.rows:
        raise NotATable(_("The file has headings, but no rows below them."))
    sheet.save(update_fields=["rows"])
    return sheet


def numbered(rows: Iterable[list[str]]) -> Iterator[Row]:
    """As the file shows them, from 1; blank ones are passed over."""
    for number, row in enumerate(rows, start=1):
        if any(each.strip(INVISIBLE) for each in row):
            yield number, [without_nul(each) for each in row]


def head_of(rows: Iterator[Row]) -> tuple[list[str], list[Row]]:
    """The headings: the first row with more than one cell among the first ones, or the very first; and the rows below it so far."""
    first: list[Row] = []
    for number, cells in rows:
        first.append((number, cells))
        if sum(bool(each.strip(INVISIBLE)) for each in cells) > 1:
            return [each.strip(INVISIBLE)[:200] for each in cells], []
        if number >= HEAD_WITHIN:
            break
    if not first:
        raise NotATable(_("The file is empty."))
    return [each.strip(INVISIBLE)[:200] for each in first[0][1]], first[1:]


def keep_block(sheet: Sheet, rows: Sequence[Row]) -> int:
    if rows:
        content = seal(rows, bound_to=bound_to(sheet, rows[0][0]))
        copy_rows(SheetBlock, [SheetBlock(sheet=sheet, first=rows[0][0], last=rows[-1][0], content=content)])
    return len(rows)


def forget_sheets() -> int:
    """Remove the files that no run needs any more; return how many."""
    old = Sheet.objects.filter(brought_at__lt=timezone.now() - KEPT).exclude(
        pk__in=Run.objects.filter(sheet__isnull=False, purged_at__isnull=True).values("sheet")
    )
    gone = 0
    for sheet in old.order_by("pk")[:20]:
        sheet.delete()
        gone += 1
    return gone


def remember(head: Sequence[str], codes: Sequence[str], *, kind: str, by: User) -> None:
    ColumnMapping.objects.update_or_create(
        kind=kind,
        fingerprint=fingerprint(head),
        defaults={"codes": list(codes), "saved_by": by, "saved_at": timezone.now()},
    )


def shown_name(name: str) -> str:
    """A file's name without what only a system reads."""
    plain = "".join(each for each in without_nul(name).replace("\\", "/").rpartition("/")[2] if each.isprintable())
    return plain.strip()[-100:] or "–"
