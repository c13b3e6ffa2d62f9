"""Business time: when a calendar is open, and how much open time lies between two instants.

The one definition that everything here follows: **a calendar is open at an instant when the wall clock of its
zone then shows a time inside the opening hours of that weekday, and that local date is no holiday.** From it
follow all cases around daylight saving: open time is elapsed time, hours across the change are longer or
shorter by it, hours inside the spring gap have no length, hours inside the repeated hour happen twice, and a
night shift is split at midnight, where holidays change.

Precision: instants keep their microseconds and arithmetic is exact on them. Opening and closing fall on whole
seconds. Nothing is ever rounded, except that `open_seconds_between` leaves off the last part of a second.
Returned instants are in UTC.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from escalations.rules.refusals import (
    CalendarNeverOpens,
    DeadlineOutOfReach,
    HolidayNotValid,
    HoursNotValid,
    TargetNotPositive,
    ZoneUnknown,
)

DAY: Final = 86_400
_WEEK: Final = 7 * DAY
_MICROS: Final = 1_000_000
_WEEK_MICROS: Final = _WEEK * _MICROS
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = _EPOCH.toordinal()
_EPOCH_WEEKDAY: Final = _EPOCH.weekday()
_MICROSECOND: Final = timedelta(microseconds=1)
_WEEKS_IN_A_YEAR: Final = 53
_WEEKS_IN_A_CENTURY: Final = 5_219
_DAYS_IN_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class OpenHours(NamedTuple):
    """Local wall time from `opens` until `closes`, in seconds after midnight; 86,400 is 24:00.

    Hours that close before they open run over midnight into the next day.
    """

    opens: int
    closes: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Hours as people write them: `09:00-17:30`, `22:00-06:00`, `00:00-24:00`, `08:00:30-12:00`.

        Raises: HoursNotValid.
        """
        opens, dash, closes = text.partition("-")
        if not dash:
            raise HoursNotValid(f"{text!r} is not written as 09:00-17:30.")
        return cls(_seconds_of(opens.strip(), text), _seconds_of(closes.strip(), text))

    def __str__(self) -> str:
        return f"{_wall(self.opens)}-{_wall(self.closes)}"


@dataclass(frozen=True, slots=True)
class YearlyHoliday:
    """A date that is a holiday every year; 29 February only in the years that have one."""

    month: int
    day: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1 <= self.day <= _DAYS_IN_MONTH[self.month - 1]):
            raise HolidayNotValid(f"No year has a day {self.day} in month {self.month}.")


class OpenInterval(NamedTuple):
    """Open without a break from `opens_at` until, not including, `closes_at`; both in UTC."""

    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class BusinessCalendar:
    """The hours in which a promise counts.

    `week` has the hours of each weekday, Monday first; they may overlap, touch, and run over midnight.
    `always_open` counts every second, and then neither week nor holidays are looked at. Equal calendars share
    one cache of expanded weeks, so building one anew from its row costs nothing.

    Raises: ZoneUnknown, HoursNotValid, CalendarNeverOpens (no hours on any weekday).
    """

    zone: str
    week: tuple[tuple[OpenHours, ...], ...] = ((),) * 7
    holidays: frozenset[date] = frozenset()
    yearly_holidays: frozenset[YearlyHoliday] = frozenset()
    always_open: bool = False
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        _zone(self.zone)
        if len(self.week) != 7:
            raise HoursNotValid(f"A week has seven days, not {len(self.week)}.")
        for hours in self.week:
            for interval in hours:
                _check_hours(interval)
        if not self.always_open and not any(self.week):
            raise CalendarNeverOpens("The calendar has no opening hours on any weekday.")
        # Taken once: it is the cache key of each computation, and a tuple hashes anew on every use.
        key = (self.zone, self.week, self.holidays, self.yearly_holidays, self.always_open)
        object.__setattr__(self, "_hash", hash(key))

    def __hash__(self) -> int:
        return self._hash

    @classmethod
    def parse(cls, zone: str, week: Sequence[Iterable[str]], holidays: Iterable[str] = ()) -> Self:
        """A calendar from text: hours per weekday as in `OpenHours.parse`, holidays `2026-12-24` or `12-25`.

        Raises: as the calendar, and HolidayNotValid.
        """
        single: set[date] = set()
        yearly: set[YearlyHoliday] = set()
        for text in holidays:
            try:
                if text.count("-") == 1:
                    month, day = text.split("-")
                    yearly.add(YearlyHoliday(int(month), int(day)))
                else:
                    single.add(date.fromisoformat(text))
            except HolidayNotValid:
                raise
            except ValueError as error:
                raise HolidayNotValid(f"{text!r} is not written as 2026-12-24 or 12-25.") from error
        hours = tuple(tuple(OpenHours.parse(text) for text in day_hours) for day_hours in week)
        return cls(zone, hours, frozenset(single), frozenset(yearly))

    @classmethod
    def around_the_clock(cls, zone: str = "UTC") -> Self:
        """The calendar that is always open (24x7)."""
        return cls(zone, always_open=True)

    def open_time_between(self, start: datetime, end: datetime) -> timedelta:
        """The open time from `start` until `end`, exact; none when `end` is not after `start`."""
        if end <= start:
            return timedelta(0)
        if self.always_open:
            return end - start
        return timedelta(microseconds=self._micros_between(_micros(start), _micros(end)))

    def open_seconds_between(self, start: datetime, end: datetime) -> int:
        """The whole open seconds from `start` until `end`."""
        return self.open_time_between(start, end) // timedelta(seconds=1)

    def add_open_time(self, start: datetime, seconds: int | timedelta) -> datetime:
        """The deadline: the earliest instant by which `seconds` of open time have passed since `start`.

        A start outside the hours counts from the next opening; a deadline on closing time stays there.
        Raises: TargetNotPositive, CalendarNeverOpens, DeadlineOutOfReach.
        """
        duration = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
        if duration <= timedelta(0):
            raise TargetNotPositive(f"A target must be longer than nothing, not {duration}.")
        return self.instant_after(start, duration)

    def instant_after(self, start: datetime, duration: timedelta) -> datetime:
        """As `add_open_time`, for what is left of a target: of nothing left, `start` itself."""
        if self.always_open or not duration:
            return start.astimezone(UTC) + duration
        return _instant(self._add(_micros(start), duration // _MICROSECOND))

    def is_open_at(self, at: datetime) -> bool:
        """Whether the calendar is open at this instant; at closing time it is not."""
        if self.always_open:
            return True
        micros = _micros(at)
        week = _open_week(self, micros // _WEEK_MICROS)
        position = bisect_right(week.ends, micros)
        return position < len(week.ends) and week.starts[position] <= micros

    def next_opening(self, at: datetime) -> datetime:
        """The first open instant that is not before `at`: `at` itself when open then.

        Raises: CalendarNeverOpens, when there is none within a year.
        """
        if self.always_open:
            return at.astimezone(UTC)
        micros = _micros(at)
        first = micros // _WEEK_MICROS
        for number in range(first, first + _WEEKS_IN_A_YEAR + 1):
            week = _open_week(self, number)
            position = bisect_right(week.ends, micros)
            if position < len(week.ends):
                return _instant(max(micros, week.starts[position]))
        raise CalendarNeverOpens(f"The calendar does not open in the year after {at.isoformat()}.")

    def require_open_time(self, at: datetime) -> None:
        """Refuse a calendar that has no open time in the year after `at`: all its days are holidays.

        Raises: CalendarNeverOpens.
        """
        self.next_opening(at)

    def open_intervals(self, start: datetime, end: datetime) -> Iterator[OpenInterval]:
        """The open intervals within `start` to `end`, in order, clipped to it, none touching the next."""
        if end <= start:
            return
        if self.always_open:
            yield OpenInterval(start.astimezone(UTC), end.astimezone(UTC))
            return
        opens = closes = None
        for from_, to in self._clipped(_micros(start), _micros(end)):
            if closes == from_:
                closes = to
                continue
            if opens is not None and closes is not None:
                yield OpenInterval(_instant(opens), _instant(closes))
            opens, closes = from_, to
        if opens is not None and closes is not None:
            yield OpenInterval(_instant(opens), _instant(closes))

    @cached_property
    def daily_hours(self) -> tuple[tuple[OpenHours, ...], ...]:
        """The hours of each weekday with night shifts split at midnight, in order, none touching the next."""
        days: list[list[OpenHours]] = [[] for _ in range(7)]
        for weekday, hours in enumerate(self.week):
            for interval in hours:
                if interval.opens < interval.closes:
                    days[weekday].append(interval)
                    continue
                days[weekday].append(OpenHours(interval.opens, DAY))
                if interval.closes:
                    days[(weekday + 1) % 7].append(OpenHours(0, interval.closes))
        return tuple(tuple(_merged(hours)) for hours in days)

    def _hours_on(self, local_day: int) -> tuple[OpenHours, ...]:
        if self.holidays or self.yearly_holidays:
            on = date.fromordinal(_EPOCH_ORDINAL + local_day)
            if on in self.holidays:
                return ()
            if self.yearly_holidays and YearlyHoliday(on.month, on.day) in self.yearly_holidays:
                return ()
        return self.daily_hours[(local_day + _EPOCH_WEEKDAY) % 7]

    def _clipped(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        for number in range(start // _WEEK_MICROS, (end - 1) // _WEEK_MICROS + 1):
            week = _open_week(self, number)
            for opens, closes in zip(week.starts, week.ends, strict=True):
                if opens < end and closes > start:
                    yield max(opens, start), min(closes, end)

    def _micros_between(self, start: int, end: int) -> int:
        first, last = start // _WEEK_MICROS, end // _WEEK_MICROS
        if first == last:
            week = _open_week(self, first)
            return week.open_before(end) - week.open_before(start)
        first_week, last_week = _open_week(self, first), _open_week(self, last)
        between = sum(_open_week(self, number).total for number in range(first + 1, last))
        return first_week.total - first_week.open_before(start) + between + last_week.open_before(end)

    def _add(self, start: int, duration: int) -> int:
        first = number = start // _WEEK_MICROS
        week = _open_week(self, number)
        needed = week.open_before(start) + duration
        closed_weeks = 0
        while needed > week.total:
            needed -= week.total
            number += 1
            week = _open_week(self, number)
            closed_weeks = 0 if week.total else closed_weeks + 1
            if closed_weeks > _WEEKS_IN_A_YEAR:
                raise CalendarNeverOpens("The calendar does not open for more than a year.")
            if number - first > _WEEKS_IN_A_CENTURY:
                raise DeadlineOutOfReach("By this calendar the target falls due in more than a century.")
        position = bisect_left(week.open_until, needed)
        return week.ends[position] - (week.open_until[position] - needed)


class _OpenWeek(NamedTuple):
    """The open intervals of one UTC week, in microseconds; `open_until` sums them up to each one's end."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    open_until: tuple[int, ...]
    total: int

    def open_before(self, at: int) -> int:
        position = bisect_right(self.ends, at)
        if position == len(self.ends):
            return self.total
        length = self.ends[position] - self.starts[position]
        return self.open_until[position] - length + max(0, at - self.starts[position])


@lru_cache(maxsize=4096)
def _open_week(calendar: BusinessCalendar, number: int) -> _OpenWeek:
    """The open intervals of the UTC week `number` after 1970, by the wall clock of the calendar's zone.

    Weeks of UTC, not of local time: local days overlap where a clock goes back over midnight.
    """
    starts: list[int] = []
    ends: list[int] = []
    for from_, to, offset in _offsets(calendar.zone, number):
        wall_from, wall_to = from_ + offset, to + offset
        for local_day in range(wall_from // DAY, (wall_to - 1) // DAY + 1):
            midnight = local_day * DAY
            for hours in calendar._hours_on(local_day):
                opens = max(midnight + hours.opens, wall_from) - offset
                closes = min(midnight + hours.closes, wall_to) - offset
                if opens >= closes:
                    continue
                if ends and ends[-1] == opens * _MICROS:
                    ends[-1] = closes * _MICROS
                else:
                    starts.append(opens * _MICROS)
                    ends.append(closes * _MICROS)
    open_until: list[int] = []
    total = 0
    for opens, closes in zip(starts, ends, strict=True):
        total += closes - opens
        open_until.append(total)
    return _OpenWeek(tuple(starts), tuple(ends), tuple(open_until), total)


@lru_cache(maxsize=2048)
def _offsets(zone: str, number: int) -> tuple[tuple[int, int, int], ...]:
    """The UTC week in stretches of one UTC offset: from, to (seconds of UTC) and the offset.

    Looks at each midnight: no zone in the database changes its offset twice within a day and back.
    """
    edges = range(number * _WEEK, (number + 1) * _WEEK + 1, DAY)
    changes = [number * _WEEK]
    for before, after in pairwise(edges):
        offset = _offset_at(zone, before)
        if _offset_at(zone, after) != offset:
            seconds = range(before, after)
            changes.append(before + bisect_right(seconds, 0, key=lambda at: _offset_at(zone, at) != offset))
    changes.append((number + 1) * _WEEK)
    return tuple((from_, to, _offset_at(zone, from_)) for from_, to in pairwise(changes) if from_ < to)


def _offset_at(zone: str, at: int) -> int:
    offset = (_EPOCH + timedelta(seconds=at)).astimezone(_zone(zone)).utcoffset()
    return 0 if offset is None else offset // timedelta(seconds=1)


def _zone(key: str) -> ZoneInfo:
    try:
        return ZoneInfo(key)
    # A wrong key raises by its shape: ValueError for a path, OSError for a folder or too long a name.
    except (KeyError, ValueError, OSError) as error:
        raise ZoneUnknown(f"There is no time zone {key!r}.") from error


def _micros(at: datetime) -> int:
    elapsed = at - _EPOCH
    return (elapsed.days * DAY + elapsed.seconds) * _MICROS + elapsed.microseconds


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _check_hours(hours: OpenHours) -> None:
    if not (0 <= hours.opens < DAY and 0 <= hours.closes <= DAY):
        raise HoursNotValid(f"{hours} is not within 00:00 to 24:00.")
    if hours.opens == hours.closes:
        raise HoursNotValid(f"{hours} ends where it begins; a whole day is 00:00-24:00.")


def _merged(hours: Iterable[OpenHours]) -> Iterator[OpenHours]:
    last: OpenHours | None = None
    for interval in sorted(hours):
        if last is not None and interval.opens <= last.closes:
            last = OpenHours(last.opens, max(last.closes, interval.closes))
            continue
        if last is not None:
            yield last
        last = interval
    if last is not None:
        yield last


def _seconds_of(wall: str, text: str) -> int:
    parts = wall.split(":")
    if len(parts) not in (2, 3) or not all(len(part) == 2 and part.isascii() and part.isdigit() for part in parts):
        raise HoursNotValid(f"{text!r} is not written as 09:00-17:30.")
    hour, minute, second = (*map(int, parts), 0)[:3]
    seconds = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or seconds > DAY:
        raise HoursNotValid(f"{wall} is not a time of day.")
    return seconds


def _wall(seconds: int) -> str:
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text
