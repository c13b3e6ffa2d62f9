"""One timer while its ticket's history is replayed: its stretches of time, and the instants they lead to."""

from datetime import datetime, timedelta
from typing import Final

from escalations.rules.history import Metric, Promise
from escalations.rules.timers import Phase, Reason, Segment, TimerState, TimerView, TimerWarning, is_met

_NO_TIME: Final = timedelta(0)
_TARGET: Final = 100
"""The percentage of the target at which a timer is due."""


class _Span:
    """A stretch that becomes a segment. `counted` is kept, since it is asked for at each recomputation."""

    __slots__ = ("counted", "ends_at", "phase", "promise", "reason", "seq", "starts_at")

    def __init__(self, at: datetime, phase: Phase, reason: Reason, seq: int, promise: Promise | None) -> None:
        self.starts_at = at
        self.ends_at: datetime | None = None
        self.phase = phase
        self.reason = reason
        self.seq = seq
        self.promise = promise
        self.counted: timedelta | None = None

    def open_time(self, until: datetime, promise: Promise) -> timedelta:
        if self.counted is None:
            self.counted = promise.calendar.open_time_between(self.starts_at, until)
        return self.counted


class Track:
    """A timer in the making. Whoever changes it calls `advance` to the same instant first.

    `_promise` is the last one that had a target for this metric; its instants follow from it and the spans.
    """

    def __init__(
        self, metric: Metric, cycle: int, at: datetime, reason: Reason, seq: int, promise: Promise | None
    ) -> None:
        self.metric = metric
        self.cycle = cycle
        self.started_at = at
        self.is_stopped = False
        self._spans = [_Span(at, Phase.RUNNING, reason, seq, promise)]
        self._promise: Promise | None = None
        self._is_promised = False
        self._is_cancelled = False
        self._stopped_at: datetime | None = None
        self._unpromised_at: datetime | None = None
        self._judged_by: datetime | None = None
        self._breached_at: datetime | None = None
        self._reached: dict[int, datetime] = {}
        self._instants: dict[int, datetime | None] = {}
        self._adopt(at, promise)

    @property
    def phase(self) -> Phase:
        """Whether it counts; of a stopped timer, that it does not."""
        return self._spans[-1].phase

    def advance(self, at: datetime) -> None:
        """Let time pass until `at`: warnings are reached at their instants, the breach after its own."""
        if self.is_stopped or not self._is_promised or self._breached_at is not None:
            return
        while (percent := self._next_percent()) is not None:
            reached_at = self._instant_at(percent)
            if reached_at is None:
                return
            if percent == _TARGET:
                if not is_met(at, reached_at):
                    self._breached_at = reached_at
                return
            if reached_at > at:
                return
            self._reached[percent] = reached_at

    def turn(self, at: datetime, phase: Phase, reason: Reason, seq: int) -> None:
        """Run or pause from `at` on; the same again changes nothing."""
        last = self._spans[-1]
        if (last.phase, last.reason) != (phase, reason):
            self._enter(at, phase, reason, seq, last.promise)

    def stop(self, at: datetime, reason: Reason, seq: int, *, cancelled: bool = False) -> None:
        """End at `at`: kept, missed, or cancelled when nobody can keep it any more."""
        if self._is_promised and self.phase is Phase.RUNNING:
            self._judged_by = self._instant_at(_TARGET)
        self.is_stopped, self._is_cancelled, self._stopped_at = True, cancelled, at
        self._enter(at, Phase.PAUSED, reason, seq, self._spans[-1].promise)

    def reopen(self, at: datetime, phase: Phase, reason: Reason, seq: int, promise: Promise | None) -> None:
        """Continue without the time since it stopped, under the promise in force now."""
        self.is_stopped, self._is_cancelled, self._stopped_at = False, False, None
        self._judged_by = None
        self._enter(at, phase, reason, seq, promise)
        self._adopt(at, promise)
        self.advance(at)

    def repromise(self, at: datetime, seq: int, promise: Promise | None) -> None:
        """Recompute from the original start under another promise; pauses, breach and warnings stay."""
        last = self._spans[-1]
        if last.promise == promise:
            return
        if last.starts_at == at:
            last.promise = promise
        else:
            reason = Reason.POLICY_CHANGED if last.phase is Phase.RUNNING else last.reason
            self._enter(at, last.phase, reason, seq, promise)
        self._adopt(at, promise)

    def view(self) -> TimerView | None:
        """What this timer says; null when it never had a target."""
        promise = self._promise
        if promise is None:
            return None
        spans = self._spans[:-1] if self.is_stopped else self._spans
        running = spans[-1] if spans and not self.is_stopped and self.phase is Phase.RUNNING else None
        state = self._state()
        counts = running is not None and state is TimerState.RUNNING
        return TimerView(
            metric=self.metric,
            cycle=self.cycle,
            state=state,
            started_at=self.started_at,
            target_seconds=self._target(promise) or 0,
            policy_version_id=promise.policy_version_id,
            calendar_id=promise.calendar_id,
            calendar=promise.calendar,
            due_at=self._instant_at(_TARGET) if counts else self._judged_by,
            used=self._used(promise),
            resumed_at=running.starts_at if running is not None and counts else None,
            stopped_at=self._unpromised_at or self._stopped_at,
            breached_at=self._breached_at,
            warnings=tuple(self._warning(percent, counts) for percent in sorted({*promise.warn_at, *self._reached})),
            segments=tuple(self._segment(span, promise) for span in spans),
        )

    def _warning(self, percent: int, counts: bool) -> TimerWarning:
        if percent in self._reached:
            return TimerWarning(percent, self._reached[percent], reached=True)
        return TimerWarning(percent, self._instant_at(percent) if counts else None, reached=False)

    def _state(self) -> TimerState:
        if not self._is_promised:
            return TimerState.CANCELLED
        if not self.is_stopped:
            return TimerState(self.phase.value)
        if self._breached_at is not None:
            return TimerState.MISSED
        return TimerState.CANCELLED if self._is_cancelled else TimerState.MET

    def _target(self, promise: Promise) -> int | None:
        return promise.targets.get(self.metric)

    def _adopt(self, at: datetime, promise: Promise | None) -> None:
        """Take over a promise; without a target the timer is cancelled, until one gives it a target again."""
        was_promised, self._is_promised = self._is_promised, False
        self._instants.clear()
        if promise is None or self._target(promise) is None:
            if was_promised:
                self._unpromised_at = at
            return
        self._is_promised, self._unpromised_at = True, None
        if self._promise is None or self._promise.calendar != promise.calendar:
            for span in self._spans:
                span.counted = None
        self._promise = promise

    def _enter(self, at: datetime, phase: Phase, reason: Reason, seq: int, promise: Promise | None) -> None:
        last = self._spans[-1]
        last.ends_at, last.counted = at, None
        if last.starts_at == at:
            self._spans.pop()
        self._spans.append(_Span(at, phase, reason, seq, promise))
        self._instants.clear()

    def _next_percent(self) -> int | None:
        """The first warning not reached, else the whole target."""
        if self._promise is None:
            return None
        return next((percent for percent in self._promise.warn_at if percent not in self._reached), _TARGET)

    def _instant_at(self, percent: int) -> datetime | None:
        """When this much of the target is used; null while paused before it.

        At the very end of a stretch it is not yet: who pauses at the due instant is in time.
        """
        if percent not in self._instants:
            self._instants[percent] = self._find_instant(percent)
        return self._instants[percent]

    def _find_instant(self, percent: int) -> datetime | None:
        promise = self._promise
        if promise is None:
            return None
        needed = timedelta(seconds=self._target(promise) or 0) * percent // _TARGET
        for span in self._spans:
            if span.phase is Phase.PAUSED:
                continue
            if span.ends_at is None:
                return promise.calendar.instant_after(span.starts_at, needed)
            counted = span.open_time(span.ends_at, promise)
            if needed <= counted:
                at = promise.calendar.instant_after(span.starts_at, needed)
                if at < span.ends_at:
                    return at
            needed -= counted
        return None

    def _used(self, promise: Promise) -> timedelta:
        spans = (span for span in self._spans if span.phase is Phase.RUNNING and span.ends_at is not None)
        return sum((span.open_time(span.ends_at or span.starts_at, promise) for span in spans), _NO_TIME)

    def _segment(self, span: _Span, promise: Promise) -> Segment:
        counted: timedelta | None = _NO_TIME
        if span.phase is Phase.RUNNING:
            counted = None if span.ends_at is None else span.open_time(span.ends_at, promise)
        in_force = span.promise
        return Segment(
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            phase=span.phase,
            reason=span.reason,
            seq=span.seq,
            calendar_id=in_force.calendar_id if in_force is not None else None,
            policy_version_id=in_force.policy_version_id if in_force is not None else None,
            counted=counted,
        )
