"""Calls: what was said by voice, registered by who called until the voice channel brings them by itself (002-17)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from contacts.models import Contact, ContactPoint
from inbox.audience import Audience
from typification.models import Typification


class CallQuerySet(models.QuerySet["Call"]):
    def visible_to(self, user: User) -> CallQuerySet:
        """Own ones, and those of teams whose work the user sees: as conversations (DOMAIN.md "Who sees what"); none that was removed."""
        audience = Audience.of(user)
        kept = self.filter(removed_in__isnull=True)
        if audience.sees_all:
            return kept
        return kept.filter(models.Q(user_id=user.pk) | models.Q(team_id__in=sorted(audience.team_ids)))


class Call(models.Model):
    """One call with a contact: an interaction [Gestión], beside conversations in the contact's history."""

    class Direction(models.TextChoices):
        OUT = "out", _("Outgoing")
        IN = "in", _("Incoming")

    # What lower floors know it by (Attempt.interaction_id).
    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    # Given by whoever registers it: the same again is the same call.
    client_id = models.UUIDField(editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+", db_index=False)
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, related_name="+", null=True)
    # The team in whose name it was made; nobody's where the caller sees every team and belongs to none of the contact's.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.OUT)
    # As it was dialled: the point may be changed or joined to another contact later.
    number = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    # Both come with its outcome.
    ended_at = models.DateTimeField(null=True, blank=True)
    typification = models.ForeignKey(
        Typification, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    note = models.TextField(blank=True)
    # The removal that took it out of the history of its record (DOMAIN.md, Attempt): it may be taken back until it is purged.
    removed_in = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = CallQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "client_id"], name="call_once"),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, typification__isnull=True)
                | models.Q(ended_at__gte=models.F("started_at"), typification__isnull=False),
                name="call_ended_has_outcome",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("contact", models.F("started_at").desc(), models.F("id").desc(), name="call_of_contact"),
            models.Index(fields=["removed_in"], condition=models.Q(removed_in__isnull=False), name="call_removed"),
        ]

    def __str__(self) -> str:
        return f"call {self.uuid}"

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None
