"""The charts of a report page, from its frozen tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.models import DailyReport
from reports.rules.assemble import PRIORITIES, SCORES
from reports.rules.charts import Series, bar_chart, line_chart
from reports.vocabulary import Unit
from reports.web.showing import unit_sign, value_text
from reports.web.tables import Door


def hours_chart(report: DailyReport, labels: Sequence[str], *, is_small: bool = False) -> SafeString:
    """Opened and resolved side by side for each hour of the day; small for a phone, so that its words stay readable."""
    rows = report.tables["hours"]
    opened, resolved = ([row[name] for row in rows] for name in ("opened", "resolved"))
    busiest = max(range(len(rows)), key=lambda hour: opened[hour], default=0)
    words = _("Opened %(opened)s, resolved %(resolved)s.") % {"opened": sum(opened), "resolved": sum(resolved)}
    if any(opened):
        words += " " + _("Most were opened in the hour from %(hour)s: %(count)s.") % {
            "hour": labels[busiest],
            "count": opened[busiest],
        }
    return bar_chart(
        key="hours-small" if is_small else "hours",
        title=_("Opened and resolved, by hour"),
        description=words,
        labels=[label.removesuffix(":00") for label in labels],
        series=(
            Series("bar-1", opened, _said(_("%(hour)s: %(count)s opened"), labels, opened)),
            Series("bar-2", resolved, _said(_("%(hour)s: %(count)s resolved"), labels, resolved)),
        ),
        width=358 if is_small else 720,
        height=200 if is_small else 300,
        label_every=6 if is_small else 3,
    )


def _said(pattern: str, labels: Sequence[str], values: Sequence[int]) -> list[str]:
    return [pattern % {"hour": hour, "count": count} for hour, count in zip(labels, values, strict=True)]


def backlog_chart(report: DailyReport) -> SafeString:
    """The open tickets at the end of each of the last 14 days that has a report."""
    known = {date.fromisoformat(row["day"]): row["backlog"] for row in report.tables["backlog_days"]}
    first = min(known)
    days = [date.fromordinal(number) for number in range(first.toordinal(), report.day.toordinal() + 1)]
    values = [known.get(day) for day in days]
    return line_chart(
        key="backlog",
        title=_("Open at the end of the day"),
        description=_("From %(first)s on %(from)s to %(last)s on %(to)s.")
        % {"first": known[first], "from": _short(first), "last": values[-1], "to": _short(report.day)},
        labels=[_short(day) for day in days],
        values=values,
        words=[f"{_short(day)}: {value}" for day, value in zip(days, values, strict=True)],
    )


def _short(day: date) -> str:
    return date_format(day, "j M")


@dataclass(frozen=True, slots=True)
class ShownMeter:
    """A share drawn to scale, in units of 1000, with the doors to its tickets."""

    name: str
    text: str
    url: str
    value_text: str
    value: int
    late_text: str = ""
    late_url: str = ""


def promise_meters(report: DailyReport, metric: str, door: Door) -> list[ShownMeter]:
    """How many promises of a metric were kept, by priority; nothing when none was due."""
    found = {row["priority"]: row for row in report.tables["promises"] if row["metric"] == metric}
    if all(row["share"] is None for row in found.values()):
        return []
    return [_promise_meter(found[priority], f"promise.{metric}.{priority}", door) for priority in PRIORITIES]


def _promise_meter(row: dict[str, Any], key: str, door: Door) -> ShownMeter:
    met, broken, kept = row["met"], row["breached"], row["share"]
    if kept is None:
        return ShownMeter(f"P{row['priority']}", _("none due"), "", "–", 0)
    return ShownMeter(
        name=f"P{row['priority']}",
        text=_("%(met)s of %(all)s") % {"met": met, "all": met + broken},
        url=door(f"{key}.met"),
        value_text=f"{value_text(kept, Unit.SHARE)} {unit_sign(Unit.SHARE)}",
        value=round(kept * 1000),
        late_text=_("%(n)s late") % {"n": broken} if broken else "",
        late_url=door(f"{key}.breached"),
    )


def score_meters(report: DailyReport, door: Door) -> list[ShownMeter]:
    """How often each score was given, as shares of all ratings."""
    counts = {row["score"]: row["count"] for row in report.tables["scores"]}
    whole = sum(counts.values())
    return [
        ShownMeter(
            name=_("%(score)s of 5") % {"score": score},
            text=ngettext("%(n)s ticket", "%(n)s tickets", counts[score]) % {"n": counts[score]},
            url=door(f"score.{score}"),
            value_text=f"{value_text(counts[score] / whole, Unit.SHARE)} {unit_sign(Unit.SHARE)}",
            value=round(counts[score] * 1000 / whole),
        )
        for score in SCORES
        if whole
    ]
