"""Builders of a small desk: they call operations, so that what a test begins with can really come about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from puo_desk.accounts.models import Team, User
from puo_desk.kernel.actor import Actor
from tests.support.people import NOON, actor_of
from tickets.models import Category, FormField, Ticket, TicketEvent
from tickets.operations.opening import NewTicket, open_ticket
from tickets.rules.replay import PastEvent, TicketState, fold


def after(**span: float) -> datetime:
    """An instant after the noon at which tests begin."""
    return NOON + timedelta(**span)


def make_category(
    name: str = "Review queue", *, team: Team | None = None, fields: tuple[dict[str, Any], ...] = ()
) -> Category:
    category = Category.objects.create(name=name, slug=name.lower().replace(" ", "-"), team=team)
    for position, field in enumerate(fields):
        FormField.objects.create(category=category, position=position, **field)
    return category


def make_ticket(requester: User, *, by: Actor | None = None, now: datetime = NOON, **asked: Any) -> Ticket:
    asked = {"subject": "Queue shows no items", "body": "Since 07:50 it shows no items."} | asked
    if by is not None:
        asked["requester_id"] = requester.pk
    return open_ticket(NewTicket(**asked), actor=by or actor_of(requester), now=now)


def kinds_of(ticket: Ticket) -> list[str]:
    return list(TicketEvent.objects.filter(ticket=ticket).order_by("seq").values_list("kind", flat=True))


def folded(ticket: Ticket) -> TicketState:
    events = TicketEvent.objects.filter(ticket=ticket).order_by("seq")
    return fold(PastEvent(event.seq, event.kind, event.occurred_at, event.data) for event in events)


def assert_folds_to_row(ticket: Ticket) -> None:
    """Promise P8: events are gap-free, and folding them gives the stored row."""
    ticket.refresh_from_db()
    state = folded(ticket)
    seqs = list(TicketEvent.objects.filter(ticket=ticket).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    same = (
        "subject", "status_category", "impact", "urgency", "priority", "opened_at", "first_replied_at",
        "waiting_since", "resolved_at", "closed_at", "reopened_count", "reassigned_count", "rating", "last_event_seq",
    )  # fmt: skip
    assert {name: getattr(state, name) for name in same} == {name: getattr(ticket, name) for name in same}
    assert (state.status, state.tags) == (ticket.status.code, ticket.tag_names)
    assert (state.assignee, state.team, state.category) == (ticket.assignee_id, ticket.team_id, ticket.category_id)
