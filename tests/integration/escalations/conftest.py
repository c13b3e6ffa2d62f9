"""A desk with one team, its people, and the standard policy that every new desk has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from escalations.models import Timer
from escalations.operations.sweep import tell_due_timers
from escalations.queries import policies
from escalations.queries.timers import verify_timers
from puo_desk.accounts.models import Team, User
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.actor import Actor
from puo_desk.notifications.models import Notification
from tests.support.people import NOON, actor_of, make_person, make_team
from tickets.models import Ticket, TicketEvent
from tickets.operations import assignment, conversation, opening, properties, statuses

MINUTES = timedelta(minutes=1)
P4_FIRST, P4_NEXT, P4_FIX = timedelta(hours=8), timedelta(hours=8), timedelta(hours=72)


@dataclass
class Desk:
    """Somebody asks, somebody answers, and the clock moves when told to."""

    requester: Actor
    agent: Actor
    lead: Actor
    team: Team
    now: datetime = NOON
    tickets: list[Ticket] = field(default_factory=list)

    def wait(self, span: timedelta) -> datetime:
        self.now += span
        return self.now

    def open(self, *, priority: int = 4, actor: Actor | None = None, **given: Any) -> Ticket:
        """P4 is impact low, urgency low; P1 both high."""
        level = {1: 1, 2: 2, 4: 3}[priority]
        urgency = {1: 1, 2: 1, 4: 3}[priority]
        new = opening.NewTicket("Queue is empty", "No items.", impact=level, urgency=urgency, **given)
        ticket = opening.open_ticket(new, actor=actor or self.requester, now=self.now)
        assert ticket.priority == priority
        self.tickets.append(ticket)
        return ticket

    def answer(self, ticket: Ticket, *, set_status: str | None = None) -> None:
        conversation.reply_to_ticket(
            ticket_id=ticket.pk, body="We look.", actor=self.agent, now=self.now, set_status=set_status
        )

    def write(self, ticket: Ticket) -> None:
        conversation.reply_to_ticket(ticket_id=ticket.pk, body="Still.", actor=self.requester, now=self.now)

    def put(self, ticket: Ticket, status: str) -> None:
        statuses.set_status(ticket_id=ticket.pk, status=status, actor=self.agent, now=self.now)

    def prioritise(self, ticket: Ticket, priority: int) -> None:
        properties.set_priority(ticket_id=ticket.pk, priority=priority, actor=self.lead, now=self.now)

    def take(self, ticket: Ticket, *, team: Team | None = None) -> None:
        if team is not None:
            Ticket.objects.filter(pk=ticket.pk).update(team=team)
        assignment.assign_ticket(ticket_id=ticket.pk, assignee_id=self.agent.own_id, actor=self.lead, now=self.now)

    def sweep(self, **options: Any) -> int:
        return tell_due_timers(now=self.now, **options).done

    def timer(self, ticket: Ticket, metric: str, cycle: int = 1) -> Timer:
        return Timer.objects.get(ticket=ticket, metric=metric, cycle=cycle)

    def events(self, ticket: Ticket, kind: str = "sla.") -> list[TicketEvent]:
        return list(TicketEvent.objects.filter(ticket=ticket, kind__startswith=kind).order_by("seq"))

    def told(self, kind: str) -> list[tuple[int, str]]:
        rows = Notification.objects.filter(kind=kind).order_by("recipient_id", "channel")
        return list(rows.values_list("recipient_id", "channel"))

    def verify(self) -> None:
        for ticket in self.tickets:
            assert verify_timers(ticket.pk, now=self.now) == []


@pytest.fixture
def admin_user(db: None) -> User:
    return make_person("ada", role=Role.ADMIN)


@pytest.fixture(autouse=True)
def _fresh_versions() -> None:
    """Versions are kept by number for a process' life; tests roll them back."""
    policies.definition_of.cache_clear()
    policies.promise_of.cache_clear()


@pytest.fixture
def desk(agent_user: User, lead_user: User, requester_user: User) -> Desk:
    team = make_team("Review", members=(agent_user,), leads=(lead_user,))
    return Desk(actor_of(requester_user), actor_of(agent_user), actor_of(lead_user), team)


@pytest.fixture
def standing_desk(transactional_db: None, desk: Desk) -> Desk:
    """The same with everything committed, for tests with several connections."""
    return desk
