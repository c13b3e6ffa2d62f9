"""What a ticket opened now would be promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from escalations.queries.policies import definition_of, find_policy_version
from escalations.rules.definition import Definition
from escalations.rules.history import Metric
from tickets.vocabulary import Priority


@dataclass(frozen=True, slots=True)
class PromisedNow:
    """The targets in seconds of open time, and by when each would fall due if the ticket were opened now."""

    priority: int
    targets: Mapping[Metric, int]
    due_at: Mapping[Metric, datetime]
    is_always_open: bool


def promised_now(definition: Definition, *, priority: int, now: datetime) -> PromisedNow:
    """What a ticket of this priority, opened at ``now``, is promised by a definition."""
    given = definition.targets.get(priority, {})
    targets = {metric: seconds for metric, seconds in given.items() if seconds is not None}
    return PromisedNow(
        priority=priority,
        targets=targets,
        due_at={metric: definition.calendar.add_open_time(now, seconds) for metric, seconds in targets.items()},
        is_always_open=definition.calendar.always_open,
    )


def promised_by_priority(definition: Definition, *, now: datetime) -> list[PromisedNow]:
    """The same for every priority, the highest first."""
    return [promised_now(definition, priority=priority, now=now) for priority in Priority.values]


def promise_for_new(
    *, category_id: int | None, team_id: int | None, priority: int, channel: str, now: datetime
) -> PromisedNow | None:
    """What a ticket with these facts would be promised; None when no policy matches or it has no targets."""
    version = find_policy_version(team_id=team_id, category_id=category_id, priority=priority, channel=channel)
    if version is None:
        return None
    promised = promised_now(definition_of(version), priority=priority, now=now)
    return promised if promised.targets else None
