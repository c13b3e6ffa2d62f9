"""Keeping timers true to the ticket's history, in the transaction of each change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from escalations.events import PolicyApplied
from escalations.models import Timer
from escalations.queries.history import CLOCK_KINDS, ClockEvent, clock_events
from escalations.queries.policies import find_policy_version
from escalations.queries.projection import next_due, replay, timer_rows
from escalations.queries.timers import PROJECTED, StoredTimer, stored_timers
from escalations.rules.timers import TimerView
from puo_desk.kernel.models import DueState
from puo_desk.kernel.plain_rows import Writes
from tickets.events import subscribe
from tickets.models import Ticket
from tickets.operations.change import TicketChange

_RULING_KINDS = frozenset(
    {"ticket.opened", "ticket.priority_changed", "ticket.team_changed", "ticket.category_changed"}
)
_WRITTEN = [*PROJECTED, "state", "due_at", "attempts", "claim_token", "claimed_until", "last_error"]


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
        apply_policy(change, past)
    events: list[ClockEvent] = [*past, *change.events]
    views = replay(events, now=change.now)
    stored = {} if change.is_new else stored_timers([change.ticket.pk]).get(change.ticket.pk, {})
    store_timers(change.ticket.pk, views, events=events, stored=stored, now=change.now, writes=change.beside)
    promise(change, views)


def apply_policy(change: TicketChange, past: Sequence[ClockEvent]) -> bool:
    """Record which policy version holds from now on; False when it is the one that holds already."""
    ticket = change.ticket
    version = find_policy_version(
        team_id=ticket.team_id, category_id=ticket.category_id, priority=ticket.priority, channel=ticket.channel
    )
    applied = [event.data for event in past if event.kind == PolicyApplied.kind]
    if not applied and version is None:
        return False
    if applied and (version, ticket.priority) == (applied[-1]["policy_version"], applied[-1]["priority"]):
        return False
    change.record(PolicyApplied(policy_version=version, priority=ticket.priority))
    return True


def store_timers(
    ticket_id: int,
    views: Sequence[TimerView],
    *,
    events: Sequence[ClockEvent],
    stored: dict[tuple[str, int], StoredTimer],
    now: datetime,
    writes: Writes,
) -> int:
    """Write those projected timers of a ticket that stand otherwise; returns how many. At most one statement, which
    a ticket's first timers lay into ``writes``."""
    told = {key: timer.levels for key, timer in stored.items()}
    rows = timer_rows(ticket_id, views, events=events, told=told, now=now)
    changed = [row for row in rows if _differs(row, stored.get((row.metric, row.cycle)))]
    if not stored:
        writes.insert(changed)
    elif changed:
        Timer.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["ticket", "metric", "cycle"], update_fields=_WRITTEN
        )
    return len(changed)


def _differs(row: Timer, stored: StoredTimer | None) -> bool:
    """Whether the row must be written. A settled timer's ``due_at`` says nothing any more."""
    if stored is None or stored.row.state != row.state:
        return True
    if row.state == DueState.WAITING and stored.row.due_at != row.due_at:
        return True
    return any(getattr(row, name) != getattr(stored.row, name) for name in PROJECTED)


def promise(change: TicketChange, views: Sequence[TimerView]) -> None:
    """Tell the ticket by when the desk owes something next, when that is news to it."""
    due, ticket = next_due(views), change.ticket
    if (due.next_due_at, due.metric, due.at_risk_at) != stated(ticket):
        change.promise(next_due_at=due.next_due_at, metric=due.metric, at_risk_at=due.at_risk_at)


def stated(ticket: Ticket) -> tuple[datetime | None, str, datetime | None]:
    """By when the desk owes something next, as the ticket says it."""
    return ticket.next_due_at, ticket.next_due_metric, ticket.at_risk_at
