"""The lines of ticket lists, in SQL: a list is what agents look at all day, and making the statement by the ORM costs
as much as running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from puo_desk.kernel.actor import Actor
from tickets.vocabulary import ACTIVE, ticket_number


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One line of a ticket list: all a template needs, no query behind it. Its fields are the columns of ``_SQL``."""

    id: int
    subject: str
    preview: str
    status_name: str
    status_code: str
    status_category: str
    waiting_on: str
    priority: int
    channel: str
    requester_id: int
    requester_name: str
    assignee_id: int | None
    assignee_name: str
    team_name: str
    category_name: str
    tag_names: tuple[str, ...]
    opened_at: datetime
    updated_at: datetime
    waiting_since: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_due_at: datetime | None
    next_due_metric: str
    at_risk_at: datetime | None
    version: int
    last_event_seq: int
    is_unread: bool = False

    @property
    def number(self) -> str:
        return ticket_number(self.id)


_SQL = """
SELECT ticket.id, ticket.subject, ticket.preview, status.name, status.code, ticket.status_category, status.waiting_on,
       ticket.priority, ticket.channel, ticket.requester_id,
       coalesce(nullif(requester.full_name, ''), requester.username), ticket.assignee_id,
       coalesce(nullif(assignee.full_name, ''), assignee.username, ''),
       coalesce((SELECT team.name FROM accounts_team AS team WHERE team.id = ticket.team_id), ''),
       coalesce((SELECT category.name FROM tickets_category AS category WHERE category.id = ticket.category_id), ''),
       ticket.tag_names, ticket.opened_at, ticket.updated_at, ticket.waiting_since, ticket.resolved_at,
       ticket.closed_at, ticket.next_due_at, ticket.next_due_metric, ticket.at_risk_at, ticket.version,
       ticket.last_event_seq, %(reads)s
       AND (ticket.status_category = ANY(%(active)s)
            OR coalesce(%(reader)s IN (ticket.requester_id, ticket.assignee_id), false))
       AND ticket.last_event_seq > coalesce((
           SELECT mark.seq FROM tickets_readmark AS mark
            WHERE mark.ticket_id = ticket.id AND mark.user_id = %(reader)s), 0)
  FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, place)
  JOIN tickets_ticket AS ticket ON ticket.id = listed.id
  JOIN tickets_status AS status ON status.id = ticket.status_id
  JOIN accounts_user AS requester ON requester.id = ticket.requester_id
  LEFT JOIN accounts_user AS assignee ON assignee.id = ticket.assignee_id
 ORDER BY listed.place
"""
_TAGS = 15
"""The place of the tags, which come as a list."""


def rows_of(ticket_ids: Sequence[int], *, viewer: Actor | None) -> list[TicketRow]:
    """The lines for these tickets, in this order, and whether there is something to read for the viewer. One query.

    What others have solved between them is nobody else's to read. The tickets are taken as given: ask
    ``visible_tickets`` first.
    """
    if not ticket_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SQL, _values(ticket_ids, viewer))
        return [_row_of(row) for row in cursor.fetchall()]


def _values(ticket_ids: Sequence[int], viewer: Actor | None) -> dict[str, Any]:
    return {
        "ids": list(ticket_ids),
        "active": list(ACTIVE),
        "reader": viewer.user_id if viewer is not None else None,
        "reads": viewer is not None,
    }


def _row_of(columns: tuple[Any, ...]) -> TicketRow:
    values: list[Any] = list(columns)
    values[_TAGS] = tuple(values[_TAGS])
    return TicketRow(*values)
