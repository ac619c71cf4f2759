"""What people asked about their own, and what age takes away: exports, erasures and retention, each with how far it has come."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.models import Campaign
from contacts.models import Contact


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Under way")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")


OPEN = (State.QUEUED, State.RUNNING)


class PersonExportQuerySet(models.QuerySet["PersonExport"]):
    def visible_to(self, user: User) -> PersonExportQuerySet:
        """Only who asked for one knows of it."""
        return self.filter(asked_by=user)


class PersonExport(models.Model):
    """All that is held of one contact, as a file that whoever asked may fetch for a while (S61)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    # Rows and files by table, once it is made.
    counts: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    # Below MEDIA_ROOT; empty before it is made and after it is gone.
    path = models.CharField(max_length=200, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = PersonExportQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A double click is one export.
            models.UniqueConstraint(
                fields=["contact", "asked_by"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_export_at_a_time",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["expires_at"], condition=~models.Q(path=""), name="export_to_expire"),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_fetchable(self) -> bool:
        return bool(self.path) and self.expires_at is not None and self.expires_at > timezone.now()


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def visible_to(self, user: User) -> ErasureQuerySet:
        """Those of contacts the user sees; and one's own, whose contact is no team's any more once it is done."""
        seen = Contact.objects.visible_to(user).values("pk")
        return self.filter(models.Q(asked_by=user) | models.Q(contact__in=seen))


class Erasure(models.Model):
    """A person who is to be forgotten, and what was removed (S62)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    counts: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ErasureQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_erasure_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class RetentionRuleQuerySet(models.QuerySet["RetentionRule"]):
    def visible_to(self, user: User) -> RetentionRuleQuerySet:
        """All for who sees every team; else those of campaigns of the user's teams. What is of no campaign is the whole company's."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


class RetentionRule(models.Model):
    """How long a kind of thing is kept, for one campaign or for all; off until somebody switches it on (S63)."""

    class Kind(models.TextChoices):
        MESSAGES = "messages", _("Messages and their files")
        FILES = "files", _("Files alone")
        DELIVERIES = "deliveries", _("Raw deliveries of providers")
        JOURNAL_VALUES = "journal_values", _("Personal values of the journal")

    kind = models.CharField(max_length=14, choices=Kind.choices)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    days = models.PositiveIntegerField()
    is_on = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = RetentionRuleQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "campaign", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "campaign"], name="one_retention_rule", nulls_distinct=False),
            models.CheckConstraint(condition=models.Q(days__gte=1), name="retention_in_days"),
        ]

    def __str__(self) -> str:
        return f"retention of {self.kind}"


class RetentionRun(models.Model):
    """One time a rule was carried out, or only counted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.ForeignKey(RetentionRule, on_delete=models.CASCADE, related_name="runs")
    # What a dry run counted is what a run removes; it removes nothing itself.
    is_dry = models.BooleanField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    # The moment it is about, taken when it was asked for: a run that goes on tomorrow removes no more than it said.
    before = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    counted = models.PositiveBigIntegerField(default=0)
    held = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["rule"], condition=models.Q(state__in=["queued", "running"]), name="one_retention_run_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"retention run {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def percent(self) -> int:
        if self.state == State.DONE or not self.counted:
            return 100 if self.state == State.DONE else 0
        return min(99, int(100 * self.removed / self.counted))
