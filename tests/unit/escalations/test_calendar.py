"""Business time against an independent count: a walk over instants, asking the wall clock each time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalations.rules.calendar import DAY, BusinessCalendar, OpenHours, YearlyHoliday
from escalations.rules.refusals import (
    CalendarNeverOpens,
    DeadlineOutOfReach,
    HolidayNotValid,
    HoursNotValid,
    TargetNotPositive,
    ZoneUnknown,
)

OFFICE = [["09:00-17:00"]] * 5 + [[], []]
NIGHT = [["22:00-06:00"]] * 7
HOUR = 3600

# A week around a change of the clocks in each zone: Lord Howe moves by half an hour, Kathmandu never and has
# an offset of 5:45, Sao Paulo and Cairo change at midnight, St John's did at 00:01, Apia left a day out.
DST_WEEKS = [
    ("Europe/Berlin", date(2026, 3, 26)),
    ("Europe/Berlin", date(2026, 10, 22)),
    ("America/New_York", date(2026, 3, 5)),
    ("America/New_York", date(2026, 10, 29)),
    ("Australia/Lord_Howe", date(2026, 4, 2)),
    ("Australia/Lord_Howe", date(2026, 10, 1)),
    ("Asia/Kathmandu", date(2026, 3, 26)),
    ("America/Sao_Paulo", date(2018, 11, 1)),
    ("America/Sao_Paulo", date(2018, 2, 15)),
    ("Africa/Cairo", date(2026, 4, 22)),
    ("Africa/Cairo", date(2026, 10, 27)),
    ("America/St_Johns", date(2010, 11, 4)),
    ("Pacific/Apia", date(2011, 12, 28)),
    ("UTC", date(2026, 3, 26)),
]


def office(zone: str = "Europe/Berlin", holidays: tuple[str, ...] = ()) -> BusinessCalendar:
    return BusinessCalendar.parse(zone, OFFICE, holidays)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))


def wall_clock_is_open(calendar: BusinessCalendar, at: datetime) -> bool:
    """The definition, said another way: no merging, no splitting, no offsets, no cache."""
    wall = at.astimezone(ZoneInfo(calendar.zone))
    second = wall.hour * HOUR + wall.minute * 60 + wall.second

    def is_holiday(on: date) -> bool:
        return on in calendar.holidays or YearlyHoliday(on.month, on.day) in calendar.yearly_holidays

    if is_holiday(wall.date()):
        return False
    for hours in calendar.week[wall.weekday()]:
        if hours.opens < hours.closes and hours.opens <= second < hours.closes:
            return True
        if hours.opens > hours.closes and second >= hours.opens:
            return True
    yesterday = calendar.week[(wall.weekday() - 1) % 7]
    return any(hours.opens > hours.closes and second < hours.closes for hours in yesterday)


def walk(calendar: BusinessCalendar, start: datetime, end: datetime, step: int) -> int:
    """Open seconds between, counted in steps of `step` seconds from `start`."""
    opened, at = 0, start
    while at < end:
        opened += wall_clock_is_open(calendar, at) * step
        at += timedelta(seconds=step)
    return opened


minutes_of_day = st.integers(0, 96).map(lambda quarter: quarter * 15 * 60)
hours = (
    st.tuples(minutes_of_day, minutes_of_day)
    .filter(lambda pair: pair[0] != pair[1] and pair[0] < DAY)
    .map(lambda pair: OpenHours(*pair))
)
weeks = st.lists(st.lists(hours, max_size=3).map(tuple), min_size=7, max_size=7).map(tuple).filter(any)


@st.composite
def calendars_in_dst_weeks(draw: st.DrawFn) -> tuple[BusinessCalendar, datetime]:
    zone, first = draw(st.sampled_from(DST_WEEKS))
    days = st.integers(0, 7).map(lambda day: first + timedelta(days=day))
    holidays = draw(st.frozensets(days, max_size=2))
    yearly = frozenset(YearlyHoliday(on.month, on.day) for on in draw(st.frozensets(days, max_size=1)))
    calendar = BusinessCalendar(zone, draw(weeks), holidays, yearly)
    return calendar, datetime(first.year, first.month, first.day, tzinfo=UTC)


offsets = st.integers(0, 7 * 96).map(lambda quarter: timedelta(minutes=quarter * 15))
micros = st.integers(0, 7 * DAY * 1_000_000).map(lambda value: timedelta(microseconds=value))
durations = st.integers(1, 20 * DAY * 1_000_000).map(lambda value: timedelta(microseconds=value))


@given(calendars_in_dst_weeks(), offsets, offsets)
@settings(max_examples=250, deadline=None)
def test_open_time_is_what_a_walk_over_the_week_counts(
    drawn: tuple[BusinessCalendar, datetime], one: timedelta, other: timedelta
) -> None:
    calendar, monday = drawn
    start, end = sorted((monday + one, monday + other))
    # A quarter of an hour divides every opening, closing and offset here, St John's 00:01 excepted.
    step = 60 if calendar.zone == "America/St_Johns" else 900
    assert calendar.open_seconds_between(start, end) == walk(calendar, start, end, step)


@pytest.mark.parametrize(("zone", "first"), DST_WEEKS)
def test_open_time_second_by_second_around_the_change(zone: str, first: date) -> None:
    week = [["00:00:07-01:29:58", "02:00-02:30", "23:30:01-00:10:03"]] * 7
    calendar = BusinessCalendar.parse(zone, week)
    zone_info = ZoneInfo(zone)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    hourly = [start + timedelta(hours=hour) for hour in range(8 * 24)]
    changes = [
        after
        for before, after in pairwise(hourly)
        if (before.astimezone(zone_info).utcoffset() != after.astimezone(zone_info).utcoffset())
    ]
    centre = changes[0] if changes else start
    from_, to = centre - timedelta(hours=3), centre + timedelta(hours=3)
    assert calendar.open_seconds_between(from_, to) == walk(calendar, from_, to, 1)


@given(calendars_in_dst_weeks(), micros)
@settings(max_examples=200, deadline=None)
def test_is_open_at_is_what_the_wall_clock_says(drawn: tuple[BusinessCalendar, datetime], offset: timedelta) -> None:
    calendar, monday = drawn
    assert calendar.is_open_at(monday + offset) == wall_clock_is_open(calendar, monday + offset)


@given(calendars_in_dst_weeks(), micros, durations)
@settings(max_examples=200, deadline=None)
def test_the_deadline_is_the_first_instant_with_that_much_open_time(
    drawn: tuple[BusinessCalendar, datetime], offset: timedelta, duration: timedelta
) -> None:
    calendar, monday = drawn
    start = monday + offset
    due_at = calendar.add_open_time(start, duration)
    assert calendar.open_time_between(start, due_at) == duration
    assert calendar.open_time_between(start, due_at - timedelta(microseconds=1)) < duration


@given(calendars_in_dst_weeks(), micros, durations, durations)
@settings(max_examples=200, deadline=None)
def test_adding_twice_is_adding_the_sum(
    drawn: tuple[BusinessCalendar, datetime], offset: timedelta, one: timedelta, other: timedelta
) -> None:
    calendar, monday = drawn
    start = monday + offset
    assert calendar.add_open_time(calendar.add_open_time(start, one), other) == calendar.add_open_time(
        start, one + other
    )


@given(calendars_in_dst_weeks(), micros, micros, micros)
@settings(max_examples=200, deadline=None)
def test_open_time_splits_anywhere(
    drawn: tuple[BusinessCalendar, datetime], one: timedelta, two: timedelta, three: timedelta
) -> None:
    calendar, monday = drawn
    start, middle, end = sorted(monday + offset for offset in (one, two, three))
    whole = calendar.open_time_between(start, end)
    assert whole == calendar.open_time_between(start, middle) + calendar.open_time_between(middle, end)
    assert timedelta(0) <= whole <= end - start


@given(calendars_in_dst_weeks(), micros, micros)
@settings(max_examples=200, deadline=None)
def test_the_intervals_add_up_and_never_touch(
    drawn: tuple[BusinessCalendar, datetime], one: timedelta, other: timedelta
) -> None:
    calendar, monday = drawn
    start, end = sorted((monday + one, monday + other))
    intervals = list(calendar.open_intervals(start, end))
    lengths = [closes_at - opens_at for opens_at, closes_at in intervals]
    assert sum(lengths, timedelta(0)) == calendar.open_time_between(start, end)
    assert all(length > timedelta(0) for length in lengths)
    assert all(earlier.closes_at < later.opens_at for earlier, later in pairwise(intervals))
    for opens_at, closes_at in intervals:
        assert calendar.is_open_at(opens_at)
        assert closes_at == end or not calendar.is_open_at(closes_at)


@given(calendars_in_dst_weeks(), micros)
@settings(max_examples=200, deadline=None)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    drawn: tuple[BusinessCalendar, datetime], offset: timedelta
) -> None:
    calendar, monday = drawn
    at = monday + offset
    opening = calendar.next_opening(at)
    assert opening >= at
    assert calendar.is_open_at(opening)
    assert calendar.open_time_between(at, opening) == timedelta(0)
    assert (opening == at) == calendar.is_open_at(at)


@pytest.mark.parametrize(
    ("hours_on_sunday", "day", "seconds"),
    [
        pytest.param("00:00-24:00", "2026-03-29", 23 * HOUR, id="spring day has 23 hours"),
        pytest.param("00:00-24:00", "2026-10-25", 25 * HOUR, id="autumn day has 25 hours"),
        pytest.param("02:00-03:00", "2026-03-29", 0, id="inside the gap: no length"),
        pytest.param("02:15-02:45", "2026-03-29", 0, id="well inside the gap: no length"),
        pytest.param("01:30-02:30", "2026-03-29", HOUR // 2, id="into the gap: ends at the change"),
        pytest.param("02:30-04:00", "2026-03-29", HOUR, id="out of the gap: begins after the change"),
        pytest.param("01:00-04:00", "2026-03-29", 2 * HOUR, id="across the gap"),
        pytest.param("01:00-04:00", "2026-10-25", 4 * HOUR, id="across the repeated hour"),
        pytest.param("02:00-03:00", "2026-10-25", 2 * HOUR, id="the repeated hour happens twice"),
        pytest.param("02:00-02:30", "2026-10-25", HOUR, id="half of it happens twice too"),
    ],
)
def test_open_time_is_elapsed_time(hours_on_sunday: str, day: str, seconds: int) -> None:
    calendar = BusinessCalendar.parse("Europe/Berlin", [[]] * 6 + [[hours_on_sunday]])
    start = berlin(f"{day} 00:00")
    assert calendar.open_seconds_between(start, start.replace(hour=23, minute=59, second=59)) in (
        seconds,
        seconds - 1,
    )
    assert calendar.open_seconds_between(utc(day) - timedelta(days=2), utc(day) + timedelta(days=2)) == seconds


@pytest.mark.parametrize(
    ("start", "seconds", "due_at"),
    [
        pytest.param("2026-03-02 10:00", HOUR, "2026-03-02 11:00", id="within the day"),
        pytest.param("2026-03-02 16:00", HOUR, "2026-03-02 17:00", id="exactly closing time stays there"),
        pytest.param("2026-03-02 16:00", HOUR + 1, "2026-03-03 09:00:01", id="a second more is tomorrow"),
        pytest.param("2026-03-02 07:15", HOUR, "2026-03-02 10:00", id="before opening: from the opening"),
        pytest.param("2026-03-02 17:00", HOUR, "2026-03-03 10:00", id="at closing time: from the next opening"),
        pytest.param("2026-03-06 18:00", 8 * HOUR, "2026-03-09 17:00", id="after hours on Friday: Monday"),
        pytest.param("2026-03-27 16:00", 16 * HOUR, "2026-03-31 16:00", id="over the weekend of the change"),
        pytest.param("2026-03-02 10:00:00.25", 60, "2026-03-02 10:01:00.25", id="microseconds are kept"),
    ],
)
def test_a_deadline_in_office_hours(start: str, seconds: int, due_at: str) -> None:
    assert office().add_open_time(berlin(start), seconds) == berlin(due_at)


def test_two_intervals_a_day_are_both_counted() -> None:
    calendar = BusinessCalendar.parse("Europe/Berlin", [["08:00-12:00", "13:00-17:00"]] * 7)
    assert calendar.add_open_time(berlin("2026-03-02 11:30"), HOUR) == berlin("2026-03-02 13:30")


def test_a_full_day_closes_at_24_00_and_runs_into_the_next() -> None:
    calendar = BusinessCalendar.parse("Europe/Berlin", [["00:00-24:00"]] * 7)
    week = (berlin("2026-03-02 00:00"), berlin("2026-03-09 00:00"))
    assert calendar.open_seconds_between(*week) == 7 * DAY
    assert list(calendar.open_intervals(*week)) == [week]


def test_a_night_shift_may_be_written_in_one_or_in_two() -> None:
    one = BusinessCalendar.parse("Europe/Berlin", [["22:00-06:00"], [], [], [], [], [], []])
    two = BusinessCalendar.parse("Europe/Berlin", [["22:00-24:00"], ["00:00-06:00"], [], [], [], [], []])
    assert one.daily_hours == two.daily_hours
    assert one.add_open_time(berlin("2026-03-02 21:00"), 3 * HOUR) == berlin("2026-03-03 01:00")
    assert one.open_seconds_between(berlin("2026-03-01 00:00"), berlin("2026-03-08 00:00")) == 8 * HOUR


def test_a_night_shift_until_midnight_has_no_next_day() -> None:
    calendar = BusinessCalendar.parse("UTC", [["22:00-00:00"], [], [], [], [], [], []])
    assert calendar.daily_hours == ((OpenHours(22 * HOUR, DAY),), (), (), (), (), (), ())


def test_a_holiday_takes_the_local_date_out_of_a_night_shift() -> None:
    calendar = BusinessCalendar.parse("Europe/Berlin", NIGHT, ["2026-03-03"])
    opens = [
        (opens_at.astimezone(ZoneInfo("Europe/Berlin")), closes_at.astimezone(ZoneInfo("Europe/Berlin")))
        for opens_at, closes_at in calendar.open_intervals(berlin("2026-03-02 12:00"), berlin("2026-03-04 12:00"))
    ]
    assert opens == [
        (berlin("2026-03-02 22:00"), berlin("2026-03-03 00:00")),
        (berlin("2026-03-04 00:00"), berlin("2026-03-04 06:00")),
    ]


def test_a_holiday_is_a_date_of_the_calendar_not_of_utc() -> None:
    calendar = BusinessCalendar.parse("Pacific/Auckland", [["00:00-24:00"]] * 7, ["2026-06-10"])
    # 10 June in Auckland is from 9 June 12:00 to 10 June 12:00 in UTC.
    assert calendar.is_open_at(utc("2026-06-09 11:59:59"))
    assert not calendar.is_open_at(utc("2026-06-09 12:00"))
    assert not calendar.is_open_at(utc("2026-06-10 11:59:59"))
    assert calendar.is_open_at(utc("2026-06-10 12:00"))


def test_a_yearly_holiday_comes_every_year_and_29_february_when_there_is_one() -> None:
    calendar = BusinessCalendar.parse("UTC", [["00:00-24:00"]] * 7, ["12-25", "02-29"])
    for year in (2027, 2028):
        assert not calendar.is_open_at(datetime(year, 12, 25, 12, tzinfo=UTC))
    year_2027 = (utc("2027-01-01"), utc("2028-01-01"))
    year_2028 = (utc("2028-01-01"), utc("2029-01-01"))
    assert calendar.open_seconds_between(*year_2027) == 364 * DAY
    assert calendar.open_seconds_between(*year_2028) == 364 * DAY


def test_overlapping_and_touching_hours_count_once() -> None:
    overlapping = BusinessCalendar.parse("UTC", [["09:00-13:00", "12:00-15:00", "15:00-17:00", "10:00-11:00"]] * 7)
    assert overlapping.daily_hours[0] == (OpenHours(9 * HOUR, 17 * HOUR),)
    assert overlapping.open_seconds_between(utc("2026-03-02"), utc("2026-03-03")) == 8 * HOUR


def test_a_night_shift_overlapping_the_next_morning_counts_once() -> None:
    calendar = BusinessCalendar.parse("UTC", [["20:00-10:00"], ["09:00-12:00"], [], [], [], [], []])
    assert calendar.daily_hours[1] == (OpenHours(0, 12 * HOUR),)


def test_always_open_counts_every_second_whatever_the_holidays() -> None:
    calendar = BusinessCalendar("Europe/Berlin", always_open=True, yearly_holidays=frozenset({YearlyHoliday(12, 25)}))
    assert calendar.is_open_at(utc("2026-12-25 03:00"))
    assert calendar.next_opening(utc("2026-12-25 03:00")) == utc("2026-12-25 03:00")
    assert calendar.add_open_time(berlin("2026-03-28 12:00"), 24 * HOUR) == berlin("2026-03-29 13:00")
    week = (utc("2026-12-20"), utc("2026-12-27"))
    assert calendar.open_seconds_between(*week) == 7 * DAY
    assert list(calendar.open_intervals(*week)) == [week]


def test_nothing_lies_between_an_instant_and_an_earlier_one() -> None:
    for calendar in (office(), BusinessCalendar.around_the_clock()):
        at = berlin("2026-03-02 10:00")
        assert calendar.open_time_between(at, at) == timedelta(0)
        assert calendar.open_time_between(at, at - timedelta(hours=3)) == timedelta(0)
        assert list(calendar.open_intervals(at, at)) == []


def test_parts_of_seconds_are_exact_in_time_and_left_off_in_seconds() -> None:
    start = berlin("2026-03-02 10:00:00.4")
    end = berlin("2026-03-02 10:00:02.3")
    assert office().open_time_between(start, end) == timedelta(seconds=1.9)
    assert office().open_seconds_between(start, end) == 1


def test_instants_come_back_in_utc() -> None:
    for calendar in (office(), BusinessCalendar.around_the_clock("Asia/Kathmandu")):
        at = berlin("2026-03-02 10:00")
        assert calendar.add_open_time(at, 60).tzinfo is UTC
        assert calendar.next_opening(at).tzinfo is UTC
        assert all(opens_at.tzinfo is UTC for opens_at, _ in calendar.open_intervals(at, at + timedelta(days=1)))


@pytest.mark.parametrize("seconds", [0, -1, timedelta(0), timedelta(microseconds=-1)])
def test_a_target_of_nothing_is_refused(seconds: int | timedelta) -> None:
    for calendar in (office(), BusinessCalendar.around_the_clock()):
        with pytest.raises(TargetNotPositive) as refusal:
            calendar.add_open_time(utc("2026-03-02"), seconds)
        assert refusal.value.code == "target_not_positive"


def test_nothing_left_of_a_target_is_due_at_once() -> None:
    closed = berlin("2026-03-01 12:00")
    assert office().instant_after(closed, timedelta(0)) == closed


def test_a_week_without_hours_is_refused() -> None:
    with pytest.raises(CalendarNeverOpens) as refusal:
        BusinessCalendar("UTC")
    assert refusal.value.code == "calendar_never_opens"


def test_a_year_of_holidays_is_refused_and_not_walked_for_ever() -> None:
    every_day = [(date(2028, 1, 1) + timedelta(days=day)).strftime("%m-%d") for day in range(366)]
    calendar = BusinessCalendar.parse("Europe/Berlin", OFFICE, every_day)
    at = utc("2026-03-02")
    for ask in (calendar.require_open_time, calendar.next_opening, lambda at: calendar.add_open_time(at, 60)):
        with pytest.raises(CalendarNeverOpens):
            ask(at)
    assert calendar.open_seconds_between(at, utc("2027-03-02")) == 0
    assert list(calendar.open_intervals(at, utc("2026-06-02"))) == []


def test_open_one_day_a_year_is_enough() -> None:
    all_but_one = [(date(2028, 1, 1) + timedelta(days=day)).strftime("%m-%d") for day in range(366)]
    all_but_one.remove("03-02")
    calendar = BusinessCalendar.parse("UTC", [["00:00-24:00"]] * 7, all_but_one)
    calendar.require_open_time(utc("2026-03-03"))
    assert calendar.add_open_time(utc("2026-03-03"), HOUR) == utc("2027-03-02 01:00")
    assert calendar.add_open_time(utc("2026-03-02"), 2 * DAY) == utc("2027-03-03")


def test_a_target_that_takes_centuries_is_refused() -> None:
    calendar = BusinessCalendar.parse("UTC", [["09:00-09:01"], [], [], [], [], [], []])
    assert calendar.add_open_time(utc("2026-01-01"), 5000 * 60).year == 2121
    with pytest.raises(DeadlineOutOfReach):
        calendar.add_open_time(utc("2026-01-01"), 30 * DAY)


@pytest.mark.parametrize(
    "text",
    [
        *("9-17", "09:00", "-", "a:b-c:d", "09:0-17:00", "٠٩:٠٠-١٧:٠٠"),
        *("09:00-09:00", "24:00-08:00", "09:60-10:00", "25:00-26:00", "09:00-24:01", "09:00-17:00:60"),
    ],
)
def test_hours_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(HoursNotValid):
        BusinessCalendar.parse("UTC", [[text], [], [], [], [], [], []])


@pytest.mark.parametrize("text", ["02-30", "13-01", "00-10", "2026-02-29", "christmas", "1-2-3", ""])
def test_holidays_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(HolidayNotValid):
        office(holidays=(text,))


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc/passwd", "Europe", "x" * 400])
def test_zones_that_do_not_exist_are_refused(zone: str) -> None:
    with pytest.raises(ZoneUnknown):
        office(zone)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(HoursNotValid):
        BusinessCalendar.parse("UTC", [["09:00-17:00"]] * 5)


@pytest.mark.parametrize("text", ["09:00-17:30", "22:00-06:00", "00:00-24:00", "08:00:30-12:00"])
def test_hours_are_written_as_they_are_read(text: str) -> None:
    assert str(OpenHours.parse(text)) == text


def test_an_instant_without_a_zone_is_an_error() -> None:
    with pytest.raises(TypeError):
        office().add_open_time(datetime(2026, 3, 2), 60)  # noqa: DTZ001


def test_equal_calendars_are_one_to_the_cache() -> None:
    assert office() == office()
    assert hash(office()) == hash(office())
    assert office() != office("UTC")
