"""What a day's figures are counted from: plain values, each naming its ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A ticket did something at an instant. ``actor_id`` is who did it."""

    ticket_id: int
    at: datetime
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise was kept (``is_met``) or broken in the day."""

    ticket_id: int
    metric: str
    priority: int
    is_met: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class About:
    """What a ticket is, for the breakdowns: as it stood at the end of the day."""

    team_id: int | None
    category_id: int | None
    channel: str
    priority: int
    assignee_id: int | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class DayFacts:
    """All that happened in a day, in order of the instants, and what was open at its end."""

    opened: Sequence[Moved]
    resolved: Sequence[Moved]
    closed: Sequence[Moved]
    reopened: Sequence[Moved]
    reassigned: Sequence[Moved]
    answered_first: Sequence[Moved]
    replies: Sequence[Moved]
    rated: Sequence[tuple[Moved, int]]
    judged: Sequence[Judged]
    backlog: Sequence[int]
    about: dict[int, About]
