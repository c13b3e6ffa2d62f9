"""Do procedures work? Counted from the tickets on which they were used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from puo_desk.kernel.actor import Actor
from sop.models import Article, ArticleUse
from sop.vocabulary import EFFECT_DAYS, Outcome, article_number
from tickets.models import Ticket
from tickets.policies import visible_tickets
from tickets.vocabulary import ticket_number

USES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of the tickets on which a procedure was used. A ticket counts once per version used on it.

    ``median_seconds`` is the median time from the use to the solution, of those it solved.
    """

    applied: int = 0
    solved: int = 0
    not_solved: int = 0
    reopened: int = 0
    unknown: int = 0
    median_seconds: float | None = None

    @property
    def known(self) -> int:
        return self.solved + self.not_solved + self.reopened

    @property
    def solved_share(self) -> float | None:
        """Of the uses whose outcome is known, the share that solved; None when none is known."""
        return self.solved / self.known if self.known else None


_SQL = """
SELECT article_id, count(*),
    count(*) FILTER (WHERE outcome = 'solved'),
    count(*) FILTER (WHERE outcome = 'not_solved'),
    count(*) FILTER (WHERE outcome = 'reopened'),
    count(*) FILTER (WHERE outcome = 'unknown'),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM outcome_at - applied_at))
        FILTER (WHERE outcome = 'solved')
FROM sop_articleuse
WHERE article_id = ANY(%s) AND applied_at >= %s AND applied_at < %s
GROUP BY article_id
"""


def effect_of(article_ids: Collection[int], *, now: datetime, since: datetime | None = None) -> dict[int, Effect]:
    """The effect of procedures used in the period from ``since`` (90 days back) up to ``now``. One query."""
    if not article_ids:
        return {}
    begin = since or now - timedelta(days=EFFECT_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [list(article_ids), begin, now + timedelta(microseconds=1)])
        rows = cursor.fetchall()
    return {
        article_id: Effect(applied, solved, failed, reopened, unknown, None if median is None else float(median))
        for article_id, applied, solved, failed, reopened, unknown, median in rows
    }


@dataclass(frozen=True, slots=True)
class UseOnTicket:
    """A use as the procedure's page tells of it."""

    ticket_id: int
    subject: str
    version: int
    by: str
    applied_at: datetime
    outcome: str
    outcome_label: str

    @property
    def ticket_number(self) -> str:
        return ticket_number(self.ticket_id)


def list_uses(article: Article, *, viewer: Actor, outcome: str = "", limit: int = USES_SHOWN) -> list[UseOnTicket]:
    """The tickets on which a procedure was used, newest first, as far as the viewer sees them. Two queries."""
    uses = ArticleUse.objects.filter(article=article, ticket__in=visible_tickets(viewer))
    if outcome:
        uses = uses.filter(outcome=outcome)
    rows = list(uses.select_related("version").only(
        "ticket_id", "version__number", "applied_by_label", "applied_at", "outcome"
    ).order_by("-applied_at", "-id")[:limit])  # fmt: skip
    subjects = dict(Ticket.objects.filter(pk__in=[row.ticket_id for row in rows]).values_list("pk", "subject"))
    return [
        UseOnTicket(
            row.ticket_id, subjects[row.ticket_id], row.version.number, row.applied_by_label, row.applied_at,
            row.outcome, str(Outcome(row.outcome).label),
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AppliedRow:
    """A procedure used on one ticket. ``published_version`` differs when a newer text has been approved since."""

    use_id: int
    article_id: int
    title: str
    version: int
    published_version: int | None
    kind: str
    by: str
    applied_at: datetime
    outcome: str
    outcome_label: str
    is_stated: bool

    @property
    def number(self) -> str:
        return article_number(self.article_id)


def list_applied(ticket: Ticket) -> list[AppliedRow]:
    """The procedures used on a ticket, oldest first: for those who see its history. One query."""
    uses = ArticleUse.objects.filter(ticket=ticket).select_related("version", "article__published_version")
    return [
        AppliedRow(
            use_id=use.pk,
            article_id=use.article_id,
            title=use.version.title,
            version=use.version.number,
            published_version=use.article.published_version.number if use.article.published_version else None,
            kind=use.kind,
            by=use.applied_by_label,
            applied_at=use.applied_at,
            outcome=use.outcome,
            outcome_label=str(Outcome(use.outcome).label),
            is_stated=use.is_stated,
        )
        for use in uses.defer(
            "version__body",
            "version__body_html",
            "article__published_version__body",
            "article__published_version__body_html",
        ).order_by("id")
    ]
