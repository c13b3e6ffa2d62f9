"""What a timer says: its state, its instants, and why they are what they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from escalations.rules.calendar import BusinessCalendar
from escalations.rules.history import Metric

AFTER: Final = timedelta(microseconds=1)
"""The step from an instant to the first one after it, at the precision that instants are stored with."""


def is_met(at: datetime, due_at: datetime) -> bool:
    """Whether what happened at `at` kept the promise. At the due instant itself it did."""
    return at <= due_at


class TimerState(StrEnum):
    """Where a timer stands. A live timer may be breached already: see `TimerView.breached_at`."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"


LIVE: Final = frozenset({TimerState.RUNNING, TimerState.PAUSED})


class Phase(StrEnum):
    """Whether a timer counted in a segment."""

    RUNNING = "running"
    PAUSED = "paused"


class Reason(StrEnum):
    """What began a segment."""

    OPENED = "opened"
    REQUESTER_WROTE = "requester_wrote"
    HAND_OFF_SENT = "hand_off_sent"
    WORK_RESUMED = "work_resumed"
    REOPENED = "reopened"
    POLICY_CHANGED = "policy_changed"
    WAITING_ON_REQUESTER = "waiting_on_requester"
    WAITING_ON_THIRD_PARTY = "waiting_on_third_party"
    WAITING_ON_ENGINEERING = "waiting_on_engineering"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a timer's life, from `starts_at` until, not including, `ends_at` (null: it lasts).

    `seq` is the event that began it; calendar and policy version are those in force in it, null while nothing
    was promised. `counted` is its open time by the timer's present calendar, null while it lasts: the counted
    times add up to the time used, also after a change of policy.
    """

    starts_at: datetime
    ends_at: datetime | None
    phase: Phase
    reason: Reason
    seq: int
    calendar_id: int | None
    policy_version_id: int | None
    counted: timedelta | None


@dataclass(frozen=True, slots=True)
class TimerWarning:
    """The warning at a percentage of the target. Once `reached` it keeps its instant, whatever changes.

    `due_at` is null while the timer is paused before it, or when the timer stopped before it.
    """

    percent: int
    due_at: datetime | None
    reached: bool


@dataclass(frozen=True, slots=True)
class TimerView:
    """One promise on one ticket, as its history has it.

    `due_at` is null while paused, and of a timer that stopped it is what it was judged by (null when it
    stopped while paused). `used` is the open time until `resumed_at` when running, else in all.
    `breached_at` is the due instant that passed unmet: once set it stays, even if a changed policy moves
    `due_at`. `stopped_at` is when the promise was met, missed or cancelled. A timer that lost its target
    keeps the target, calendar and policy version it last had.
    """

    metric: Metric
    cycle: int
    state: TimerState
    started_at: datetime
    target_seconds: int
    policy_version_id: int
    calendar_id: int
    calendar: BusinessCalendar
    due_at: datetime | None
    used: timedelta
    resumed_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None
    warnings: tuple[TimerWarning, ...]
    segments: tuple[Segment, ...]

    @property
    def is_live(self) -> bool:
        """Whether the promise is still to be kept."""
        return self.state in LIVE

    @property
    def is_breached(self) -> bool:
        """Whether a due instant has passed unmet."""
        return self.breached_at is not None

    @property
    def used_seconds(self) -> int:
        """`used` in whole seconds."""
        return self.used // timedelta(seconds=1)

    def used_at(self, at: datetime) -> timedelta:
        """The open time used by `at`, which is not before the last event."""
        if self.resumed_at is None:
            return self.used
        return self.used + self.calendar.open_time_between(self.resumed_at, at)

    def remaining_at(self, at: datetime) -> timedelta:
        """The open time left at `at`; below zero when the target is exceeded."""
        return timedelta(seconds=self.target_seconds) - self.used_at(at)

    def wakes_after(self, after: datetime | None = None) -> tuple[datetime, ...]:
        """The instants after `after` at which this timer wants attention if nothing happens before.

        A warning is reached at its instant; a breach only after the due instant, at which one may still meet.
        """
        if self.due_at is None or not self.is_live or self.is_breached:
            return ()
        wakes = [warning.due_at for warning in self.warnings if warning.due_at and not warning.reached]
        wakes.append(self.due_at + AFTER)
        return tuple(sorted({at for at in wakes if after is None or at > after}))

    def next_wake_at(self, after: datetime | None = None) -> datetime | None:
        """The first instant after `after` at which a warning or the breach comes; null when none will."""
        return next(iter(self.wakes_after(after)), None)
