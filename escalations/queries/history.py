"""A ticket's events as the clock's happenings."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import connection

from escalations.queries.policies import promise_of
from escalations.rules.history import (
    AgentReply,
    Happening,
    Opened,
    PolicyApplied,
    RequesterMessage,
    StatusCategory,
    StatusChanged,
    WaitingOn,
)
from tickets.rules.replay import STATUS_KINDS
from tickets.vocabulary import MessageKind

CLOCK_KINDS = frozenset({"ticket.opened", "ticket.replied", "sla.policy_applied"}) | STATUS_KINDS
"""The events that move a clock."""


class ClockEvent(Protocol):
    """The part of an event that the clock looks at."""

    seq: int
    kind: str
    occurred_at: datetime
    data: Mapping[str, Any]


def list_happenings(events: Iterable[ClockEvent]) -> list[Happening]:
    """The happenings that these events of one ticket mean to the clock; events of other kinds mean none."""
    return [happening for event in events for happening in _happenings(event)]


def _happenings(event: ClockEvent) -> list[Happening]:
    at, seq, facts = event.occurred_at, event.seq, event.data
    if event.kind == "ticket.opened":
        opened: list[Happening] = [Opened(at=at, seq=seq, for_requester=not facts["on_own_behalf"])]
        if facts["status_category"] != StatusCategory.OPEN:
            opened.append(_status(at, seq, facts["status_category"], facts["waiting_on"]))
        return opened
    if event.kind in STATUS_KINDS:
        return [_status(at, seq, facts["new_category"], facts["waiting_on"])]
    if event.kind == "sla.policy_applied":
        version = facts["policy_version"]
        promise = promise_of(version, facts["priority"]) if version is not None else None
        return [PolicyApplied(at=at, seq=seq, promise=promise)]
    if event.kind == "ticket.replied":
        if facts["message_kind"] == MessageKind.REPLY:
            return [AgentReply(at=at, seq=seq)]
        if facts["message_kind"] == MessageKind.REQUESTER:
            return [RequesterMessage(at=at, seq=seq)]
    return []


def _status(at: datetime, seq: int, category: str, waiting_on: str) -> StatusChanged:
    whom = WaitingOn(waiting_on) if waiting_on else None
    return StatusChanged(at=at, seq=seq, category=StatusCategory(category), waiting_on=whom)


@dataclass(slots=True)
class StoredEvent:
    """A recorded event, as far as the clock looks at it."""

    seq: int
    kind: str
    occurred_at: datetime
    data: Mapping[str, Any]


def clock_events(ticket_id: int) -> list[StoredEvent]:
    """The recorded events of a ticket that move its clocks, in order. One query."""
    return clock_events_of([ticket_id]).get(ticket_id, [])


# In SQL: every change and every page of a ticket replays its history, and rows of models cost more than reading them.
_CLOCK_EVENTS = """
SELECT ticket_id, seq, kind, occurred_at, data::text FROM tickets_ticketevent
 WHERE ticket_id = ANY(%s) AND kind = ANY(%s) ORDER BY ticket_id, seq
"""


def clock_events_of(ticket_ids: Collection[int]) -> dict[int, list[StoredEvent]]:
    """The same for many tickets, by ticket. One query."""
    found: dict[int, list[StoredEvent]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CLOCK_EVENTS, [list(ticket_ids), sorted(CLOCK_KINDS)])
        for ticket_id, seq, kind, at, text in cursor.fetchall():
            found.setdefault(ticket_id, []).append(StoredEvent(seq, kind, at, json.loads(text)))
    return found
