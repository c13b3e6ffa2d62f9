"""Building daily reports: on schedule, after downtime, and again for history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.policies import require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.due_work import claim_due, fail, finish
from puo_desk.kernel.errors import DomainError
from puo_desk.kernel.models import DueState
from reports.definitions import DEFINITIONS_VERSION, FIGURES
from reports.models import DailyReport, ReportRun, ReportTicketSet
from reports.queries.counting import facts_of
from reports.rules.assemble import Assembled, assemble
from reports.rules.days import DeskDay, day_of, desk_day
from reports.rules.statistics import mean
from reports.vocabulary import DESK_SCOPE
from tickets.models import Ticket

LABEL_LENGTH = 120
LEASE = timedelta(minutes=15)
CATCH_UP_DAYS = 31
"""How far back missed days are built by themselves; older history is built by command."""

COMPARED_DAYS = 7
BACKLOG_DAYS = 14
SETTLING = timedelta(minutes=1)
"""After the end of a day, so that what was written in its last second is there when it is counted."""

log = structlog.get_logger(__name__)


class DayNotOver(DomainError):
    """A day that is not over has no report. Facts: ``ends_at``."""

    code = "day_not_over"
    message = _("This day is not over yet. Its report is built at its end.")


def cutoff() -> time:
    """The wall time at which a day of this desk ends."""
    return time.fromisoformat(settings.REPORT_CUTOFF)


def this_desk_day(day: date) -> DeskDay:
    """A day of this desk, by its time zone and cutoff."""
    return desk_day(day, time_zone=settings.DESK_TIME_ZONE, cutoff=cutoff())


def build_daily_report(*, day: date, actor: Actor, now: datetime) -> DailyReport:
    """Build the report of a day from its events and keep it as a new version.

    Events give the same numbers whenever it is built; promises are judged as known by then, and names of
    teams, agents and categories are looked up when read. Raises: NotPermitted, DayNotOver.
    """
    require(actor, "report.build")
    span = _day_that_is_over(day, now)
    with transaction.atomic():
        _one_builder_at_a_time(day)
        return _build(span, actor, now)


def build_missing_report(*, day: date, actor: Actor, now: datetime) -> DailyReport | None:
    """Build the report of a day that has none; None when another builder was faster.

    Raises: NotPermitted, DayNotOver.
    """
    require(actor, "report.build")
    span = _day_that_is_over(day, now)
    with transaction.atomic():
        _one_builder_at_a_time(day)
        return None if _has_report(day) else _build(span, actor, now)


def _day_that_is_over(day: date, now: datetime) -> DeskDay:
    span = this_desk_day(day)
    if now < span.ends_at:
        raise DayNotOver(ends_at=span.ends_at.isoformat())
    return span


def _has_report(day: date) -> bool:
    return DailyReport.objects.filter(day=day, scope=DESK_SCOPE).exists()


def _build(span: DeskDay, actor: Actor, now: datetime) -> DailyReport:
    assembled = assemble(facts_of(span), span)
    earlier = _earlier_figures(span.day)
    report = DailyReport.objects.create(
        day=span.day,
        scope=DESK_SCOPE,
        version=_next_version(span.day),
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        time_zone=span.time_zone,
        definitions_version=DEFINITIONS_VERSION,
        built_at=now,
        built_by_label=actor.label[:LABEL_LENGTH],
        figures=assembled.figures,
        compared=_compared(span.day, earlier),
        tables=assembled.tables | {"backlog_days": _backlog_days(span.day, earlier, assembled)},
    )
    _keep_ticket_sets(report, assembled)
    ReportRun.objects.update_or_create(
        scope=DESK_SCOPE,
        day=span.day,
        defaults={
            "state": DueState.DONE,
            "due_at": span.ends_at,
            "claim_token": None,
            "claimed_until": None,
            "last_error": "",
        },
    )
    return report


def build_daily_reports(
    *, from_day: date, to_day: date, actor: Actor, now: datetime, rebuild: bool = False
) -> Iterator[tuple[date, DailyReport | None]]:
    """Build the reports of a range of days in order, both ends included; yields each day as it is done.

    A day that has a report is passed over (None), unless ``rebuild`` asks for a new version.
    """
    day = from_day
    while day <= to_day:
        build = build_daily_report if rebuild else build_missing_report
        yield day, build(day=day, actor=actor, now=now)
        day += timedelta(days=1)


def plan_report_runs(*, now: datetime) -> int:
    """Make sure that every day that is over, since the desk's first ticket, has a run; the number planned.

    Days are caught up after downtime, a month back at most; the unique day keeps planning twice harmless.
    What was imported is no reason to plan: its days are built by command.
    """
    today = day_of(now, time_zone=settings.DESK_TIME_ZONE, cutoff=cutoff())
    month = [today - timedelta(days=back) for back in range(CATCH_UP_DAYS, 0, -1)]
    planned = set(ReportRun.objects.filter(scope=DESK_SCOPE, day__gte=month[0]).values_list("day", flat=True))
    missing = [day for day in month if day not in planned]
    if not missing:
        return 0
    first = Ticket.objects.filter(external_source="").aggregate(first=Min("opened_at"))["first"]
    runs = [
        ReportRun(day=day, scope=DESK_SCOPE, due_at=this_desk_day(day).ends_at + SETTLING)
        for day in missing
        if first is not None and first < this_desk_day(day).ends_at
    ]
    ReportRun.objects.bulk_create(runs, ignore_conflicts=True)
    return len(runs)


def build_due_reports(*, now: datetime) -> int:
    """Build what is due, oldest day first; the number built. Another worker's days are left to it."""
    built = 0
    actor = Actor.system("daily-report")
    while runs := claim_due(ReportRun, limit=1, lease=LEASE, now=now):
        for run in runs:
            try:
                built += build_missing_report(day=run.day, actor=actor, now=now) is not None
                finish(run)
            except Exception as error:
                log.warning("report_failed", day=run.day.isoformat(), error=type(error).__name__, exc_info=error)
                fail(run, error, now=now)
                if isinstance(error, SoftTimeLimitExceeded):
                    raise
    return built


def _one_builder_at_a_time(day: date) -> None:
    """Two builders of one day follow one another, so that versions are numbered without gaps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('daily-report'), %s)", [day.toordinal()])


def _next_version(day: date) -> int:
    newest = DailyReport.objects.filter(day=day, scope=DESK_SCOPE).aggregate(newest=Max("version"))["newest"]
    return (newest or 0) + 1


def _earlier_figures(day: date) -> dict[date, dict[str, Any]]:
    """The figures of the days before by their newest reports, as far as they mean the same. Oldest day first."""
    reports = DailyReport.objects.filter(
        scope=DESK_SCOPE,
        definitions_version=DEFINITIONS_VERSION,
        day__lt=day,
        day__gt=day - timedelta(days=BACKLOG_DAYS),
    ).order_by("day", "version")
    return dict(reports.values_list("day", "figures"))


def _compared(day: date, earlier: dict[date, dict[str, Any]]) -> dict[str, dict[str, float | int | None]]:
    """Each figure of the day before, and its mean over the seven days before that have a report."""
    before = earlier.get(day - timedelta(days=1), {})
    week = [figures for its_day, figures in earlier.items() if its_day >= day - timedelta(days=COMPARED_DAYS)]
    compared: dict[str, dict[str, float | int | None]] = {}
    for figure in FIGURES:
        values = [value for figures in week if (value := figures.get(figure.code)) is not None]
        compared[figure.code] = {
            "day_before": before.get(figure.code),
            "week_mean": mean(values),
            "week_days": len(values),
        }
    return compared


def _backlog_days(day: date, earlier: dict[date, dict[str, Any]], assembled: Assembled) -> list[dict[str, Any]]:
    """The open tickets at the end of this day and of those before it that have a report, for the chart."""
    line = [(its_day, figures.get("backlog")) for its_day, figures in earlier.items()]
    line.append((day, assembled.figures["backlog"]))
    return [{"day": its_day.isoformat(), "backlog": backlog} for its_day, backlog in line]


def _keep_ticket_sets(report: DailyReport, assembled: Assembled) -> None:
    ReportTicketSet.objects.bulk_create(
        [ReportTicketSet(report=report, key=key, ticket_ids=ids) for key, ids in assembled.ticket_sets.items()]
    )
