"""What a browser is yet to be told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import PushSubscription
from inbox.models.conversation import Conversation


class PushNotice(models.Model):
    """One browser is to be told of one conversation: a row and not only a task, so that neither a lost hint nor a push service that
    is away loses it. Many messages of one conversation are one notice (P0-38). Gone once told, or when there is nothing to tell.
    """

    class Kind(models.TextChoices):
        MESSAGE = "message"
        ASSIGNED = "assigned"
        WAITING = "waiting"

    subscription = models.ForeignKey(PushSubscription, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    asked_at = models.DateTimeField()
    # When it may be tried; while a worker tries, when another may.
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["subscription", "conversation"], name="one_push_notice")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id}"
