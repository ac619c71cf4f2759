"""Promises to contact somebody at a time."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.models import Campaign
from contacts.models import BaseMember, Contact, ContactPoint
from inbox.audience import Audience


class CallbackQuerySet(models.QuerySet["Callback"]):
    def visible_to(self, user: User) -> CallbackQuerySet:
        """One's own, those of nobody in particular in the campaigns one works for, and those of teams whose work one sees."""
        audience = Audience.of(user)
        if audience.sees_all:
            return self
        anybodys = models.Q(owner__isnull=True, campaign_id__in=sorted(audience.campaign_ids))
        of_teams = models.Q(campaign__team_id__in=sorted(audience.team_ids))
        return self.filter(models.Q(owner=user) | anybodys | of_teams)


class Callback(models.Model):
    """A contact is to be reached again at a time [Agenda]: by one agent, by any of the campaign, or because an outcome always asks for it."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", _("Personal")
        GLOBAL = "global", _("Anybody's")
        AUTOMATIC = "automatic", _("Automatic")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, related_name="+", null=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(BaseMember, on_delete=models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    note = models.CharField(max_length=1000, blank=True, default="")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    made_at = models.DateTimeField(db_default=Now())
    # The conversation or call whose outcome asked for it, by its UUID; and the one in which it was kept.
    interaction_id = models.UUIDField(null=True)
    kept_by_interaction_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = CallbackQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["due_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~models.Q(kind="personal") | models.Q(owner__isnull=False), name="personal_callback_has_owner"
            ),
            models.CheckConstraint(
                condition=models.Q(state="pending", ended_at__isnull=True)
                | ~models.Q(state="pending") & models.Q(ended_at__isnull=False),
                name="callback_ends_once",
            ),
            # The same interaction told twice promises once.
            models.UniqueConstraint(
                fields=["interaction_id"],
                condition=models.Q(interaction_id__isnull=False) & ~models.Q(state="cancelled"),
                name="callback_of_interaction",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "due_at"], condition=models.Q(state="pending"), name="callbacks_of_owner"),
            models.Index(
                fields=["campaign", "due_at"], condition=models.Q(state="pending"), name="callbacks_of_campaign"
            ),
            # Asked every few seconds: the next ones of whom nobody was reminded yet.
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="pending", reminded_at__isnull=True),
                name="callbacks_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.due_at}"
