"""Folding a ticket's events gives the stored row (promise P8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tickets.vocabulary import MessageKind

STATUS_KINDS = frozenset({"ticket.status_changed", "ticket.resolved", "ticket.closed", "ticket.reopened"})
_VALUE_KINDS = {
    "ticket.assigned": "assignee",
    "ticket.team_changed": "team",
    "ticket.category_changed": "category",
    "ticket.renamed": "subject",
}


@dataclass(frozen=True, slots=True)
class PastEvent:
    """The part of an event that folding needs."""

    seq: int
    kind: str
    occurred_at: datetime
    data: Mapping[str, Any]


@dataclass(slots=True)
class TicketState:
    """A ticket's own fields, as its events say. Names are those of the row."""

    subject: str = ""
    requester: int | None = None
    assignee: int | None = None
    team: int | None = None
    category: int | None = None
    status: str = ""
    status_category: str = ""
    impact: int = 0
    urgency: int = 0
    priority: int = 0
    opened_at: datetime | None = None
    first_replied_at: datetime | None = None
    waiting_since: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    reopened_count: int = 0
    reassigned_count: int = 0
    rating: int | None = None
    tags: list[str] = field(default_factory=list)
    last_event_seq: int = 0


def fold(events: Iterable[PastEvent]) -> TicketState:
    """The ticket as it stands after its events, in order of ``seq``."""
    state = TicketState()
    for event in events:
        apply_event(state, event)
    return state


def apply_event(state: TicketState, event: PastEvent) -> None:
    """Take one more event into the state. Events of other apps (``sla.*``, ``sop.*``) only move ``seq``."""
    at, facts, kind = event.occurred_at, event.data, event.kind
    state.last_event_seq = event.seq
    if kind == "ticket.opened":
        _open(state, at, facts)
    elif kind in STATUS_KINDS:
        _change_status(state, kind, at, facts)
    elif kind == "ticket.replied":
        _reply(state, at, facts)
    elif kind in _VALUE_KINDS:
        setattr(state, _VALUE_KINDS[kind], facts["new"])
        if kind == "ticket.assigned" and facts["old"] is not None:
            state.reassigned_count += 1
    elif kind == "ticket.priority_changed":
        state.priority, state.impact, state.urgency = facts["new"], facts["impact"], facts["urgency"]
    elif kind == "ticket.tagged":
        state.tags = sorted((set(state.tags) | set(facts["added"])) - set(facts["removed"]))
    elif kind == "ticket.rated":
        state.rating = facts["score"]


def _open(state: TicketState, at: datetime, facts: Mapping[str, Any]) -> None:
    state.opened_at = at
    state.subject, state.requester = facts["subject"], facts["requester"]
    state.assignee, state.team, state.category = facts["assignee"], facts["team"], facts["category"]
    state.status, state.status_category = facts["status"], facts["status_category"]
    state.impact, state.urgency, state.priority = facts["impact"], facts["urgency"], facts["priority"]
    if facts["status_category"] == "resolved":
        state.resolved_at = at
    elif facts["status_category"] == "closed":
        state.closed_at = at
    elif not facts["on_own_behalf"]:
        state.waiting_since = at


def _change_status(state: TicketState, kind: str, at: datetime, facts: Mapping[str, Any]) -> None:
    state.status, state.status_category = facts["new"], facts["new_category"]
    if kind == "ticket.reopened":
        state.reopened_count += 1
        state.resolved_at = state.closed_at = None
    elif kind == "ticket.resolved":
        state.resolved_at, state.waiting_since = at, None
    elif kind == "ticket.closed":
        state.closed_at, state.waiting_since = at, None


def _reply(state: TicketState, at: datetime, facts: Mapping[str, Any]) -> None:
    if facts["message_kind"] == MessageKind.REPLY:
        state.first_replied_at = state.first_replied_at or at
        state.waiting_since = None
    elif facts["message_kind"] == MessageKind.REQUESTER:
        state.waiting_since = state.waiting_since or at
