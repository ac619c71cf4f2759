"""When a campaign attends: its hours, its holidays, and what becomes of who writes outside of them."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.actions.campaign_setup import held_campaign
from campaigns.hours import Calendar, Period, joined, overlapping, written
from campaigns.models import BusinessHours, Campaign, Holiday
from campaigns.models.schedule import DAY_MINUTES
from core import journal
from core.refusals import Invalid, NotFound
from core.text import without_nul
from core.versions import refuse_stale, version_of

MOST_PERIODS_A_DAY = 6
MOST_HOLIDAYS = 200
LONGEST_MESSAGE = 1000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, kw_only=True)
class ScheduleSheet:
    """A campaign's week, and what happens outside of it. Holidays are added and removed one by one."""

    time_zone: str = ""
    periods: tuple[Period, ...] = ()
    out_of_hours_action: str = Campaign.OutOfHours.QUEUE
    out_of_hours_message: str = ""

    @classmethod
    def of(cls, campaign: Campaign) -> ScheduleSheet:
        return cls(
            time_zone=campaign.time_zone,
            periods=Calendar.of(campaign).periods,
            out_of_hours_action=campaign.out_of_hours_action,
            out_of_hours_message=campaign.out_of_hours_message,
        )

    def as_values(self) -> dict[str, Any]:
        week = written(self.periods)
        return {
            "time_zone": self.time_zone,
            "out_of_hours_action": str(self.out_of_hours_action),
            "out_of_hours_message": self.out_of_hours_message,
        } | {name: week[weekday] for weekday, name in enumerate(WEEKDAYS)}

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def set_schedule(campaign_id: int, *, sheet: ScheduleSheet, by: User, version: str | None = None) -> Campaign:
    """Make this the campaign's week. Periods that touch become one.

    Raises:
        NotFound, Stale; Invalid: two periods of a day overlap (at that day), an unknown time zone, closing without a message.
    """
    campaign = held_campaign(campaign_id, by=by)
    before = ScheduleSheet.of(campaign)
    refuse_stale(version, before.version)
    refuse_wrong(sheet)
    sheet = ScheduleSheet(
        time_zone=sheet.time_zone,
        periods=joined(sheet.periods),
        out_of_hours_action=sheet.out_of_hours_action,
        out_of_hours_message=without_nul(sheet.out_of_hours_message).strip(),
    )
    if before == sheet:
        return campaign
    campaign.time_zone = sheet.time_zone
    campaign.out_of_hours_action = sheet.out_of_hours_action
    campaign.out_of_hours_message = sheet.out_of_hours_message
    campaign.save(update_fields=["time_zone", "out_of_hours_action", "out_of_hours_message"])
    write_periods(campaign, sheet.periods)
    details = journal.changes(before.as_values(), sheet.as_values())
    journal.record("campaign_schedule_changed", campaign, by=by, details=details)
    return campaign


def write_periods(campaign: Campaign, periods: Iterable[Period]) -> None:
    campaign.business_hours.all().delete()
    BusinessHours.objects.bulk_create(
        [
            BusinessHours(
                campaign=campaign,
                weekday=each.weekday,
                from_minute=each.from_minute,
                until_minute=each.until_minute,
            )
            for each in periods
        ]
    )


def refuse_wrong(sheet: ScheduleSheet) -> None:
    fields: dict[str, list[str]] = {}
    if sheet.time_zone and sheet.time_zone not in zoneinfo.available_timezones():
        fields["time_zone"] = [_("Choose one of the list.")]
    if sheet.out_of_hours_action not in Campaign.OutOfHours.values:
        fields["out_of_hours_action"] = [_("Choose one of the list.")]
    elif sheet.out_of_hours_action == Campaign.OutOfHours.CLOSE and not sheet.out_of_hours_message.strip():
        fields["out_of_hours_message"] = [_("Say something to whoever is closed: they would never know why.")]
    if len(sheet.out_of_hours_message) > LONGEST_MESSAGE:
        fields["out_of_hours_message"] = [_("Write up to {most} characters.").format(most=LONGEST_MESSAGE)]
    for weekday, name in enumerate(WEEKDAYS):
        periods = [each for each in sheet.periods if each.weekday == weekday]
        if len(periods) > MOST_PERIODS_A_DAY:
            fields[name] = [_("At most {most} periods a day.").format(most=MOST_PERIODS_A_DAY)]
        if any(not 0 <= each.from_minute < each.until_minute <= DAY_MINUTES for each in periods):
            fields[name] = [_("Write a period like 08:00–12:00.")]
        elif both := overlapping(periods):
            fields[name] = [_("{one} and {other} overlap.").format(one=both[0].words, other=both[1].words)]
    if any(not 0 <= each.weekday <= 6 for each in sheet.periods):
        fields["monday"] = [_("Choose one of the list.")]
    if fields:
        raise Invalid(fields=fields)


@transaction.atomic
def add_holiday(campaign_id: int, *, on: datetime.date, name: str = "", is_yearly: bool = False, by: User) -> Holiday:
    """Close a campaign on a day, once or every year; the same day again takes the new name.

    Raises:
        NotFound; Invalid: the campaign has as many as it may.
    """
    campaign = held_campaign(campaign_id, by=by)
    name = " ".join(without_nul(name).split())[:60]
    known = campaign.holidays.filter(on=on).first()
    if known is not None and (known.name, known.is_yearly) == (name, is_yearly):
        return known
    if known is None and campaign.holidays.count() >= MOST_HOLIDAYS:
        raise Invalid(fields={"on": [_("At most {most} holidays.").format(most=MOST_HOLIDAYS)]})
    holiday: Holiday = known or Holiday(campaign=campaign, on=on)
    holiday.name, holiday.is_yearly = name, is_yearly
    holiday.save()
    details = {"on": on.isoformat(), "name": name, "is_yearly": is_yearly}
    journal.record("campaign_holiday_added", campaign, by=by, details=details)
    return holiday


@transaction.atomic
def remove_holiday(campaign_id: int, holiday_id: int, *, by: User) -> None:
    """Open a campaign on a holiday after all.

    Raises:
        NotFound: no such campaign for `by`, or no such holiday of it (any more).
    """
    campaign = held_campaign(campaign_id, by=by)
    holiday = campaign.holidays.filter(pk=holiday_id).first()
    if holiday is None:
        raise NotFound(_("There is no such holiday."))
    details = {"on": holiday.on.isoformat(), "name": holiday.name}
    holiday.delete()
    journal.record("campaign_holiday_removed", campaign, by=by, details=details)
