"""A ticket's events as the clock's happenings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

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
from tickets.models import TicketEvent
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


def clock_events(ticket_id: int) -> list[TicketEvent]:
    """The recorded events of a ticket that move its clocks, in order. One query."""
    return clock_events_of([ticket_id]).get(ticket_id, [])


def clock_events_of(ticket_ids: Collection[int]) -> dict[int, list[TicketEvent]]:
    """The same for many tickets, by ticket. One query."""
    rows = TicketEvent.objects.filter(ticket_id__in=ticket_ids, kind__in=CLOCK_KINDS)
    found: dict[int, list[TicketEvent]] = {}
    for event in rows.only("ticket_id", "seq", "kind", "occurred_at", "data").order_by("ticket_id", "seq"):
        found.setdefault(event.ticket_id, []).append(event)
    return found
