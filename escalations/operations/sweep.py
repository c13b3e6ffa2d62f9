"""Telling what became due: warnings and breaches, set-wise, each once.

A batch costs a handful of statements whatever its size. Tickets that somebody is changing at the moment
are left for the next tick: the sweep never waits for a person, and never holds what a person waits for
in the other order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from escalations.events import PromiseBreached, PromiseWarned
from escalations.models import BREACH_LEVEL, Timer
from escalations.rules.timers import AFTER, is_met
from escalations.vocabulary import Metric
from puo_desk.accounts.models import Membership
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.due_work import BatchResult, drain
from puo_desk.kernel.live.publish import publish
from puo_desk.kernel.models import DueState
from puo_desk.notifications.extension import register_kind
from puo_desk.notifications.operations.tell import News, tell_many
from tickets.events import Recorded
from tickets.models import Ticket
from tickets.vocabulary import ticket_number

ACTOR_LABEL = "sla-timer"
BATCH = 1_000

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
class Alarm:
    """One level that a timer has reached. ``level`` is a percentage, or 100 for the breach."""

    timer: Timer
    level: int
    reached_at: datetime

    @property
    def is_breach(self) -> bool:
        return self.level == BREACH_LEVEL

    def payload(self) -> Recorded:
        timer, due_at = self.timer, (self.timer.breached_at or self.timer.deadline_at or self.reached_at)
        if self.is_breach:
            return PromiseBreached(
                metric=timer.metric,
                cycle=timer.cycle,
                due_at=due_at.isoformat(),
                target_seconds=timer.target_seconds,
            )
        return PromiseWarned(metric=timer.metric, cycle=timer.cycle, percent=self.level, due_at=due_at.isoformat())


def tell_due_timers(*, now: datetime | None = None, batches: int = 100) -> BatchResult:
    """Tell every warning and breach that is due; due-ness is decided on database time unless ``now`` is given.

    Emits: sla.warned, sla.breached.
    """
    return drain(Timer, tell_batch, limit=BATCH, batches=batches, now=now, settle=False)


def tell_batch(timers: Sequence[Timer], now: datetime) -> None:
    """Tell what these locked timers have reached at ``now``, and set when each wants attention next."""
    tickets = _free_tickets({timer.ticket_id for timer in timers})
    free = [timer for timer in timers if timer.ticket_id in tickets]
    reached = {timer.pk: alarm for timer in free if (alarm := alarm_at(timer, now)) is not None}
    for timer in free:
        _set_next_wake(timer, reached.get(timer.pk), now)
    _write_timers(free)
    alarms = _write_alarms(list(reached.values()), now)
    if alarms:
        _write_events(alarms)
        _tell_people(alarms, tickets, now)
        publish(["queue"])


def alarm_at(timer: Timer, now: datetime) -> Alarm | None:
    """The highest level that a timer has reached by ``now``; a breach silences the warnings before it."""
    if timer.breached_at is not None:
        return Alarm(timer, BREACH_LEVEL, timer.breached_at)
    if timer.deadline_at is not None and not is_met(now, timer.deadline_at):
        return Alarm(timer, BREACH_LEVEL, timer.deadline_at)
    passed = [(percent, datetime.fromisoformat(instant)) for percent, instant in timer.warnings]
    passed = [(percent, at) for percent, at in passed if at <= now]
    return Alarm(timer, *max(passed)) if passed else None


def _set_next_wake(timer: Timer, alarm: Alarm | None, now: datetime) -> None:
    if alarm is not None and alarm.is_breach:
        timer.breached_at, timer.warnings, timer.state = alarm.reached_at, [], DueState.DONE
        return
    timer.warnings = [pair for pair in timer.warnings if datetime.fromisoformat(pair[1]) > now]
    upcoming = [datetime.fromisoformat(instant) for _percent, instant in timer.warnings]
    if timer.deadline_at is not None:
        upcoming.append(timer.deadline_at + AFTER)
    timer.state = DueState.WAITING if upcoming else DueState.DONE
    timer.due_at = min(upcoming, default=timer.due_at)


def _free_tickets(ticket_ids: set[int]) -> dict[int, dict[str, Any]]:
    """The tickets nobody is changing, locked, with what the news about them says."""
    rows = (
        Ticket.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk__in=ticket_ids)
        .values("pk", "subject", "assignee_id", "team_id")
    )
    return {row["pk"]: dict(row) for row in rows}


def _write_timers(timers: Sequence[Timer]) -> None:
    if not timers:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE escalations_timer AS timer
               SET state = told.state, due_at = told.due_at, breached_at = told.breached_at,
                   warnings = told.warnings::jsonb, attempts = 0
              FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[])
                   AS told(id, state, due_at, breached_at, warnings)
             WHERE timer.id = told.id
            """,
            [
                [timer.pk for timer in timers],
                [str(timer.state) for timer in timers],
                [timer.due_at for timer in timers],
                [timer.breached_at for timer in timers],
                [json.dumps(timer.warnings) for timer in timers],
            ],
        )


def _write_alarms(alarms: Sequence[Alarm], now: datetime) -> list[Alarm]:
    """Keep the alarms; those returned were told by nobody before."""
    if not alarms:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO escalations_timeralarm (timer_id, level, reached_at, told_at)
            SELECT *, %s::timestamptz FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[])
            ON CONFLICT (timer_id, level) DO NOTHING RETURNING timer_id
            """,
            [
                now,
                [alarm.timer.pk for alarm in alarms],
                [alarm.level for alarm in alarms],
                [alarm.reached_at for alarm in alarms],
            ],
        )
        fresh = {timer_id for (timer_id,) in cursor.fetchall()}
    return [alarm for alarm in alarms if alarm.timer.pk in fresh]


def _write_events(alarms: Sequence[Alarm]) -> None:
    """One event per alarm, numbered within its ticket, with one update of the tickets and one insert."""
    actor = Actor.system(ACTOR_LABEL)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH told AS (
                SELECT *, row_number() OVER (PARTITION BY ticket_id ORDER BY at, position) AS place,
                       count(*) OVER (PARTITION BY ticket_id) AS places
                  FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[])
                       WITH ORDINALITY AS row(ticket_id, kind, at, facts, position)
            ), numbered AS (
                UPDATE tickets_ticket AS ticket SET last_event_seq = ticket.last_event_seq + told.places
                  FROM told WHERE told.ticket_id = ticket.id AND told.place = 1
                RETURNING ticket.id, ticket.last_event_seq - told.places AS before
            )
            INSERT INTO tickets_ticketevent
                   (ticket_id, seq, kind, actor_id, actor_label, source, occurred_at, data, request_id)
            SELECT told.ticket_id, numbered.before + told.place, told.kind, NULL, %s, %s, told.at, told.facts::jsonb, %s
              FROM told JOIN numbered ON numbered.id = told.ticket_id
            """,
            [
                [alarm.timer.ticket_id for alarm in alarms],
                [alarm.payload().kind for alarm in alarms],
                [alarm.reached_at for alarm in alarms],
                [json.dumps(alarm.payload().as_data()) for alarm in alarms],
                actor.label,
                actor.source,
                actor.request_id,
            ],
        )


def _tell_people(alarms: Sequence[Alarm], tickets: dict[int, dict[str, Any]], now: datetime) -> None:
    """A warning goes to the assignee; a breach to the assignee and the leads of the team."""
    leads = _leads_of({tickets[alarm.timer.ticket_id]["team_id"] for alarm in alarms if alarm.is_breach})
    news: list[News] = []
    for alarm in alarms:
        ticket = tickets[alarm.timer.ticket_id]
        people = {ticket["assignee_id"]} - {None}
        if alarm.is_breach:
            people |= set(leads.get(ticket["team_id"], ()))
        news += [_news(alarm, ticket, user_id) for user_id in sorted(people)]
    tell_many(news, now=now)


def _leads_of(team_ids: set[int | None]) -> dict[int, list[int]]:
    leads: dict[int, list[int]] = {}
    rows = Membership.objects.filter(team_id__in=[team_id for team_id in team_ids if team_id is not None], is_lead=True, user__is_active=True)
    for team_id, user_id in rows.values_list("team_id", "user_id"):
        leads.setdefault(team_id, []).append(user_id)
    return leads


def _news(alarm: Alarm, ticket: dict[str, Any], user_id: int) -> News:
    timer, number = alarm.timer, ticket_number(ticket["pk"])
    return News(
        recipient_id=user_id,
        kind="sla.breached" if alarm.is_breach else "sla.warned",
        dedupe=f"timer:{timer.pk}:{alarm.level}",
        about=f"ticket:{ticket['pk']}",
        facts={
            "number": number,
            "subject": ticket["subject"],
            "metric": str(Metric(timer.metric).label),
            "percent": alarm.level,
            "due_at": timer.breached_at or timer.deadline_at or alarm.reached_at,
        },
        url=f"/tickets/{number}/",
        supersedes_key=f"timer:{timer.pk}",
    )
