from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from puo_desk.accounts.models import Team, User
from puo_desk.kernel.actor import Actor
from reports.models import DailyReport
from reports.operations.build import build_daily_report
from tests.support.people import make_team
from tickets.models import Category, Status, Ticket, TicketEvent
from tickets.rules.replay import PastEvent, fold

LATER = datetime(2026, 12, 24, tzinfo=UTC)
BUILDER = Actor.system("test")

History = list[tuple[str, datetime, dict[str, Any], int | None]]
"""Kind, instant, data, actor: the events of one ticket, in the order of ``seq``."""


@pytest.fixture
def team(db: None) -> Team:
    return make_team("Review platforms")


@pytest.fixture
def category(db: None) -> Category:
    return Category.objects.create(name="=Queue", slug="queue")


def opening(requester: User, **facts: Any) -> dict[str, Any]:
    """The data of ``ticket.opened``."""
    return {
        "subject": "Queue is empty", "requester": requester.pk, "assignee": None, "team": None, "category": None,
        "status": "new", "status_category": "open", "waiting_on": "", "impact": 2, "urgency": 2, "priority": 3,
        "channel": "web", "on_own_behalf": False,
    } | facts  # fmt: skip


def moves(old: str, new: str) -> tuple[str, dict[str, Any]]:
    """The kind and data of a change between two of: new, in_progress, waiting_requester, resolved, closed."""
    categories = {"new": "open", "in_progress": "open", "waiting_requester": "pending"}
    before, after = categories.get(old, old), categories.get(new, new)
    solved = {"resolved", "closed"}
    kind = f"ticket.{after}" if after in solved else "ticket.reopened" if before in solved else "ticket.status_changed"
    return kind, {"old": old, "new": new, "old_category": before, "new_category": after, "waiting_on": "", "reason": ""}


def write_history(history: History, *, requester: User, source: str = "") -> Ticket:
    """A ticket with these events, stored as folding them gives it: what an import writes."""
    past = [PastEvent(seq, kind, at, data) for seq, (kind, at, data, _by) in enumerate(history, start=1)]
    state = fold(past)
    # A test that commits leaves an empty desk behind, without the statuses that a new one begins with.
    known = {"name": state.status, "category": state.status_category}
    status, _made = Status.objects.get_or_create(code=state.status, defaults=known)
    ticket = Ticket.objects.create(
        subject=state.subject, requester=requester, status=status, status_category=state.status_category,
        team_id=state.team, assignee_id=state.assignee, category_id=state.category, impact=state.impact,
        urgency=state.urgency, priority=state.priority, channel=history[0][2]["channel"], opened_at=state.opened_at,
        updated_at=max(at for _kind, at, _data, _by in history), first_replied_at=state.first_replied_at,
        resolved_at=state.resolved_at, closed_at=state.closed_at, reopened_count=state.reopened_count,
        reassigned_count=state.reassigned_count, rating=state.rating, last_event_seq=len(past),
        external_source=source,
    )  # fmt: skip
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket=ticket, seq=seq, kind=kind, occurred_at=at, data=data, actor_id=by, actor_label="", source="import",
            request_id="test",
        )
        for seq, (kind, at, data, by) in enumerate(history, start=1)
    )  # fmt: skip
    return ticket


@pytest.fixture
def ticket_at(requester_user: User) -> Callable[..., Ticket]:
    """A ticket opened at an instant, then moved through statuses at others."""

    def make(opened_at: datetime, *steps: tuple[str, datetime], by: int | None = None, **facts: Any) -> Ticket:
        history: History = [("ticket.opened", opened_at, opening(requester_user, **facts), requester_user.pk)]
        status = "new"
        for new, at in steps:
            kind, data = moves(status, new)
            history.append((kind, at, data, by))
            status = new
        return write_history(history, requester=requester_user)

    return make


def build(day: date, *, now: datetime = LATER) -> DailyReport:
    return build_daily_report(day=day, actor=BUILDER, now=now)


def ids(tickets: Iterable[Ticket]) -> list[int]:
    return sorted(ticket.pk for ticket in tickets)
