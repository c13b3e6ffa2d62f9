"""The daily report: the days, one day, the tickets behind a number, building a day."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from puo_desk.accounts.policies import may
from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.text import csv_cell
from reports.addresses import FIRST_YEAR, LAST_YEAR
from reports.definitions import BY_CODE, DEFINITIONS_VERSION, FIGURES, HEADLINES, TABLES
from reports.models import DailyReport
from reports.operations.build import build_daily_report, this_desk_day
from reports.queries.names import hour_labels, names_in
from reports.queries.reports import (
    ReportRow,
    counted_tickets,
    days_beside,
    find_report,
    get_report,
    keys_with_tickets,
    latest_day,
    list_reports,
    list_versions,
    version_number,
)
from reports.vocabulary import Better
from reports.web.drawing import backlog_chart, hours_chart, promise_meters, score_meters
from reports.web.showing import (
    METRIC_LABELS,
    number_name,
    shown_figure,
    tickets_url,
    unit_sign,
    value_text,
)
from reports.web.tables import Door, all_tables
from tickets.queries.queue import page_of_tickets
from tickets.web.showing import shown_rows

METERED = ("first_response", "resolution")


@require_safe
@page("report.view")
def report_list(request: ReaderRequest) -> HttpResponse:
    """The days that have a report, newest first; ``day`` leads to one."""
    if asked := request.GET.get("day"):
        return _to_day(asked)
    cursor = request.GET.get("cursor") or None
    found = list_reports(viewer=request.actor, cursor=cursor)
    newest = found.rows[0] if found.rows and cursor is None else None
    context = {
        "headlines": HEADLINES,
        "newest": newest,
        "newest_figures": _headlines(newest, lambda key: tickets_url(newest.day, key, None)) if newest else [],
        "rows": [(row, _row_cells(row)) for row in found.rows],
        "older": found.next,
        "newer": found.previous,
        "may_build": may(request.actor, "report.build"),
    }
    return render(request, "reports/report_list.html", context)


def _to_day(text: str) -> HttpResponse:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        return redirect("reports:reports")
    return redirect("reports:report", day)


def _row_cells(row: ReportRow) -> list[dict[str, str]]:
    """The headline numbers of a day, each with its door."""
    cells = []
    for figure in HEADLINES:
        value = row.figures.get(figure.code)
        sign = unit_sign(figure.unit)
        text = value_text(value, figure.unit) + (f" {sign}" if sign and value is not None else "")
        cells.append(
            {
                "name": str(figure.label),
                "text": text,
                "url": tickets_url(row.day, figure.code, None) if value is not None else "",
            }
        )
    return cells


def _headlines(report: DailyReport | ReportRow, door: Door) -> list[Any]:
    return [
        shown_figure(
            figure,
            figures=report.figures,
            compared=report.compared,
            day=report.day,
            url=door(figure.code) if report.figures.get(figure.code) is not None else "",
        )
        for figure in HEADLINES
    ]


@require_safe
@page("report.view")
def latest(request: ReaderRequest) -> HttpResponse:
    """The newest report."""
    day = latest_day()
    return redirect("reports:reports") if day is None else redirect("reports:report", day)


@require_safe
@page("report.view")
def report(request: ReaderRequest, day: date) -> HttpResponse:
    """A day as it was built; an earlier version when one is named."""
    version = version_number(request.GET.get("version"))
    found = find_report(day, viewer=request.actor, version=version)
    if found is None:
        return _missing(request, day)
    versions = list_versions(day)
    is_newest = found.version == versions[0].version
    door = _doors(found, is_newest)
    labels = hour_labels(found)
    before, after = days_beside(day)
    context = {
        "report": found,
        "is_newest": is_newest,
        "versions": versions,
        "span": _span_words(found),
        "figures": _headlines(found, door),
        "tables": all_tables(found, names_in(found), door),
        "hours_chart": hours_chart(found, labels),
        "hours_chart_small": hours_chart(found, labels, is_small=True),
        "backlog_chart": backlog_chart(found),
        "meters": [
            (METRIC_LABELS[metric], shown) for metric in METERED if (shown := promise_meters(found, metric, door))
        ],
        "scores": score_meters(found, door),
        "rating": value_text(found.figures.get("rating_mean"), BY_CODE["rating_mean"].unit),
        "before": before,
        "after": after,
        "may_build": may(request.actor, "report.build"),
        "version_query": "" if is_newest else f"?version={found.version}",
    }
    return render(request, "reports/report_page.html", context)


def _doors(found: DailyReport, is_newest: bool) -> Door:
    """Addresses of the tickets behind each number that has any."""
    known, version = keys_with_tickets(found), None if is_newest else found.version
    return lambda key: tickets_url(found.day, key, version) if key in known else ""


def _span_words(found: DailyReport) -> str:
    """``00:00 to 24:00 UTC``: when the day begins and ends by the clock of the desk."""
    zone = ZoneInfo(found.time_zone)
    begin, end = found.starts_at.astimezone(zone), found.ends_at.astimezone(zone)
    ends = f"{end:%H:%M}"
    ends = "24:00" if ends == "00:00" else _("%(time)s the next day") % {"time": ends}
    return _("%(from)s to %(to)s, %(zone)s") % {"from": f"{begin:%H:%M}", "to": ends, "zone": found.time_zone}


def _missing(request: ReaderRequest, day: date) -> HttpResponse:
    """There is no such report: whether the day is not over, and who may have it built."""
    now = timezone.now()
    span = this_desk_day(day)
    before, after = days_beside(day)
    context = {
        "day": day,
        "is_over": now >= span.ends_at,
        "ends_at": span.ends_at,
        "has_other_version": find_report(day, viewer=request.actor) is not None,
        "may_build": may(request.actor, "report.build"),
        "before": before,
        "after": after,
        "now": now,
    }
    return render(request, "reports/report_missing.html", context, status=404)


@require_safe
@page("report.view")
def tickets(request: ReaderRequest, day: date) -> HttpResponse:
    """Exactly the tickets that a number was counted from, newest first."""
    version = version_number(request.GET.get("version"))
    found = get_report(day, viewer=request.actor, version=version)
    counted = counted_tickets(found, request.GET.get("key", ""), viewer=request.actor)
    now = timezone.now()
    window = page_of_tickets(
        counted.tickets, sort="newest", viewer=request.actor, cursor=request.GET.get("cursor") or None
    )
    figure = BY_CODE.get(counted.key)
    value = found.figures.get(counted.key) if figure else None
    context = {
        "report": found,
        "version": version,
        "number": number_name(counted.key, names_in(found), dict(enumerate(hour_labels(found)))),
        "value": value_text(value, figure.unit) + f" {unit_sign(figure.unit)}".rstrip() if figure else "",
        "counted": counted,
        "visible": counted.total - counted.hidden,
        "rows": shown_rows(window.rows, viewer=request.actor, now=now, query="view=all"),
        "older": window.next,
        "newer": window.previous,
        "back_url": address("reports:report", day) + (f"?{urlencode({'version': version})}" if version else ""),
        "now": now,
    }
    return render(request, "reports/report_tickets.html", context)


@require_safe
@page("report.view")
def tables(request: ReaderRequest, day: date) -> HttpResponse:
    """All tables of a report as one CSV file: a line for each number, exact, with its table and row."""
    found = get_report(day, viewer=request.actor, version=version_number(request.GET.get("version")))
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="report-{day.isoformat()}-v{found.version}.csv"'
    writer = csv.writer(answer)
    writer.writerow(["day", "version", "table", "row", "column", "value"])
    for table in all_tables(found, names_in(found), lambda key: "").values():
        for row in (*table.rows, *([table.total] if table.total else [])):
            for column, cell in zip(table.columns[1:], row[1:], strict=True):
                if not column.name_in_file:
                    continue
                line = [day.isoformat(), found.version, table.caption, row[0].text, column.name_in_file]
                writer.writerow([csv_cell(value) for value in (*line, "" if cell.raw is None else cell.raw)])
    return answer


@require_POST
@page("report.build")
def build(request: ReaderRequest, day: date) -> HttpResponse:
    """Build a day, for the first time or again as a new version."""
    built = build_daily_report(day=day, actor=request.actor, now=timezone.now())
    messages.success(request, _("Built as version %(version)s") % {"version": built.version})
    return redirect("reports:report", day)


@require_safe
@page("report.view")
def definitions(request: ReaderRequest) -> HttpResponse:
    """What each figure means."""
    context = {
        "figures": [(figure, Better(figure.better).label) for figure in FIGURES],
        "version": DEFINITIONS_VERSION,
        "tables": TABLES,
    }
    return render(request, "reports/definitions.html", context)
