"""What every floor may write on: the journal and leases. No foreign keys: the rock knows nobody above it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


class JournalEntry(models.Model):
    """One thing somebody did, append-only and without personal values (DOMAIN.md decision 10).

    The actor and subject are ids and labels, not foreign keys: the journal outlives what it speaks of.
    """

    at = models.DateTimeField(db_default=Now(), editable=False)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150)
    verb = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    details = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subject_type", "subject_id", "-at"]),
            models.Index(fields=["actor_id", "-at"]),
            # The journal's page: newest first, by day, or of one verb, whatever its length.
            models.Index(fields=["-at", "-id"]),
            models.Index(fields=["verb", "-at"]),
            BrinIndex(fields=["at"]),
        ]
        verbose_name_plural = "journal entries"

    def __str__(self) -> str:
        return f"{self.actor_label} {self.verb} {self.subject_type} {self.subject_id}"


class JournalValue(models.Model):
    """A personal value that an entry mentions; erasure removes these and leaves the entry."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.CASCADE, related_name="values")
    name = models.CharField(max_length=60)
    value = models.TextField()

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """Who works on something, until when. See core.leases."""

    key = models.CharField(max_length=120, primary_key=True)
    token = models.UUIDField()
    locked_until = models.DateTimeField()
    attempt = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.key
