"""When a campaign attends: by the clock of its own place, whatever the week, the night, the holiday or the change of clocks."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from campaigns.actions.schedules import ScheduleSheet, add_holiday, remove_holiday, set_schedule
from campaigns.hours import Calendar, NoPeriod, Period, joined, overlapping, read_period, written
from campaigns.models import BusinessHours, Campaign, Holiday
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from core.versions import Stale
from tests.factories import Cast
from tests.witness import nothing_happens, refused

ASUNCION, SANTIAGO = zoneinfo.ZoneInfo("America/Asuncion"), zoneinfo.ZoneInfo("America/Santiago")
# A Monday.
MONDAY = datetime.datetime(2031, 3, 3, tzinfo=ASUNCION)


def at(clock: str, *, day: int = 0, zone: zoneinfo.ZoneInfo = ASUNCION) -> datetime.datetime:
    hours, minutes = clock.split(":")
    return MONDAY.replace(tzinfo=zone) + datetime.timedelta(days=day, hours=int(hours), minutes=int(minutes))


# --- Reading what people write ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("08:00–12:00", [(0, 480, 720)]),
        ("8-12", [(0, 480, 720)]),
        ("8 a 12", [(0, 480, 720)]),
        (" 8.30 - 12h ", [(0, 510, 720)]),
        ("14:00 to 24:00", [(0, 840, 1440)]),
        ("20:00-00:00", [(0, 1200, 1440)]),
        ("22:00-06:00", [(0, 1320, 1440), (1, 0, 360)]),
        ("00:00–24:00", [(0, 0, 1440)]),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, periods: list[tuple[int, int, int]]) -> None:
    assert list(read_period(text, 0)) == [Period(*each) for each in periods]


@pytest.mark.parametrize(
    "text", ["", "siempre", "8", "25-26", "8:75-9", "9-9", "08:00", "24:00-08:00", "8-12-14", "٨-١٢x"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(NoPeriod):
        read_period(text, 0)


def test_a_night_of_sunday_ends_on_monday() -> None:
    assert read_period("22-6", 6) == (Period(6, 1320, 1440), Period(0, 0, 360))


# --- Open or closed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "day", "is_open"),
    [
        ("07:59", 0, False),
        ("08:00", 0, True),
        ("11:59", 0, True),
        ("12:00", 0, False),
        ("14:00", 0, True),
        ("20:00", 0, False),
        ("08:00", 6, False),
    ],
)
def test_a_day_has_several_periods(clock: str, day: int, is_open: bool) -> None:
    calendar = Calendar(zone=ASUNCION, periods=(Period(0, 480, 720), Period(0, 840, 1200)))
    assert calendar.is_open(at(clock, day=day)) is is_open


def test_without_hours_it_always_attends_but_on_holidays() -> None:
    christmas = datetime.date(2031, 12, 25)
    always = Calendar(zone=ASUNCION)
    assert always.is_open(at("03:00", day=6))
    off = Calendar(zone=ASUNCION, days_off=frozenset({christmas}))
    noon = datetime.datetime(2031, 12, 25, 12, tzinfo=ASUNCION)
    assert not off.is_open(noon)
    assert off.opens_next(noon) == datetime.datetime(2031, 12, 26, tzinfo=ASUNCION)
    assert off.is_open(noon.replace(year=2032))
    yearly = Calendar(zone=ASUNCION, yearly_days_off=frozenset({(12, 25)}))
    assert not yearly.is_open(noon.replace(year=2032))


def test_it_is_read_by_the_clock_of_its_own_place() -> None:
    calendar = Calendar(zone=zoneinfo.ZoneInfo("America/Lima"), periods=(Period(0, 480, 720),))
    assert not calendar.is_open(datetime.datetime(2031, 3, 3, 12, 59, tzinfo=datetime.UTC))
    assert calendar.is_open(datetime.datetime(2031, 3, 3, 13, 0, tzinfo=datetime.UTC))


def test_what_the_clocks_skip_is_no_opening() -> None:
    # On 7 September 2025 Santiago goes from 24:00 of Saturday to 01:00 of Sunday.
    calendar = Calendar(zone=SANTIAGO, periods=(Period(6, 30, 600),))
    opening = calendar.opens_next(datetime.datetime(2025, 9, 6, 22, tzinfo=SANTIAGO))
    assert opening is not None
    assert calendar.is_open(opening)
    assert opening.astimezone(SANTIAGO).hour == 1


def test_a_campaign_that_never_opens_has_no_opening() -> None:
    days = frozenset(MONDAY.date() + datetime.timedelta(days=each) for each in range(40))
    assert Calendar(zone=ASUNCION, periods=(Period(0, 480, 720),), days_off=days).opens_next(MONDAY) is None


PERIODS = st.builds(
    lambda weekday, first, length: Period(weekday, first, min(1440, first + length)),
    st.integers(0, 6),
    st.integers(0, 1439),
    st.integers(1, 600),
)


@given(st.lists(PERIODS, max_size=6), st.integers(0, 7 * 1440 - 1))
def test_opening_is_the_first_open_minute(periods: list[Period], minute: int) -> None:
    calendar = Calendar(zone=zoneinfo.ZoneInfo("America/Bogota"), periods=tuple(sorted(periods)))
    moment = MONDAY.replace(tzinfo=calendar.zone) + datetime.timedelta(minutes=minute)
    opening = calendar.opens_next(moment)
    assert opening is not None
    assert calendar.is_open(opening)
    assert opening >= moment
    # Nothing before it: each minute of the day before the opening, one by one.
    since = max(moment, opening - datetime.timedelta(days=1))
    step = datetime.timedelta(minutes=1)
    assert not any(calendar.is_open(since + step * each) for each in range(int((opening - since) / step)))


@given(st.lists(PERIODS, max_size=8))
def test_what_touches_is_put_together_and_attends_as_before(periods: list[Period]) -> None:
    apart = [
        each for number, each in enumerate(sorted(periods)) if overlapping([*sorted(periods)[:number], each]) is None
    ]
    if overlapping(apart):
        return
    before, after = (Calendar(zone=ASUNCION, periods=tuple(each)) for each in (apart, joined(apart)))
    moments = [MONDAY + datetime.timedelta(minutes=15 * number) for number in range(7 * 96)]
    assert [before.is_open(each) for each in moments] == [after.is_open(each) for each in moments]
    assert len(after.periods) <= len(apart)


@given(st.lists(PERIODS, max_size=12))
def test_a_week_is_written_as_it_is_read_again(periods: list[Period]) -> None:
    apart: list[Period] = []
    for each in periods:
        apart += [each] if overlapping([*apart, each]) is None else []
    week = joined(apart)
    read = [each for weekday, texts in written(week).items() for text in texts for each in read_period(text, weekday)]
    assert tuple(sorted(read)) == week


# --- Kept ---------------------------------------------------------------------------------------------------------------------


def week(*periods: Period, **more: str) -> ScheduleSheet:
    return ScheduleSheet(periods=periods, **more)


def test_a_week_is_written_once_and_told(cast: Cast) -> None:
    sheet = week(Period(0, 480, 720), Period(0, 720, 840), Period(5, 480, 780), time_zone="America/Lima")
    set_schedule(cast.campaign.pk, sheet=sheet, by=cast.admin)
    with nothing_happens():
        set_schedule(cast.campaign.pk, sheet=sheet, by=cast.admin)
    stored = ScheduleSheet.of(Campaign.objects.get(pk=cast.campaign.pk))
    assert stored.periods == (Period(0, 480, 840), Period(5, 480, 780))
    entry = JournalEntry.objects.get(verb="campaign_schedule_changed")
    assert entry.details["after"]["monday"] == ["08:00–14:00"]
    with refused(Stale):
        set_schedule(cast.campaign.pk, sheet=week(), by=cast.admin, version="another")
    set_schedule(cast.campaign.pk, sheet=week(), by=cast.admin, version=stored.version)
    assert not BusinessHours.objects.exists()


@pytest.mark.parametrize(
    ("sheet", "field"),
    [
        (week(Period(2, 480, 720), Period(2, 700, 800)), "wednesday"),
        (week(Period(2, 720, 480)), "wednesday"),
        (week(Period(9, 480, 720)), "monday"),
        (week(*(Period(1, each * 60, each * 60 + 30) for each in range(7))), "tuesday"),
        (week(time_zone="Marte/Olympus"), "time_zone"),
        (week(out_of_hours_action="shout"), "out_of_hours_action"),
        (week(out_of_hours_action="close"), "out_of_hours_message"),
        (week(out_of_hours_message="x" * 1001), "out_of_hours_message"),
    ],
)
def test_a_wrong_week_is_told_at_its_day(cast: Cast, sheet: ScheduleSheet, field: str) -> None:
    with refused(Invalid) as refusal:
        set_schedule(cast.campaign.pk, sheet=sheet, by=cast.admin)
    assert list(refusal.value.fields) == [field]


def test_the_database_itself_keeps_periods_apart(cast: Cast) -> None:
    def write(campaign: Campaign, weekday: int, first: int, until: int) -> None:
        with transaction.atomic():
            BusinessHours.objects.create(campaign=campaign, weekday=weekday, from_minute=first, until_minute=until)

    write(cast.campaign, 6, 480, 1440)
    # Another campaign, another day, and what only touches stand beside it.
    write(cast.other_campaign, 6, 480, 1440)
    write(cast.campaign, 0, 0, 480)
    write(cast.campaign, 6, 0, 480)
    for weekday, first, until in ((6, 479, 500), (6, 500, 600), (7, 0, 10), (3, 20, 10), (3, 0, 1441)):
        with pytest.raises(IntegrityError):
            write(cast.campaign, weekday, first, until)


def test_holidays_are_added_renamed_and_removed(cast: Cast) -> None:
    day = datetime.date(2031, 12, 25)
    holiday = add_holiday(cast.campaign.pk, on=day, name="Navidad", is_yearly=True, by=cast.admin)
    with nothing_happens():
        add_holiday(cast.campaign.pk, on=day, name="Navidad", is_yearly=True, by=cast.admin)
    add_holiday(cast.campaign.pk, on=day, name="Nochebuena", by=cast.admin)
    assert list(Holiday.objects.values_list("name", "is_yearly")) == [("Nochebuena", False)]
    with refused(NotFound):
        remove_holiday(cast.other_campaign.pk, holiday.pk, by=cast.admin)
    remove_holiday(cast.campaign.pk, holiday.pk, by=cast.admin)
    with refused(NotFound):
        remove_holiday(cast.campaign.pk, holiday.pk, by=cast.admin)
    verbs = (
        JournalEntry.objects.filter(verb__startswith="campaign_holiday").order_by("pk").values_list("verb", flat=True)
    )
    assert list(verbs) == ["campaign_holiday_added", "campaign_holiday_added", "campaign_holiday_removed"]


def test_the_29th_of_february_comes_back_when_it_does(cast: Cast) -> None:
    add_holiday(cast.campaign.pk, on=datetime.date(2028, 2, 29), is_yearly=True, by=cast.admin)
    calendar = Calendar.of(cast.campaign)
    assert not calendar.is_open(datetime.datetime(2032, 2, 29, 12, tzinfo=ASUNCION))
    assert calendar.is_open(datetime.datetime(2031, 2, 28, 12, tzinfo=ASUNCION))
    assert calendar.is_open(datetime.datetime(2031, 3, 1, 12, tzinfo=ASUNCION))


@pytest.mark.shows("S01")
def test_another_teams_hours_are_not_there(cast: Cast) -> None:
    with refused(NotFound):
        set_schedule(cast.campaign.pk, sheet=week(Period(0, 0, 60)), by=cast.eva)
    with refused(NotFound):
        add_holiday(cast.campaign.pk, on=datetime.date(2031, 1, 1), by=cast.eva)
