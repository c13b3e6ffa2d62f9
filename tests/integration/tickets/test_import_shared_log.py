"""The whole shared log: what the importer made of it equals what the csv module alone counts in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from io import StringIO
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum

from puo_desk.accounts.models import User
from tests.support.independent_count import Incident, count_days, incidents, shared_log
from tickets.models import Ticket, TicketEvent
from tickets.rules.replay import PastEvent, TicketState, fold

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

MARCH = [date(2016, 3, day) for day in range(1, 32)]
KINDS = {name: f"ticket.{name}" for name in ("opened", "resolved", "closed", "reopened")}


@pytest.fixture(scope="module")
def log(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Path]:
    """The log, imported once for all tests here and taken back after them."""
    path = shared_log()
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        call_command("import_tickets", str(path), "--format", "servicenow-log", stdout=StringIO(), stderr=StringIO())
        connection.check_constraints()
        yield path
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def independent(log: Path) -> dict[str, Incident]:
    return {incident.number: incident for incident in incidents(log)}


def moves(kind: str) -> dict[str, list[datetime]]:
    """The instants of one kind of event by the ticket's number in the log, in order."""
    found: dict[str, list[datetime]] = {}
    rows = TicketEvent.objects.filter(kind=kind).order_by("ticket_id", "seq")
    for number, at in rows.values_list("ticket__external_id", "occurred_at"):
        found.setdefault(number, []).append(at)
    return found


def test_every_ticket_and_every_reopening_is_here(log: Path) -> None:
    assert Ticket.objects.count() == 12_000
    assert Ticket.objects.aggregate(all=Sum("reopened_count"))["all"] == 185
    assert Ticket.objects.filter(reopened_count__gt=0).count() == 154
    assert TicketEvent.objects.filter(kind="ticket.reopened").count() == 185
    assert Ticket.objects.exclude(status__code="closed").count() == 0
    assert User.objects.filter(is_active=True).count() == 0


@pytest.mark.parametrize("zone", ["UTC", "Europe/Lisbon", "America/Sao_Paulo"])
def test_the_days_equal_an_independent_count(log: Path, zone: str) -> None:
    counts = count_days(log, report_zone=zone)
    days = ZoneInfo(zone)
    for name, kind in KINDS.items():
        rows = TicketEvent.objects.filter(kind=kind).values_list("occurred_at", flat=True)
        found = Counter(at.astimezone(days).date() for at in rows)
        expected: Counter[date] = getattr(counts, name)
        assert [found[day] for day in MARCH] == [expected[day] for day in MARCH], (name, zone)
        assert found == expected, (name, zone)
    assert sum(counts.opened[day] for day in MARCH) > 8_000


def test_the_moves_of_every_ticket_equal_the_independent_ones(independent: dict[str, Incident], log: Path) -> None:
    for name in ("resolved", "closed", "reopened"):
        expected = {number: found for number, one in independent.items() if (found := getattr(one, name))}
        assert moves(KINDS[name]) == expected
    assert moves("ticket.opened") == {number: [one.opened_at] for number, one in independent.items()}


def test_the_final_columns_are_accounted_for_ticket_by_ticket(independent: dict[str, Incident], log: Path) -> None:
    """Where the file's own columns give another number than the events, it is for one of these reasons."""
    opened, resolved, closed = (moves(KINDS[name]) for name in ("opened", "resolved", "closed"))
    reasons = Counter[str]()
    for number, incident in independent.items():
        reasons[_why_resolved_differs(incident, resolved.get(number, []))] += 1
        reasons[_why_closed_differs(incident, closed[number])] += 1
        reasons["more closings than the one of the column"] += len(closed[number]) - 1
        reasons["opened_at is the opening"] += opened[number] == [incident.opened_at]
    assert dict(reasons) == {
        "resolved_at is the only resolving": 10_768,
        "resolved_at is the last of several resolvings": 145,
        "resolved_at is a later save of the resolved ticket": 153,
        "resolved_at is missing": 934,
        "closed_at is the closing": 11_971,
        "closed_at is a later save of the closed ticket": 29,
        "more closings than the one of the column": 6,
        "opened_at is the opening": 12_000,
    }
    assert sum(map(len, resolved.values())) == 12_183
    assert sum(map(len, closed.values())) == 12_006


def _why_resolved_differs(incident: Incident, events: list[datetime]) -> str:
    column = incident.final_resolved_at
    if column is None:
        return "resolved_at is missing"
    if events and column == events[-1]:
        several = len(events) > 1
        return "resolved_at is the last of several resolvings" if several else "resolved_at is the only resolving"
    assert column in incident.saved_resolved and column > events[-1], incident
    return "resolved_at is a later save of the resolved ticket"


def _why_closed_differs(incident: Incident, events: list[datetime]) -> str:
    column = incident.final_closed_at
    if column == events[-1]:
        return "closed_at is the closing"
    assert column in incident.saved_closed and column > events[-1], incident
    return "closed_at is a later save of the closed ticket"


def test_histories_that_begin_late_are_resolved_where_they_are_first_known(
    independent: dict[str, Incident], log: Path
) -> None:
    late = {number: one for number, one in independent.items() if one.begins_late}
    in_resolved = {number for number, one in late.items() if one.first_state == "Resolved"}
    resolved = moves("ticket.resolved")
    assert (len(late), len(in_resolved)) == (4_578, 1_134)
    for number in in_resolved:
        assert resolved[number][0] == late[number].saved_resolved[0]
    without_column = {number for number, one in independent.items() if one.final_resolved_at is None}
    assert len(without_column) == 934
    assert len(without_column & in_resolved) == 932
    never_resolved = {number for number in without_column if number not in resolved}
    assert len(never_resolved) == 2


def test_folding_the_events_gives_every_row(log: Path) -> None:
    tickets = {ticket.pk: ticket for ticket in Ticket.objects.select_related("status")}
    events = TicketEvent.objects.order_by("ticket_id", "seq").iterator(5_000)
    folded = 0
    for ticket_id, own in groupby(events, key=attrgetter("ticket_id")):
        past = [PastEvent(event.seq, event.kind, event.occurred_at, event.data) for event in own]
        assert [event.seq for event in past] == list(range(1, len(past) + 1))
        assert fold(past) == _as_state(tickets[ticket_id])
        folded += 1
    assert folded == len(tickets) == 12_000


def _as_state(ticket: Ticket) -> TicketState:
    return TicketState(
        subject=ticket.subject,
        requester=ticket.requester_id,
        assignee=ticket.assignee_id,
        team=ticket.team_id,
        category=ticket.category_id,
        status=ticket.status.code,
        status_category=ticket.status_category,
        impact=ticket.impact,
        urgency=ticket.urgency,
        priority=ticket.priority,
        opened_at=ticket.opened_at,
        first_replied_at=ticket.first_replied_at,
        waiting_since=ticket.waiting_since,
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
        reopened_count=ticket.reopened_count,
        reassigned_count=ticket.reassigned_count,
        rating=ticket.rating,
        tags=list(ticket.tag_names),
        last_event_seq=ticket.last_event_seq,
    )


def test_importing_it_again_adds_nothing(log: Path) -> None:
    before = (Ticket.objects.count(), TicketEvent.objects.count(), User.objects.count())
    out = StringIO()
    call_command("import_tickets", str(log), "--format", "servicenow-log", stdout=out, stderr=StringIO())
    assert before == (Ticket.objects.count(), TicketEvent.objects.count(), User.objects.count())
    assert [line.split() for line in out.getvalue().splitlines()[1:5]] == [
        ["read", "74,516", "12,000"],
        ["written", "0", "0"],
        ["skipped", "74,516", "12,000"],
        ["refused", "0", "0"],
    ]
