"""What promises add to a ticket's history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tickets.events import Recorded


@dataclass(frozen=True, slots=True)
class PolicyApplied(Recorded):
    """From now on this policy version holds, with the targets of this priority; none when no policy matches."""

    kind: ClassVar[str] = "sla.policy_applied"
    policy_version: int | None
    priority: int


@dataclass(frozen=True, slots=True)
class PromiseWarned(Recorded):
    """A share of a target is used up. ``due_at`` is None when the timer was paused before it could be told."""

    kind: ClassVar[str] = "sla.warned"
    metric: str
    cycle: int
    percent: int
    due_at: str | None


@dataclass(frozen=True, slots=True)
class PromiseBreached(Recorded):
    """A deadline passed unmet. The event is dated at the deadline, whenever it was told."""

    kind: ClassVar[str] = "sla.breached"
    metric: str
    cycle: int
    due_at: str
    target_seconds: int
