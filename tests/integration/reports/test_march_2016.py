"""March 2016 of a real incident log: the reports' numbers equal a count over the file by the csv module alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction

from reports.models import DailyReport, ReportTicketSet
from tests.support.independent_count import DayCounts, Incident, count_days, incidents, shared_log
from tickets.models import Ticket

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

MARCH = [date(2016, 3, day) for day in range(1, 32)]


@pytest.fixture(scope="module")
def march(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Path]:
    """The log imported and its March reported, once for all tests here and taken back after them."""
    path = shared_log()
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        call_command("import_tickets", str(path), "--format", "servicenow-log", stdout=StringIO(), stderr=StringIO())
        call_command(
            "build_daily_reports", "--from", "2016-03-01", "--to", "2016-03-31", stdout=StringIO(), stderr=StringIO()
        )
        yield path
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def log(march: Path) -> list[Incident]:
    return list(incidents(march))


@pytest.fixture(scope="module")
def reports(march: Path) -> dict[date, DailyReport]:
    return {report.day: report for report in DailyReport.objects.all()}


def tickets_by_day(log: list[Incident], name: str) -> Counter[date]:
    """On how many tickets something happened at least once, by day."""
    return Counter(day for one in log for day in {at.date() for at in getattr(one, name)})


def test_every_day_of_march_is_reported_once(reports: dict[date, DailyReport]) -> None:
    assert sorted(reports) == MARCH
    assert {report.version for report in reports.values()} == {1}


def test_openings_and_reopenings_equal_the_independent_count(march: Path, reports: dict[date, DailyReport]) -> None:
    counts: DayCounts = count_days(march)
    assert [reports[day].figures["opened"] for day in MARCH] == [counts.opened[day] for day in MARCH]
    assert [reports[day].figures["reopenings"] for day in MARCH] == [counts.reopened[day] for day in MARCH]
    assert sum(counts.opened[day] for day in MARCH) > 8_000


def test_resolved_closed_and_reopened_equal_the_independent_count(
    log: list[Incident], reports: dict[date, DailyReport]
) -> None:
    for name in ("resolved", "closed", "reopened"):
        expected = tickets_by_day(log, name)
        assert [reports[day].figures[name] for day in MARCH] == [expected[day] for day in MARCH], name


def test_tickets_counted_once_a_day_differ_from_moves_only_where_one_moved_twice(
    march: Path, log: list[Incident], reports: dict[date, DailyReport]
) -> None:
    """The independent count counts moves; the report counts tickets. Each ticket between them is named here."""
    counts = count_days(march)
    for name in ("resolved", "closed", "reopened"):
        twice = Counter[date]()
        for one in log:
            for day, times in Counter(at.date() for at in getattr(one, name)).items():
                twice[day] += times - 1
        moves = getattr(counts, name)
        assert [moves[day] - reports[day].figures[name] for day in MARCH] == [twice[day] for day in MARCH], name


def test_the_backlog_equals_the_states_of_the_file(march: Path, reports: dict[date, DailyReport]) -> None:
    """A ticket is open at midnight when the last of its rows saved before, in the order of the file, is not solved."""
    import csv
    import gzip

    from tests.support.independent_count import SOLVED, STATES

    saved: dict[str, list[tuple[datetime, str]]] = {}
    opened: dict[str, datetime] = {}
    with gzip.open(march, "rt", encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            if row["incident_state"] in STATES:
                at = datetime.strptime(row["sys_updated_at"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
                saved.setdefault(row["number"], []).append((at, row["incident_state"]))
                first = datetime.strptime(row["opened_at"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
                opened.setdefault(row["number"], first)
    for day in MARCH:
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        still_open = 0
        for number, rows in saved.items():
            states = [state for at, state in rows if at < end]
            still_open += opened[number] < end and (states[-1] if states else "New") not in SOLVED
        assert reports[day].figures["backlog"] == still_open, day


def test_the_tickets_behind_a_number_are_those_of_the_file(
    log: list[Incident], reports: dict[date, DailyReport]
) -> None:
    numbers = dict(Ticket.objects.values_list("pk", "external_id"))
    for day in (MARCH[0], MARCH[14], MARCH[30]):
        sets = dict(ReportTicketSet.objects.filter(report=reports[day]).values_list("key", "ticket_ids"))
        for name in ("resolved", "closed", "reopened"):
            expected = {one.number for one in log if any(at.date() == day for at in getattr(one, name))}
            assert {numbers[pk] for pk in sets.get(name, [])} == expected


def test_each_day_is_compared_with_the_one_before(reports: dict[date, DailyReport]) -> None:
    for before, day in pairwise(MARCH):
        for code, line in reports[day].compared.items():
            assert line["day_before"] == reports[before].figures[code]
    assert reports[MARCH[0]].compared["opened"]["day_before"] is None
    week = [reports[day].figures["opened"] for day in MARCH[-8:-1]]
    assert reports[MARCH[-1]].compared["opened"] == {
        "day_before": week[-1], "week_mean": pytest.approx(sum(week) / 7), "week_days": 7,
    }  # fmt: skip
