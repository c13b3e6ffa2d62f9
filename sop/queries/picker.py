"""Procedures that can be used on a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from puo_desk.kernel.actor import Actor
from sop.policies import visible_articles
from sop.queries.effect import Effect, effect_of
from sop.queries.search import find_article_ids, suggest_for
from sop.vocabulary import ArticleState, article_number
from tickets.models import Ticket

CHOICES = 12
PREVIEWED = 600


@dataclass(frozen=True, slots=True)
class Choice:
    """A published procedure that can be inserted. ``preview`` is the beginning of its text."""

    id: int
    title: str
    summary: str
    is_public: bool
    version: int
    preview: str
    effect: Effect
    is_suggested: bool

    @property
    def number(self) -> str:
        return article_number(self.id)


def find_for_picker(ticket: Ticket, *, viewer: Actor, now: datetime, words: str = "") -> list[Choice]:
    """What was searched for; without words what fits the ticket, then what was published last. Four queries."""
    published = visible_articles(viewer).filter(state=ArticleState.PUBLISHED)
    if words.strip():
        ids, fitting = find_article_ids(words, viewer=viewer), []
    else:
        fitting = [found.id for found in suggest_for_ticket(ticket, viewer=viewer)]
        newest = published.exclude(pk__in=fitting).order_by("-published_at", "-id").values_list("pk", flat=True)
        ids = [*fitting, *newest[: CHOICES - len(fitting)]]
    rows = {row.pk: row for row in published.select_related("published_version").filter(pk__in=ids)}
    shown = [rows[article_id] for article_id in ids if article_id in rows][:CHOICES]
    effects = effect_of([row.pk for row in shown], now=now)
    return [
        Choice(
            row.pk, row.title, row.summary, row.is_public, version.number, version.body[:PREVIEWED],
            effects.get(row.pk, Effect()), row.pk in fitting,
        )
        for row in shown
        if (version := row.published_version) is not None
    ]  # fmt: skip


def suggest_for_ticket(ticket: Ticket, *, viewer: Actor, limit: int = 4) -> list[Suggested]:
    """Published procedures for what a ticket is about: its subject, its newest words, its category."""
    described = f"{ticket.subject}\n{ticket.preview}"
    found = suggest_for(described, viewer=viewer, category_id=ticket.category_id, limit=limit)
    return [Suggested(one.id, one.title, one.is_public, one.version) for one in found]


@dataclass(frozen=True, slots=True)
class Suggested:
    """A procedure that fits a ticket, as its page names it."""

    id: int
    title: str
    is_public: bool
    version: int

    @property
    def number(self) -> str:
        return article_number(self.id)
