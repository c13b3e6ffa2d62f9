"""How a report's numbers are said and drawn: values with their units, comparisons with their word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.times import span_text
from reports.definitions import BY_CODE, Figure
from reports.operations.build import COMPARED_DAYS
from reports.queries.names import Names
from reports.vocabulary import Better, Unit

DASH = "–"
MINUS = "−"
METRIC_LABELS: dict[str, Any] = {
    "first_response": gettext_lazy("First reply"),
    "next_response": gettext_lazy("Next reply"),
    "resolution": gettext_lazy("Resolution"),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line beside a figure: against what, by how much, and whether that is better."""

    label: str
    value: str
    change: str
    word: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure as the component of that name shows it."""

    name: str
    value: str
    unit: str
    url: str
    definition: str
    compare: tuple[Comparison, ...]


def rounded(value: float, unit: str) -> float:
    """A value as finely as it is shown: changes are told between what people read."""
    if unit == Unit.SHARE:
        percent = round(value * 100, 1)
        return 99.9 if percent == 100 and value < 1 else percent
    if unit == Unit.SCORE:
        return round(value, 1)
    if unit == Unit.SECONDS:
        return int(value) if value < 60 else int(value) // 60 * 60
    return int(value) if value == int(value) else round(value, 1 if value < 10 else None)


def value_text(value: float | int | None, unit: str) -> str:
    """``1,204``, ``96.3``, ``1 h 05 min``, ``4.6``; a dash for nothing to count."""
    if value is None:
        return DASH
    shown = rounded(value, unit)
    if unit == Unit.SECONDS:
        return span_text(float(value))
    if unit in (Unit.SHARE, Unit.SCORE):
        return number_format(shown, decimal_pos=1)
    return number_format(shown, decimal_pos=0 if shown == int(shown) else 1, force_grouping=True)


def unit_sign(unit: str) -> str:
    return "%" if unit == Unit.SHARE else ""


def change_text(change: float, unit: str) -> str:
    if change == 0:
        return "±0"
    sign = "+" if change > 0 else MINUS
    return f"{sign}{span_text(abs(change)) if unit == Unit.SECONDS else _plain(abs(change), unit)}"


def _plain(value: float, unit: str) -> str:
    if unit in (Unit.SHARE, Unit.SCORE):
        return number_format(round(value, 1), decimal_pos=1)
    value = round(value, 1)
    return number_format(value, decimal_pos=0 if value == int(value) else 1, force_grouping=True)


def compare(figure: Figure, value: float | None, other: float | None, label: str) -> Comparison | None:
    """A figure against another value of it; None when one of them is not there."""
    if value is None or other is None:
        return None
    change = rounded(value, figure.unit) - rounded(other, figure.unit)
    change = round(change, 1)
    word = tone = ""
    if change and figure.better != Better.NEITHER:
        tone = "better" if (change > 0) == (figure.better == Better.HIGHER) else "worse"
        word = _("better") if tone == "better" else _("worse")
    return Comparison(label, value_text(other, figure.unit), change_text(change, figure.unit), word, tone)


def comparisons(figure: Figure, value: float | None, compared: Mapping[str, Any], day: date) -> tuple[Comparison, ...]:
    """The day before and the mean of the week before, as far as they are known."""
    line = compared.get(figure.code) or {}
    days = line.get("week_days") or 0
    week = _("7-day") if days == COMPARED_DAYS else ngettext("%(n)s-day", "%(n)s-day", days) % {"n": days}
    found = (
        compare(figure, value, line.get("day_before"), date_format(day - timedelta(days=1), "D")),
        compare(figure, value, line.get("week_mean"), week),
    )
    return tuple(one for one in found if one is not None)


def shown_figure(
    figure: Figure, *, figures: Mapping[str, Any], compared: Mapping[str, Any], day: date, url: str
) -> ShownFigure:
    value = figures.get(figure.code)
    return ShownFigure(
        name=str(figure.label),
        value=value_text(value, figure.unit),
        unit=unit_sign(figure.unit) if value is not None else "",
        url=url,
        definition=str(figure.meaning),
        compare=comparisons(figure, value, compared, day),
    )


def tickets_url(day: date, key: str, version: int | None) -> str:
    """Where the tickets behind a number stand. ``version``: of an earlier version's number."""
    query = {"key": key} | ({"version": version} if version else {})
    return f"{address('reports:tickets', day)}?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class NumberName:
    """What a number is called on the page of its tickets, and what it means."""

    name: str
    meaning: str
    counts: str = ""


_COLUMNS: dict[str, Any] = {
    "opened": gettext_lazy("Opened"),
    "resolved": gettext_lazy("Resolved"),
    "first_response": gettext_lazy("First answered"),
    "resolution": gettext_lazy("Resolved"),
    "breaches": gettext_lazy("Promises broken"),
    "backlog": gettext_lazy("Open at the end"),
    "answered": gettext_lazy("Answered"),
    "ratings": gettext_lazy("Rated"),
    "met": gettext_lazy("kept"),
    "breached": gettext_lazy("broken"),
}


def number_name(key: str, names: Names, hours: Mapping[int, str]) -> NumberName:
    """The name of a number, from its key: ``opened``, ``team.3.backlog``, ``promise.resolution.1.met``."""
    if figure := BY_CODE.get(key):
        return NumberName(str(figure.label), str(figure.meaning), str(figure.counts))
    kind, _dot, rest = key.partition(".")
    part, _dot, column = rest.rpartition(".")
    if kind == "promise":
        metric, _dot, priority = part.partition(".")
        label = METRIC_LABELS.get(metric, metric)
        return NumberName(f"P{priority}, {label} {_COLUMNS.get(column, column)}", _meaning("promise"))
    if kind == "score":
        return NumberName(_("Rated %(score)s of 5") % {"score": rest}, _meaning("score"))
    part_name = {
        "team": lambda: names.team(part),
        "channel": lambda: names.channel(part),
        "category": lambda: names.category(part),
        "agent": lambda: names.agent(part),
        "priority": lambda: f"P{part}",
        "hour": lambda: hours.get(int(part), part) if part.isdigit() else part,
    }.get(kind, lambda: part)()
    return NumberName(f"{part_name}: {_COLUMNS.get(column, column)}", _meaning(column))


def _meaning(column: str) -> str:
    own = {
        "first_response": _("Tickets whose first public reply by the desk lies in the day."),
        "resolution": str(BY_CODE["resolved"].meaning),
        "answered": _("Tickets that the agent replied to in the day."),
        "promise": _("Tickets whose promise of this kind was kept or broken in the day."),
        "score": str(BY_CODE["ratings"].meaning),
    }
    return own.get(column) or (str(BY_CODE[column].meaning) if column in BY_CODE else "")
