"""Why each promise on a ticket stands where it stands: in stretches of time, each with what caused it.

Explained from the ticket's history replayed, which is what the stored timers say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection

from escalations.queries.history import ClockEvent, clock_events
from escalations.queries.projection import RISK_PERCENT, replay
from escalations.rules.calendar import OpenInterval
from escalations.rules.timers import Phase, Reason, Segment, TimerState, TimerView
from puo_desk.accounts.policies import may
from puo_desk.kernel.actor import Actor
from tickets.models import Ticket
from tickets.vocabulary import MessageKind

STRETCHES_AT_MOST = 60
"""A longer life of a promise is drawn without its closing hours: they would be thinner than a hair."""

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PolicyName:
    """A policy version, as people name it."""

    version_id: int
    policy: str
    number: int
    calendar: str


@dataclass(frozen=True, slots=True)
class ExplainedSegment:
    """A stretch of a promise's life, until ``ends_at`` (None: it lasts). ``reason`` is a ``SegmentReason``.

    ``counted_seconds`` is its open time; ``seq`` the event that began it; ``open_stretches`` are the times in
    it in which the calendar was open, for drawing.
    """

    starts_at: datetime
    ends_at: datetime | None
    phase: str
    reason: str
    seq: int
    counted_seconds: int
    policy: PolicyName | None
    open_stretches: tuple[OpenInterval, ...]

    @property
    def is_paused(self) -> bool:
        return self.phase == Phase.PAUSED


@dataclass(frozen=True, slots=True)
class ExplainedTimer:
    """One promise at an instant. Seconds are open time; ``remaining_seconds`` is below zero when exceeded.

    ``due_at`` is None while paused. ``paused_by`` is the reason of a pause that lasts. Without the right to
    explanations there are no segments, no warning and no policy.
    """

    metric: str
    cycle: int
    state: str
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None
    at_risk_at: datetime | None
    target_seconds: int
    used_seconds: int
    paused_by: str
    policy: PolicyName | None
    segments: tuple[ExplainedSegment, ...]

    @property
    def remaining_seconds(self) -> int:
        return self.target_seconds - self.used_seconds

    @property
    def is_live(self) -> bool:
        return self.state in (TimerState.RUNNING, TimerState.PAUSED)

    @property
    def is_late(self) -> bool:
        """Whether the due instant passed unmet, told or not."""
        return self.breached_at is not None


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised of one metric: the newest cycle, and those before it, newest first."""

    metric: str
    timer: ExplainedTimer
    earlier: tuple[ExplainedTimer, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All promises on a ticket, and the policy that holds for it now (None: nothing is promised from now on)."""

    ticket_id: int
    policy: PolicyName | None
    promises: tuple[Promise, ...]


def explain(ticket: Ticket, *, viewer: Actor, now: datetime) -> Explanation:
    """The promises on a ticket that the viewer is known to see, as they stand at ``now``. Two queries.

    Who may not have explanations gets what was promised alone: states and instants.
    """
    events = clock_events(ticket.pk)
    views = replay(events, now=now)
    in_full = may(viewer, "sla.explain")
    names = _policy_names(views, events) if in_full else {}
    timers = [_timer(view, names, events, now) if in_full else _plain_timer(view, now) for view in views]
    holds = _version_in_force(events)
    return Explanation(
        ticket_id=ticket.pk,
        policy=names.get(holds) if holds is not None else None,
        promises=tuple(_promise(metric, list(cycles)) for metric, cycles in groupby(timers, lambda one: one.metric)),
    )


def _promise(metric: str, cycles: Sequence[ExplainedTimer]) -> Promise:
    return Promise(metric, cycles[-1], tuple(reversed(cycles[:-1])))


def _version_in_force(events: Iterable[ClockEvent]) -> int | None:
    applied = [event.data["policy_version"] for event in events if event.kind == "sla.policy_applied"]
    return applied[-1] if applied else None


# Asked at every page of a ticket: in SQL, because making the statement by the ORM costs more than its answer.
_NAMES = """
SELECT version.id, policy.name, version.number, version.definition #>> '{calendar,name}'
  FROM escalations_slapolicyversion AS version JOIN escalations_slapolicy AS policy ON policy.id = version.policy_id
 WHERE version.id = ANY(%s)
"""


def _policy_names(views: Iterable[TimerView], events: Iterable[ClockEvent]) -> dict[int, PolicyName]:
    asked = {view.policy_version_id for view in views}
    asked |= {segment.policy_version_id for view in views for segment in view.segments if segment.policy_version_id}
    asked |= {_version_in_force(events) or 0}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, [list(asked)])
        return {row[0]: PolicyName(*row) for row in cursor.fetchall()}


def _plain_timer(view: TimerView, now: datetime) -> ExplainedTimer:
    return ExplainedTimer(
        metric=view.metric.value,
        cycle=view.cycle,
        state=view.state.value,
        started_at=view.started_at,
        due_at=view.due_at,
        stopped_at=view.stopped_at,
        breached_at=view.breached_at,
        at_risk_at=None,
        target_seconds=view.target_seconds,
        used_seconds=_used_seconds(view, now),
        paused_by=view.segments[-1].reason.value if view.state is TimerState.PAUSED else "",
        policy=None,
        segments=(),
    )


def _timer(
    view: TimerView, names: Mapping[int, PolicyName], events: Sequence[ClockEvent], now: datetime
) -> ExplainedTimer:
    plain = _plain_timer(view, now)
    answered = _answers_of_requester(events)
    return ExplainedTimer(
        metric=plain.metric,
        cycle=plain.cycle,
        state=plain.state,
        started_at=plain.started_at,
        due_at=plain.due_at,
        stopped_at=plain.stopped_at,
        breached_at=plain.breached_at,
        at_risk_at=next((w.due_at for w in view.warnings if w.percent >= RISK_PERCENT and w.due_at), None),
        target_seconds=plain.target_seconds,
        used_seconds=plain.used_seconds,
        paused_by=plain.paused_by,
        policy=names.get(view.policy_version_id),
        segments=tuple(_segment(view, segment, names, answered, now) for segment in view.segments),
    )


def _used_seconds(view: TimerView, now: datetime) -> int:
    return view.used_at(max(now, view.resumed_at or now)) // _SECOND


def _answers_of_requester(events: Iterable[ClockEvent]) -> frozenset[datetime]:
    """The instants at which the requester wrote: work that resumes at one of them resumes by it."""
    return frozenset(
        event.occurred_at
        for event in events
        if event.kind == "ticket.replied" and event.data["message_kind"] == MessageKind.REQUESTER
    )


def _segment(
    view: TimerView,
    segment: Segment,
    names: Mapping[int, PolicyName],
    answered: frozenset[datetime],
    now: datetime,
) -> ExplainedSegment:
    ends_at = segment.ends_at or max(now, segment.starts_at)
    counted = segment.counted
    if counted is None:
        counted = view.calendar.open_time_between(segment.starts_at, ends_at)
    resumed_by_answer = segment.reason is Reason.WORK_RESUMED and segment.starts_at in answered
    runs = segment.phase is Phase.RUNNING
    return ExplainedSegment(
        starts_at=segment.starts_at,
        ends_at=segment.ends_at,
        phase=segment.phase.value,
        reason=(Reason.REQUESTER_WROTE if resumed_by_answer else segment.reason).value,
        seq=segment.seq,
        counted_seconds=counted // _SECOND,
        policy=names.get(segment.policy_version_id or 0),
        open_stretches=_open_stretches(view, segment.starts_at, ends_at) if runs else (),
    )


def _open_stretches(view: TimerView, start: datetime, end: datetime) -> tuple[OpenInterval, ...]:
    found: list[OpenInterval] = []
    for stretch in view.calendar.open_intervals(start, end):
        found.append(stretch)
        if len(found) > STRETCHES_AT_MOST:
            return (OpenInterval(start, end),)
    return tuple(found)
