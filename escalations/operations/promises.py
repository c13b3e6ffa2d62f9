"""Keeping timers true to the ticket's history, in the transaction of each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from escalations.events import PolicyApplied
from escalations.models import BREACH_LEVEL, Timer
from escalations.queries.history import CLOCK_KINDS, clock_events, list_happenings
from escalations.queries.policies import find_policy_version
from escalations.rules.clock import project
from escalations.rules.timers import AFTER, LIVE, TimerState, TimerView
from puo_desk.kernel.models import DueState
from tickets.events import subscribe
from tickets.models import Ticket
from tickets.operations.change import TicketChange

RISK_PERCENT = 75
"""A promise is at risk from its first warning at or beyond this share of the target."""

_RULING_KINDS = frozenset(
    {"ticket.opened", "ticket.priority_changed", "ticket.team_changed", "ticket.category_changed"}
)
_PROJECTED = [
    "policy_version", "timer_state", "priority", "target_seconds", "deadline_at", "used_seconds", "resumed_at",
    "stopped_at", "breached_at", "at_risk_at", "warnings", "state", "due_at", "attempts", "claim_token",
    "claimed_until", "last_error",
]  # fmt: skip


@subscribe
def keep_promises(change: TicketChange) -> None:
    """Project the ticket's timers anew when something happened that moves a clock.

    Emits: sla.policy_applied when another policy version or priority holds from now on.
    """
    kinds = {event.kind for event in change.events}
    if kinds.isdisjoint(CLOCK_KINDS | _RULING_KINDS):
        return
    past = [] if change.is_new else clock_events(change.ticket.pk)
    if not kinds.isdisjoint(_RULING_KINDS):
        _apply_policy(change, past)
    views = project(list_happenings([*past, *change.events]), now=change.now)
    store_timers(change.ticket, views, known=_known_timers(change.ticket, is_new=change.is_new), now=change.now)
    _promise(change, views)


def _apply_policy(change: TicketChange, past: Sequence[Any]) -> None:
    """Record which policy version holds from now on, unless it is the one that holds already."""
    ticket = change.ticket
    version = find_policy_version(
        team_id=ticket.team_id, category_id=ticket.category_id, priority=ticket.priority, channel=ticket.channel
    )
    applied = [event.data for event in past if event.kind == "sla.policy_applied"]
    holds = (applied[-1]["policy_version"], applied[-1]["priority"]) if applied else (None, None)
    if (version, ticket.priority) != holds and (version is not None or applied):
        change.record(PolicyApplied(policy_version=version, priority=ticket.priority))


@dataclass(slots=True)
class Known:
    """What a stored timer says that its projection does not: alarms told, and the priority it stopped with."""

    levels: set[int] = field(default_factory=set)
    stopped_at: datetime | None = None
    priority: int | None = None


_UNKNOWN = Known()


def _known_timers(ticket: Ticket, *, is_new: bool) -> dict[tuple[str, int], Known]:
    if is_new:
        return {}
    known: dict[tuple[str, int], Known] = {}
    rows = Timer.objects.filter(ticket=ticket).values_list("metric", "cycle", "stopped_at", "priority", "alarms__level")
    for metric, cycle, stopped_at, priority, level in rows:
        timer = known.setdefault((metric, cycle), Known(set(), stopped_at, priority))
        if level is not None:
            timer.levels.add(level)
    return known


def store_timers(
    ticket: Ticket, views: Iterable[TimerView], *, known: Mapping[tuple[str, int], Known], now: datetime
) -> None:
    """Write the projected timers of a ticket, whatever stood there before."""
    rows = [timer_row(ticket, view, known.get((view.metric, view.cycle), _UNKNOWN), now=now) for view in views]
    # Stopped timers first: of one metric only one may be live at any moment.
    rows.sort(key=lambda row: row.timer_state in LIVE)
    if rows:
        Timer.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["ticket", "metric", "cycle"], update_fields=_PROJECTED
        )


def timer_row(ticket: Ticket, view: TimerView, known: Known, *, now: datetime) -> Timer:
    """The row of a projected timer, with when it wants attention next."""
    told = known.levels
    pending = [
        [warning.percent, warning.due_at.isoformat()]
        for warning in view.warnings
        if warning.due_at and warning.percent not in told and view.is_live and not view.is_breached
    ]
    wake_at = _wake_at(view, pending, told)
    return Timer(
        ticket=ticket,
        metric=view.metric.value,
        cycle=view.cycle,
        policy_version_id=view.policy_version_id,
        timer_state=view.state.value,
        priority=_priority(ticket, view, known),
        target_seconds=view.target_seconds,
        started_at=view.started_at,
        deadline_at=view.due_at,
        used_seconds=view.used_seconds,
        resumed_at=view.resumed_at,
        stopped_at=view.stopped_at,
        breached_at=view.breached_at,
        at_risk_at=at_risk_at(view),
        warnings=pending,
        state=DueState.WAITING if wake_at else DueState.DONE,
        due_at=wake_at or view.stopped_at or now,
    )


def _priority(ticket: Ticket, view: TimerView, known: Known) -> int:
    """A timer that stopped before keeps the priority it stopped with: reports count it there."""
    stopped_before = known.stopped_at is not None and known.stopped_at == view.stopped_at
    return known.priority if stopped_before and known.priority is not None else ticket.priority


def _wake_at(view: TimerView, pending: list[list[Any]], told: set[int]) -> datetime | None:
    if view.breached_at is not None:
        return None if BREACH_LEVEL in told else view.breached_at
    if not view.is_live or view.due_at is None:
        return None
    return min([datetime.fromisoformat(instant) for _percent, instant in pending] + [view.due_at + AFTER])


def at_risk_at(view: TimerView) -> datetime | None:
    """From when a promise counts as at risk; None when it is paused, decided, or never warns that late."""
    if not view.is_live:
        return None
    return next((w.due_at for w in view.warnings if w.percent >= RISK_PERCENT and w.due_at), None)


def _promise(change: TicketChange, views: Iterable[TimerView]) -> None:
    """Tell the ticket by when the desk owes something next."""
    running = [view for view in views if view.state is TimerState.RUNNING and view.due_at is not None]
    soonest = min(running, key=lambda view: view.due_at or change.now, default=None)
    if soonest is None:
        change.promise(next_due_at=None, metric="", at_risk_at=None)
        return
    change.promise(next_due_at=soonest.due_at, metric=soonest.metric.value, at_risk_at=at_risk_at(soonest))
