"""The SLA clock: timers are a projection of a ticket's history.

`project` replays the history and says where each promise stands. There is no other way to a timer's state, so
nothing can drift: the same history gives the same instants, always.

What is promised, and where the rules had to choose:

* First response starts when the ticket is opened by or for a requester and stops at the first public reply of
  an agent. Resolving is not a response: the timer runs on. When the ticket is *closed* without a reply nobody
  can answer any more: the timer is judged at that instant, missed when its due instant has passed, else
  cancelled. Reopened, it continues without the time in which the ticket was closed. Next response likewise.
* Next response starts at the oldest unanswered requester message once there has been a public reply; one
  cycle for each streak of messages.
* Resolution stops when resolved or closed. Reopened, the same timer continues without the time in which it
  was solved, under the policy of now; whether it is met is then open again, a breach stays.
* Pending pauses resolution only. Pending without a word on whom it waits for waits on the requester. Waiting
  on engineering pauses, pending or open, only when the policy says so.
* A change of policy recomputes what still runs from its original start: pauses are instants and stay, the
  time between them is counted anew. A due instant that passed before the change is a breach, dated then.
  What is late only by the change is dated at its new due instant.
* A pause at the due instant itself is in time; the due instant moves to where the timer resumes.
* Warnings are reached once, at their instant, and stay so; after a breach there are no more.
* The promises to each other around a hand-off: acknowledge runs from sent to accepted or bounced, answer
  from sent to answered, and is cancelled by a bounce. Both end as first response does on a closed ticket.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from escalations.rules.history import (
    DEFAULT_PAUSES,
    AgentReply,
    HandOffAct,
    HandOffMoved,
    Happening,
    Metric,
    Opened,
    PolicyApplied,
    Promise,
    RequesterMessage,
    StatusCategory,
    StatusChanged,
    WaitingOn,
)
from escalations.rules.timers import Phase, Reason, TimerView
from escalations.rules.track import Track

_SOLVED: Final = frozenset({StatusCategory.RESOLVED, StatusCategory.CLOSED})
_METRIC_ORDER: Final = {metric: position for position, metric in enumerate(Metric)}
_WAITING_REASON: Final = {
    WaitingOn.REQUESTER: Reason.WAITING_ON_REQUESTER,
    WaitingOn.THIRD_PARTY: Reason.WAITING_ON_THIRD_PARTY,
    WaitingOn.ENGINEERING: Reason.WAITING_ON_ENGINEERING,
}


def project(happenings: Iterable[Happening], *, now: datetime | None = None) -> tuple[TimerView, ...]:
    """Where each promise on a ticket stands after its history, by metric, then cycle.

    With `now`, warnings and breaches whose instants have passed by then are told too; without it only those
    before the last event. Promises that never had a target are left out. `now` takes nothing out of the
    history: what is recorded later counts. For example::

        timers = project(history, now=now)
        wake_at = min((at for timer in timers if (at := timer.next_wake_at())), default=None)
    """
    clock = _TicketClock()
    for happening in _in_order(happenings):
        clock.apply(happening)
    tracks = sorted(clock.tracks, key=lambda track: (_METRIC_ORDER[track.metric], track.cycle))
    if now is not None:
        for track in tracks:
            track.advance(now)
    return tuple(view for track in tracks if (view := track.view()) is not None)


def paused_by(
    category: StatusCategory, waiting_on: WaitingOn | None, pauses_on: frozenset[WaitingOn]
) -> WaitingOn | None:
    """Whom a ticket waits on so that its resolution is paused; null when the resolution runs."""
    if category is StatusCategory.PENDING:
        waits_on = waiting_on or WaitingOn.REQUESTER
    elif category is StatusCategory.OPEN and waiting_on is WaitingOn.ENGINEERING:
        waits_on = waiting_on
    else:
        return None
    return waits_on if waits_on in pauses_on else None


def _in_order(happenings: Iterable[Happening]) -> list[Happening]:
    """By instant, then by number: what was said counts from when it was said, not from when it was recorded.

    Status and policy are what was recorded last, though two writers read the clock in the other order.
    """
    ordered: list[Happening] = []
    latest: datetime | None = None
    for happening in sorted(happenings, key=lambda happening: happening.seq):
        if isinstance(happening, StatusChanged | PolicyApplied):
            if latest is not None and happening.at < latest:
                happening = replace(happening, at=latest)
            latest = happening.at
        ordered.append(happening)
    ordered.sort(key=lambda happening: happening.at)
    return ordered


class _TicketClock:
    """A ticket during replay: its status, the promise in force, and its timers.

    `owed` has the timers that an answer will stop; the resolution is none of them.
    """

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self.owed: dict[Metric, Track] = {}
        self.resolution: Track | None = None
        self.promise: Promise | None = None
        self.category = StatusCategory.OPEN
        self.waiting_on: WaitingOn | None = None
        self.is_opened = False
        self.is_replied = False

    def apply(self, happening: Happening) -> None:
        at, seq = happening.at, happening.seq
        for track in self.tracks:
            track.advance(at)
        match happening:
            case Opened(for_requester=for_requester):
                self._open(at, seq, for_requester)
            case RequesterMessage():
                if self.is_replied and Metric.NEXT_RESPONSE not in self.owed:
                    self._owe(Metric.NEXT_RESPONSE, at, Reason.REQUESTER_WROTE, seq)
            case AgentReply():
                self.is_replied = self.is_opened
                self._answer(Metric.FIRST_RESPONSE, at, seq)
                self._answer(Metric.NEXT_RESPONSE, at, seq)
            case StatusChanged(category=category, waiting_on=waiting_on):
                self._change_status(at, seq, category, waiting_on)
            case PolicyApplied(promise=promise):
                self._change_promise(at, seq, promise)
            case HandOffMoved(act=act):
                self._move_hand_off(at, seq, act)

    def _open(self, at: datetime, seq: int, for_requester: bool) -> None:
        if self.is_opened:
            return
        self.is_opened = True
        if for_requester:
            self._owe(Metric.FIRST_RESPONSE, at, Reason.OPENED, seq)
        self.resolution = self._start(Metric.RESOLUTION, at, Reason.OPENED, seq)
        self._settle_resolution(at, seq)

    def _start(self, metric: Metric, at: datetime, reason: Reason, seq: int) -> Track:
        cycle = 1 + sum(track.metric is metric for track in self.tracks)
        track = Track(metric, cycle, at, reason, seq, self.promise)
        self.tracks.append(track)
        return track

    def _owe(self, metric: Metric, at: datetime, reason: Reason, seq: int) -> None:
        track = self.owed[metric] = self._start(metric, at, reason, seq)
        if self.category is StatusCategory.CLOSED:
            track.stop(at, Reason.CLOSED, seq, cancelled=True)

    def _answer(self, metric: Metric, at: datetime, seq: int, *, cancelled: bool = False) -> None:
        track = self.owed.pop(metric, None)
        if track is not None and not track.is_stopped:
            track.stop(at, Reason.CLOSED, seq, cancelled=cancelled)

    def _change_status(self, at: datetime, seq: int, category: StatusCategory, waiting_on: WaitingOn | None) -> None:
        was_closed, self.category = self.category is StatusCategory.CLOSED, category
        self.waiting_on = waiting_on
        is_closed = category is StatusCategory.CLOSED
        for track in self.owed.values():
            if is_closed and not track.is_stopped:
                track.stop(at, Reason.CLOSED, seq, cancelled=True)
            elif was_closed and not is_closed:
                track.reopen(at, Phase.RUNNING, Reason.REOPENED, seq, self.promise)
        self._settle_resolution(at, seq)

    def _settle_resolution(self, at: datetime, seq: int, resumed: Reason = Reason.WORK_RESUMED) -> None:
        """Bring the resolution timer to what status and policy say now."""
        track = self.resolution
        if track is None:
            return
        if self.category in _SOLVED:
            if not track.is_stopped:
                reason = Reason.CLOSED if self.category is StatusCategory.CLOSED else Reason.RESOLVED
                track.stop(at, reason, seq)
            return
        pauses_on = self.promise.pauses_on if self.promise is not None else DEFAULT_PAUSES
        waits_on = paused_by(self.category, self.waiting_on, pauses_on)
        phase = Phase.RUNNING if waits_on is None else Phase.PAUSED
        if track.is_stopped:
            reason = Reason.REOPENED if waits_on is None else _WAITING_REASON[waits_on]
            track.reopen(at, phase, reason, seq, self.promise)
        elif waits_on is not None:
            track.turn(at, phase, _WAITING_REASON[waits_on], seq)
        elif track.phase is Phase.PAUSED:
            track.turn(at, phase, resumed, seq)

    def _change_promise(self, at: datetime, seq: int, promise: Promise | None) -> None:
        self.promise = promise
        for track in self.tracks:
            if not track.is_stopped:
                track.repromise(at, seq, promise)
        if self.category not in _SOLVED:
            self._settle_resolution(at, seq, Reason.POLICY_CHANGED)
        for track in self.tracks:
            track.advance(at)

    def _move_hand_off(self, at: datetime, seq: int, act: HandOffAct) -> None:
        match act:
            case HandOffAct.SENT:
                for metric in (Metric.ACKNOWLEDGE, Metric.ANSWER):
                    if metric not in self.owed:
                        self._owe(metric, at, Reason.HAND_OFF_SENT, seq)
            case HandOffAct.ACCEPTED:
                self._answer(Metric.ACKNOWLEDGE, at, seq)
            case HandOffAct.BOUNCED:
                self._answer(Metric.ACKNOWLEDGE, at, seq)
                self._answer(Metric.ANSWER, at, seq, cancelled=True)
            case HandOffAct.ANSWERED:
                self._answer(Metric.ACKNOWLEDGE, at, seq)
                self._answer(Metric.ANSWER, at, seq)
