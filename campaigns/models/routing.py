"""Whither a new conversation goes where several campaigns share an account."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.channels import ChannelAccount
from campaigns.models.portfolio import Campaign
from campaigns.models.schedule import DAY_MINUTES

# What fits on a button of every channel that has buttons.
LONGEST_LABEL = 20


class RoutingRule(models.Model):
    """What of an account's new conversations goes to one of its campaigns; the first rule that fits decides."""

    class Kind(models.TextChoices):
        KEYWORD = "keyword", _("By what they write")
        HOURS = "hours", _("By when they write")
        MENU = "menu", _("By what they choose")

    account = models.ForeignKey(ChannelAccount, on_delete=models.CASCADE, related_name="rules")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="rules")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # Folded: any of them, as whole words somewhere in the first message.
    words = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # Monday is 0. In the campaign's time zone; a stretch that ends before it begins goes on past midnight.
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    from_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    until_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    # As the customer reads it among the choices of the account's question.
    label = models.CharField(max_length=LONGEST_LABEL, blank=True, default="", db_default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(kind="keyword", words__len__gt=0, from_minute__isnull=True, label="")
                | (models.Q(kind="menu", words__len=0, weekdays__len=0, from_minute__isnull=True) & ~models.Q(label=""))
                | models.Q(
                    kind="hours",
                    label="",
                    words__len=0,
                    weekdays__len__gt=0,
                    # NULL would be neither yes nor no, and that is enough for a check.
                    from_minute__isnull=False,
                    until_minute__isnull=False,
                    from_minute__lt=DAY_MINUTES,
                    until_minute__lte=DAY_MINUTES,
                ),
                name="routing_rule_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.account_id}"
