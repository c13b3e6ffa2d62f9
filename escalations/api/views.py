"""The REST edge of promises."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from escalations.api.serializers import PromisesSerializer
from escalations.queries.explanation import ExplainedSegment, ExplainedTimer, PolicyName, explain
from puo_desk.accounts.policies import may
from tickets.api.views import NUMBER, DeskView
from tickets.queries.conversation import get_ticket


class PromisesView(DeskView):
    required_act = {"GET": "sla.view"}

    @extend_schema(
        operation_id="retrieve_promises",
        tags=["promises"],
        summary="What is promised on a ticket",
        parameters=[NUMBER],
        responses=PromisesSerializer,
    )
    def get(self, request: Request, ticket_id: int) -> Response:
        """Each promise with its deadline, and why it is that instant."""
        viewer, now = self.actor(request), timezone.now()
        ticket = get_ticket(ticket_id, viewer=viewer)
        explained = explain(ticket, viewer=viewer, now=now)
        in_full = may(viewer, "sla.explain")
        timers = [timer for promise in explained.promises for timer in (promise.timer, *promise.earlier)]
        told: dict[str, Any] = {"number": ticket.number, "as_of": now}
        if in_full:
            told["policy"] = _policy(explained.policy)
        return Response(told | {"timers": [_timer(timer, in_full=in_full) for timer in timers]})


def _timer(timer: ExplainedTimer, *, in_full: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "metric": timer.metric,
        "cycle": timer.cycle,
        "state": timer.state,
        "started_at": timer.started_at,
        "due_at": timer.due_at,
        "stopped_at": timer.stopped_at,
        "breached_at": timer.breached_at,
        "target_seconds": timer.target_seconds,
        "used_seconds": timer.used_seconds,
        "remaining_seconds": timer.remaining_seconds,
        "paused_by": timer.paused_by,
    }
    if not in_full:
        return shown
    return shown | {
        "at_risk_at": timer.at_risk_at,
        "policy": _policy(timer.policy),
        "segments": [_segment(segment) for segment in timer.segments],
    }


def _segment(segment: ExplainedSegment) -> dict[str, str | int | datetime | dict[str, Any] | None]:
    return {
        "starts_at": segment.starts_at,
        "ends_at": segment.ends_at,
        "phase": segment.phase,
        "reason": segment.reason,
        "event_seq": segment.seq,
        "counted_seconds": segment.counted_seconds,
        "policy": _policy(segment.policy),
    }


def _policy(name: PolicyName | None) -> dict[str, Any] | None:
    return None if name is None else {"policy": name.policy, "version": name.number, "calendar": name.calendar}
