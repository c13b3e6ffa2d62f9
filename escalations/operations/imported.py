"""Promises for tickets that came by an import and are still active: from now on, counted from their opening.

What passed before the import is history: it is dated where it belongs, and nobody is told of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from escalations.events import PolicyApplied
from escalations.models import BREACH_LEVEL, Timer, TimerAlarm
from escalations.queries.history import clock_events_of
from escalations.queries.policies import PolicyBook
from escalations.queries.projection import next_due, replay, timer_rows
from escalations.rules.timers import TimerView
from puo_desk.kernel.actor import Actor
from tickets.imports.hooks import on_imported
from tickets.models import Ticket, TicketEvent

ACTOR = Actor.system("sla-import", source="import")


@on_imported
def promise_imported(ticket_ids: Sequence[int], now: datetime) -> None:
    """Arm the timers of imported tickets that are still active. Levels already passed count as told.

    Emits: sla.policy_applied.
    """
    tickets = list(Ticket.objects.filter(pk__in=ticket_ids).order_by("pk"))
    past = clock_events_of([ticket.pk for ticket in tickets])
    book, applied = PolicyBook.open(), list[TicketEvent]()
    rows: list[Timer] = []
    passed: dict[tuple[int, str, int], dict[int, datetime]] = {}
    for ticket in tickets:
        event = _applied(ticket, book, now)
        if event is None:
            continue
        applied.append(event)
        events = [*past.get(ticket.pk, ()), event]
        views = replay(events, now=now)
        levels = {(view.metric.value, view.cycle): _passed(view) for view in views}
        passed |= {(ticket.pk, *key): reached for key, reached in levels.items()}
        rows += timer_rows(ticket.pk, views, events=events, told=levels, now=now)
        due = next_due(views)
        ticket.next_due_at, ticket.next_due_metric, ticket.at_risk_at = due.next_due_at, due.metric, due.at_risk_at
    _write(applied, rows, passed, tickets, now)


def _applied(ticket: Ticket, book: PolicyBook, now: datetime) -> TicketEvent | None:
    version = book.version_for(
        team_id=ticket.team_id, category_id=ticket.category_id, priority=ticket.priority, channel=ticket.channel
    )
    if version is None:
        return None
    ticket.last_event_seq += 1
    return TicketEvent(
        ticket=ticket,
        seq=ticket.last_event_seq,
        kind=PolicyApplied.kind,
        actor_label=ACTOR.label,
        source=ACTOR.source,
        occurred_at=now,
        data=PolicyApplied(policy_version=version, priority=ticket.priority).as_data(),
        request_id=ACTOR.request_id,
    )


def _passed(view: TimerView) -> dict[int, datetime]:
    """The levels that a promise has passed, with their instants."""
    reached = {warning.percent: warning.due_at for warning in view.warnings if warning.reached and warning.due_at}
    if view.breached_at is not None:
        reached[BREACH_LEVEL] = view.breached_at
    return reached


def _write(
    applied: Sequence[TicketEvent],
    rows: Sequence[Timer],
    passed: Mapping[tuple[int, str, int], Mapping[int, datetime]],
    tickets: Sequence[Ticket],
    now: datetime,
) -> None:
    TicketEvent.objects.bulk_create(applied)
    Timer.objects.bulk_create(rows)
    TimerAlarm.objects.bulk_create(
        TimerAlarm(timer=row, level=level, reached_at=at, told_at=now)
        for row in rows
        for level, at in passed[row.ticket_id, row.metric, row.cycle].items()
    )
    Ticket.objects.bulk_update(
        tickets, ["last_event_seq", "next_due_at", "next_due_metric", "at_risk_at"], batch_size=500
    )
