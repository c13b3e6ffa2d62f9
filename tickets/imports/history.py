"""A ticket's past as a file tells it: facts that stay, and snapshots in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

UNKNOWN_REQUESTER = "Unknown requester"
"""The person behind tickets whose file does not say who asked."""

CategoryPath = tuple[str, ...]
"""Names from the root of the category tree down; empty when the file gives none."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ticket as it stood after one update. ``status`` is a status code, ``by`` who made the update."""

    at: datetime
    by: str
    status: str
    impact: int
    urgency: int
    priority: int
    team: str | None = None
    assignee: str | None = None
    category: CategoryPath = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What one row says: the ticket it is about, and how that stood at one or more instants."""

    external_id: str
    opened_at: datetime
    opened_by: str
    subject: str
    requester: str
    channel: str
    snapshots: tuple[Snapshot, ...]
    body: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row as it stands in the file."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TicketHistory:
    """Everything a file says about one ticket. ``opening`` is its first readable row, which names what stays."""

    opening: RowFacts
    snapshots: tuple[Snapshot, ...]
    rows: tuple[SourceRow, ...]

    @property
    def external_id(self) -> str:
        return self.opening.external_id

    @property
    def requester(self) -> str:
        return self.opening.requester or UNKNOWN_REQUESTER

    @property
    def first_line(self) -> int:
        return self.rows[0].line

    def team_names(self) -> Iterator[str]:
        return (snapshot.team for snapshot in self.snapshots if snapshot.team)

    def assignee_names(self) -> Iterator[str]:
        return (snapshot.assignee for snapshot in self.snapshots if snapshot.assignee)

    def category_paths(self) -> Iterator[CategoryPath]:
        return (snapshot.category for snapshot in self.snapshots if snapshot.category)


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """A status row of the desk, as far as a history needs it."""

    id: int
    code: str
    category: str
    waiting_on: str


@dataclass(frozen=True, slots=True)
class Directory:
    """The desk's ids for the names a file uses."""

    people: Mapping[str, int]
    teams: Mapping[str, int]
    categories: Mapping[CategoryPath, int]
    statuses: Mapping[str, StatusFacts]
