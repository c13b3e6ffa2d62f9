"""Telling what became due: warnings and breaches, set-wise, each once.

A batch costs a handful of statements whatever its size. Tickets that somebody is changing at the moment
are left for the next tick, without holding up those behind them: the sweep never waits for a person. It locks
ticket, then timer, as a change does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from escalations.events import PromiseBreached, PromiseWarned
from escalations.models import BREACH_LEVEL, Timer
from escalations.rules.timers import AFTER, is_met
from escalations.vocabulary import Metric
from puo_desk.accounts.models import Membership
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.due_work import BatchResult, process_batch
from puo_desk.kernel.live.publish import publish
from puo_desk.notifications.extension import register_kind
from puo_desk.notifications.operations.tell import News, tell_many
from tickets.operations.change import ANNOUNCED_AT_MOST
from tickets.vocabulary import ticket_number

ACTOR_LABEL = "sla-timer"
BATCH = 2_000
BATCHES = 50
"""One tick never runs without end: what it leaves, the next one does."""

log = structlog.get_logger(__name__)

register_kind(
    "sla.breached",
    _("%(number)s is late: %(metric)s"),
    _("%(subject)s\n\nPromised by %(due_at)s."),
    tone="breach",
    urgent=True,
    icon="late",
)
register_kind(
    "sla.warned",
    _("%(number)s: %(percent)s %% of the time for %(metric)s is used"),
    _("%(subject)s\n\nPromised by %(due_at)s."),
    channels=["in_app"],
    tone="warn",
    icon="hourglass",
)


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer that wants attention, locked, with what the news of it says."""

    id: int
    ticket_id: int
    metric: str
    deadline_at: datetime | None
    breached_at: datetime | None
    warnings: list[tuple[int, datetime]]
    attempts: int
    subject: str
    assignee_id: int | None
    team_id: int | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """One level that a timer has reached. ``level`` is a percentage, or 100 for the breach."""

    timer: DueTimer
    level: int
    reached_at: datetime

    @property
    def is_breach(self) -> bool:
        return self.level == BREACH_LEVEL


def tell_due_timers(*, now: datetime | None = None, batches: int = BATCHES, limit: int = BATCH) -> BatchResult:
    """Tell every warning and breach that is due; due-ness is decided on database time unless ``now`` is given.

    When a batch fails, its timers are told one by one, so that one bad row harms no other; what failed too
    often is quarantined.
    Emits: sla.warned, sla.breached.
    """
    total = BatchResult()
    for _turn in range(batches):
        total += _tell_batch(limit, now)
        if not total.more:
            break
    return total


def _tell_batch(limit: int, now: datetime | None) -> BatchResult:
    session = None
    try:
        with transaction.atomic():
            session = connection.connection
            due, at = _lock_due(limit=limit, now=now)
            fresh = [timer for timer in due if not timer.attempts]
            if fresh and at:
                tell_timers(fresh, at)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        if connection.connection is not session:
            # The database went away: no row is to blame, and the next tick looks again.
            raise
        log.warning("timer_batch_failed", error=type(error).__name__, exc_info=error)
        return process_batch(Timer, _tell_rows, limit=limit, now=now, settle=False)
    result = BatchResult(done=len(fresh))
    if len(fresh) < len(due):
        failed_before = Timer.objects.filter(pk__in=[timer.id for timer in due if timer.attempts])
        result += process_batch(failed_before, _tell_rows, limit=limit, now=now, settle=False)
    return BatchResult(result.done, result.failed, result.quarantined, more=len(due) == limit)


def _tell_rows(timers: Sequence[Timer], now: datetime) -> None:
    """The same for timers that the kernel has locked already: those whose ticket is free."""
    due, _at = _lock_due(limit=len(timers), now=now, only=[timer.pk for timer in timers])
    tell_timers(due, now)


_DUE = """
SELECT timer.id, timer.ticket_id, timer.metric, timer.deadline_at, timer.breached_at, timer.warnings::text,
       timer.attempts, ticket.subject, ticket.assignee_id, ticket.team_id, statement_timestamp()
  FROM escalations_timer AS timer JOIN tickets_ticket AS ticket ON ticket.id = timer.ticket_id
 WHERE timer.state = 'waiting' AND timer.due_at <= {at} {narrowed}
 ORDER BY timer.due_at, timer.id LIMIT %s
   FOR NO KEY UPDATE OF ticket SKIP LOCKED FOR NO KEY UPDATE OF timer SKIP LOCKED
"""


def _lock_due(
    *, limit: int, now: datetime | None, only: Sequence[int] | None = None
) -> tuple[list[DueTimer], datetime | None]:
    """Timers that want attention, oldest first, with their tickets locked; and the instant of looking."""
    statement = _DUE.format(
        at="%s" if now else "statement_timestamp()", narrowed="AND timer.id = ANY(%s)" if only is not None else ""
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*([now] if now else []), *([list(only)] if only is not None else []), limit])
        rows = cursor.fetchall()
    due = [
        DueTimer(pk, ticket_id, metric, deadline_at, breached_at, _warnings_from(warnings), *others)
        for pk, ticket_id, metric, deadline_at, breached_at, warnings, *others, _at in rows
    ]
    return due, now or (rows[0][-1] if rows else None)


def _warnings_from(text: str) -> list[tuple[int, datetime]]:
    if text == "[]":
        return []
    return [(percent, datetime.fromisoformat(at)) for percent, at in json.loads(text)]


def tell_timers(timers: Sequence[DueTimer], now: datetime) -> None:
    """Tell what these locked timers have reached at ``now``, and set when each wants attention next."""
    breaches: list[Alarm] = []
    warnings: list[Alarm] = []
    unchanged: list[DueTimer] = []
    for timer in timers:
        alarm = alarm_at(timer, now)
        if alarm is None:
            unchanged.append(timer)
        else:
            (breaches if alarm.is_breach else warnings).append(alarm)
    told = _write_breaches(breaches, now) | _write_warnings(warnings, now)
    _write_wakes(unchanged, now)
    fresh = [alarm for alarm in (*breaches, *warnings) if alarm.timer.id in told]
    if fresh:
        _tell_people(fresh, now)
        tickets = dict.fromkeys(alarm.timer.ticket_id for alarm in fresh)
        publish(["queue", *(f"ticket.{ticket_id}" for ticket_id in list(tickets)[:ANNOUNCED_AT_MOST])])


def alarm_at(timer: DueTimer, now: datetime) -> Alarm | None:
    """The highest level that a timer has reached by ``now``; a breach silences the warnings before it."""
    if timer.breached_at is not None:
        return Alarm(timer, BREACH_LEVEL, timer.breached_at)
    if timer.deadline_at is not None and not is_met(now, timer.deadline_at):
        return Alarm(timer, BREACH_LEVEL, timer.deadline_at)
    passed = [warning for warning in timer.warnings if warning[1] <= now]
    return Alarm(timer, *max(passed)) if passed else None


def next_wake_at(timer: DueTimer, now: datetime) -> datetime | None:
    """When a timer that is not breached wants attention after ``now``; None when never."""
    upcoming = [at for _percent, at in timer.warnings if at > now]
    if timer.deadline_at is not None:
        upcoming.append(timer.deadline_at + AFTER)
    return min(upcoming, default=None)


# Numbering: a ticket's events are gap-free, so its counter moves in the statement that writes them.
_RECORD = """
), told AS (
    INSERT INTO escalations_timeralarm (timer_id, level, reached_at, told_at)
    SELECT id, level, reached_at, %(now)s FROM moved
    ON CONFLICT (timer_id, level) DO NOTHING RETURNING timer_id
), news AS (
    SELECT moved.*, row_number() OVER (PARTITION BY ticket_id ORDER BY reached_at, id) AS place,
           count(*) OVER (PARTITION BY ticket_id) AS places
      FROM moved JOIN told ON told.timer_id = moved.id
), numbered AS (
    UPDATE tickets_ticket AS ticket SET last_event_seq = ticket.last_event_seq + news.places {ticket}
      FROM news WHERE news.ticket_id = ticket.id AND news.place = 1
    RETURNING ticket.id, ticket.last_event_seq - news.places AS before
), written AS (
    INSERT INTO tickets_ticketevent
           (ticket_id, seq, kind, actor_id, actor_label, source, occurred_at, data, request_id)
    SELECT news.ticket_id, numbered.before + news.place, %(kind)s, NULL, %(label)s, %(source)s, news.reached_at,
           news.facts, %(request_id)s
      FROM news JOIN numbered ON numbered.id = news.ticket_id
)
SELECT timer_id FROM told
"""
_MOVE_BREACHES = """
WITH moved AS (
    UPDATE escalations_timer
       SET state = 'done', breached_at = coalesce(breached_at, deadline_at), warnings = '[]', attempts = 0
     WHERE id = ANY(%(ids)s)
    RETURNING id, ticket_id, 100 AS level, breached_at AS reached_at,
              jsonb_build_object('metric', metric, 'cycle', cycle, 'due_at', breached_at,
                                 'target_seconds', target_seconds) AS facts
"""
_MOVE_WARNINGS = """
WITH moved AS (
    UPDATE escalations_timer AS timer
       SET state = CASE WHEN due.wake_at IS NULL THEN 'done' ELSE 'waiting' END,
           due_at = coalesce(due.wake_at, timer.due_at), warnings = due.warnings::jsonb, attempts = 0
      FROM unnest(%(ids)s::bigint[], %(levels)s::int[], %(reached)s::timestamptz[], %(wakes)s::timestamptz[],
                  %(warnings)s::text[]) AS due(id, level, reached_at, wake_at, warnings)
     WHERE timer.id = due.id
    RETURNING timer.id, timer.ticket_id, due.level, due.reached_at,
              jsonb_build_object('metric', timer.metric, 'cycle', timer.cycle, 'percent', due.level,
                                 'due_at', timer.deadline_at) AS facts
"""


# What is late is no longer at risk: the queue would pass over it again each time it counts.
_BREACHES = _MOVE_BREACHES + _RECORD.format(
    ticket=", at_risk_at = CASE WHEN next_due_at >= %(now)s THEN at_risk_at END"
)
_WARNINGS = _MOVE_WARNINGS + _RECORD.format(ticket="")


def _write_breaches(alarms: Sequence[Alarm], now: datetime) -> set[int]:
    """Settle, keep and record breaches in one statement; the timers of which nobody had told before."""
    if not alarms:
        return set()
    return _record(_BREACHES, PromiseBreached.kind, now, ids=[alarm.timer.id for alarm in alarms])


def _write_warnings(alarms: Sequence[Alarm], now: datetime) -> set[int]:
    """The same for warnings, with what is still to come of each timer."""
    if not alarms:
        return set()
    return _record(
        _WARNINGS,
        PromiseWarned.kind,
        now,
        ids=[alarm.timer.id for alarm in alarms],
        levels=[alarm.level for alarm in alarms],
        reached=[alarm.reached_at for alarm in alarms],
        wakes=[next_wake_at(alarm.timer, now) for alarm in alarms],
        warnings=[_still_to_come(alarm.timer, now) for alarm in alarms],
    )


def _still_to_come(timer: DueTimer, now: datetime) -> str:
    return json.dumps([[percent, at.isoformat()] for percent, at in timer.warnings if at > now])


def _record(statement: str, kind: str, now: datetime, **columns: Any) -> set[int]:
    actor = Actor.system(ACTOR_LABEL)
    named: dict[str, Any] = {
        "now": now,
        "kind": kind,
        "label": actor.label,
        "source": actor.source,
        "request_id": actor.request_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, named | columns)
        return {timer_id for (timer_id,) in cursor.fetchall()}


def _write_wakes(timers: Sequence[DueTimer], now: datetime) -> None:
    """Timers that were looked at too early: their next instant, or rest."""
    if not timers:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE escalations_timer AS timer
               SET state = CASE WHEN due.wake_at IS NULL THEN 'done' ELSE 'waiting' END,
                   due_at = coalesce(due.wake_at, timer.due_at), attempts = 0
              FROM unnest(%s::bigint[], %s::timestamptz[]) AS due(id, wake_at) WHERE timer.id = due.id
            """,
            [[timer.id for timer in timers], [next_wake_at(timer, now) for timer in timers]],
        )


def _tell_people(alarms: Sequence[Alarm], now: datetime) -> None:
    """A warning goes to the assignee; a breach to the assignee and the leads of the team."""
    leads = _leads_of({alarm.timer.team_id for alarm in alarms if alarm.is_breach})
    news: list[News] = []
    for alarm in alarms:
        people = {alarm.timer.assignee_id} if alarm.timer.assignee_id else set()
        if alarm.is_breach and alarm.timer.team_id is not None:
            people |= leads.get(alarm.timer.team_id, set())
        if people:
            news += _news(alarm, people)
    tell_many(news, now=now)


def _leads_of(team_ids: Iterable[int | None]) -> dict[int, set[int]]:
    asked = [team_id for team_id in team_ids if team_id is not None]
    leads: dict[int, set[int]] = {}
    if asked:
        rows = Membership.objects.filter(team_id__in=asked, is_lead=True, user__is_active=True)
        for team_id, user_id in rows.values_list("team_id", "user_id"):
            leads.setdefault(team_id, set()).add(user_id)
    return leads


def _news(alarm: Alarm, people: Iterable[int]) -> list[News]:
    timer, number = alarm.timer, ticket_number(alarm.timer.ticket_id)
    # One mapping for everybody who is told: it is encoded once.
    facts = {
        "number": number,
        "subject": timer.subject,
        "metric": str(Metric(timer.metric).label),
        "percent": alarm.level,
        "due_at": timer.breached_at or timer.deadline_at or alarm.reached_at,
    }
    return [
        News(
            recipient_id=user_id,
            kind=PromiseBreached.kind if alarm.is_breach else PromiseWarned.kind,
            dedupe=f"timer:{timer.id}:{alarm.level}",
            about=f"ticket:{timer.ticket_id}",
            facts=facts,
            url=f"/tickets/{number}/",
            supersedes_key=f"timer:{timer.id}",
        )
        for user_id in sorted(people)
    ]
