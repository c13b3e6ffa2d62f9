"""Fills the desk's tables set-wise, to any size in minutes: tickets with their history, conversation, promises, search.

Operations would take days for a million tickets. So the rows are written as the operations would leave them, and
whoever changes what an operation writes has to look here too. Three in ten tickets are open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from tests.bench.words import TEXTS, make_texts, rare_word

LONG_TICKETS = 20
"""Tickets with thirty updates, at each size."""
UPDATES = 30
WITHOUT_INDEXES_FROM = 5_000
TABLES = (
    "tickets_ticket",
    "tickets_ticketevent",
    "tickets_message",
    "tickets_ticketsearch",
    "escalations_timer",
)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what the filled tickets refer to: ids."""

    agents: list[int]
    requesters: list[int]
    teams: list[int]
    categories: list[int]


_PICK = """
CREATE OR REPLACE FUNCTION bench_pick(number bigint, salt bigint, choices int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ((hashint8extended(number, salt) & 9223372036854775807) % choices)::int
$$
"""
_TEXTS = """
CREATE TABLE IF NOT EXISTS bench_text AS
SELECT number - 1 AS number, subject, body, '<p>' || body || '</p>' AS html,
       setweight(to_tsvector('simple', lower(subject)), 'A') AS heading,
       setweight(to_tsvector('simple', lower(body)) || to_tsvector('english', lower(body)), 'C') AS document
  FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS given (subject, body, number)
"""
_TICKETS = """
INSERT INTO tickets_ticket (
    id, subject, requester_id, opened_by_id, team_id, assignee_id, category_id, status_id, status_category, impact,
    urgency, priority, channel, form_answers, tag_names, opened_at, updated_at, first_replied_at, waiting_since,
    resolved_at, closed_at, reopened_count, reassigned_count, next_due_at, next_due_metric, at_risk_at, preview,
    rating_comment, external_source, external_id, version, last_event_seq)
SELECT ticket.id, text.subject, requester_id, requester_id, team_id, assignee_id, category_id, status.id,
       status.category,
       1 + bench_pick(ticket.id, 7, 3), 1 + bench_pick(ticket.id, 8, 3), 1 + bench_pick(ticket.id, 9, 4),
       (ARRAY['web', 'web', 'mail', 'api', 'chat', 'phone'])[1 + bench_pick(ticket.id, 10, 6)], '{}',
       CASE bench_pick(ticket.id, 11, 4) WHEN 0 THEN ARRAY['login', 'export'] ELSE ARRAY[]::varchar[] END,
       opened_at, opened_at + interval '9 hours', opened_at + interval '30 minutes',
       CASE WHEN status.category = 'open' THEN opened_at + interval '2 hours' END,
       CASE WHEN status.category IN ('resolved', 'closed') THEN opened_at + interval '6 hours' END,
       CASE WHEN status.category = 'closed' THEN opened_at + interval '9 hours' END, 0, 0,
       due_at, CASE WHEN due_at IS NULL THEN '' ELSE 'resolution' END,
       CASE WHEN due_at > now() THEN due_at - interval '3 hours' END,
       left(text.body, 140), '', '', '', 4, 6
  FROM (
    SELECT id, opened_at, fate,
           (%(requesters)s::bigint[])[1 + bench_pick(id, 1, cardinality(%(requesters)s::bigint[]))] AS requester_id,
           (%(teams)s::bigint[])[1 + bench_pick(id, 2, cardinality(%(teams)s::bigint[]))] AS team_id,
           CASE WHEN fate >= 5 THEN
               (%(agents)s::bigint[])[1 + bench_pick(id, 3, cardinality(%(agents)s::bigint[]))] END AS assignee_id,
           (%(categories)s::bigint[])[1 + bench_pick(id, 4, cardinality(%(categories)s::bigint[]))] AS category_id,
           CASE WHEN fate < 22 THEN
               CASE WHEN fate %% 10 = 3 THEN now() - make_interval(mins => 5 + bench_pick(id, 5, 2800))
               ELSE now() + make_interval(mins => 90 + bench_pick(id, 6, 14000)) END END AS due_at,
           CASE WHEN fate < 8 THEN 'new' WHEN fate < 22 THEN 'in_progress' WHEN fate < 26 THEN 'waiting_requester'
                WHEN fate < 30 THEN 'waiting_third_party' WHEN fate < 40 THEN 'resolved' ELSE 'closed' END AS code
      FROM (SELECT id, bench_pick(id, 12, 100) AS fate,
                   now() - interval '1 day' * (365.0 * (%(last)s - id + 1) / (%(last)s - %(first)s + 1)) AS opened_at
              FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS id) AS drawn
  ) AS ticket
  JOIN tickets_status AS status ON status.code = ticket.code
  JOIN bench_text AS text ON text.number = bench_pick(ticket.id, 21, %(texts)s)
"""
_MESSAGES = """
INSERT INTO tickets_message (
    ticket_id, kind, author_id, author_label, body, body_html, channel, external_id, created_at, event_seq)
SELECT ticket.id, CASE place WHEN 2 THEN 'reply' ELSE 'requester' END,
       CASE place WHEN 2 THEN coalesce(ticket.assignee_id, ticket.requester_id) ELSE ticket.requester_id END,
       CASE place WHEN 2 THEN 'Agent' ELSE 'Requester' END,
       text.body || added.words, text.html || added.words, ticket.channel, '',
       ticket.opened_at + (place - 1) * interval '30 minutes', (ARRAY[1, 4, 5])[place]
  FROM tickets_ticket AS ticket
 CROSS JOIN generate_series(1, 3) AS place
 CROSS JOIN LATERAL (SELECT CASE WHEN place = 1 AND ticket.id = ANY(%(rare_ids)s) THEN ' ' || %(rare)s ELSE '' END
                        AS words) AS added
  JOIN bench_text AS text ON text.number = bench_pick(ticket.id, 20 + place, %(texts)s)
 WHERE ticket.id BETWEEN %(first)s AND %(last)s
"""
_SEARCH = """
INSERT INTO tickets_ticketsearch (ticket_id, public_document, full_document)
SELECT id, document, document
  FROM (SELECT ticket.id,
               setweight(to_tsvector('simple', 'puo-' || ticket.id || ' ' || ticket.id), 'A')
               || one.heading || one.document || two.document || three.document
               || CASE WHEN ticket.id = ANY(%(rare_ids)s) THEN setweight(to_tsvector('simple', %(rare)s), 'C')
                  ELSE '' END AS document
          FROM tickets_ticket AS ticket
          JOIN bench_text AS one ON one.number = bench_pick(ticket.id, 21, %(texts)s)
          JOIN bench_text AS two ON two.number = bench_pick(ticket.id, 22, %(texts)s)
          JOIN bench_text AS three ON three.number = bench_pick(ticket.id, 23, %(texts)s)
         WHERE ticket.id BETWEEN %(first)s AND %(last)s) AS made
"""
_EVENTS = """
INSERT INTO tickets_ticketevent (
    ticket_id, seq, kind, actor_id, actor_label, source, occurred_at, data, request_id)
SELECT ticket.id, event.seq, event.kind,
       CASE WHEN event.seq IN (1, 5) THEN ticket.requester_id ELSE ticket.assignee_id END,
       CASE WHEN event.seq IN (1, 5) THEN 'Requester' ELSE 'Agent' END, 'web', ticket.opened_at + event.later,
       event.facts, md5(ticket.id || '/' || event.seq)
  FROM tickets_ticket AS ticket
  JOIN tickets_status AS status ON status.id = ticket.status_id
 CROSS JOIN LATERAL (VALUES
       (1, 'ticket.opened', interval '0', jsonb_build_object(
           'subject', ticket.subject, 'requester', ticket.requester_id, 'assignee', NULL, 'team', ticket.team_id,
           'category', ticket.category_id, 'status', 'new', 'status_category', 'open', 'waiting_on', '',
           'impact', ticket.impact, 'urgency', ticket.urgency, 'priority', ticket.priority,
           'channel', ticket.channel, 'on_own_behalf', false)),
       (2, 'sla.policy_applied', interval '0', jsonb_build_object(
           'policy_version', %(policy)s, 'priority', ticket.priority)),
       (3, 'ticket.assigned', interval '10 minutes', jsonb_build_object('old', NULL, 'new', ticket.assignee_id)),
       (4, 'ticket.replied', interval '30 minutes', jsonb_build_object('message', 0, 'message_kind', 'reply')),
       (5, 'ticket.replied', interval '1 hour', jsonb_build_object('message', 0, 'message_kind', 'requester')),
       (6, CASE status.category WHEN 'resolved' THEN 'ticket.resolved' WHEN 'closed' THEN 'ticket.closed'
           ELSE 'ticket.status_changed' END, interval '6 hours', jsonb_build_object(
           'old', 'new', 'new', status.code, 'old_category', 'open', 'new_category', status.category,
           'waiting_on', status.waiting_on, 'reason', ''))
       ) AS event (seq, kind, later, facts)
 WHERE ticket.id BETWEEN %(first)s AND %(last)s
"""
_TIMERS = """
INSERT INTO escalations_timer (
    state, due_at, attempts, last_error, ticket_id, metric, cycle, policy_version_id, timer_state, priority,
    target_seconds, started_at, deadline_at, used_seconds, resumed_at, stopped_at, breached_at, at_risk_at, warnings)
SELECT timer.state, coalesce(timer.deadline_at, timer.stopped_at, now()), 0, '', ticket.id, timer.metric, 1,
       %(policy)s, timer.timer_state, ticket.priority, timer.seconds, ticket.opened_at, timer.deadline_at, 1800,
       CASE WHEN timer.timer_state = 'running' THEN ticket.opened_at END, timer.stopped_at,
       CASE WHEN timer.timer_state = 'running' AND timer.state = 'done' THEN timer.deadline_at END,
       CASE WHEN timer.timer_state = 'running' THEN ticket.at_risk_at END, '[]'
  FROM tickets_ticket AS ticket
 CROSS JOIN LATERAL (VALUES
       ('first_response', 'done', 'met', 7200, ticket.opened_at + interval '2 hours', ticket.first_replied_at),
       ('resolution',
        CASE WHEN ticket.next_due_at > now() THEN 'waiting' ELSE 'done' END,
        CASE ticket.status_category WHEN 'open' THEN 'running' WHEN 'pending' THEN 'paused' ELSE 'met' END, 86400,
        CASE ticket.status_category WHEN 'open' THEN ticket.next_due_at WHEN 'pending' THEN NULL
             ELSE ticket.opened_at + interval '1 day' END,
        coalesce(ticket.resolved_at, ticket.closed_at))
       ) AS timer (metric, state, timer_state, seconds, deadline_at, stopped_at)
 WHERE ticket.id BETWEEN %(first)s AND %(last)s
"""
_LONG_MESSAGES = """
INSERT INTO tickets_message (
    ticket_id, kind, author_id, author_label, body, body_html, channel, external_id, created_at, event_seq)
SELECT ticket.id, CASE seq %% 2 WHEN 0 THEN 'requester' ELSE 'reply' END,
       CASE seq %% 2 WHEN 0 THEN ticket.requester_id ELSE coalesce(ticket.assignee_id, ticket.requester_id) END,
       CASE seq %% 2 WHEN 0 THEN 'Requester' ELSE 'Agent' END, text.body, text.html, 'web', '',
       ticket.opened_at + seq * interval '10 minutes', seq
  FROM tickets_ticket AS ticket
 CROSS JOIN generate_series(7, 6 + %(updates)s) AS seq
  JOIN bench_text AS text ON text.number = bench_pick(ticket.id, seq, %(texts)s)
 WHERE ticket.id = ANY(%(long)s)
 ORDER BY ticket.id, seq
"""
_LONG_EVENTS = """
INSERT INTO tickets_ticketevent (
    ticket_id, seq, kind, actor_id, actor_label, source, occurred_at, data, request_id)
SELECT ticket_id, event_seq, 'ticket.replied', author_id, author_label, 'web', created_at,
       jsonb_build_object('message', id, 'message_kind', kind), md5(id::text)
  FROM tickets_message WHERE ticket_id = ANY(%(long)s) AND event_seq > 6
"""


def fill_up_to(size: int, cast: Cast, *, policy: int, tell: Callable[[str], None]) -> list[int]:
    """Add tickets until the desk has this many; the ids of those with thirty updates, newest sizes first."""
    _make_texts()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM tickets_ticket")
        first = cursor.fetchone()[0] + 1
    if first <= size:
        many = size - first + 1 >= WITHOUT_INDEXES_FROM
        with _indexes_away(tell) if many else transaction.atomic():
            long = _fill(first, size, cast, policy, tell if many else lambda _sentence: None)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS bench_long (size int, ticket_id bigint)")
            cursor.execute("INSERT INTO bench_long SELECT %s, unnest(%s)", [size, long])
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")
            cursor.execute("CHECKPOINT")
    with connection.cursor() as cursor:
        cursor.execute("SELECT ticket_id FROM bench_long ORDER BY size DESC, ticket_id LIMIT %s", [LONG_TICKETS])
        return [ticket_id for (ticket_id,) in cursor.fetchall()]


def _make_texts() -> None:
    texts = make_texts()
    with connection.cursor() as cursor:
        cursor.execute(_PICK)
        cursor.execute(_TEXTS, [[text.subject for text in texts], [text.body for text in texts]])


def _fill(first: int, last: int, cast: Cast, policy: int, tell: Callable[[str], None]) -> list[int]:
    step = max(1, (last - first + 1) // 10)
    named: dict[str, Any] = {
        "first": first, "last": last, "texts": TEXTS, "policy": policy, "updates": UPDATES,
        "agents": cast.agents, "requesters": cast.requesters, "teams": cast.teams, "categories": cast.categories,
        "rare": rare_word(last), "rare_ids": list(range(first + step // 2, last + 1, step))[:10],
    }  # fmt: skip
    with connection.cursor() as cursor:
        # Neither the checks of foreign keys row by row nor the append-only trigger are what is measured.
        cursor.execute("SET session_replication_role = replica")
        for name, statement in (
            ("tickets", _TICKETS), ("messages", _MESSAGES), ("search documents", _SEARCH), ("events", _EVENTS),
            ("timers", _TIMERS),
        ):  # fmt: skip
            tell(f"    {name}")
            cursor.execute(statement, named)
        cursor.execute("SELECT setval(pg_get_serial_sequence('tickets_ticket', 'id'), %s)", [last])
        cursor.execute(
            "SELECT id FROM tickets_ticket WHERE id BETWEEN %s AND %s AND status_category = 'open'"
            " ORDER BY bench_pick(id, 99, 1000000) LIMIT %s",
            [first, last, LONG_TICKETS],
        )
        named["long"] = [ticket_id for (ticket_id,) in cursor.fetchall()]
        cursor.execute(_LONG_MESSAGES, named)
        cursor.execute(_LONG_EVENTS, named)
        cursor.execute("UPDATE tickets_ticket SET last_event_seq = %(updates)s + 6 WHERE id = ANY(%(long)s)", named)
        cursor.execute("SET session_replication_role = DEFAULT")
    return named["long"]


@contextmanager
def _indexes_away(tell: Callable[[str], None]) -> Iterator[None]:
    """Take the plain indexes of the filled tables away and make them anew: building beats inserting ten to one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT indexname, indexdef FROM pg_indexes
             WHERE tablename = ANY(%s)
               AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u', 'x'))
            """,
            [list(TABLES)],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        tell(f"    {len(indexes)} indexes")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute("RESET maintenance_work_mem")
