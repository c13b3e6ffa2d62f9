"""Building daily reports: on schedule, after downtime, and again for history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import connection, transaction
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

CATCH_UP_DAYS = 31
"""How far back missed days are built by themselves; older history is built by command."""

COMPARED_DAYS = 7


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

    The numbers are those of the day whenever it is built; names of teams and categories are looked up when
    read. Raises: NotPermitted, DayNotOver.
    """
    require(actor, "report.build")
    span = this_desk_day(day)
    if now < span.ends_at:
        raise DayNotOver(ends_at=span.ends_at.isoformat())
    with transaction.atomic():
        _one_builder_at_a_time(day)
        assembled = assemble(facts_of(span), span)
        report = DailyReport.objects.create(
            day=day,
            scope=DESK_SCOPE,
            version=_next_version(day),
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            time_zone=span.time_zone,
            definitions_version=DEFINITIONS_VERSION,
            built_at=now,
            built_by_label=actor.label,
            figures=assembled.figures,
            compared=_compared(day),
            tables=assembled.tables,
        )
        _keep_ticket_sets(report, assembled)
        ReportRun.objects.update_or_create(
            scope=DESK_SCOPE,
            day=day,
            defaults={"state": DueState.DONE, "due_at": span.ends_at, "claim_token": None, "claimed_until": None},
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
        has_one = DailyReport.objects.filter(day=day, scope=DESK_SCOPE).exists()
        yield day, None if has_one and not rebuild else build_daily_report(day=day, actor=actor, now=now)
        day += timedelta(days=1)


def plan_report_runs(*, now: datetime) -> int:
    """Make sure that every day that is over, since the desk's first ticket, has a run; the number planned.

    Days are caught up after downtime, a month back at most; the unique day keeps planning twice harmless.
    """
    today = day_of(now, time_zone=settings.DESK_TIME_ZONE, cutoff=cutoff())
    first = Ticket.objects.filter(external_source="").order_by("opened_at").values_list("opened_at", flat=True).first()
    if first is None:
        return 0
    first_day = day_of(first, time_zone=settings.DESK_TIME_ZONE, cutoff=cutoff())
    day = max(first_day, today - timedelta(days=CATCH_UP_DAYS))
    planned = set(ReportRun.objects.filter(scope=DESK_SCOPE, day__gte=day).values_list("day", flat=True))
    runs = []
    while day < today:
        if day not in planned:
            runs.append(ReportRun(day=day, scope=DESK_SCOPE, due_at=this_desk_day(day).ends_at))
        day += timedelta(days=1)
    ReportRun.objects.bulk_create(runs, ignore_conflicts=True)
    return len(runs)


def build_due_reports(*, now: datetime) -> int:
    """Build what is due, oldest day first; the number built. Another worker's days are left to it."""
    built = 0
    actor = Actor.system("daily-report")
    for run in claim_due(ReportRun, limit=CATCH_UP_DAYS, lease=timedelta(minutes=15)):
        try:
            if not DailyReport.objects.filter(day=run.day, scope=run.scope).exists():
                build_daily_report(day=run.day, actor=actor, now=now)
                built += 1
            finish(run)
        except Exception as error:
            fail(run, error, now=now)
    return built


def _one_builder_at_a_time(day: date) -> None:
    """Two builders of one day follow one another, so that versions are numbered without gaps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('daily-report'), %s)", [day.toordinal()])


def _next_version(day: date) -> int:
    newest = DailyReport.objects.filter(day=day, scope=DESK_SCOPE).order_by("-version").first()
    return newest.version + 1 if newest else 1


def _compared(day: date) -> dict[str, dict[str, float | int | None]]:
    """Each figure of the day before, and its mean over the seven days before, from their newest reports."""
    reports = DailyReport.objects.filter(
        scope=DESK_SCOPE, day__lt=day, day__gte=day - timedelta(days=COMPARED_DAYS)
    ).order_by("day", "version")
    newest = {report.day: report for report in reports}
    before = newest.get(day - timedelta(days=1))
    compared: dict[str, dict[str, float | int | None]] = {}
    for figure in FIGURES:
        values = [value for report in newest.values() if (value := report.figures.get(figure.code)) is not None]
        compared[figure.code] = {
            "day_before": before.figures.get(figure.code) if before else None,
            "week_mean": mean(values),
            "week_days": len(values),
        }
    return compared


def _keep_ticket_sets(report: DailyReport, assembled: Assembled) -> None:
    ReportTicketSet.objects.bulk_create(
        [ReportTicketSet(report=report, key=key, ticket_ids=ids) for key, ids in assembled.ticket_sets.items()]
    )
