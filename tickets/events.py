"""What happens to a ticket, as typed payloads; how it is recorded; who is told within the transaction.

A payload class names one kind of event. Operations record payloads on a ``TicketChange``; higher apps
record their own payloads the same way and subscribe to all. Sentences for people are made when read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from tickets.operations.change import TicketChange


@dataclass(frozen=True, slots=True)
class Recorded:
    """Base of payloads: the typed data of one event. ``kind`` is a dotted past participle; fields are the data."""

    kind: ClassVar[str]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TicketOpened(Recorded):
    """``on_own_behalf``: an agent opened it without a requester to answer, so no first response is promised."""

    kind: ClassVar[str] = "ticket.opened"
    subject: str
    requester: int
    assignee: int | None
    team: int | None
    category: int | None
    status: str
    status_category: str
    waiting_on: str
    impact: int
    urgency: int
    priority: int
    channel: str
    on_own_behalf: bool


@dataclass(frozen=True, slots=True)
class Changed(Recorded):
    """A field went from ``old`` to ``new``: ids of rows, or texts."""

    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class TicketAssigned(Changed):
    kind: ClassVar[str] = "ticket.assigned"


@dataclass(frozen=True, slots=True)
class TeamChanged(Changed):
    kind: ClassVar[str] = "ticket.team_changed"


@dataclass(frozen=True, slots=True)
class CategoryChanged(Changed):
    kind: ClassVar[str] = "ticket.category_changed"


@dataclass(frozen=True, slots=True)
class TicketRenamed(Changed):
    kind: ClassVar[str] = "ticket.renamed"


@dataclass(frozen=True, slots=True)
class PriorityChanged(Changed):
    kind: ClassVar[str] = "ticket.priority_changed"
    impact: int
    urgency: int


@dataclass(frozen=True, slots=True)
class StatusChanged(Changed):
    """``old`` and ``new`` are status codes. Resolving, closing and reopening are status changes with a name."""

    kind: ClassVar[str] = "ticket.status_changed"
    old_category: str
    new_category: str
    waiting_on: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TicketResolved(StatusChanged):
    kind: ClassVar[str] = "ticket.resolved"


@dataclass(frozen=True, slots=True)
class TicketClosed(StatusChanged):
    kind: ClassVar[str] = "ticket.closed"


@dataclass(frozen=True, slots=True)
class TicketReopened(StatusChanged):
    kind: ClassVar[str] = "ticket.reopened"


STATUS_PAYLOADS: dict[str, type[StatusChanged]] = {
    payload.kind: payload for payload in (StatusChanged, TicketResolved, TicketClosed, TicketReopened)
}


@dataclass(frozen=True, slots=True)
class TicketReplied(Recorded):
    """Something public was said. ``message_kind`` tells whether by the requester or by the desk."""

    kind: ClassVar[str] = "ticket.replied"
    message: int
    message_kind: str


@dataclass(frozen=True, slots=True)
class TicketNoted(Recorded):
    kind: ClassVar[str] = "ticket.noted"
    message: int


@dataclass(frozen=True, slots=True)
class TicketTagged(Recorded):
    kind: ClassVar[str] = "ticket.tagged"
    added: list[str]
    removed: list[str]


@dataclass(frozen=True, slots=True)
class WatcherAdded(Recorded):
    kind: ClassVar[str] = "ticket.watched"
    user: int


@dataclass(frozen=True, slots=True)
class WatcherRemoved(Recorded):
    kind: ClassVar[str] = "ticket.unwatched"
    user: int


@dataclass(frozen=True, slots=True)
class TicketLinked(Recorded):
    kind: ClassVar[str] = "ticket.linked"
    other: int
    link: str


@dataclass(frozen=True, slots=True)
class TicketUnlinked(Recorded):
    kind: ClassVar[str] = "ticket.unlinked"
    other: int
    link: str


@dataclass(frozen=True, slots=True)
class IncidentFollowed(Recorded):
    kind: ClassVar[str] = "ticket.incident_followed"
    incident: int


@dataclass(frozen=True, slots=True)
class FixConfirmed(Recorded):
    kind: ClassVar[str] = "ticket.confirmed"


@dataclass(frozen=True, slots=True)
class TicketRated(Recorded):
    kind: ClassVar[str] = "ticket.rated"
    score: int
    has_comment: bool


@dataclass(frozen=True, slots=True)
class RequesterChased(Recorded):
    """The requester was reminded that the desk waits for an answer; ``step`` counts the reminders."""

    kind: ClassVar[str] = "ticket.chased"
    step: int


Handler = Callable[["TicketChange"], None]
_handlers: list[Handler] = []


def subscribe(handler: Handler) -> Handler:
    """Call ``handler`` with each change of a ticket, inside its transaction, before it is written.

    A handler may read ``change.events``, record further payloads and set the promise; it touches the
    database only. Its failure refuses the whole act: what must not do so belongs in later work.
    """
    _handlers.append(handler)
    return handler


def handlers() -> tuple[Handler, ...]:
    return tuple(_handlers)
