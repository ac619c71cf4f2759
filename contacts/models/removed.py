"""History that was taken away and may still come back: for the undo window, then it is purged (DOMAIN.md decision 2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import User
from contacts.models.bases import BaseMember
from typification.models import Typification


class RemovedAttempt(models.Model):
    """An attempt as it was, its key too. No list of the product reads this table.

    Its keys are not checked by the database: they were when the attempt was written, and are again when it comes back.
    """

    # The attempt's own key, for it comes back under it.
    id = models.BigIntegerField(primary_key=True)
    # Which removal took it: an upper floor's id.
    removal = models.UUIDField()
    uuid = models.UUIDField()
    member = models.ForeignKey(
        BaseMember, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    cycle = models.PositiveSmallIntegerField()
    medium = models.CharField(max_length=5)
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    typification = models.ForeignKey(
        Typification, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    counts = models.BooleanField()
    at = models.DateTimeField()
    interaction_id = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["removal", "member"], name="removed_attempt")]

    def __str__(self) -> str:
        return f"removed attempt {self.pk}"
