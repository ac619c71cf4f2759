"""Whether a campaign attends at a moment, and when it does next. Read in the campaign's own time zone; nothing here asks the clock."""

from __future__ import annotations

import datetime
import itertools
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from campaigns.models import Campaign
from campaigns.models.schedule import DAY_MINUTES

# Beyond this nobody waits for opening time: a campaign without a day in a fortnight does not open.
SEARCHED_DAYS = 15
_PERIOD = re.compile(
    r"^\s*(\d{1,2})(?:[:.h](\d{2}))?\s*(?:h|hs)?\s*(?:[-\u2013\u2014]|a|to|às|até)\s*(\d{1,2})(?:[:.h](\d{2}))?\s*(?:h|hs)?\s*$",
    re.IGNORECASE,
)


class NoPeriod(ValueError):
    """What somebody wrote is no period."""


@dataclass(frozen=True, order=True)
class Period:
    """A stretch of one weekday (Monday is 0) in minutes of the day; `until_minute` 1440 is the day's end."""

    weekday: int
    from_minute: int
    until_minute: int

    @property
    def words(self) -> str:
        return f"{clock(self.from_minute)}\u2013{clock(self.until_minute)}"


@dataclass(frozen=True)
class Calendar:
    """When a campaign attends. No periods: always, but on holidays."""

    zone: zoneinfo.ZoneInfo
    periods: tuple[Period, ...] = ()
    days_off: frozenset[datetime.date] = frozenset()
    # Month and day of those that come back every year.
    yearly_days_off: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def of(cls, campaign: Campaign) -> Calendar:
        """Two queries, none where the campaign's `business_hours` and `holidays` were prefetched."""
        holidays = list(campaign.holidays.all())
        return cls(
            zone=campaign.zone,
            periods=tuple(
                sorted(
                    Period(each.weekday, each.from_minute, each.until_minute) for each in campaign.business_hours.all()
                )
            ),
            days_off=frozenset(each.on for each in holidays if not each.is_yearly),
            yearly_days_off=frozenset((each.on.month, each.on.day) for each in holidays if each.is_yearly),
        )

    def is_day_off(self, day: datetime.date) -> bool:
        return day in self.days_off or (day.month, day.day) in self.yearly_days_off

    def is_open(self, at: datetime.datetime) -> bool:
        """Whether it attends at a moment."""
        local = at.astimezone(self.zone)
        if self.is_day_off(local.date()):
            return False
        minute = local.hour * 60 + local.minute
        return not self.periods or any(
            each.weekday == local.weekday() and each.from_minute <= minute < each.until_minute for each in self.periods
        )

    def opens_next(self, at: datetime.datetime) -> datetime.datetime | None:
        """The first moment from `at` on in which it attends: `at` itself where it does now; None where none comes in a fortnight."""
        if self.is_open(at):
            return at
        today = at.astimezone(self.zone).date()
        for day in (today + datetime.timedelta(days=number) for number in range(SEARCHED_DAYS)):
            for opening in self.openings_of(day):
                # What the clocks skip when they are put forward is no opening.
                if opening > at and self.is_open(opening):
                    return opening
        return None

    def openings_of(self, day: datetime.date) -> list[datetime.datetime]:
        if self.is_day_off(day):
            return []
        minutes = [each.from_minute for each in self.periods if each.weekday == day.weekday()] if self.periods else [0]
        midnight = datetime.datetime.combine(day, datetime.time(), tzinfo=self.zone)
        # By the clock on the wall, and then the moment it stands for: a day on which clocks are put forward has 23 hours.
        return [(midnight + datetime.timedelta(minutes=each)).astimezone(datetime.UTC) for each in sorted(minutes)]


def attending(campaigns: Iterable[Campaign], *, at: datetime.datetime) -> list[Campaign]:
    """Those of the campaigns that attend at a moment. Two queries for all of them."""
    known = list(campaigns)
    prefetch_related_objects(known, "business_hours", "holidays")
    return [each for each in known if Calendar.of(each).is_open(at)]


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def read_period(text: str, weekday: int) -> tuple[Period, ...]:
    """What «08:00–12:00», «8 a 12» or «22:00-06:00» says of a weekday: one period, or two where it goes on past midnight.

    Raises:
        NoPeriod: it is none.
    """
    found = _PERIOD.match(text)
    if found is None:
        raise NoPeriod(text)
    from_minute, until_minute = minute_of(found[1], found[2]), minute_of(found[3], found[4])
    if from_minute >= DAY_MINUTES or until_minute > DAY_MINUTES or from_minute == until_minute:
        raise NoPeriod(text)
    until_minute = until_minute or DAY_MINUTES
    if from_minute < until_minute:
        return (Period(weekday, from_minute, until_minute),)
    return (Period(weekday, from_minute, DAY_MINUTES), Period((weekday + 1) % 7, 0, until_minute))


def minute_of(hours: str, minutes: str | None) -> int:
    if int(minutes or 0) > 59:
        raise NoPeriod(minutes)
    return int(hours) * 60 + int(minutes or 0)


def written(periods: Iterable[Period]) -> dict[int, list[str]]:
    """A week as people write it, by weekday: «22:00–06:00» stands at the day on which the night begins. What `read_period` reads."""
    ordered = sorted(periods)
    mornings = {each.weekday: each for each in ordered if each.from_minute == 0}
    nights = {
        each: mornings[next_day]
        for each in ordered
        if each.until_minute == DAY_MINUTES
        and (next_day := (each.weekday + 1) % 7) in mornings
        and mornings[next_day].until_minute < each.from_minute
    }
    week: dict[int, list[str]] = {weekday: [] for weekday in range(7)}
    for each in ordered:
        if each in nights:
            week[each.weekday].append(f"{clock(each.from_minute)}\u2013{clock(nights[each].until_minute)}")
        elif each not in nights.values():
            week[each.weekday].append(each.words)
    return week


def overlapping(periods: Iterable[Period]) -> tuple[Period, Period] | None:
    """The first two that say something of the same minute; None where all stand apart."""
    ordered = sorted(periods)
    for first, second in itertools.pairwise(ordered):
        if first.weekday == second.weekday and second.from_minute < first.until_minute:
            return first, second
    return None


def joined(periods: Iterable[Period]) -> tuple[Period, ...]:
    """The same hours with what touches put together: 08:00–12:00 and 12:00–14:00 of a day are 08:00–14:00."""
    found: list[Period] = []
    for each in sorted(periods):
        last = found[-1] if found else None
        if last is not None and last.weekday == each.weekday and last.until_minute == each.from_minute:
            found[-1] = Period(each.weekday, last.from_minute, each.until_minute)
        else:
            found.append(each)
    return tuple(found)
