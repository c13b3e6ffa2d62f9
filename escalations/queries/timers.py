"""Stored timers, for lists and reports; and whether they still say what their history says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from escalations.models import Timer, TimerAlarm
from escalations.queries.history import ClockEvent, clock_events_of
from escalations.queries.projection import Key, next_due, replay, timer_rows
from escalations.rules.timers import LIVE
from puo_desk.kernel.models import DueState
from tickets.models import Ticket
from tickets.vocabulary import ACTIVE

PROJECTED = (
    "policy_version_id", "timer_state", "priority", "target_seconds", "started_at", "deadline_at", "used_seconds",
    "resumed_at", "stopped_at", "breached_at", "at_risk_at", "warnings",
)  # fmt: skip
"""The columns of a timer that follow from the ticket's history."""


@dataclass(frozen=True, slots=True)
class TimerFacts:
    """One promise on one ticket as it is stored. Instants are UTC; seconds are open time.

    ``due_at`` is None while paused. A live timer is late when ``breached_at`` is set, and also from the
    moment its ``due_at`` has passed, before any sweep came.
    """

    ticket_id: int
    metric: str
    cycle: int
    state: str
    priority: int
    policy_version_id: int
    target_seconds: int
    started_at: datetime
    due_at: datetime | None
    used_seconds: int
    resumed_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None
    at_risk_at: datetime | None

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


def timers_for(ticket_ids: Iterable[int]) -> dict[int, list[TimerFacts]]:
    """The promises on these tickets, by ticket, in the order of metric and cycle. One query.

    The tickets are taken as given: ask ``visible_tickets`` first.
    """
    found: dict[int, list[TimerFacts]] = {}
    rows = Timer.objects.filter(ticket_id__in=list(ticket_ids)).order_by("ticket_id", "metric", "cycle")
    for values in rows.values_list(
        "ticket_id", "metric", "cycle", "timer_state", "priority", "policy_version_id", "target_seconds",
        "started_at", "deadline_at", "used_seconds", "resumed_at", "stopped_at", "breached_at", "at_risk_at",
    ):  # fmt: skip
        found.setdefault(values[0], []).append(TimerFacts(*values))
    return found


@dataclass(frozen=True, slots=True)
class StoredTimer:
    """A timer's row, and the levels of it that were told."""

    row: Timer
    levels: frozenset[int]


def stored_timers(ticket_ids: Collection[int]) -> dict[int, dict[Key, StoredTimer]]:
    """The timers of some tickets with what was told of them, by ticket, then metric and cycle. One query."""
    levels = ArraySubquery(TimerAlarm.objects.filter(timer=OuterRef("pk")).values("level"))
    found: dict[int, dict[Key, StoredTimer]] = {}
    for row in Timer.objects.filter(ticket_id__in=ticket_ids).annotate(levels=levels):
        timer = StoredTimer(row, frozenset(row.levels))
        found.setdefault(row.ticket_id, {})[row.metric, row.cycle] = timer
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored that is not what the history says. ``metric`` is empty for the ticket's own row."""

    ticket_id: int
    metric: str
    cycle: int
    name: str
    stored: Any
    replayed: Any


def verify_timers(ticket_id: int, *, now: datetime) -> list[Difference]:
    """Where the stored timers of a ticket differ from its history replayed; empty when all is true.

    An alarm that is due and not told yet is no difference; one that nobody would ever tell is.
    Three queries; hold the ticket's lock when others may write.
    """
    return verify_many([ticket_id], now=now)


def verify_many(ticket_ids: Collection[int], *, now: datetime) -> list[Difference]:
    """The same for many tickets. Three queries."""
    stored, events = stored_timers(ticket_ids), clock_events_of(ticket_ids)
    found: list[Difference] = []
    for ticket in Ticket.objects.filter(pk__in=ticket_ids).only("next_due_at", "next_due_metric", "at_risk_at"):
        found += _verify(ticket, stored.get(ticket.pk, {}), events.get(ticket.pk, []), now)
    return found


def _verify(
    ticket: Ticket, stored: Mapping[Key, StoredTimer], events: Sequence[ClockEvent], now: datetime
) -> list[Difference]:
    views = replay(events, now=now)
    told = {key: timer.levels for key, timer in stored.items()}
    replayed = timer_rows(ticket.pk, views, events=events, told=told, now=now)
    rows = {(row.metric, row.cycle): row for row in replayed}
    differences = [
        Difference(ticket.pk, metric, cycle, "timer", (metric, cycle) in stored, (metric, cycle) in rows)
        for metric, cycle in sorted(stored.keys() ^ rows.keys())
    ]
    for key in sorted(stored.keys() & rows.keys()):
        differences += _differences(stored[key].row, rows[key], now)
    due = next_due(views)
    said: dict[str, tuple[Any, Any]] = {
        "next_due_at": (ticket.next_due_at, due.next_due_at),
        "next_due_metric": (ticket.next_due_metric, due.metric),
    }
    if not any(_is_untold(timer.row, now) for timer in stored.values()):
        said["at_risk_at"] = ticket.at_risk_at, due.at_risk_at
    return differences + [
        Difference(ticket.pk, "", 0, name, stored_value, replayed_value)
        for name, (stored_value, replayed_value) in said.items()
        if stored_value != replayed_value
    ]


def _is_untold(stored: Timer, now: datetime) -> bool:
    """Until the sweep has come, a breach stands in the history's light alone."""
    return stored.state == DueState.WAITING and stored.due_at <= now and stored.breached_at is None


def _differences(stored: Timer, replayed: Timer, now: datetime) -> list[Difference]:
    untold = _is_untold(stored, now)
    names = [name for name in PROJECTED if not (untold and name in ("breached_at", "warnings"))]
    found = [name for name in names if getattr(stored, name) != getattr(replayed, name)]
    at_work = {DueState.CLAIMED.value, DueState.QUARANTINED.value}
    if stored.state != replayed.state and stored.state not in at_work:
        found.append("state")
    if not untold and stored.state == replayed.state == DueState.WAITING and stored.due_at != replayed.due_at:
        found.append("due_at")
    return [
        Difference(stored.ticket_id, stored.metric, stored.cycle, name, getattr(stored, name), getattr(replayed, name))
        for name in found
    ]


def list_ticket_ids(*, after: int, limit: int, only_active: bool = False) -> list[int]:
    """Tickets in the order of their numbers, from the one after ``after``: for walking all of them."""
    tickets = Ticket.objects.filter(pk__gt=after)
    if only_active:
        tickets = tickets.filter(status_category__in=ACTIVE)
    return list(tickets.order_by("pk").values_list("pk", flat=True)[:limit])
