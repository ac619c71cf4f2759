"""Customers who asked, in a word their campaign knows, to be left alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from inbox.models.conversation import Conversation


class OptOut(models.Model):
    """Somebody wrote one of their campaign's opt-out words; written with the message, so that it is heeded whatever happens next (S64)."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="opt_outs")
    heard_at = models.DateTimeField()
    # When their contact was marked. Null: still to be done.
    heeded_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], condition=models.Q(heeded_at__isnull=True), name="opt_out_to_heed")
        ]

    def __str__(self) -> str:
        return f"opt-out in {self.conversation_id}"
