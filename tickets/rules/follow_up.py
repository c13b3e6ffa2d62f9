"""What happens by itself when nobody answers, and when.

Pending on the requester: asked again after each chase interval, resolved after the last one. Resolved:
closed after some days. Each step is told to the requester; any message of the requester ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.vocabulary import FollowUpKind, StatusCategory, WaitingOn


@dataclass(frozen=True, slots=True)
class FollowUpPlan:
    """How patient the desk is. ``chase_after`` has one interval per reminder."""

    chase_after: tuple[timedelta, ...] = (timedelta(days=2), timedelta(days=2))
    resolve_after: timedelta = timedelta(days=3)
    close_after: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class NextStep:
    kind: str
    step: int
    due_at: datetime


def first_step(plan: FollowUpPlan, *, category: str, waiting_on: str, since: datetime) -> NextStep | None:
    """The step that a ticket which has just come into this state takes next; None when it waits for nobody."""
    if category == StatusCategory.RESOLVED:
        return NextStep(FollowUpKind.CLOSE, 1, since + plan.close_after)
    if category == StatusCategory.PENDING and waiting_on == WaitingOn.REQUESTER:
        return _chase_or_resolve(plan, step=1, since=since)
    return None


def step_after(plan: FollowUpPlan, *, kind: str, step: int, now: datetime) -> NextStep | None:
    """What follows a step that was just taken; None when the state itself changes with it."""
    return _chase_or_resolve(plan, step=step + 1, since=now) if kind == FollowUpKind.CHASE else None


def _chase_or_resolve(plan: FollowUpPlan, *, step: int, since: datetime) -> NextStep:
    if step <= len(plan.chase_after):
        return NextStep(FollowUpKind.CHASE, step, since + plan.chase_after[step - 1])
    return NextStep(FollowUpKind.RESOLVE, step, since + plan.resolve_after)
