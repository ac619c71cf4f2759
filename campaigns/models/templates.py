"""Templates as the provider approved them, copied here."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.models.channels import ChannelAccount
from campaigns.models.portfolio import campaigns_of


class TemplateSync(models.Model):
    """When an account's templates were last copied, and how the copying that is asked for or under way goes on."""

    account = models.OneToOneField(ChannelAccount, on_delete=models.CASCADE, related_name="template_sync")
    asked_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    found = models.PositiveIntegerField(default=0)
    problem = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"templates of {self.account_id}"

    @property
    def is_under_way(self) -> bool:
        """Asked for and not ended; what has not ended in ten minutes never will."""
        begun = self.started_at or self.asked_at
        is_open = self.asked_at is not None and (self.finished_at is None or self.finished_at < self.asked_at)
        return is_open and begun is not None and begun > timezone.now() - datetime.timedelta(minutes=10)


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def visible_to(self, user: User) -> MessageTemplateQuerySet:
        """Those of the accounts of campaigns the user works for, or of a team they belong to."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        mine = campaigns_of(user)
        accounts = ChannelAccount.objects.filter(models.Q(campaigns__in=mine) | models.Q(default_campaign__in=mine))
        return self.filter(account_id__in=accounts.values("pk"))

    def sendable(self) -> MessageTemplateQuerySet:
        return self.filter(status=MessageTemplate.Status.APPROVED)


class MessageTemplate(models.Model):
    """A ready message the provider approved, copied from there by `sync_templates`. Never edited here.

    `components` are the provider's own (header, body, footer, buttons); connectors.whatsapp.templates reads and fills them.
    """

    class Status(models.TextChoices):
        APPROVED = "APPROVED", _("Approved")
        PENDING = "PENDING", _("In review")
        REJECTED = "REJECTED", _("Rejected")
        PAUSED = "PAUSED", _("Paused")
        DISABLED = "DISABLED", _("Disabled")
        # The provider's list no longer holds it; kept, because messages were sent with it.
        GONE = "GONE", _("Removed")

    account = models.ForeignKey(ChannelAccount, on_delete=models.CASCADE, related_name="templates")
    external_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=16)
    category = models.CharField(max_length=32, blank=True)
    # No choices: the provider adds states of its own, and each but APPROVED means «not now».
    status = models.CharField(max_length=32)
    components = models.JSONField(default=list)
    # The provider's code for why it refused it, and its opinion of how people take it.
    rejected_reason = models.CharField(max_length=64, blank=True, default="", db_default="")
    quality = models.CharField(max_length=16, blank=True, default="", db_default="")
    synced_at = models.DateTimeField()

    objects: ClassVar[Any] = MessageTemplateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "language"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "name", "language"], name="template_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
