"""What happens to procedures, and what their use adds to the history of a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from puo_desk.kernel.actor import Actor
from sop.models import Article, ArticleEvent
from tickets.events import Recorded

LABEL_LENGTH = 120


@dataclass(frozen=True, slots=True)
class SopApplied(Recorded):
    """On the ticket: a version of a procedure was used."""

    kind: ClassVar[str] = "sop.applied"
    article: int
    number: str
    title: str
    version: int
    how: str


@dataclass(frozen=True, slots=True)
class SopOutcomeRecorded(Recorded):
    """On the ticket: whether the procedure helped. ``stated`` is false when it follows from the ticket's own events."""

    kind: ClassVar[str] = "sop.outcome_recorded"
    article: int
    number: str
    version: int
    old: str
    new: str
    stated: bool


@dataclass(frozen=True, slots=True)
class ArticleCreated(Recorded):
    kind: ClassVar[str] = "article.created"
    title: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class VersionSaved(Recorded):
    kind: ClassVar[str] = "article.version_saved"
    version: int
    change_note: str


@dataclass(frozen=True, slots=True)
class ArticleFiled(Recorded):
    """Category, owner or audience went from ``old`` to ``new``, by name of the field."""

    kind: ClassVar[str] = "article.filed"
    old: dict[str, int | bool | None]
    new: dict[str, int | bool | None]


@dataclass(frozen=True, slots=True)
class ArticlePublished(Recorded):
    kind: ClassVar[str] = "article.published"
    version: int


@dataclass(frozen=True, slots=True)
class ArticleArchived(Recorded):
    kind: ClassVar[str] = "article.archived"
    old_state: str


@dataclass(frozen=True, slots=True)
class ArticleRestored(Recorded):
    kind: ClassVar[str] = "article.restored"


def record(article: Article, payload: Recorded, *, actor: Actor, now: datetime) -> ArticleEvent:
    """Add what happened to the history of a procedure, in the transaction of the act."""
    return ArticleEvent.objects.create(
        article=article,
        kind=payload.kind,
        actor_id=actor.user_id,
        actor_label=actor.label[:LABEL_LENGTH],
        source=actor.source,
        occurred_at=now,
        data=payload.as_data(),
        request_id=actor.request_id,
    )
