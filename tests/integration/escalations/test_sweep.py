"""Alarms: each once, however often and by how many it is looked for; one bad row harms no other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from escalations.models import Timer, TimerAlarm
from escalations.operations import sweep
from escalations.operations.sweep import tell_due_timers
from escalations.tasks import sweep_timers
from puo_desk.kernel.models import DueState
from puo_desk.notifications.models import Notification
from tests.integration.escalations.conftest import MINUTES, NOON, P4_FIRST, Desk
from tests.support.people import make_person, make_team
from tickets.models import Ticket, TicketEvent
from tickets.operations import conversation

HOUR = timedelta(hours=1)


def _levels(desk: Desk, ticket: Ticket) -> list[tuple[str, int]]:
    return [
        (e.data["metric"], e.data.get("percent", 100)) for e in desk.events(ticket) if e.kind != "sla.policy_applied"
    ]


def test_warnings_come_once_at_their_instants_and_then_the_breach(desk: Desk) -> None:
    ticket = desk.open()
    desk.take(ticket)
    for span, level in ((240, 50), (120, 75), (72, 90)):
        desk.wait(span * MINUTES - timedelta(microseconds=1))
        assert desk.sweep() == 0
        desk.wait(timedelta(microseconds=1))
        assert desk.sweep() == 1
        assert _levels(desk, ticket)[-1] == ("first_response", level)
        assert desk.sweep() == 0
    desk.now = NOON + P4_FIRST
    assert desk.sweep() == 0
    desk.wait(timedelta(microseconds=1))
    assert desk.sweep() == 1
    assert _levels(desk, ticket) == [("first_response", level) for level in (50, 75, 90, 100)]
    assert [event.occurred_at for event in desk.events(ticket, "sla.breached")] == [NOON + P4_FIRST]
    assert len(desk.told("sla.warned")) == 3
    desk.verify()


def test_what_is_late_is_at_risk_no_more_and_another_promise_stays_so(desk: Desk) -> None:
    late, answered_late = desk.open(), desk.open()
    desk.now = NOON + P4_FIRST + timedelta(seconds=1)
    desk.answer(answered_late)
    answered_late.refresh_from_db()
    resolution_at_risk = answered_late.at_risk_at
    assert resolution_at_risk is not None
    desk.verify()
    desk.sweep()
    late.refresh_from_db()
    answered_late.refresh_from_db()
    assert (late.at_risk_at, answered_late.at_risk_at) == (None, resolution_at_risk)
    desk.verify()


def test_a_late_sweep_tells_the_highest_warning_alone(desk: Desk) -> None:
    ticket = desk.open()
    desk.wait(6.5 * HOUR)
    desk.sweep()
    assert _levels(desk, ticket) == [("first_response", 75)]
    conversation.note_on_ticket(ticket_id=ticket.pk, body="x", actor=desk.agent, now=desk.now)
    desk.write(ticket)
    desk.verify()
    assert desk.sweep() == 0
    desk.now = NOON + P4_FIRST + HOUR
    desk.sweep()
    assert _levels(desk, ticket) == [("first_response", 75), ("first_response", 100)]
    desk.verify()


def test_a_warning_that_came_just_before_a_pause_is_still_told(desk: Desk) -> None:
    ticket = desk.open()
    desk.answer(ticket)
    desk.wait(37 * HOUR)
    desk.put(ticket, "waiting_requester")
    assert desk.timer(ticket, "resolution").state == DueState.WAITING
    desk.sweep()
    assert _levels(desk, ticket) == [("resolution", 50)]
    assert desk.events(ticket, "sla.warned")[0].data["due_at"] is None
    assert desk.timer(ticket, "resolution").state == DueState.DONE
    desk.verify()


def test_a_breach_tells_assignee_and_leads_each_once(desk: Desk, agent_user: Any, lead_user: Any) -> None:
    second_lead, gone = make_person("mei"), make_person("gone", is_active=False)
    team = make_team("Platforms", leads=(lead_user, second_lead, gone), members=(agent_user,))
    ticket = desk.open()
    desk.take(ticket, team=team)
    led = desk.open()
    Ticket.objects.filter(pk=led.pk).update(team=team, assignee_id=lead_user.pk)
    desk.wait(P4_FIRST + MINUTES)
    assert desk.sweep() == 2
    about = Notification.objects.filter(kind="sla.breached", channel="in_app").values_list("about", "recipient_id")
    assert sorted(about) == sorted(
        [(f"ticket:{ticket.pk}", pk) for pk in (agent_user.pk, lead_user.pk, second_lead.pk)]
        + [(f"ticket:{led.pk}", pk) for pk in (lead_user.pk, second_lead.pk)]
    )


def test_a_ticket_of_nobody_is_late_without_telling_anybody(desk: Desk) -> None:
    ticket = desk.open()
    desk.wait(P4_FIRST + MINUTES)
    assert desk.sweep() == 1
    assert _levels(desk, ticket) == [("first_response", 100)]
    assert not Notification.objects.exists()


def test_events_stay_gap_free(desk: Desk) -> None:
    ticket = desk.open()
    desk.wait(timedelta(hours=100))
    desk.sweep()
    desk.write(ticket)
    seqs = list(TicketEvent.objects.filter(ticket=ticket).order_by("seq").values_list("seq", flat=True))
    ticket.refresh_from_db()
    assert seqs == list(range(1, ticket.last_event_seq + 1))
    assert _levels(desk, ticket) == [("first_response", 100), ("resolution", 100)]
    desk.verify()


def test_cost_does_not_grow_with_what_is_due(desk: Desk) -> None:
    counted = []
    for number in (10, 500):
        tickets = [desk.open() for _number in range(1)]
        _copy_timers(tickets[0], number - 1)
        desk.wait(P4_FIRST + MINUTES)
        with CaptureQueriesContext(connection) as queries:
            done = desk.sweep()
        assert done == number
        counted.append(len(queries))
        desk.wait(timedelta(days=-1) - P4_FIRST - MINUTES)
    assert counted[0] == counted[1] <= 8


def _copy_timers(ticket: Ticket, times: int) -> None:
    """More tickets like this one, with their first response alone."""
    timer = Timer.objects.get(ticket=ticket, metric="first_response")
    tickets = []
    for _time in range(times):
        copy = Ticket.objects.get(pk=ticket.pk)
        copy.pk = None
        tickets.append(copy)
    for copy in Ticket.objects.bulk_create(tickets):
        timer.pk, timer.ticket_id = None, copy.pk
        timer.save(force_insert=True)


def test_an_idle_tick_costs_two_statements(desk: Desk) -> None:
    desk.open()
    sweep_timers()
    with CaptureQueriesContext(connection) as queries:
        sweep_timers()
    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == 2, statements


def test_one_poisoned_row_is_quarantined_and_the_others_are_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned, *healthy = [desk.open() for _number in range(4)]
    decide = sweep.alarm_at

    def fail_on_poison(timer: Any, now: Any) -> Any:
        if timer.ticket_id == poisoned.pk:
            raise ValueError("bad row")
        return decide(timer, now)

    monkeypatch.setattr(sweep, "alarm_at", fail_on_poison)
    desk.wait(P4_FIRST + MINUTES)
    result = tell_due_timers(now=desk.now)
    assert (result.done, result.failed) == (3, 1)
    assert all(_levels(desk, ticket) == [("first_response", 100)] for ticket in healthy)
    for _attempt in range(4):
        desk.wait(HOUR)
        tell_due_timers(now=desk.now)
    row = desk.timer(poisoned, "first_response")
    assert (row.state, row.attempts, row.last_error) == (DueState.QUARANTINED, 5, "ValueError: bad row")
    assert _levels(desk, poisoned) == []
    monkeypatch.setattr(sweep, "alarm_at", decide)
    desk.write(poisoned)
    desk.sweep()
    assert _levels(desk, poisoned) == [("first_response", 100)]


def test_a_worker_killed_in_the_middle_of_a_batch_leaves_it_undone(
    standing_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = standing_desk
    tickets = [desk.open() for _number in range(3)]
    desk.wait(P4_FIRST + MINUTES)

    def die(*_args: Any) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            victim = cursor.fetchone()[0]
        _in_thread(lambda: _terminate(victim))

    with monkeypatch.context() as patch:
        patch.setattr(sweep, "_tell_people", die)
        with pytest.raises(DatabaseError):
            tell_due_timers(now=desk.now)
    connection.close()
    assert not TimerAlarm.objects.exists()
    assert desk.sweep() == 3
    assert [_levels(desk, ticket) for ticket in tickets] == [[("first_response", 100)]] * 3
    desk.verify()


def _terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def _in_thread(act: Any) -> Any:
    def run() -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def test_two_sweeps_at_once_tell_each_alarm_once(standing_desk: Desk) -> None:
    desk = standing_desk
    tickets = [desk.open() for _number in range(40)]
    desk.wait(P4_FIRST + MINUTES)
    start = Barrier(4)

    def run() -> int:
        try:
            start.wait(timeout=10)
            return tell_due_timers(now=desk.now, limit=7).done
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = sum(future.result() for future in [pool.submit(run) for _sweep in range(4)])
    done += desk.sweep()
    assert done == 40
    assert [_levels(desk, ticket) for ticket in tickets] == [[("first_response", 100)]] * 40
    assert TimerAlarm.objects.count() == 40
    desk.verify()


def test_a_ticket_somebody_is_changing_is_left_for_the_next_tick(standing_desk: Desk) -> None:
    desk = standing_desk
    held, *free = [desk.open() for _number in range(5)]
    desk.wait(P4_FIRST + MINUTES)
    locked, swept = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Ticket.objects.select_for_update().get(pk=held.pk)
                locked.set()
                swept.wait(timeout=10)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        locked.wait(timeout=10)
        # One at a time: what is held does not stand in the way of those behind it.
        done = desk.sweep(limit=1)
        swept.set()
        holding.result()
    assert done == 4
    assert _levels(desk, held) == []
    assert all(_levels(desk, ticket) for ticket in free)
    assert desk.sweep() == 1
    assert _levels(desk, held) == [("first_response", 100)]
    desk.verify()


def test_a_reply_and_a_sweep_at_once_agree(standing_desk: Desk) -> None:
    desk = standing_desk
    tickets = [desk.open() for _number in range(12)]
    desk.wait(P4_FIRST + MINUTES)
    start = Barrier(2)

    def sweeping() -> None:
        try:
            start.wait(timeout=10)
            for _tick in range(6):
                tell_due_timers(now=desk.now, limit=3)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sweeping)
        start.wait(timeout=10)
        for ticket in tickets:
            desk.answer(ticket)
        running.result()
    desk.sweep()
    assert [_levels(desk, ticket) for ticket in tickets] == [[("first_response", 100)]] * 12
    assert {desk.timer(ticket, "first_response").timer_state for ticket in tickets} == {"missed"}
    desk.verify()
