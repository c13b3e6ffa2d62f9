"""The tables of a report, in one shape for page and CSV: columns, rows of cells, each number a door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from reports.definitions import FIGURES, METRICS
from reports.models import DailyReport
from reports.queries.names import Names, hour_labels
from reports.rules.assemble import PRIORITIES
from reports.vocabulary import Unit
from reports.web.showing import (
    METRIC_LABELS,
    comparisons,
    unit_sign,
    value_text,
)

Door = Callable[[str], str]
"""Gives the address of the tickets behind a number, by its key; empty when there are none."""
SHOWN_ROWS = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table. ``raw`` is the exact value, for the file."""

    text: str
    raw: Any = None
    url: str = ""
    is_number: bool = True
    meta: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """``file_name`` is its name in the file, where no neighbour explains it: empty leaves it out, None is ``name``."""

    name: str
    is_number: bool = True
    file_name: str | None = None

    @property
    def name_in_file(self) -> str:
        return self.name if self.file_name is None else self.file_name


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table with a name of its own; without rows ``empty`` is said instead."""

    code: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    total: tuple[Cell, ...] = ()
    folds: bool = False

    @property
    def first_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """What is shown at once of a table that may grow long; one a little longer than that is shown whole."""
        is_long = self.folds and len(self.rows) > SHOWN_ROWS + 2
        return self.rows[:SHOWN_ROWS] if is_long else self.rows

    @property
    def totals(self) -> tuple[tuple[Cell, ...], ...]:
        return (self.total,) if self.total else ()

    @property
    def more_rows(self) -> tuple[tuple[Cell, ...], ...]:
        return self.rows[len(self.first_rows) :]


def words(text: str) -> Cell:
    return Cell(text, text, is_number=False)


def number(value: float | int | None, *, url: str = "", unit: str = Unit.COUNT, tone: str = "") -> Cell:
    """A value as it is shown; a link to its tickets unless there are none."""
    sign = unit_sign(unit)
    return Cell(
        value_text(value, unit) + (f" {sign}" if sign and value is not None else ""),
        value,
        url,
        tone=tone if value else "",
    )


def seconds(value: float | None, *, url: str = "") -> Cell:
    return number(value, unit=Unit.SECONDS, url=url)


def all_tables(report: DailyReport, names: Names, door: Door) -> dict[str, ShownTable]:
    """Every table of a report by its code, in the order of the page."""
    tables = (
        figures_table(report, door),
        hours_table(report, hour_labels(report), door),
        breakdown_table(report, door, "teams", "team", _("By team"), _("Team"), names.team),
        backlog_table(report),
        promises_table(report, door),
        speed_table(report, door),
        breakdown_table(report, door, "channels", "channel", _("By channel"), _("Channel"), names.channel),
        categories_table(report, names, door),
        agents_table(report, names, door),
        scores_table(report, door),
    )
    return {table.code: table for table in tables}


def figures_table(report: DailyReport, door: Door) -> ShownTable:
    rows = []
    for figure in FIGURES:
        value = report.figures.get(figure.code)
        lines = comparisons(figure, value, report.compared, report.day)
        compared = report.compared.get(figure.code) or {}
        before, week = _two(lines, compared)
        rows.append(
            (
                Cell(str(figure.label), str(figure.label), is_number=False, meta=str(figure.meaning)),
                number(value, unit=figure.unit, url=door(figure.code)),
                Cell(before.value if before else "–", compared.get("day_before")),
                _change(before),
                Cell(week.value if week else "–", compared.get("week_mean")),
                _change(week),
            )
        )
    return ShownTable(
        "figures",
        _("All figures"),
        (
            Column(_("Figure"), is_number=False),
            Column(_("This day")),
            Column(_("Day before")),
            Column(_("Change"), file_name=""),
            Column(_("Week before")),
            Column(_("Change"), file_name=""),
        ),
        tuple(rows),
    )


def _two(lines: Sequence[Any], compared: Mapping[str, Any]) -> tuple[Any, Any]:
    """The comparisons with the day before and with the week, each where it is known."""
    left = list(lines)
    before = left.pop(0) if left and compared.get("day_before") is not None else None
    return before, left[0] if left else None


def _change(line: Any) -> Cell:
    if line is None:
        return Cell("")
    tone = {"better": "ok", "worse": "breach"}.get(line.tone, "")
    return Cell(f"{line.change} {line.word}".strip(), tone=tone)


def hours_table(report: DailyReport, labels: Sequence[str], door: Door) -> ShownTable:
    rows = tuple(
        (
            words(label),
            number(row["opened"], url=door(f"hour.{row['hour']}.opened")),
            number(row["resolved"], url=door(f"hour.{row['hour']}.resolved")),
        )
        for label, row in zip(labels, report.tables["hours"], strict=True)
    )
    columns = (Column(_("Hour from"), is_number=False), Column(_("Opened")), Column(_("Resolved")))
    total = (
        words(_("All")),
        number(report.figures["opened"], url=door("opened")),
        number(report.figures["resolved"], url=door("resolved")),
    )
    return ShownTable("hours", _("Opened and resolved, by hour"), columns, rows, total=total)


def breakdown_table(
    report: DailyReport, door: Door, code: str, part: str, caption: str, head: str, name_of: Callable[[Any], str]
) -> ShownTable:
    """Opened, resolved, first reply, broken promises and backlog by team or by channel."""
    rows = tuple(
        (
            words(name_of(row[part])),
            number(row["opened"], url=door(f"{part}.{row[part]}.opened")),
            number(row["resolved"], url=door(f"{part}.{row[part]}.resolved")),
            seconds(row["first_response_median"], url=door(f"{part}.{row[part]}.first_response")),
            number(row["breaches"], url=door(f"{part}.{row[part]}.breaches"), tone="breach"),
            number(row["backlog"], url=door(f"{part}.{row[part]}.backlog")),
        )
        for row in report.tables[code]
    )
    columns = (
        Column(head, is_number=False),
        Column(_("Opened")),
        Column(_("Resolved")),
        Column(_("First reply, median")),
        Column(_("Promises broken")),
        Column(_("Open at the end")),
    )
    figures = report.figures
    total = (
        words(_("All")),
        number(figures["opened"], url=door("opened")),
        number(figures["resolved"], url=door("resolved")),
        seconds(figures["first_response_median"], url=door("first_response_median")),
        number(figures["breaches"], url=door("breaches"), tone="breach"),
        number(figures["backlog"], url=door("backlog")),
    )
    return ShownTable(
        code,
        caption,
        columns,
        rows,
        empty=_("Nothing was opened, resolved or open."),
        total=total if len(rows) > 1 else (),
        folds=True,
    )


def backlog_table(report: DailyReport) -> ShownTable:
    rows = tuple(
        (words(date_format(date.fromisoformat(row["day"]), "j M Y")), number(row["backlog"]))
        for row in report.tables["backlog_days"]
    )
    columns = (Column(_("Day"), is_number=False), Column(_("Open at the end")))
    return ShownTable("backlog_days", _("Open at the end of the day"), columns, rows)


def promises_table(report: DailyReport, door: Door) -> ShownTable:
    """Kept and broken by priority, one pair of columns for each promise."""
    found = {(row["metric"], row["priority"]): row for row in report.tables["promises"]}
    rows = []
    for priority in PRIORITIES:
        cells = [words(f"P{priority}")]
        for metric in METRICS:
            row, key = found[metric, priority], f"promise.{metric}.{priority}"
            cells += [
                number(row["met"], url=door(f"{key}.met")),
                number(row["breached"], url=door(f"{key}.breached"), tone="breach"),
            ]
        rows.append(tuple(cells))
    columns = [Column(_("Priority"), is_number=False)]
    for metric in METRICS:
        label = METRIC_LABELS[metric]
        broken = _("%(metric)s broken") % {"metric": label}
        columns += [Column(_("%(metric)s kept") % {"metric": label}), Column(_("broken"), file_name=broken)]
    is_empty = not any(row["met"] or row["breached"] for row in found.values())
    return ShownTable(
        "promises",
        _("Promises by priority"),
        tuple(columns),
        () if is_empty else tuple(rows),
        empty=_("No promise was due."),
    )


def speed_table(report: DailyReport, door: Door) -> ShownTable:
    rows = tuple(
        (
            words(f"P{row['priority']}"),
            *(
                cell
                for name in ("first_response", "resolution")
                for cell in (
                    number(row[f"{name}_count"], url=door(f"priority.{row['priority']}.{name}")),
                    seconds(row[f"{name}_median"], url=door(f"priority.{row['priority']}.{name}")),
                    seconds(row[f"{name}_p90"], url=door(f"priority.{row['priority']}.{name}")),
                )
            ),
        )
        for row in report.tables["priorities"]
    )
    columns = (
        Column(_("Priority"), is_number=False),
        Column(_("First answered")),
        Column(_("median"), file_name=_("First reply, median")),
        Column(_("9 of 10"), file_name=_("First reply, 9 of 10")),
        Column(_("Resolved")),
        Column(_("median"), file_name=_("Resolution, median")),
        Column(_("9 of 10"), file_name=_("Resolution, 9 of 10")),
    )
    return ShownTable("priorities", _("How long it took, by priority"), columns, rows)


def categories_table(report: DailyReport, names: Names, door: Door) -> ShownTable:
    rows = tuple(
        (
            words(names.category(row["category"])),
            number(row["opened"], url=door(f"category.{row['category']}.opened")),
        )
        for row in report.tables["categories"]
    )
    columns = (Column(_("Category"), is_number=False), Column(_("Opened")))
    return ShownTable("categories", _("Top categories"), columns, rows, empty=_("Nothing was opened."))


def agents_table(report: DailyReport, names: Names, door: Door) -> ShownTable:
    rows = tuple(
        (
            words(names.agent(row["agent"])),
            number(row["resolved"], url=door(f"agent.{row['agent']}.resolved")),
            number(row["answered"], url=door(f"agent.{row['agent']}.answered")),
            number(row["replies"], url=door(f"agent.{row['agent']}.answered")),
            number(row["ratings"], url=door(f"agent.{row['agent']}.ratings")),
            number(row["rating_mean"], unit=Unit.SCORE, url=door(f"agent.{row['agent']}.ratings")),
        )
        for row in report.tables["agents"]
    )
    columns = (
        Column(_("Agent"), is_number=False),
        Column(_("Resolved")),
        Column(_("Answered")),
        Column(_("Replies")),
        Column(_("Rated")),
        Column(_("Rating")),
    )
    return ShownTable(
        "agents", _("By agent"), columns, rows, _("No work of an agent of this desk is recorded."), folds=True
    )


def scores_table(report: DailyReport, door: Door) -> ShownTable:
    rows = tuple(
        (words(_("%(score)s of 5") % {"score": row["score"]}), number(row["count"], url=door(f"score.{row['score']}")))
        for row in report.tables["scores"]
    )
    columns = (Column(_("Rating"), is_number=False), Column(_("Tickets")))
    return ShownTable("scores", _("Ratings"), columns, rows if report.figures["ratings"] else (), _("Nobody rated."))
