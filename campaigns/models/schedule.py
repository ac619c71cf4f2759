"""When a campaign attends: hours of the week and holidays. Without hours it always does."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F

from campaigns.models.portfolio import Campaign

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES


class BusinessHours(models.Model):
    """One stretch of one weekday in which a campaign attends [Horario]; a day may have several. Minutes of the day, in the campaign's zone."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="business_hours")
    # Monday is 0, as in Python.
    weekday = models.PositiveSmallIntegerField()
    from_minute = models.PositiveSmallIntegerField()
    # 1440: until the day ends.
    until_minute = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["weekday", "from_minute"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6)
                & models.Q(until_minute__lte=DAY_MINUTES)
                & models.Q(from_minute__lt=F("until_minute")),
                name="business_hours_of_a_day",
            ),
            # Each campaign has a stretch of the number line of its own, a week long: no extension is needed to compare equal ids.
            ExclusionConstraint(
                name="business_hours_apart",
                expressions=[
                    (
                        models.Func(
                            F("campaign_id") * WEEK_MINUTES + F("weekday") * DAY_MINUTES + F("from_minute"),
                            F("campaign_id") * WEEK_MINUTES + F("weekday") * DAY_MINUTES + F("until_minute"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} on {self.weekday}"


class Holiday(models.Model):
    """A day on which a campaign does not attend, once or every year [Feriado]."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="holidays")
    on = models.DateField()
    name = models.CharField(max_length=60, blank=True)
    is_yearly = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["on"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["campaign", "on"], name="campaign_holiday_once")
        ]

    def __str__(self) -> str:
        return f"{self.on} of {self.campaign_id}"
