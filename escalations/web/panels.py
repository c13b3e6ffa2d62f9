"""The promises on a ticket, as its page and its requester's page show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from escalations.queries.explanation import ExplainedTimer, Promise, explain
from escalations.queries.preview import promise_for_new
from escalations.rules.history import Metric
from escalations.vocabulary import SegmentReason, TimerState
from escalations.web import words
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.clock import ClockBar, Kind, clock_bar
from tickets.extension import PanelContext, PromisePreview, TicketPanel
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """A stretch of time under a bar."""

    kind: Kind
    started_at: datetime
    verb: str
    cause: str
    span: timedelta


@dataclass(frozen=True, slots=True)
class ClockView:
    """One promise, drawn."""

    name: str
    badge: SafeString
    bar: ClockBar | None
    summary: str
    segments: Sequence[SegmentLine]


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A metric's newest promise, and how those before it ended."""

    clock: ClockView
    earlier: Sequence[tuple[datetime, SafeString]]


def promises_context(ticket: Ticket, *, viewer: Actor, now: datetime) -> Mapping[str, Any] | None:
    """What the panel shows; None when nothing was ever promised."""
    explained = explain(ticket, viewer=viewer, now=now)
    if not explained.promises:
        return None
    policy = explained.policy
    topic = f"live:ticket.{ticket.pk} from:body"
    is_running = any(promise.timer.state == TimerState.RUNNING for promise in explained.promises)
    return {
        "promises": [_promise_view(promise, channel=ticket.channel, now=now) for promise in explained.promises],
        "policy": f"{policy.policy}, v{policy.number} · {policy.calendar}" if policy else _("No promise from now on"),
        "refresh": address("escalations:promises", ticket.pk),
        "topic": f"ticket.{ticket.pk}",
        # While a clock runs the bar moves on by itself.
        "events": f"ticket-changed from:body, {topic}" + (", every 60s" if is_running else ""),
        "now": now,
    }


def _promise_view(promise: Promise, *, channel: str, now: datetime) -> PromiseView:
    return PromiseView(
        clock=_clock(promise.timer, channel=channel, now=now),
        earlier=[(timer.started_at, words.badge_of(timer, now=now)) for timer in promise.earlier],
    )


def _clock(timer: ExplainedTimer, *, channel: str, now: datetime) -> ClockView:
    has_story = timer.metric == Metric.RESOLUTION or len(timer.segments) > 1
    return ClockView(
        name=words.metric_name(timer.metric),
        badge=words.badge_of(timer, now=now),
        bar=_bar(timer, now) if timer.is_live or has_story else None,
        summary=words.spoken(timer),
        segments=_lines(timer, channel=channel, now=now) if has_story else (),
    )


def _bar(timer: ExplainedTimer, now: datetime) -> ClockBar | None:
    pieces: list[tuple[Kind, datetime, datetime]] = []
    for segment in timer.segments:
        if segment.is_paused:
            pieces.append(("paused", segment.starts_at, segment.ends_at or max(now, segment.starts_at)))
        for stretch in segment.open_stretches:
            began = stretch.opens_at
            if pieces and pieces[-1][0] == "ran" and pieces[-1][2] == began:
                # One stroke for what ran on: drawn apart, two would show a seam.
                began = pieces.pop()[1]
            pieces.append(("ran", began, stretch.closes_at))
    due_at = timer.due_at if timer.is_live else None
    late_from = timer.breached_at or due_at
    at_risk = timer.at_risk_at is not None and now >= timer.at_risk_at and timer.is_live and not timer.is_late
    tone = "met" if timer.state == TimerState.MET else "warning" if at_risk else ""
    return clock_bar(pieces, due_at=late_from, now=now if timer.is_live else timer.stopped_at or now, tone=tone)


def _lines(timer: ExplainedTimer, *, channel: str, now: datetime) -> list[SegmentLine]:
    return [
        SegmentLine(
            kind="paused" if segment.is_paused else "late" if _began_late(timer, segment.starts_at) else "ran",
            started_at=segment.starts_at,
            verb=words.segment_verb(segment),
            cause=words.segment_cause(segment, channel=channel),
            span=(segment.ends_at or now) - segment.starts_at
            if segment.is_paused
            else timedelta(seconds=segment.counted_seconds),
        )
        for segment in timer.segments
    ]


def _began_late(timer: ExplainedTimer, at: datetime) -> bool:
    return timer.breached_at is not None and at >= timer.breached_at


class PromisesPanel(TicketPanel):
    """Beside the conversation: each promise as a clock that explains itself."""

    code = "promises"
    title = _("Promises")
    template = "escalations/_promises.html"
    act = "sla.explain"
    place = "side"
    position = 20

    def context(self, about: PanelContext) -> Mapping[str, Any] | None:
        return promises_context(about.ticket, viewer=about.viewer, now=about.now)


class RequestPromisePanel(TicketPanel):
    """On the requester's page: what was promised, in plain words."""

    code = "request_promise"
    title = _("What we promised")
    template = "escalations/_request_promise.html"
    act = "sla.view"
    place = "promise"
    position = 20

    def context(self, about: PanelContext) -> Mapping[str, Any] | None:
        explained = explain(about.ticket, viewer=about.viewer, now=about.now)
        live = {promise.metric: promise.timer for promise in explained.promises if promise.timer.is_live}
        reply = live.get(Metric.FIRST_RESPONSE) or live.get(Metric.NEXT_RESPONSE)
        fix = live.get(Metric.RESOLUTION)
        if reply is None and fix is None:
            return None
        return {
            "reply": reply,
            "is_first": Metric.FIRST_RESPONSE in live,
            "fix": fix,
            "waits_for_you": fix is not None and fix.paused_by == SegmentReason.WAITING_ON_REQUESTER,
        }


class PromiseForNew(PromisePreview):
    """Before a request is sent: seconds promised, and by when a person would answer."""

    template = "escalations/_request_promise.html"

    def context(
        self, *, category_id: int | None, team_id: int | None, priority: int, channel: str, now: datetime
    ) -> Mapping[str, Any] | None:
        promised = promise_for_new(
            category_id=category_id, team_id=team_id, priority=priority, channel=channel, now=now
        )
        if promised is None:
            return None
        return {
            "first_response": promised.targets.get(Metric.FIRST_RESPONSE),
            "resolution": promised.targets.get(Metric.RESOLUTION),
            "is_always_open": promised.is_always_open,
            "first_response_by": promised.due_at.get(Metric.FIRST_RESPONSE),
            "resolution_by": promised.due_at.get(Metric.RESOLUTION),
        }
