"""Files that somebody brought: their rows are kept sealed for as long as a run needs them, and what their columns were said to be."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from core.fields import SealedField


class Sheet(models.Model):
    """A table that was brought and read. Its cells may name anybody: they are sealed, and go with the run that needed them (S62)."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    # The process it was brought for.
    kind = models.CharField(max_length=60)
    brought_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    brought_at = models.DateTimeField(db_default=Now())
    # What its file is called, and nothing of what stands in it.
    name = models.CharField(max_length=100)
    # Given by the form it came with: the same again is the same file.
    submission = models.UUIDField(editable=False, unique=True)
    # The headings; a file without any has somebody's values there.
    head = SealedField()
    rows = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["brought_at"], name="sheets_by_age")]

    def __str__(self) -> str:
        return f"sheet {self.pk}"


class SheetBlock(models.Model):
    """Some rows of a sheet, sealed together: [[number in the file, [cells]], …]."""

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sheet", "first"], name="sheet_block_once"),
        ]

    def __str__(self) -> str:
        return f"rows {self.first} to {self.last} of sheet {self.sheet_id}"


class ImportFormat(models.Model):
    """A workbook that was made to be filled in and brought back: by which key people are known, and what may be written (003-15 … 17).

    It never changes: another key or other columns are another format.
    """

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    # The process it is brought to.
    kind = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    # Codes of contacts.columns.
    key = models.CharField(max_length=80)
    columns: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    # Not offered any more; workbooks of it are still known for what they are.
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"format {self.pk}"


class ColumnMapping(models.Model):
    """What the columns of files with these headings were said to be, the last time: offered again (P0-55)."""

    kind = models.CharField(max_length=60)
    # Of the folded headings, in their order: not the headings themselves.
    fingerprint = models.CharField(max_length=64)
    codes: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "fingerprint"], name="column_mapping_once"),
        ]

    def __str__(self) -> str:
        return f"mapping {self.pk}"
