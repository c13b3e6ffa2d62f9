"""What the clock needs to know of a ticket's history, and nothing else.

Whoever reads `TicketEvent`s translates them into these; internal notes, tags and the like are not translated.
`seq` is the event's own number: it orders what happened at one instant, and an explanation names it as cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from escalations.rules.calendar import BusinessCalendar
from escalations.rules.refusals import TargetNotPositive, WarningNotValid


class Metric(StrEnum):
    """What is promised."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"


class StatusCategory(StrEnum):
    """The four kinds of status that the rules tell apart."""

    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


class WaitingOn(StrEnum):
    """Whose turn it is when it is not the agent's."""

    REQUESTER = "requester"
    THIRD_PARTY = "third_party"
    ENGINEERING = "engineering"


class HandOffAct(StrEnum):
    """What happens to a hand-off to engineering."""

    SENT = "sent"
    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    ANSWERED = "answered"


DEFAULT_PAUSES: Final = frozenset({WaitingOn.REQUESTER, WaitingOn.THIRD_PARTY})
DEFAULT_WARNINGS: Final = (50, 75, 90)


@dataclass(frozen=True)
class Promise:
    """One policy version as it applies to one ticket: the targets are those of the ticket's priority.

    `targets` are seconds of open time; a metric that is absent or null has no target. `pauses_on` says which
    waiting pauses the resolution; `warn_at` are percentages of the target.
    Raises: TargetNotPositive, WarningNotValid.
    """

    policy_version_id: int
    calendar_id: int
    calendar: BusinessCalendar
    targets: Mapping[Metric, int | None]
    pauses_on: frozenset[WaitingOn] = DEFAULT_PAUSES
    warn_at: tuple[int, ...] = DEFAULT_WARNINGS

    def __post_init__(self) -> None:
        for metric, seconds in self.targets.items():
            if seconds is not None and seconds <= 0:
                raise TargetNotPositive(f"The target of {metric} is {seconds} seconds; no target is null.")
        if any(not 1 <= percent <= 99 for percent in self.warn_at):
            raise WarningNotValid("A warning comes at 1 to 99 percent of the target.")
        object.__setattr__(self, "targets", MappingProxyType(dict(self.targets)))
        object.__setattr__(self, "warn_at", tuple(sorted(set(self.warn_at))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The ticket was opened: by or for a requester, or by an agent on own behalf (`for_requester=False`)."""

    at: datetime
    seq: int
    for_requester: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RequesterMessage:
    """The requester wrote, whichever way it came. The text the ticket was opened with is not one."""

    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReply:
    """An agent answered in public. Internal notes and messages sent by the system are not replies."""

    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """The ticket came to a status. From resolved or closed to open or pending, that is a reopening."""

    at: datetime
    seq: int
    category: StatusCategory
    waiting_on: WaitingOn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyApplied:
    """From now on this is promised: said at opening and at each change of priority, team, category or policy.

    Null when no policy matches any more.
    """

    at: datetime
    seq: int
    promise: Promise | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffMoved:
    """A hand-off to engineering was sent, accepted, bounced or answered. One is under way at a time."""

    at: datetime
    seq: int
    act: HandOffAct


Happening: TypeAlias = Opened | RequesterMessage | AgentReply | StatusChanged | PolicyApplied | HandOffMoved
