"""Counting one day: the facts that its figures are made from, read from events and promises.

Each fact names its ticket, so that every number can open exactly what it was counted from. A handful of
queries, bounded by what happened in the day, and by the backlog; never by all tickets.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from escalations.models import Timer
from reports.rules.days import DeskDay
from reports.rules.facts import About, DayFacts, Judged, Moved
from tickets.models import Ticket, TicketEvent
from tickets.vocabulary import MessageKind

_KINDS = (
    "ticket.opened",
    "ticket.resolved",
    "ticket.closed",
    "ticket.reopened",
    "ticket.assigned",
    "ticket.replied",
    "ticket.rated",
    "sla.breached",
)


def facts_of(day: DeskDay) -> DayFacts:
    """What a day's figures are counted from."""
    moved: dict[str, list[Moved]] = {kind: [] for kind in _KINDS}
    rated: list[tuple[Moved, int]] = []
    reassigned: list[Moved] = []
    replies: list[Moved] = []
    for ticket_id, kind, at, actor_id, facts in _events(day):
        event = Moved(ticket_id, at, actor_id)
        moved[kind].append(event)
        if kind == "ticket.assigned" and facts["old"] is not None:
            reassigned.append(event)
        elif kind == "ticket.replied" and facts["message_kind"] == MessageKind.REPLY:
            replies.append(event)
        elif kind == "ticket.rated":
            rated.append((event, facts["score"]))
    answered_first = _answered_first(day)
    judged = _judged(day)
    backlog = _backlog(day)
    mentioned = {event.ticket_id for events in moved.values() for event in events}
    mentioned |= {event.ticket_id for event in answered_first} | {one.ticket_id for one in judged} | set(backlog)
    return DayFacts(
        opened=moved["ticket.opened"],
        resolved=moved["ticket.resolved"],
        closed=moved["ticket.closed"],
        reopened=moved["ticket.reopened"],
        reassigned=reassigned,
        answered_first=answered_first,
        replies=replies,
        escalated=moved["sla.breached"],
        rated=rated,
        judged=judged,
        backlog=backlog,
        about=_about(mentioned),
    )


def _events(day: DeskDay) -> Iterable[tuple[int, str, datetime, int | None, dict[str, Any]]]:
    return (
        TicketEvent.objects.filter(occurred_at__gte=day.starts_at, occurred_at__lt=day.ends_at, kind__in=_KINDS)
        .order_by("occurred_at", "ticket_id", "seq")
        .values_list("ticket_id", "kind", "occurred_at", "actor_id", "data")
    )


def _answered_first(day: DeskDay) -> list[Moved]:
    """Tickets whose first public reply by the desk lies in the day; those opened on own behalf wait for none."""
    rows = Ticket.objects.filter(first_replied_at__gte=day.starts_at, first_replied_at__lt=day.ends_at)
    return [Moved(*row) for row in rows.order_by("first_replied_at", "pk").values_list("pk", "first_replied_at")]


def _judged(day: DeskDay) -> list[Judged]:
    met = Timer.objects.filter(timer_state="met", stopped_at__gte=day.starts_at, stopped_at__lt=day.ends_at)
    broken = Timer.objects.filter(breached_at__gte=day.starts_at, breached_at__lt=day.ends_at)
    return [
        *(Judged(*row[:3], True, row[3]) for row in met.values_list("ticket_id", "metric", "priority", "stopped_at")),
        *(
            Judged(*row[:3], False, row[3])
            for row in broken.values_list("ticket_id", "metric", "priority", "breached_at")
        ),
    ]


_BACKLOG = """
SELECT ticket.id
  FROM tickets_ticket AS ticket
 CROSS JOIN LATERAL (
       SELECT coalesce(event.data ->> 'new_category', event.data ->> 'status_category') AS category
         FROM tickets_ticketevent AS event
        WHERE event.ticket_id = ticket.id AND event.occurred_at < %(ends_at)s
          AND event.kind IN ('ticket.opened', 'ticket.status_changed', 'ticket.resolved', 'ticket.closed',
                             'ticket.reopened')
        ORDER BY event.seq DESC LIMIT 1) AS last
 WHERE ticket.opened_at < %(ends_at)s AND last.category IN ('open', 'pending')
   AND (ticket.status_category IN ('open', 'pending')
        OR coalesce(least(ticket.resolved_at, ticket.closed_at), 'infinity') >= %(ends_at)s
        OR ticket.reopened_count > 0)
 ORDER BY ticket.id
"""


def _backlog(day: DeskDay) -> list[int]:
    """Tickets open at the end of the day: those open now, and those solved since, by their last status before it."""
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG, {"ends_at": day.ends_at})
        return [ticket_id for (ticket_id,) in cursor.fetchall()]


def _about(ticket_ids: Iterable[int]) -> dict[int, About]:
    rows = Ticket.objects.filter(pk__in=list(ticket_ids)).values_list(
        "pk", "team_id", "category_id", "channel", "priority", "assignee_id", "opened_at"
    )
    return {row[0]: About(*row[1:]) for row in rows}
