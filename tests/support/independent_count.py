"""Counting a log of snapshots per day with the csv module alone: a second opinion on importer and reports.

It shares no code with the importer, only the definitions of ``tickets/imports/__init__.py``: opened once per
ticket on the day of opened_at; resolved and closed at each move into the state, a ticket beginning as New;
reopened at each move out of Resolved or Closed into a state that is neither. A row counts when number, state,
opened_at and sys_updated_at can be read. Days are days in the report's zone.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

STATES = {
    "New", "Active", "Awaiting User Info", "Awaiting Problem", "Awaiting Vendor", "Awaiting Evidence",
    "Resolved", "Closed",
}  # fmt: skip
SOLVED = {"Resolved", "Closed"}
LOG_NAME = "incident_log_shared.csv.gz"


@dataclass
class Incident:
    """What the log says of one incident: instants in UTC, in the order of the file."""

    number: str
    opened_at: datetime
    rows: int
    begins_late: bool
    first_state: str
    resolved: list[datetime] = field(default_factory=list)
    closed: list[datetime] = field(default_factory=list)
    reopened: list[datetime] = field(default_factory=list)
    saved_resolved: list[datetime] = field(default_factory=list)
    saved_closed: list[datetime] = field(default_factory=list)
    final_resolved_at: datetime | None = None
    final_closed_at: datetime | None = None


@dataclass
class DayCounts:
    opened: Counter[date] = field(default_factory=Counter)
    resolved: Counter[date] = field(default_factory=Counter)
    closed: Counter[date] = field(default_factory=Counter)
    reopened: Counter[date] = field(default_factory=Counter)


def shared_log() -> Path:
    """Where the log lies: in ``PUO_SHARED_DATA``, or beside the checkout. Skips the test when it is not there."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    path = Path(os.environ.get("PUO_SHARED_DATA", beside)) / LOG_NAME
    if not path.exists():
        pytest.skip(f"{LOG_NAME} is not here: it belongs into ../shared/data or the directory in PUO_SHARED_DATA")
    return path


def incidents(path: Path, *, zone: str = "UTC") -> Iterator[Incident]:
    """Every incident of the log, in its order. ``zone`` is that of the times in the file."""
    log_zone = ZoneInfo(zone)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as text:
        for number, rows in groupby(csv.DictReader(text), key=lambda row: row["number"]):
            readable = [row for row in rows if row["incident_state"] in STATES]
            if readable:
                yield _incident(number, readable, log_zone)


def _incident(number: str, rows: list[dict[str, str]], zone: ZoneInfo) -> Incident:
    first = rows[0]
    incident = Incident(
        number=number,
        opened_at=_instant(first["opened_at"], zone),
        rows=len(rows),
        begins_late=first["incident_state"] != "New",
        first_state=first["incident_state"],
        final_resolved_at=_instant(first["resolved_at"], zone) if first["resolved_at"] != "?" else None,
        final_closed_at=_instant(first["closed_at"], zone) if first["closed_at"] != "?" else None,
    )
    before = "New"
    for row in rows:
        state, at = row["incident_state"], _instant(row["sys_updated_at"], zone)
        if state == "Resolved":
            incident.saved_resolved.append(at)
        elif state == "Closed":
            incident.saved_closed.append(at)
        if state != before:
            if state == "Resolved":
                incident.resolved.append(at)
            elif state == "Closed":
                incident.closed.append(at)
            elif before in SOLVED:
                incident.reopened.append(at)
        before = state
    return incident


def _instant(cell: str, zone: ZoneInfo) -> datetime:
    day, clock = cell.split(" ")
    day_of_month, month, year = day.split("/")
    hour, minute = clock.split(":")
    return datetime(int(year), int(month), int(day_of_month), int(hour), int(minute), tzinfo=zone).astimezone(UTC)


def count_days(path: Path, *, zone: str = "UTC", report_zone: str | None = None) -> DayCounts:
    """Per day in the report's zone (the log's own when none is given): opened, resolved, closed, reopened."""
    days = ZoneInfo(report_zone or zone)
    counts = DayCounts()
    for incident in incidents(path, zone=zone):
        counts.opened[incident.opened_at.astimezone(days).date()] += 1
        for name in ("resolved", "closed", "reopened"):
            getattr(counts, name).update(at.astimezone(days).date() for at in getattr(incident, name))
    return counts
