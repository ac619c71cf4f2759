"""Outcomes that were corrected afterwards."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import User
from inbox.models.conversation import Conversation
from typification.models import Typification


class OutcomeChange(models.Model):
    """A closed conversation got another outcome [Re-tipificación]; what it had before stays to be read."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="outcome_changes")
    before = models.ForeignKey(Typification, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Typification, on_delete=models.PROTECT, related_name="+")
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["changed_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~models.Q(before=models.F("after")), name="outcome_change_changes"),
        ]

    def __str__(self) -> str:
        return f"{self.before_id} to {self.after_id} of {self.conversation_id}"
