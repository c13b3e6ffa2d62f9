"""Counting one day: the facts that its figures are made from, read from events and promises.

Each fact names its ticket, so that every number can open exactly what it was counted from. A handful of
queries, bounded by what happened in the day and since, and by the backlog; never by all tickets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from escalations.models import Timer
from escalations.vocabulary import TimerState
from puo_desk.kernel.models import DueState
from reports.rules.days import DeskDay
from reports.rules.facts import About, DayFacts, Judged, Moved
from tickets.models import Ticket, TicketEvent
from tickets.rules.replay import PastEvent, fold
from tickets.vocabulary import ACTIVE, MessageKind

_KINDS = (
    "ticket.opened",
    "ticket.resolved",
    "ticket.closed",
    "ticket.reopened",
    "ticket.assigned",
    "ticket.replied",
    "ticket.rated",
)
_PROPERTY_KINDS = (
    "ticket.opened",
    "ticket.team_changed",
    "ticket.category_changed",
    "ticket.priority_changed",
    "ticket.assigned",
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
    judged = _judged(day)
    backlog = _backlog(day)
    mentioned = {event.ticket_id for events in moved.values() for event in events}
    mentioned |= {one.ticket_id for one in judged} | set(backlog)
    return DayFacts(
        opened=moved["ticket.opened"],
        resolved=moved["ticket.resolved"],
        closed=moved["ticket.closed"],
        reopened=moved["ticket.reopened"],
        reassigned=reassigned,
        answered_first=_answered_first(day, replies),
        replies=replies,
        rated=rated,
        judged=judged,
        backlog=backlog,
        about=_about(mentioned, day),
    )


def _these(ticket_ids: Collection[int]) -> RawSQL:
    """Ids as one array: a backlog may be longer than a statement's list of parameters."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ticket_ids)])


def _events(day: DeskDay) -> Iterable[tuple[int, str, datetime, int | None, dict[str, Any]]]:
    return (
        TicketEvent.objects.filter(occurred_at__gte=day.starts_at, occurred_at__lt=day.ends_at, kind__in=_KINDS)
        .order_by("occurred_at", "ticket_id", "seq")
        .values_list("ticket_id", "kind", "occurred_at", "actor_id", "data")
    )


def _answered_first(day: DeskDay, replies: Collection[Moved]) -> list[Moved]:
    """Tickets whose first public reply by the desk lies in the day; those opened on own behalf wait for none."""
    replied = {event.ticket_id for event in replies}
    own = TicketEvent.objects.filter(ticket_id__in=_these(replied), kind="ticket.opened", data__on_own_behalf=True)
    waiting = replied - set(own.values_list("ticket_id", flat=True))
    rows = Ticket.objects.filter(
        pk__in=_these(waiting), first_replied_at__gte=day.starts_at, first_replied_at__lt=day.ends_at
    ).order_by("first_replied_at", "pk")
    return [Moved(pk, at) for pk, at in rows.values_list("pk", "first_replied_at") if at is not None]


def _judged(day: DeskDay) -> list[Judged]:
    """Promises kept at their stop, and broken at their deadline, also when no sweep has told it yet."""
    met = Timer.objects.filter(
        timer_state=TimerState.MET, stopped_at__gte=day.starts_at, stopped_at__lt=day.ends_at
    ).values_list("ticket_id", "metric", "priority", "stopped_at")
    broken = Timer.objects.filter(breached_at__gte=day.starts_at, breached_at__lt=day.ends_at).values_list(
        "ticket_id", "metric", "priority", "breached_at"
    )
    untold = Timer.objects.filter(
        state=DueState.WAITING,
        due_at__lte=day.ends_at,
        timer_state=TimerState.RUNNING,
        breached_at=None,
        deadline_at__gte=day.starts_at,
        deadline_at__lt=day.ends_at,
    ).values_list("ticket_id", "metric", "priority", "deadline_at")
    judged = [Judged(*row[:3], True, row[3]) for row in met if row[3] is not None]
    judged += [Judged(*row[:3], False, row[3]) for row in (*broken, *untold) if row[3] is not None]
    return sorted(judged, key=lambda one: (one.at, one.ticket_id, one.metric))


# Open tickets untouched since are open as they were. Only what changed since, or was solved since, is looked
# up in its history: by the last status before the end, in the order of the history, for imported histories
# may tell instants out of order.
_BACKLOG = """
WITH touched AS (
    SELECT id FROM tickets_ticket
     WHERE status_category = ANY(%(active)s) AND opened_at < %(ends_at)s AND updated_at >= %(ends_at)s
    UNION
    SELECT ticket_id FROM tickets_ticketevent
     WHERE occurred_at >= %(ends_at)s AND kind IN ('ticket.resolved', 'ticket.closed')
)
SELECT id FROM tickets_ticket
 WHERE status_category = ANY(%(active)s) AND opened_at < %(ends_at)s AND updated_at < %(ends_at)s
UNION ALL
SELECT touched.id
  FROM touched
  JOIN tickets_ticket AS ticket ON ticket.id = touched.id AND ticket.opened_at < %(ends_at)s
 CROSS JOIN LATERAL (
       SELECT coalesce(event.data ->> 'new_category', event.data ->> 'status_category') AS category
         FROM tickets_ticketevent AS event
        WHERE event.ticket_id = touched.id AND event.occurred_at < %(ends_at)s
          AND event.kind IN ('ticket.opened', 'ticket.status_changed', 'ticket.resolved', 'ticket.closed',
                             'ticket.reopened')
        ORDER BY event.seq DESC LIMIT 1) AS last
 WHERE last.category = ANY(%(active)s)
"""


def _backlog(day: DeskDay) -> list[int]:
    """Tickets that were open or pending at the end of the day."""
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG, {"ends_at": day.ends_at, "active": list(ACTIVE)})
        return sorted(ticket_id for (ticket_id,) in cursor.fetchall())


def _about(ticket_ids: Collection[int], day: DeskDay) -> dict[int, About]:
    """What the tickets were at the end of the day: the row, or its history when it has changed since."""
    rows = Ticket.objects.filter(pk__in=_these(ticket_ids)).values_list(
        "pk", "team_id", "category_id", "channel", "priority", "assignee_id", "opened_at", "updated_at"
    )
    about: dict[int, About] = {}
    touched: list[int] = []
    for pk, team, category, channel, priority, assignee, opened_at, updated_at in rows:
        about[pk] = About(team, category, channel, priority, assignee, opened_at)
        if updated_at >= day.ends_at:
            touched.append(pk)
    return about | _about_then(touched, about, day)


def _about_then(ticket_ids: Collection[int], now: Mapping[int, About], day: DeskDay) -> dict[int, About]:
    """Properties as the history before the end of the day gives them."""
    histories: dict[int, list[PastEvent]] = {}
    events = (
        TicketEvent.objects.filter(ticket_id__in=_these(ticket_ids), kind__in=_PROPERTY_KINDS)
        .filter(Q(occurred_at__lt=day.ends_at) | Q(kind="ticket.opened"))
        .order_by("ticket_id", "seq")
        .values_list("ticket_id", "seq", "kind", "occurred_at", "data")
    )
    for ticket_id, *event in events:
        histories.setdefault(ticket_id, []).append(PastEvent(*event))
    then: dict[int, About] = {}
    for ticket_id, history in histories.items():
        state, row = fold(history), now[ticket_id]
        then[ticket_id] = About(state.team, state.category, row.channel, state.priority, state.assignee, row.opened_at)
    return then
