"""A policy version as it is frozen: plain JSON that holds all that its promises need.

A version keeps its calendar too, so that an edited calendar changes no promise already made: what was
promised is read back from the version alone, always with the same instants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from escalations.rules.calendar import BusinessCalendar, OpenHours, YearlyHoliday
from escalations.rules.history import Metric, Promise, WaitingOn


@dataclass(frozen=True)
class Definition:
    """What a policy promises: seconds of open time by priority and metric, counted by one calendar."""

    calendar_id: int
    calendar_name: str
    calendar: BusinessCalendar
    targets: Mapping[int, Mapping[Metric, int | None]]
    pauses_on: frozenset[WaitingOn]
    warn_at: tuple[int, ...]

    def promise(self, *, policy_version_id: int, priority: int) -> Promise:
        """What a ticket of this priority is promised. Raises: TargetNotPositive, WarningNotValid."""
        return Promise(
            policy_version_id=policy_version_id,
            calendar_id=self.calendar_id,
            calendar=self.calendar,
            targets=self.targets.get(priority, {}),
            pauses_on=self.pauses_on,
            warn_at=self.warn_at,
        )

    def as_json(self) -> dict[str, Any]:
        calendar = self.calendar
        return {
            "calendar": {
                "id": self.calendar_id,
                "name": self.calendar_name,
                "zone": calendar.zone,
                "always_open": calendar.always_open,
                "week": [[str(hours) for hours in day] for day in calendar.week],
                "holidays": sorted(day.isoformat() for day in calendar.holidays),
                "yearly_holidays": sorted([day.month, day.day] for day in calendar.yearly_holidays),
            },
            "targets": {
                str(priority): {metric.value: seconds for metric, seconds in sorted(metrics.items())}
                for priority, metrics in sorted(self.targets.items())
            },
            "pauses_on": sorted(self.pauses_on),
            "warn_at": list(self.warn_at),
        }


def definition_from(frozen: Mapping[str, Any]) -> Definition:
    """The definition that ``as_json`` froze."""
    kept = frozen["calendar"]
    return Definition(
        calendar_id=kept["id"],
        calendar_name=kept["name"],
        calendar=BusinessCalendar(
            zone=kept["zone"],
            week=tuple(tuple(OpenHours.parse(hours) for hours in day) for day in kept["week"]),
            holidays=frozenset(date.fromisoformat(day) for day in kept["holidays"]),
            yearly_holidays=frozenset(YearlyHoliday(month, day) for month, day in kept["yearly_holidays"]),
            always_open=kept["always_open"],
        ),
        targets={
            int(priority): {Metric(metric): seconds for metric, seconds in metrics.items()}
            for priority, metrics in frozen["targets"].items()
        },
        pauses_on=frozenset(WaitingOn(whom) for whom in frozen["pauses_on"]),
        warn_at=tuple(frozen["warn_at"]),
    )
