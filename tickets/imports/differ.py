"""From snapshots to events: what must have happened between two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tickets.events import (
    STATUS_PAYLOADS,
    CategoryChanged,
    PriorityChanged,
    Recorded,
    TeamChanged,
    TicketAssigned,
    TicketOpened,
)
from tickets.imports.history import Directory, Snapshot, TicketHistory
from tickets.rules.transitions import event_kind

OPENING_STATUS = "new"
"""A ticket begins here, even when its file only knows it from later on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event to be: ``line`` is the row of the file that tells of it."""

    kind: str
    data: Mapping[str, Any]
    at: datetime
    by: str
    line: int

    @classmethod
    def of(cls, payload: Recorded, snapshot: Snapshot) -> Step:
        return cls(payload.kind, payload.as_data(), snapshot.at, snapshot.by, snapshot.line)


def steps_of(history: TicketHistory, directory: Directory) -> list[Step]:
    """The events of a history, in order: the opening, then what each snapshot changed.

    The opening has the first snapshot's facts but for its status, which is New: a first snapshot in another
    status is followed by the change into that status, at the snapshot's own instant.
    """
    opening, first = history.opening, history.snapshots[0]
    begin = directory.statuses[OPENING_STATUS]
    opened = TicketOpened(
        subject=opening.subject,
        requester=directory.people[history.requester],
        assignee=_person(first.assignee, directory),
        team=_team(first.team, directory),
        category=directory.categories[first.category] if first.category else None,
        status=begin.code,
        status_category=begin.category,
        waiting_on=begin.waiting_on,
        impact=first.impact,
        urgency=first.urgency,
        priority=first.priority,
        channel=opening.channel,
        on_own_behalf=False,
    )
    steps = [Step.of(opened, replace(first, at=opening.opened_at, by=opening.opened_by or first.by))]
    before, status = first, begin.code
    for after in history.snapshots:
        steps += [Step.of(payload, after) for payload in _changes(before, after, status, directory)]
        before, status = after, after.status
    return steps


def _changes(before: Snapshot, after: Snapshot, status: str, directory: Directory) -> Iterator[Recorded]:
    """Properties first, so that whoever resolves a ticket is its assignee by then."""
    if before.category != after.category:
        old, new = (directory.categories[path] if path else None for path in (before.category, after.category))
        yield CategoryChanged(old=old, new=new)
    if (before.priority, before.impact, before.urgency) != (after.priority, after.impact, after.urgency):
        yield PriorityChanged(old=before.priority, new=after.priority, impact=after.impact, urgency=after.urgency)
    if before.team != after.team:
        yield TeamChanged(old=_team(before.team, directory), new=_team(after.team, directory))
    if before.assignee != after.assignee:
        yield TicketAssigned(old=_person(before.assignee, directory), new=_person(after.assignee, directory))
    if status != after.status:
        was, now = directory.statuses[status], directory.statuses[after.status]
        yield STATUS_PAYLOADS[event_kind(was.category, now.category)](
            old=was.code,
            new=now.code,
            old_category=was.category,
            new_category=now.category,
            waiting_on=now.waiting_on,
        )


def _person(name: str | None, directory: Directory) -> int | None:
    return directory.people[name] if name else None


def _team(name: str | None, directory: Directory) -> int | None:
    return directory.teams[name] if name else None
