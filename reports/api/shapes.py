"""The values that the API tells, as plain dictionaries in the shape of ``reports.api.serializers``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings

from reports.definitions import FIGURES, HEADLINES, Figure
from reports.models import DailyReport
from reports.queries.names import Names, hour_labels
from reports.queries.reports import ReportRow

JSON = dict[str, Any]


def summary_json(row: ReportRow) -> JSON:
    return {
        "day": row.day,
        "version": row.version,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "built_at": row.built_at,
        "figures": figures_json(HEADLINES, row.figures, row.compared),
        "url": f"{settings.DESK_URL}/reports/daily/{row.day.isoformat()}/",
    }


def figures_json(figures: Iterable[Figure], values: Mapping[str, Any], compared: Mapping[str, Any]) -> list[JSON]:
    nothing: JSON = {"day_before": None, "week_mean": None, "week_days": 0}
    return [
        {
            "code": figure.code,
            "label": str(figure.label),
            "meaning": str(figure.meaning),
            "unit": str(figure.unit),
            "better": str(figure.better),
            "value": values.get(figure.code),
            **(compared.get(figure.code) or nothing),
        }
        for figure in figures
    ]


def report_json(report: DailyReport, *, names: Names, versions: list[int], keys: Iterable[str]) -> JSON:
    return {
        "day": report.day,
        "version": report.version,
        "versions": versions,
        "starts_at": report.starts_at,
        "ends_at": report.ends_at,
        "time_zone": report.time_zone,
        "definitions_version": report.definitions_version,
        "built_at": report.built_at,
        "built_by": report.built_by_label,
        "figures": figures_json(FIGURES, report.figures, report.compared),
        "tables": _tables_json(report, names),
        "ticket_keys": sorted(keys),
        "url": f"{settings.DESK_URL}/reports/daily/{report.day.isoformat()}/",
    }


def _tables_json(report: DailyReport, names: Names) -> JSON:
    tables = report.tables
    named: dict[str, tuple[str, Callable[[Any], str]]] = {
        "teams": ("team", names.team),
        "channels": ("channel", names.channel),
        "categories": ("category", names.category),
        "agents": ("agent", names.agent),
    }
    told: JSON = {code: tables[code] for code in ("priorities", "promises", "scores", "backlog_days")}
    told["hours"] = [row | {"clock": clock} for row, clock in zip(tables["hours"], hour_labels(report), strict=True)]
    for code, (part, name_of) in named.items():
        told[code] = [
            {"id": row[part], "name": name_of(row[part])} | {key: row[key] for key in row if key != part}
            for row in tables[code]
        ]
    return told
