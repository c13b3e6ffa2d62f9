"""Laws of the SLA clock on any history, and the clock against a naive count, minute by minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from escalations.rules.calendar import BusinessCalendar
from escalations.rules.clock import paused_by, project
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
from escalations.rules.timers import AFTER, Phase, TimerState, TimerView, is_met

MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 28, 20, tzinfo=UTC)
"""The evening before the clocks of Berlin go forward."""

CALENDARS = [
    BusinessCalendar.around_the_clock(),
    BusinessCalendar.parse("Europe/Berlin", [["22:00-04:00"]] * 7),
    BusinessCalendar.parse("Europe/Berlin", [["00:30-01:10", "01:30-03:20", "22:00-23:00"]] * 7),
    BusinessCalendar.parse("Asia/Kathmandu", [["05:00-09:00"]] * 7, ["2026-03-29"]),
]
SOLVED = (StatusCategory.RESOLVED, StatusCategory.CLOSED)
RUNS_ON = 3 * 24 * 60

# Simple draws are the likeliest: what must not be rare comes first, and there is more of it.
OFTEN_TRUE = st.sampled_from([True] * 9 + [False])
targets = st.tuples(OFTEN_TRUE, st.integers(1, 400)).map(lambda drawn: drawn[1] * 60 if drawn[0] else None)


@st.composite
def promises(draw: st.DrawFn) -> Promise | None:
    if not draw(OFTEN_TRUE):
        return None
    number = draw(st.integers(0, len(CALENDARS) - 1))
    return Promise(
        policy_version_id=draw(st.integers(1, 9)),
        calendar_id=number,
        calendar=CALENDARS[number],
        targets={metric: draw(targets) for metric in Metric},
        pauses_on=draw(st.sampled_from([DEFAULT_PAUSES, frozenset(WaitingOn), frozenset()])),
        warn_at=tuple(draw(st.sampled_from([(50, 75, 90), (), (80,)]))),
    )


OPEN, PENDING = StatusCategory.OPEN, StatusCategory.PENDING
STATUSES = [
    *((PENDING, None), (OPEN, None), (StatusCategory.RESOLVED, None), (OPEN, None)),
    *((PENDING, WaitingOn.ENGINEERING), (OPEN, WaitingOn.ENGINEERING), (StatusCategory.CLOSED, None)),
    *((PENDING, WaitingOn.THIRD_PARTY), (PENDING, WaitingOn.REQUESTER)),
]
status_changes = st.sampled_from(STATUSES).map(
    lambda drawn: StatusChanged(at=START, seq=0, category=drawn[0], waiting_on=drawn[1])
)
policy_changes = promises().map(lambda drawn: PolicyApplied(at=START, seq=0, promise=drawn))
conversation = st.sampled_from(
    [
        RequesterMessage(at=START, seq=0),
        AgentReply(at=START, seq=0),
        *(HandOffMoved(at=START, seq=0, act=act) for act in HandOffAct),
    ]
)
anything = st.integers(0, 9).flatmap(
    lambda kind: status_changes if kind < 5 else policy_changes if kind < 7 else conversation
)
delays = st.sampled_from([15, 0, 40, 60, 1, 0, 150, 7, 90])


SIZES = st.sampled_from([8, 4, 12, 0])


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    """An opening with a policy, and what may follow, at whole minutes; several at one instant too."""
    told: list[Happening] = [
        Opened(at=START, seq=1, for_requester=draw(st.booleans())),
        PolicyApplied(at=START, seq=2, promise=draw(promises())),
    ]
    at = START
    for happening, delay in draw(st.lists(st.tuples(anything, delays), min_size=draw(SIZES), max_size=16)):
        at += delay * MINUTE
        told.append(replace(happening, at=at, seq=len(told) + 1))
    return told


nows = st.integers(0, RUNS_ON).map(lambda minutes: START + minutes * MINUTE)


class NaiveResolution:
    """The resolution promise counted minute by minute, recounted from the start at each happening."""

    def __init__(self) -> None:
        self.runs: list[bool] = []
        self.promise: Promise | None = None
        self.category, self.waiting_on = StatusCategory.OPEN, None
        self.breached_at: datetime | None = None
        self.kept: Promise | None = None

    def is_solved(self) -> bool:
        return self.category in SOLVED

    def runs_now(self) -> bool:
        pauses_on = self.promise.pauses_on if self.promise else DEFAULT_PAUSES
        return not self.is_solved() and paused_by(self.category, self.waiting_on, pauses_on) is None

    def target(self, promise: Promise | None) -> int | None:
        seconds = promise.targets[Metric.RESOLUTION] if promise else None
        return None if seconds is None else seconds // 60

    def counts(self, promise: Promise) -> list[bool]:
        return [runs and promise.calendar.is_open_at(START + minute * MINUTE) for minute, runs in enumerate(self.runs)]

    def due_at(self) -> datetime | None:
        """Among the minutes so far: the first that runs once the target is used up."""
        target = self.target(self.promise)
        if target is None or self.promise is None:
            return None
        used = 0
        for minute, (runs, counted) in enumerate(zip(self.runs, self.counts(self.promise), strict=True)):
            if used >= target and runs:
                return START + minute * MINUTE
            used += counted
        return None

    def look(self) -> None:
        if self.breached_at is None and not self.is_solved():
            self.breached_at = self.due_at()

    def play(self, told: list[Happening], now: datetime) -> None:
        for happening in told:
            self.pass_time(happening.at)
            if isinstance(happening, StatusChanged):
                self.category, self.waiting_on = happening.category, happening.waiting_on
            elif isinstance(happening, PolicyApplied):
                self.promise = happening.promise
            self.look()
            if not self.is_solved() and self.target(self.promise) is not None:
                self.kept = self.promise
        self.pass_time(now)

    def pass_time(self, until: datetime) -> None:
        while START + len(self.runs) * MINUTE < until:
            self.runs.append(self.runs_now())
        self.look()


@given(histories(), nows)
@settings(max_examples=300, deadline=None)
def test_resolution_is_what_a_count_of_minutes_gives(told: list[Happening], now: datetime) -> None:
    now = max(now, told[-1].at)
    naive = NaiveResolution()
    naive.play(told, now)
    view = next((view for view in project(told, now=now) if view.metric is Metric.RESOLUTION), None)
    if naive.kept is None:
        assert view is None
        return
    assert view is not None
    assert view.breached_at == naive.breached_at
    assert view.policy_version_id == naive.kept.policy_version_id
    assert view.used_at(now) == sum(naive.counts(naive.kept)) * MINUTE or view.state is TimerState.CANCELLED
    if view.state is TimerState.RUNNING:
        assert naive.runs_now()
        passed = naive.due_at()
        assert (view.due_at == passed) if passed else (view.due_at is not None and view.due_at >= now)
    elif view.state is TimerState.PAUSED:
        assert not naive.runs_now()
        assert view.due_at is None
    elif view.state is TimerState.CANCELLED:
        assert naive.target(naive.promise) is None or naive.is_solved()
    else:
        assert naive.is_solved()
        assert (view.state is TimerState.MISSED) == (naive.breached_at is not None)


@given(histories(), nows, st.randoms())
@settings(max_examples=100, deadline=None)
def test_replay_gives_the_same_instants_always(told: list[Happening], now: datetime, random: object) -> None:
    first = project(told, now=now)
    shuffled = list(told)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert project(shuffled, now=now) == first
    assert project(iter(told), now=now) == first


@given(histories(), nows)
@settings(max_examples=200, deadline=None)
def test_a_breach_is_never_undone_and_a_warning_never_moves_once_reached(told: list[Happening], now: datetime) -> None:
    breached: dict[tuple[Metric, int], datetime] = {}
    reached: dict[tuple[Metric, int, int], datetime | None] = {}
    for length in range(1, len(told) + 1):
        for view in project(told[:length], now=told[length - 1].at):
            key = (view.metric, view.cycle)
            assert breached.get(key) in (None, view.breached_at)
            if view.breached_at is not None:
                breached[key] = view.breached_at
            now_reached = {warning.percent: warning.due_at for warning in view.warnings if warning.reached}
            for (metric, cycle, percent), due_at in reached.items():
                if (metric, cycle) == key:
                    assert now_reached[percent] == due_at
            reached.update({(*key, percent): due_at for percent, due_at in now_reached.items()})


@given(histories(), st.integers(0, 13), st.integers(1, 600))
@settings(max_examples=200, deadline=None)
def test_a_pause_never_shortens(told: list[Happening], place: int, minutes: int) -> None:
    """A pause put into a history without others, what follows moved by it, leaves no earlier deadline."""
    told = [
        happening
        for happening in told
        if happening.seq <= 2 or not isinstance(happening, StatusChanged | PolicyApplied)
    ]
    place = min(place + 2, len(told))
    before, after = told[:place], told[place:]
    pause_at = before[-1].at
    pause: list[Happening] = [
        StatusChanged(at=pause_at, seq=1000, category=StatusCategory.PENDING),
        StatusChanged(at=pause_at + minutes * MINUTE, seq=1001, category=StatusCategory.OPEN),
    ]
    moved = [replace(happening, at=happening.at + minutes * MINUTE, seq=2000 + happening.seq) for happening in after]
    plain = {(view.metric, view.cycle): view for view in project(told)}
    parked = {(view.metric, view.cycle): view for view in project([*before, *pause, *moved])}
    key = (Metric.RESOLUTION, 1)
    if key not in plain:
        assert key not in parked
        return
    due_at, parked_due_at = plain[key].due_at, parked[key].due_at
    assert due_at is not None and parked_due_at is not None
    assert parked_due_at >= due_at


@given(histories(), st.integers(1, 2000), nows)
@settings(max_examples=200, deadline=None)
def test_another_priority_keeps_the_time_used_and_each_pause(
    told: list[Happening], minutes: int, now: datetime
) -> None:
    last = next(happening for happening in reversed(told) if isinstance(happening, PolicyApplied)).promise
    if last is None:
        return
    now = max(now, told[-1].at)
    raised = replace(last, policy_version_id=77, targets=dict.fromkeys(last.targets, minutes * 60))
    changed = project([*told, PolicyApplied(at=now, seq=999, promise=raised)], now=now)
    by_key = {(view.metric, view.cycle): view for view in changed}
    for view in project(told, now=now):
        after = by_key[view.metric, view.cycle]
        if view.is_live:
            assert after.used_at(now) == view.used_at(now)
            assert after.started_at == view.started_at
            assert pauses(after) == pauses(view)
            assert after.policy_version_id == 77
        elif view.stopped_at is not None and view.state is not TimerState.CANCELLED:
            assert after == view


def pauses(view: TimerView) -> list[tuple[datetime, str]]:
    """Where pauses begin; a change of policy may split one, so only the beginning of each run of them."""
    begins = []
    for before, segment in pairwise([None, *view.segments]):
        assert segment is not None
        if segment.phase is Phase.PAUSED and (before is None or before.phase is Phase.RUNNING):
            begins.append((segment.starts_at, segment.reason.value))
    return begins


@given(histories(), nows)
@settings(max_examples=200, deadline=None)
def test_segments_explain_the_whole_life_and_add_up(told: list[Happening], now: datetime) -> None:
    for view in project(told, now=now):
        for earlier, later in pairwise(view.segments):
            assert earlier.ends_at == later.starts_at
        assert all(segment.ends_at is None or segment.starts_at < segment.ends_at for segment in view.segments)
        if view.segments:
            assert view.segments[0].starts_at == view.started_at
        if view.is_live:
            assert view.segments[-1].ends_at is None
            assert view.segments[-1].phase.value == view.state.value
        counted = [segment.counted for segment in view.segments if segment.counted is not None]
        assert sum(counted, timedelta(0)) == view.used
        assert {segment.seq for segment in view.segments} <= {happening.seq for happening in told}


@given(histories(), nows)
@settings(max_examples=200, deadline=None)
def test_state_and_instants_agree(told: list[Happening], now: datetime) -> None:
    now = max(now, told[-1].at)
    for view in project(told, now=now):
        assert (view.resumed_at is not None) == (view.state is TimerState.RUNNING)
        assert (view.stopped_at is None) == view.is_live
        if view.state is TimerState.RUNNING:
            assert view.due_at is not None
        if view.state is TimerState.PAUSED:
            assert view.due_at is None
        if view.state is TimerState.MET:
            assert view.breached_at is None
            assert view.due_at is None or (view.stopped_at is not None and is_met(view.stopped_at, view.due_at))
        if view.state is TimerState.MISSED:
            assert view.breached_at is not None
        if view.breached_at is not None:
            assert view.breached_at < now
        wakes = view.wakes_after(now)
        assert wakes == view.wakes_after()
        assert list(wakes) == sorted(set(wakes))
        if view.state is TimerState.RUNNING and view.breached_at is None:
            assert view.due_at is not None
            assert wakes[-1] == view.due_at + AFTER


@given(histories())
@settings(max_examples=100, deadline=None)
def test_waking_as_asked_misses_nothing(told: list[Happening]) -> None:
    """A sweep that only ever comes at `next_wake_at` ends where one that looked much later ends."""
    end = START + 400 * timedelta(days=1)
    for view in project(told):
        key = (view.metric, view.cycle)
        now = told[-1].at
        current = next(seen for seen in project(told, now=now) if (seen.metric, seen.cycle) == key)
        while (wake_at := current.next_wake_at(now)) is not None:
            now = wake_at
            before = current
            current = next(seen for seen in project(told, now=now) if (seen.metric, seen.cycle) == key)
            assert current != before
        final = next(seen for seen in project(told, now=end) if (seen.metric, seen.cycle) == key)
        assert current == final
