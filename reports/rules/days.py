"""What a day of the desk is: from its cutoff to the next one, in the desk's time zone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class DeskDay:
    """A day named by its date: the half-open span from ``starts_at`` until, not including, ``ends_at`` (UTC).

    Around a change to or from daylight saving it has 23 or 25 hours.
    """

    day: date
    starts_at: datetime
    ends_at: datetime
    time_zone: str

    def hour_of(self, instant: datetime) -> int:
        """Which hour of the day, from 0, an instant lies in: elapsed hours since the day began."""
        return int((instant - self.starts_at) / timedelta(hours=1))

    @property
    def hours(self) -> int:
        """How many hours the day has, a part of one counted: 24, but 23 or 25 at the change of clocks."""
        return math.ceil((self.ends_at - self.starts_at) / timedelta(hours=1))

    def clock_of(self, hour: int) -> str:
        """The wall time at which an hour of the day begins, as ``09:00``."""
        return f"{(self.starts_at + timedelta(hours=hour)).astimezone(ZoneInfo(self.time_zone)):%H:%M}"


def desk_day(day: date, *, time_zone: str, cutoff: time = time(0)) -> DeskDay:
    """The day that begins at the cutoff on this date. A cutoff in the spring gap is the first instant after it."""
    return DeskDay(
        day, _instant(day, cutoff, time_zone), _instant(day + timedelta(days=1), cutoff, time_zone), time_zone
    )


def day_of(instant: datetime, *, time_zone: str, cutoff: time = time(0)) -> date:
    """The date of the desk's day that an instant lies in."""
    local = instant.astimezone(ZoneInfo(time_zone)).date()
    span = desk_day(local, time_zone=time_zone, cutoff=cutoff)
    return local if instant >= span.starts_at else local - timedelta(days=1)


def _instant(day: date, wall: time, time_zone: str) -> datetime:
    zone = ZoneInfo(time_zone)
    local = datetime.combine(day, wall, zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        # The wall time does not exist: by the offset before the gap it falls just behind it.
        instant = local.replace(fold=0).astimezone(UTC)
        offset_after = instant.astimezone(zone).utcoffset() or timedelta(0)
        offset_before = local.utcoffset() or timedelta(0)
        instant -= offset_after - offset_before
        instant = max(instant, _gap_end(instant, zone))
    return instant


def _gap_end(near: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the change of clocks within three hours of ``near``, found to the second."""
    low, high = near - timedelta(hours=3), near + timedelta(hours=3)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
