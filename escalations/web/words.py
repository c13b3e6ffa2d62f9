"""The words of promises on pages: what a clock says at its right, under it, and to a screen reader."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalations.queries.explanation import ExplainedSegment, ExplainedTimer
from escalations.vocabulary import Metric, SegmentReason, TimerState
from puo_desk.kernel.pages import marks
from puo_desk.kernel.pages.markup import fill
from puo_desk.kernel.pages.times import HOUR, MINUTE, span_text
from tickets.vocabulary import Channel

REASONS: dict[str, Any] = {
    SegmentReason.OPENED: gettext_lazy("ticket opened"),
    SegmentReason.REQUESTER_WROTE: gettext_lazy("requester wrote"),
    SegmentReason.HAND_OFF_SENT: gettext_lazy("handed to engineering"),
    SegmentReason.WORK_RESUMED: gettext_lazy("work resumed"),
    SegmentReason.REOPENED: gettext_lazy("reopened"),
    SegmentReason.POLICY_CHANGED: gettext_lazy("another promise applied"),
    SegmentReason.WAITING_ON_REQUESTER: gettext_lazy("waiting on requester"),
    SegmentReason.WAITING_ON_THIRD_PARTY: gettext_lazy("waiting on third party"),
    SegmentReason.WAITING_ON_ENGINEERING: gettext_lazy("waiting on engineering"),
    SegmentReason.RESOLVED: gettext_lazy("resolved"),
    SegmentReason.CLOSED: gettext_lazy("closed"),
}
OPENINGS: dict[str, Any] = {
    Channel.WEB: gettext_lazy("opened by web form"),
    Channel.API: gettext_lazy("opened over the API"),
    Channel.CHAT: gettext_lazy("opened in chat"),
    Channel.IM: gettext_lazy("opened by instant message"),
    Channel.MAIL: gettext_lazy("opened by mail"),
    Channel.PHONE: gettext_lazy("opened by phone"),
    Channel.SELF_SERVICE: gettext_lazy("opened in self service"),
    Channel.DIRECT: gettext_lazy("opened in person"),
}
_WAITS_FOR: dict[str, Any] = {
    SegmentReason.WAITING_ON_REQUESTER: gettext_lazy("requester"),
    SegmentReason.WAITING_ON_THIRD_PARTY: gettext_lazy("third party"),
    SegmentReason.WAITING_ON_ENGINEERING: gettext_lazy("engineering"),
}


def metric_name(metric: str) -> str:
    return str(Metric(metric).label)


def used_of_target(timer: ExplainedTimer) -> str:
    """``7 of 15 min``: the open time used of the time promised."""
    used, target = timer.used_seconds, timer.target_seconds
    if MINUTE <= used < HOUR and target < HOUR:
        return _("%(used)s of %(target)s") % {"used": used // MINUTE, "target": span_text(target)}
    return _("%(used)s of %(target)s") % {"used": span_text(used), "target": span_text(target)}


def badge_of(timer: ExplainedTimer, *, now: datetime) -> SafeString:
    """What stands at the right of a promise's name: its deadline while it lives, how it ended afterwards."""
    if timer.state == TimerState.PAUSED:
        return marks.deadline("paused", now=now, reason=str(_WAITS_FOR.get(timer.paused_by, "")))
    if timer.state == TimerState.RUNNING:
        if timer.is_late:
            return marks.deadline("breached", due_at=timer.due_at, now=now)
        at_risk = timer.at_risk_at is not None and now >= timer.at_risk_at
        state = "warning" if at_risk else "ok"
        return marks.deadline(state, due_at=timer.due_at, warn_at=timer.at_risk_at, now=now, by=True)
    if timer.state == TimerState.MET:
        return _settled("met", "check", used_of_target(timer))
    if timer.state == TimerState.MISSED:
        # Raised targets may have made a breach fit again; it stays one, but is late by nothing.
        late = -timer.remaining_seconds
        words = _("Missed by %(span)s") % {"span": span_text(late)} if late > 0 else _("Missed")
        return _settled("missed", "late", words)
    return _settled("cancelled", "minus", _("No longer promised"))


def _settled(state: str, icon: str, words: str) -> SafeString:
    return fill('<span class="deadline deadline--{}">{}{}</span>', state, marks.icon(icon), words)


def spoken(timer: ExplainedTimer) -> str:
    """The bar in words."""
    words = _("%(used)s used") % {"used": used_of_target(timer)}
    if timer.remaining_seconds < 0:
        return f"{words}, {_('%(span)s late') % {'span': span_text(timer.remaining_seconds)}}"
    return words


def segment_verb(segment: ExplainedSegment) -> str:
    if segment.is_paused:
        return _("Paused")
    return _("Runs") if segment.ends_at is None else _("Ran")


def segment_cause(segment: ExplainedSegment, *, channel: str = "") -> str:
    """What began a stretch; of the opening, also which way the request came."""
    if segment.reason == SegmentReason.OPENED and channel in OPENINGS:
        return str(OPENINGS[channel])
    return str(REASONS.get(segment.reason, segment.reason))
