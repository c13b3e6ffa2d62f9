"""Reads of reports as they were built, and of the names and tickets that their frozen ids stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, Exists, Func, IntegerField, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.policies import require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotFound
from puo_desk.kernel.http.pagination import Keyset, Page
from reports.definitions import BY_CODE
from reports.models import DailyReport, ReportTicketSet
from reports.vocabulary import DESK_SCOPE
from tickets.models import Ticket
from tickets.policies import visible_tickets

DAYS = Keyset("-day")
PAGE_DAYS = 31
LONGEST_VERSION = 9


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A day's newest report, as a list shows it."""

    day: date
    version: int
    figures: Mapping[str, Any]
    compared: Mapping[str, Any]
    starts_at: datetime
    ends_at: datetime
    built_at: datetime


def list_reports(*, viewer: Actor, cursor: str | None = None, size: int = PAGE_DAYS) -> Page[ReportRow]:
    """The newest report of each day that has one, newest day first. One query.

    Raises: NotPermitted, and InvalidInput for a cursor that was not made here.
    """
    require(viewer, "report.view")
    names = list(ReportRow.__dataclass_fields__)
    page = DAYS.page(_newest_versions().values(*names), cursor=cursor, size=size)
    return Page([ReportRow(**row) for row in page.rows], page.next, page.previous)


def _newest_versions() -> QuerySet[DailyReport]:
    newer = DailyReport.objects.filter(day=OuterRef("day"), scope=OuterRef("scope"), version__gt=OuterRef("version"))
    return DailyReport.objects.filter(~Exists(newer), scope=DESK_SCOPE)


def find_report(day: date, *, viewer: Actor, version: int | None = None) -> DailyReport | None:
    """A day's report, the newest version unless one is named; None when there is none. Raises: NotPermitted."""
    require(viewer, "report.view")
    reports = DailyReport.objects.filter(day=day, scope=DESK_SCOPE).order_by("-version")
    return (reports if version is None else reports.filter(version=version)).first()


def get_report(day: date, *, viewer: Actor, version: int | None = None) -> DailyReport:
    """Like ``find_report``. Raises: NotPermitted, NotFound."""
    report = find_report(day, viewer=viewer, version=version)
    if report is None:
        raise NotFound(_("This day has no such report."))
    return report


def version_number(text: str | None) -> int | None:
    """The version that an address names; None when it names none. Raises: NotFound for what is no number."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_VERSION):
        raise NotFound(_("This day has no such report."))
    return int(text)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One of the times that a day's report was built."""

    version: int
    built_at: datetime
    built_by_label: str


def list_versions(day: date) -> list[VersionRow]:
    """All versions of a day's report, newest first."""
    rows = DailyReport.objects.filter(day=day, scope=DESK_SCOPE).order_by("-version")
    return [VersionRow(*row) for row in rows.values_list("version", "built_at", "built_by_label")]


def days_beside(day: date) -> tuple[date | None, date | None]:
    """The nearest days before and after that have a report. One query."""
    days = DailyReport.objects.filter(scope=DESK_SCOPE).values_list("day", flat=True)
    beside = days.filter(day__lt=day).order_by("-day")[:1].union(days.filter(day__gt=day).order_by("day")[:1])
    found = list(beside)
    return next((one for one in found if one < day), None), next((one for one in found if one > day), None)


def latest_day() -> date | None:
    """The newest day that has a report."""
    return DailyReport.objects.filter(scope=DESK_SCOPE).order_by("-day").values_list("day", flat=True).first()


@dataclass(frozen=True, slots=True)
class CountedTickets:
    """Exactly the tickets that a number was counted from, as far as the viewer may see them."""

    key: str
    total: int
    tickets: QuerySet[Ticket]
    hidden: int


def counted_tickets(report: DailyReport, key: str, *, viewer: Actor) -> CountedTickets:
    """The tickets behind a number of a report, through the one door to tickets.

    Raises: NotPermitted, and NotFound when the report has no number of this key.
    """
    require(viewer, "report.view")
    kept = ReportTicketSet.objects.filter(report=report, key=key)
    total = kept.values_list(Func("ticket_ids", function="cardinality", output_field=IntegerField()), flat=True).first()
    if total is None and key not in BY_CODE:
        raise NotFound(_("This report has no such number."))
    ids = kept.annotate(counted_id=Func("ticket_ids", function="unnest", output_field=BigIntegerField()))
    tickets = visible_tickets(viewer).filter(pk__in=ids.values("counted_id"))
    return CountedTickets(key, total or 0, tickets, (total or 0) - tickets.count())


def keys_with_tickets(report: DailyReport) -> frozenset[str]:
    """The keys of all numbers of a report that open tickets."""
    return frozenset(ReportTicketSet.objects.filter(report=report).values_list("key", flat=True))
