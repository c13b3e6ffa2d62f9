"""How long the sweep takes over due promises, and how long one SQL statement takes to write the same rows."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection, transaction

from escalations.operations.sweep import BATCH, tell_due_timers

_LIVE = "SELECT count(*) FROM escalations_timer WHERE state = 'waiting' AND timer_state = 'running'"
_MAKE_DUE = """
UPDATE escalations_timer
   SET due_at = now() - interval '1 minute' - id %% 1000 * interval '1 millisecond',
       deadline_at = now() - interval '1 minute' - id %% 1000 * interval '1 millisecond'
 WHERE id IN (SELECT id FROM escalations_timer WHERE state = 'waiting' AND timer_state = 'running'
               ORDER BY bench_pick(id, 77, 1000000) LIMIT %s)
"""
_BARE = """
WITH due AS MATERIALIZED (
    SELECT timer.id, timer.ticket_id, timer.deadline_at, ticket.subject, ticket.assignee_id, ticket.team_id
      FROM escalations_timer AS timer JOIN tickets_ticket AS ticket ON ticket.id = timer.ticket_id
     WHERE timer.state = 'waiting' AND timer.due_at <= now()
       FOR NO KEY UPDATE OF timer, ticket
), moved AS (
    UPDATE escalations_timer AS timer SET state = 'done', breached_at = timer.deadline_at
      FROM due WHERE due.id = timer.id
), told AS (
    INSERT INTO escalations_timeralarm (timer_id, level, reached_at, told_at)
    SELECT id, 100, deadline_at, now() FROM due
), numbered AS (
    UPDATE tickets_ticket AS ticket SET last_event_seq = last_event_seq + 1, at_risk_at = NULL
      FROM due WHERE due.ticket_id = ticket.id
    RETURNING ticket.id, ticket.last_event_seq
), written AS (
    INSERT INTO tickets_ticketevent
           (ticket_id, seq, kind, actor_label, source, occurred_at, data, request_id)
    SELECT due.ticket_id, numbered.last_event_seq, 'sla.breached', 'sla-timer', 'system', due.deadline_at,
           jsonb_build_object('metric', 'resolution', 'cycle', 1, 'due_at', due.deadline_at, 'target_seconds', 86400),
           'bench'
      FROM due JOIN numbered ON numbered.id = due.ticket_id
), people AS (
    SELECT due.id, due.ticket_id, due.subject, due.deadline_at, due.assignee_id AS user_id
      FROM due WHERE due.assignee_id IS NOT NULL
     UNION
    SELECT due.id, due.ticket_id, due.subject, due.deadline_at, lead.user_id
      FROM due JOIN accounts_membership AS lead ON lead.team_id = due.team_id AND lead.is_lead
)
INSERT INTO notifications_notification (
    recipient_id, channel, kind, dedupe, about, facts, url, supersedes_key, state, due_at, attempts, last_error,
    created_at)
SELECT user_id, channel, 'sla.breached', 'timer:' || id || ':100', 'ticket:' || ticket_id,
       jsonb_build_object('number', 'PUO-' || ticket_id, 'subject', subject, 'metric', 'Resolution', 'percent', 100,
                          'due_at', deadline_at),
       '/tickets/PUO-' || ticket_id || '/', 'timer:' || id,
       CASE channel WHEN 'mail' THEN 'waiting' ELSE 'done' END, now(), 0, '', now()
  FROM people CROSS JOIN (VALUES ('in_app'), ('mail')) AS way (channel)
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """Seconds for so many due promises among all of them: one statement, and the desk's own sweep."""

    due: int
    among: int
    statement: float
    sweep: float


def measure_sweep(due: int) -> Swept | None:
    """Break this many promises and have the desk tell of it; None when fewer run here."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE)
        if cursor.fetchone()[0] < due:
            return None
        cursor.execute(_MAKE_DUE, [due])
        cursor.execute("VACUUM (ANALYZE) escalations_timer")
        cursor.execute("SELECT count(*) FROM escalations_timer")
        [among] = cursor.fetchone()
        statement = _time_statement()
        # What was rolled back lies about as dead rows; autovacuum would have been there too.
        cursor.execute("VACUUM escalations_timer, tickets_ticket, tickets_ticketevent, notifications_notification")
    began = time.perf_counter()
    done = 0
    while (result := tell_due_timers()).done:
        done += result.done
        if not result.more:
            break
    sweep = time.perf_counter() - began
    assert done == due, (done, due, BATCH)
    return Swept(due, among, statement, sweep)


def _time_statement() -> float:
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BARE)
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    return took


def measure_idle_tick() -> float:
    """Seconds of a sweep that finds nothing: what each second costs."""
    took = []
    for _turn in range(50):
        began = time.perf_counter()
        tell_due_timers()
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2]
