"""What the frozen ids and hours of a report are called today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from puo_desk.accounts.models import Team, User
from reports.models import DailyReport
from reports.rules.days import DeskDay
from tickets.models import Category
from tickets.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id. What is gone is called by its id; parts of a key are texts, so each method takes both."""

    teams: Mapping[int, str] = field(default_factory=dict)
    agents: Mapping[int, str] = field(default_factory=dict)
    categories: Mapping[int, str] = field(default_factory=dict)

    def team(self, part: Any) -> str:
        team_id = _id(part)
        return _("No team") if team_id is None else self.teams.get(team_id) or _("Team %(id)s") % {"id": team_id}

    def agent(self, part: Any) -> str:
        return self.agents.get(_id(part) or 0) or _("Agent %(id)s") % {"id": part}

    def category(self, part: Any) -> str:
        category_id = _id(part)
        if category_id is None:
            return _("No category")
        return self.categories.get(category_id) or _("Category %(id)s") % {"id": category_id}

    def channel(self, part: Any) -> str:
        return str(dict(Channel.choices).get(part, part))


def _id(part: Any) -> int | None:
    text = str(part)
    return int(text) if text.isascii() and text.isdigit() else None


def names_in(report: DailyReport) -> Names:
    """The names for a report's ids. Three queries."""
    tables = report.tables
    people = User.objects.filter(pk__in=_ids(tables, "agents", "agent")).values_list("pk", "full_name", "username")
    categories = Category.objects.filter(pk__in=_ids(tables, "categories", "category"))
    return Names(
        teams=dict(Team.objects.filter(pk__in=_ids(tables, "teams", "team")).values_list("pk", "name")),
        agents={pk: full_name or username for pk, full_name, username in people},
        categories={
            pk: f"{parent} › {name}" if parent else name
            for pk, name, parent in categories.values_list("pk", "name", "parent__name")
        },
    )


def _ids(tables: Mapping[str, Iterable[Mapping[str, Any]]], table: str, column: str) -> list[int]:
    return [row[column] for row in tables.get(table, ()) if row[column] is not None]


def hour_labels(report: DailyReport) -> list[str]:
    """The wall time at which each hour of a report's day begins, by the clock of the desk."""
    day = DeskDay(report.day, report.starts_at, report.ends_at, report.time_zone)
    return [day.clock_of(row["hour"]) for row in report.tables["hours"]]
