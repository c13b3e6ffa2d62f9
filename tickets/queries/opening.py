"""What must be looked up before a ticket can be opened, in one statement: opening is what the desk is asked most."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from puo_desk.accounts.models import Team, User
from puo_desk.kernel.plain_rows import columns_of, take_row
from tickets.models import Category, Status
from tickets.vocabulary import StatusCategory

_SQL = f"""
SELECT {columns_of(Status, "status")}, {columns_of(User, "requester")}, {columns_of(Category, "category")},
       {columns_of(Team, "team")},
       EXISTS (SELECT FROM tickets_formfield AS field WHERE field.category_id = category.id),
       nextval(pg_get_serial_sequence('tickets_ticket', 'id'))
  FROM tickets_status AS status
  LEFT JOIN accounts_user AS requester ON requester.id = %(requester)s AND requester.is_active
  LEFT JOIN tickets_category AS category ON category.id = %(category)s AND category.is_active
  LEFT JOIN accounts_team AS team
    ON team.id = coalesce(%(team)s, category.team_id) AND (team.is_active OR %(team)s IS NULL)
 WHERE status.category = %(status)s AND status.is_default
"""  # noqa: S608 - our own columns


@dataclass(frozen=True, slots=True)
class Premises:
    """The status of new tickets, and what was asked for as far as it is there and active.

    ``team`` is the one asked for, or the category's. ``has_form``: the category asks questions. ``ticket_id`` is
    reserved first, so that everything about the ticket is written once, in its final shape.
    """

    status: Status
    requester: User | None
    category: Category | None
    team: Team | None
    has_form: bool
    ticket_id: int


def premises_of(*, requester_id: int, category_id: int | None, team_id: int | None) -> Premises:
    """One query."""
    asked = {
        "requester": requester_id,
        "category": category_id,
        "team": team_id,
        "status": StatusCategory.OPEN.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, asked)
        row = cursor.fetchone()
    if row is None:
        raise Status.DoesNotExist("no default status for new tickets")
    values = iter(row)
    status = take_row(Status, values)
    assert status is not None
    people_and_places = take_row(User, values), take_row(Category, values), take_row(Team, values)
    return Premises(status, *people_and_places, has_form=next(values), ticket_id=next(values))
