"""Workers that are killed, doubled and told everything twice: each alarm, mail and report happens once."""

from __future__ import annotations

import email
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from django.core import mail
from django.db import connection, connections
from django.utils import timezone
from redis import Redis

from escalations.models import Timer, TimerAlarm
from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.celery import app
from puo_desk.kernel.models import DueState
from puo_desk.notifications.models import Notification
from reports.models import DailyReport, ReportRun
from tests.support.desk import make_ticket
from tests.support.histories import gaps_in_histories
from tests.support.multiply import add_tickets, add_timers
from tests.support.people import actor_of, make_person, make_team
from tests.support.running_desk import RunningDesk
from tests.support.small_desk import wait_for
from tickets.models import Ticket, TicketEvent
from tickets.operations.assignment import assign_ticket

METRICS = 2
"""A ticket that nobody has answered breaks two promises: the first response and the resolution."""
BATCH = 2_000


def late_tickets(copies: int, *, days: int = 5) -> User:
    """Tickets whose promises are all overdue since days, in a team with one lead, who is returned."""
    lead = make_person("lea", role=Role.LEAD)
    team = make_team("Front", leads=(lead,))
    ticket = make_ticket(make_person(role=Role.REQUESTER), now=timezone.now() - timedelta(days=days))
    Ticket.objects.filter(pk=ticket.pk).update(team=team)
    ids = add_tickets(ticket, copies=copies - 1, whole_history=True)
    add_timers(ticket, ids)
    assert Timer.objects.filter(state=DueState.WAITING, due_at__lte=timezone.now()).count() == copies * METRICS
    return lead


def assert_each_was_told_once(tickets: int, lead: User) -> None:
    """Every promise broke once: one alarm, one event, one word to the lead in the desk and one by mail."""
    timers = tickets * METRICS
    assert Timer.objects.filter(breached_at__isnull=False, state=DueState.DONE).count() == timers
    assert TimerAlarm.objects.count() == timers
    assert TicketEvent.objects.filter(kind="sla.breached").count() == timers
    told = Counter(Notification.objects.filter(kind="sla.breached").values_list("recipient_id", "channel"))
    assert told == {(lead.pk, "in_app"): timers, (lead.pk, "mail"): timers}
    assert gaps_in_histories() == []


class BlockedAlarm:
    """Another transaction that holds one alarm, so that a sweep stops in the middle of its batch and waits."""

    def __init__(self, timer_id: int) -> None:
        self._link = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
        with self._link.cursor() as cursor:
            cursor.execute(
                "INSERT INTO escalations_timeralarm (timer_id, level, reached_at, told_at)"
                " VALUES (%s, 100, now(), now())",
                [timer_id],
            )

    def let_go(self) -> None:
        self._link.rollback()
        self._link.close()


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_sweep_loses_and_doubles_nothing(running: RunningDesk) -> None:
    lead = late_tickets(2_500)
    order = list(Timer.objects.order_by("due_at", "id").values_list("pk", flat=True))
    second_batch = order[BATCH : 2 * BATCH]
    blocked = BlockedAlarm(second_batch[BATCH // 2])
    worker = running.worker()
    app.send_task("escalations.sweep_timers")
    wait_for(waits_for_a_lock, 60)
    assert TimerAlarm.objects.filter(timer__in=order[:BATCH]).count() == BATCH, "the first batch was told and kept"
    running.kill(worker)
    blocked.let_go()
    wait_for(lambda: not waits_for_a_lock(), 30)
    assert TimerAlarm.objects.filter(timer__in=second_batch).count() == 0, "half a batch is no batch"
    assert TicketEvent.objects.filter(kind="sla.breached").count() == TimerAlarm.objects.count()
    running.worker()
    running.beat()
    wait_for(lambda: TimerAlarm.objects.count() == len(order), 60)
    assert_each_was_told_once(2_500, lead)


def mails_in(directory: Path) -> list[str]:
    """The Message-IDs of all letters that were sent."""
    ids = []
    for log in directory.glob("*.log"):
        for part in log.read_text().split("-" * 79 + "\n"):
            if part.strip():
                ids.append(str(email.message_from_string(part)["Message-ID"]))
    return ids


@pytest.mark.slow
def test_two_beats_and_two_workers_double_nothing_and_a_flushed_redis_stops_nothing(
    running: RunningDesk, redis: Redis
) -> None:
    lead = late_tickets(300)
    for start in (running.worker, running.beat, running.worker, running.beat):
        start()
    for _turn in range(6):
        for name in ("escalations.sweep_timers", "reports.build_due_reports", "notifications.deliver_mail"):
            app.send_task(name)
    wait_for(lambda: TimerAlarm.objects.count() == 300 * METRICS, 60)
    wait_for(lambda: ReportRun.objects.exists() and not ReportRun.objects.exclude(state="done").exists(), 60)
    wait_for(lambda: not Notification.objects.filter(channel="mail").exclude(state="done").exists(), 60)
    assert_each_was_told_once(300, lead)
    days = list(DailyReport.objects.values_list("day", "version"))
    assert len(days) == 5
    assert {version for _day, version in days} == {1}, "each day was built once"
    letters = mails_in(running.directory / "mail")
    assert len(letters) == len(set(letters)) > 0, "no letter was sent twice"

    # Redis forgets queues, bindings and all: the next tick tells what is due all the same (promise P7).
    redis.flushdb()
    agent = make_person("late-one")
    ticket = make_ticket(make_person(role=Role.REQUESTER), now=timezone.now() - timedelta(days=1, hours=12))
    assign_ticket(
        ticket_id=ticket.pk,
        assignee_id=agent.pk,
        actor=actor_of(lead),
        now=timezone.now() - timedelta(days=1, hours=11),
    )
    wait_for(lambda: TicketEvent.objects.filter(ticket=ticket, kind="sla.breached").exists(), 60)
    assert TimerAlarm.objects.filter(timer__ticket=ticket, level=100).count() == 1


def everything_that_counts() -> dict[str, int]:
    """All rows that a task may add: none may be added by its second run."""
    models = (Ticket, TicketEvent, TimerAlarm, Notification, DailyReport, ReportRun)
    return {model.__name__: model.objects.count() for model in models} | {"letters": len(mail.outbox)}


@pytest.mark.usefixtures("committed", "redis")
def test_a_task_that_is_delivered_twice_or_at_once_does_its_work_once() -> None:
    """Each task of the schedule: once alone, then again, then by four workers at the same moment."""
    app.loader.import_default_modules()
    names = sorted(name for name in app.tasks if not name.startswith("celery."))
    assert "escalations.sweep_timers" in names

    for together in (False, True):
        late_tickets(20) if not together else _more_late_tickets()
        outcomes = []
        for _turn in range(2):
            for name in names:
                _run(name, times=4 if together else 1)
            # Work may follow from work (a breach makes a mail), so a first round is run to its end.
            for name in names:
                _run(name, times=4 if together else 1)
            outcomes.append(everything_that_counts())
        assert outcomes[0] == outcomes[1]
        assert TimerAlarm.objects.count() == 20 * METRICS * (2 if together else 1)
        assert gaps_in_histories() == []
    assert Counter(DailyReport.objects.values_list("version", flat=True)).keys() == {1}
    assert len({letter.extra_headers.get("Message-ID") for letter in mail.outbox}) == len(mail.outbox)


def _more_late_tickets() -> None:
    ticket = Ticket.objects.earliest("pk")
    fresh = make_ticket(ticket.requester, now=timezone.now() - timedelta(days=5))
    Ticket.objects.filter(pk=fresh.pk).update(team=ticket.team)
    add_timers(fresh, add_tickets(fresh, copies=19, whole_history=True))


def _run(name: str, *, times: int) -> None:
    """The task's body, at once in as many threads, each with a connection of its own."""
    faults: list[BaseException] = []

    def work() -> None:
        try:
            app.tasks[name].run()
        except BaseException as fault:
            faults.append(fault)
        finally:
            if times > 1:
                connections.close_all()

    if times == 1:
        work()
    else:
        threads = [threading.Thread(target=work) for _each in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == [], name
