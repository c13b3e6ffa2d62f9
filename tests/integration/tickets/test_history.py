"""The history: append-only in the database, gap-free under races, one winner of a claim."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from puo_desk.accounts.vocabulary import Role
from tests.support.desk import after, assert_folds_to_row, kinds_of, make_ticket
from tests.support.people import actor_of, make_person
from tickets.models import Ticket, TicketEvent
from tickets.operations.assignment import AlreadyClaimed, claim_ticket
from tickets.operations.conversation import note_on_ticket
from tickets.operations.properties import set_priority


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE tickets_ticketevent SET kind = 'ticket.closed'",
        "UPDATE tickets_ticketevent SET occurred_at = now()",
        "DELETE FROM tickets_ticketevent",
    ],
)
def test_the_database_refuses_to_rewrite_history(sql: str) -> None:
    make_ticket(make_person(role=Role.REQUESTER))
    before = list(TicketEvent.objects.values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(TicketEvent.objects.values()) == before


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What the acts answer or raise when they begin together, each on a connection of its own."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=10)
            return act()
        except Exception as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_of_agents_who_claim_at_once_one_wins_and_the_others_are_told_who() -> None:
    ticket = make_ticket(make_person(role=Role.REQUESTER))
    agents = [actor_of(make_person()) for _agent in range(6)]
    answers = at_once(
        [lambda agent=agent: claim_ticket(ticket_id=ticket.pk, actor=agent, now=after()) for agent in agents]
    )
    winners = [answer for answer in answers if isinstance(answer, Ticket)]
    losers = [answer for answer in answers if isinstance(answer, AlreadyClaimed)]
    assert (len(winners), len(losers)) == (1, 5)
    assert {loser.facts["assignee_id"] for loser in losers} == {winners[0].assignee_id}
    assert kinds_of(ticket).count("ticket.assigned") == 1
    assert_folds_to_row(ticket)


@pytest.mark.django_db(transaction=True)
def test_changes_at_once_leave_a_history_without_gaps() -> None:
    ticket = make_ticket(make_person(role=Role.REQUESTER))
    agent = actor_of(make_person())
    acts: list[Callable[[], Any]] = []
    for turn in range(4):
        acts.append(
            lambda turn=turn: note_on_ticket(ticket_id=ticket.pk, body=f"note {turn}", actor=agent, now=after())
        )
        acts.append(
            lambda turn=turn: set_priority(ticket_id=ticket.pk, priority=turn % 3 + 1, actor=agent, now=after())
        )
    answers = at_once(acts)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert kinds_of(ticket).count("ticket.noted") == 4
    assert_folds_to_row(ticket)
