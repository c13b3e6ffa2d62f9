"""What a day of the desk is: whole days, days at the change of clocks, and their edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules.days import day_of, desk_day

SECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("zone", "day", "cutoff", "hours", "starts_at"),
    [
        ("UTC", date(2016, 3, 15), time(0), 24, datetime(2016, 3, 15, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), time(0), 23, datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), time(0), 25, datetime(2026, 10, 24, 22, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 28), time(6), 23, datetime(2026, 3, 28, 5, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), time(6), 24, datetime(2026, 3, 29, 4, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 24), time(6), 25, datetime(2026, 10, 24, 4, tzinfo=UTC)),
        ("America/New_York", date(2026, 3, 8), time(0), 23, datetime(2026, 3, 8, 5, tzinfo=UTC)),
        ("Asia/Kolkata", date(2026, 6, 1), time(6, 30), 24, datetime(2026, 6, 1, 1, tzinfo=UTC)),
        # The cutoff falls into the gap: the day begins at the first instant after it.
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), 24, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        # Half an hour is moved: the last hour is a short one.
        ("Australia/Lord_Howe", date(2026, 10, 4), time(0), 24, datetime(2026, 10, 3, 13, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(0), 25, datetime(2026, 4, 4, 13, tzinfo=UTC)),
    ],
)
def test_days_have_their_hours(zone: str, day: date, cutoff: time, hours: int, starts_at: datetime) -> None:
    span = desk_day(day, time_zone=zone, cutoff=cutoff)
    assert span.starts_at == starts_at
    assert span.hours == hours
    assert span.hour_of(span.starts_at) == 0
    assert span.hour_of(span.ends_at - SECOND) == hours - 1


def test_the_clock_names_hours_as_people_read_them() -> None:
    spring = desk_day(date(2026, 3, 29), time_zone="Europe/Berlin")
    assert [spring.clock_of(hour) for hour in range(4)] == ["00:00", "01:00", "03:00", "04:00"]
    autumn = desk_day(date(2026, 10, 25), time_zone="Europe/Berlin")
    assert [autumn.clock_of(hour) for hour in range(5)] == ["00:00", "01:00", "02:00", "02:00", "03:00"]


@given(
    instant=st.integers(946_684_800, 2_051_222_400).map(lambda second: datetime.fromtimestamp(second, UTC)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    cutoff=st.sampled_from([time(0), time(2, 30), time(6), time(23, 45)]),
)
def test_every_instant_lies_in_exactly_one_day(instant: datetime, zone: str, cutoff: time) -> None:
    day = day_of(instant, time_zone=zone, cutoff=cutoff)
    span = desk_day(day, time_zone=zone, cutoff=cutoff)
    assert span.starts_at <= instant < span.ends_at
    after = desk_day(day + timedelta(days=1), time_zone=zone, cutoff=cutoff)
    assert span.ends_at == after.starts_at
    assert 0 <= span.hour_of(instant) < span.hours


def test_the_end_of_a_day_belongs_to_the_next() -> None:
    span = desk_day(date(2026, 11, 21), time_zone="Europe/Berlin", cutoff=time(6))
    assert day_of(span.ends_at - SECOND, time_zone="Europe/Berlin", cutoff=time(6)) == date(2026, 11, 21)
    assert day_of(span.ends_at, time_zone="Europe/Berlin", cutoff=time(6)) == date(2026, 11, 22)
