"""What the stored timers of a ticket must say: its history replayed, laid out as rows.

The one place where a replayed promise becomes columns: changes write what is found here, and checking
compares with it, so that a stored timer can never mean anything but its history.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from escalations.models import BREACH_LEVEL, Timer
from escalations.queries.history import ClockEvent, list_happenings
from escalations.rules.clock import project
from escalations.rules.timers import AFTER, LIVE, TimerState, TimerView
from puo_desk.kernel.models import DueState

RISK_PERCENT = 75
"""A promise is at risk from its first warning at or beyond this share of the target."""

Key = tuple[str, int]
"""A timer of a ticket: metric and cycle."""


@dataclass(frozen=True, slots=True)
class NextDue:
    """By when the desk owes something next, as the ticket's own row keeps it. What is late is no longer at risk."""

    next_due_at: datetime | None = None
    metric: str = ""
    at_risk_at: datetime | None = None


def replay(events: Sequence[ClockEvent], *, now: datetime) -> tuple[TimerView, ...]:
    """Where each promise stands at ``now`` after these events of one ticket."""
    return project(list_happenings(events), now=now)


def timer_rows(
    ticket_id: int,
    views: Sequence[TimerView],
    *,
    events: Sequence[ClockEvent],
    told: Mapping[Key, Collection[int]],
    now: datetime,
) -> list[Timer]:
    """The rows of a ticket's replayed timers, those that stopped first. ``told`` has the levels told of each."""
    rows = [
        _timer_row(ticket_id, view, _priority(events, view), told.get((view.metric.value, view.cycle), ()), now)
        for view in views
    ]
    # Of one metric only one timer may be live at any moment, also between two rows of one statement.
    return sorted(rows, key=lambda row: row.timer_state in LIVE)


def _timer_row(ticket_id: int, view: TimerView, priority: int, told: Collection[int], now: datetime) -> Timer:
    pending = _pending_warnings(view, told)
    wake_at = _wake_at(view, pending, told)
    return Timer(
        ticket_id=ticket_id,
        metric=view.metric.value,
        cycle=view.cycle,
        policy_version_id=view.policy_version_id,
        timer_state=view.state.value,
        priority=priority,
        target_seconds=view.target_seconds,
        started_at=view.started_at,
        deadline_at=view.due_at,
        used_seconds=view.used_seconds,
        resumed_at=view.resumed_at,
        stopped_at=view.stopped_at,
        breached_at=view.breached_at,
        at_risk_at=_at_risk_at(view),
        warnings=[[percent, at.isoformat()] for percent, at in pending],
        state=DueState.WAITING if wake_at else DueState.DONE,
        due_at=wake_at or view.stopped_at or now,
    )


def _pending_warnings(view: TimerView, told: Collection[int]) -> list[tuple[int, datetime]]:
    """Warnings still to be told. One passed before a higher one was told is old news, and a breach ends them."""
    if not view.is_live or view.is_breached:
        return []
    highest = max(told, default=0)
    return [
        (warning.percent, warning.due_at)
        for warning in view.warnings
        if warning.due_at and warning.percent not in told and not (warning.reached and warning.percent < highest)
    ]


def _wake_at(view: TimerView, pending: Sequence[tuple[int, datetime]], told: Collection[int]) -> datetime | None:
    """When the timer wants attention next. A warning that came just before a pause is still to be told."""
    if view.breached_at is not None:
        return None if BREACH_LEVEL in told else view.breached_at
    wakes = [at for _percent, at in pending]
    if view.is_live and view.due_at is not None:
        wakes.append(view.due_at + AFTER)
    return min(wakes, default=None)


def _priority(events: Sequence[ClockEvent], view: TimerView) -> int:
    """The priority that a promise was made for: the last one applied, of a stopped timer the last until then."""
    found = 0
    for event in events:
        if event.kind == "sla.policy_applied" and (not found or not _is_after(event.occurred_at, view.stopped_at)):
            found = event.data["priority"]
    return found


def _is_after(at: datetime, stopped_at: datetime | None) -> bool:
    return stopped_at is not None and at > stopped_at


def _at_risk_at(view: TimerView) -> datetime | None:
    """From when a promise counts as at risk; None when it is paused, decided, or never warns that late."""
    if view.state is not TimerState.RUNNING:
        return None
    return next((w.due_at for w in view.warnings if w.percent >= RISK_PERCENT and w.due_at), None)


def next_due(views: Sequence[TimerView]) -> NextDue:
    """By when the desk owes something next: the soonest deadline that runs."""
    running = [(view.due_at, view) for view in views if view.state is TimerState.RUNNING and view.due_at is not None]
    if not running:
        return NextDue()
    due_at, view = min(running, key=lambda pair: pair[0])
    return NextDue(due_at, view.metric.value, None if view.is_breached else _at_risk_at(view))
