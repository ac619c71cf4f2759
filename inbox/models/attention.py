"""What becomes of a conversation between two hands: it is offered, transferred, or said later."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.models import Campaign
from inbox.models.conversation import Conversation
from typification.models import Typification


class Offer(models.Model):
    """A waiting conversation rings at one agent, who accepts it in time or not (distribution by turns)."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        MISSED = "missed", _("Missed")
        # Somebody took it, or it ended, while it rang.
        WITHDRAWN = "withdrawn", _("Withdrawn")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="offers")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    offered_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(ended_at__isnull=True), name="one_open_offer"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, answer="")
                | models.Q(ended_at__isnull=False) & ~models.Q(answer=""),
                name="offer_ends_with_an_answer",
            ),
            models.CheckConstraint(condition=models.Q(until__gt=models.F("offered_at")), name="offer_lasts"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # Whether somebody was ever offered anything is asked with their last one.
            models.Index(fields=["user", "-offered_at"], name="offers_of_user"),
            models.Index(fields=["until"], condition=models.Q(ended_at__isnull=True), name="offers_open"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} to {self.user_id}"


class Transfer(models.Model):
    """A conversation was handed to another agent, or to another campaign, and why [Transferencia] (004-21 … 004-26)."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="transfers")
    from_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    from_campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    to_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    to_campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", null=True)
    # Where it went on as another conversation, which was live there already.
    joined_to = models.ForeignKey(Conversation, on_delete=models.SET_NULL, related_name="+", null=True)
    typification = models.ForeignKey(Typification, on_delete=models.PROTECT, related_name="+")
    note = models.TextField()
    transferred_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    transferred_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["transferred_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(to_user__isnull=False, to_campaign__isnull=True)
                | models.Q(to_user__isnull=True, to_campaign__isnull=False),
                name="transfer_to_one",
            ),
            models.CheckConstraint(condition=~models.Q(note=""), name="transfer_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} to {self.to_user_id or self.to_campaign_id}"


class ScheduledMessage(models.Model):
    """Words an agent wrote for later. The message that comes of them has the same `client_id`, so that they are said once."""

    class State(models.TextChoices):
        PENDING = "pending", _("Scheduled")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Not sent")

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="scheduled")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    client_id = models.UUIDField(unique=True)
    # Why it was not sent, as the code of the refusal.
    failure = models.CharField(max_length=40, blank=True, default="")
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["due_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(state="failed") & ~models.Q(failure="")
                | ~models.Q(state="failed") & models.Q(failure=""),
                name="scheduled_fails_with_reason",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="scheduled_due"),
        ]

    def __str__(self) -> str:
        return f"{self.state} in {self.conversation_id}"
