"""Reads about categories, statuses, tags and known incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F

from puo_desk.kernel.actor import Actor
from tickets.models import Category, FormField, KnownIncident, Status, Tag
from tickets.policies import visible_tickets
from tickets.rules.forms import FieldRule
from tickets.rules.suggestion import Keyworded, rank_by_keywords, split_keywords
from tickets.vocabulary import StatusCategory

SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category with the path of names that leads to it: ``("Review console", "Queue", "Empty")``."""

    id: int
    name: str
    path: tuple[str, ...]
    parent_id: int | None
    description: str
    default_impact: int
    default_urgency: int
    team_id: int | None
    keywords: str
    has_children: bool

    @property
    def label(self) -> str:
        return " › ".join(self.path)


def list_categories() -> list[CategoryRow]:
    """All active categories in tree order. One query."""
    rows = list(Category.objects.filter(is_active=True).order_by("position", "name"))
    children: dict[int | None, list[Category]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    listed: list[CategoryRow] = []

    def walk(parent_id: int | None, path: tuple[str, ...]) -> None:
        for row in children.get(parent_id, []):
            here = (*path, row.name)
            listed.append(
                CategoryRow(
                    row.pk, row.name, here, row.parent_id, row.description, row.default_impact,
                    row.default_urgency, row.team_id, row.keywords, row.pk in children,
                )
            )  # fmt: skip
            walk(row.pk, here)

    walk(None, ())
    return listed


def field_rules(category_id: int) -> tuple[FieldRule, ...]:
    """The questions that a category's form asks, in order."""
    return tuple(
        FieldRule(row.key, row.label, row.kind, row.is_required, tuple(row.options), row.help_text)
        for row in FormField.objects.filter(category_id=category_id).order_by("position", "id")
    )


def field_rules_by_category() -> dict[int, tuple[FieldRule, ...]]:
    """Every form of the desk, by category id. One query."""
    forms: dict[int, list[FieldRule]] = {}
    for row in FormField.objects.order_by("category_id", "position", "id"):
        rule = FieldRule(row.key, row.label, row.kind, row.is_required, tuple(row.options), row.help_text)
        forms.setdefault(row.category_id, []).append(rule)
    return {category_id: tuple(rules) for category_id, rules in forms.items()}


def find_categories_for(text: str) -> list[CategoryRow]:
    """The categories that a description seems to be about, best first, three at most."""
    rows = {row.id: row for row in list_categories()}
    ranked = rank_by_keywords(text, (Keyworded(row.id, split_keywords(row.keywords)) for row in rows.values()))
    return [rows[category_id] for category_id in ranked[:SUGGESTIONS]]


@dataclass(frozen=True, slots=True)
class StatusRow:
    code: str
    name: str
    category: str
    waiting_on: str
    is_default: bool


def list_statuses() -> list[StatusRow]:
    """Active statuses in the order of the desk's work."""
    return [
        StatusRow(row.code, row.name, row.category, row.waiting_on, row.is_default)
        for row in Status.objects.filter(is_active=True).order_by("position", "id")
    ]


def list_tag_names() -> list[str]:
    return list(Tag.objects.values_list("name", flat=True)[:500])


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A known incident as users are told of it."""

    id: int
    title: str
    public_summary: str
    started_at: datetime
    ended_at: datetime | None
    category_id: int | None


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """A known incident with the number of tickets about it that the viewer sees."""

    incident: IncidentRow
    ticket_count: int


def list_incidents(*, viewer: Actor, limit: int = 100) -> list[IncidentLine]:
    """Known incidents, those that go on first, then newest first. Two queries."""
    newest = KnownIncident.objects.order_by(F("ended_at").desc(nulls_first=True), "-started_at")[:limit]
    rows = [_incident_row(row) for row in newest]
    about = visible_tickets(viewer).filter(incident__in=[row.id for row in rows])
    counted = about.order_by().values("incident").annotate(found=Count("pk")).values_list("incident", "found")
    counts: dict[int | None, int] = dict(counted)
    return [IncidentLine(row, counts.get(row.id, 0)) for row in rows]


def _incident_row(row: KnownIncident) -> IncidentRow:
    return IncidentRow(row.pk, row.title, row.public_summary, row.started_at, row.ended_at, row.category_id)


def list_open_incidents() -> list[IncidentRow]:
    """Known incidents that go on, newest first."""
    return [_incident_row(row) for row in KnownIncident.objects.filter(ended_at=None)[:50]]


def find_incidents_for(text: str) -> list[IncidentRow]:
    """Known incidents that go on and seem to be what a description is about, best first."""
    rows = {row.pk: row for row in KnownIncident.objects.filter(ended_at=None)[:200]}
    ranked = rank_by_keywords(text, (Keyworded(pk, _incident_keywords(row)) for pk, row in rows.items()))
    return [_incident_row(rows[incident_id]) for incident_id in ranked[:SUGGESTIONS]]


def _incident_keywords(row: KnownIncident) -> tuple[str, ...]:
    return split_keywords(row.keywords) or split_keywords(row.title)


def default_of(category: StatusCategory, statuses: Sequence[StatusRow]) -> StatusRow:
    """The status that stands for a category when nothing more is known."""
    return next(row for row in statuses if row.category == category and row.is_default)
