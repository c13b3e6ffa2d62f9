"""What pauses the SLA clock, and what it counts meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from escalations.rules.calendar import BusinessCalendar
from escalations.rules.clock import paused_by, project
from escalations.rules.history import (
    DEFAULT_PAUSES,
    Happening,
    Opened,
    PolicyApplied,
    StatusCategory,
    StatusChanged,
    WaitingOn,
)
from escalations.rules.timers import TimerState
from tests.support.sla_history import HOUR, MICROSECOND, OFFICE, History, at, hours, promise


class TestWaiting:
    @pytest.mark.parametrize("waiting_on", ["requester", "third_party", None])
    def test_pending_pauses_resolution(self, waiting_on: str | None) -> None:
        history = History(promise(resolution=4 * HOUR)).status("Mon 10:00", "pending", waiting_on)
        view = history.timer("resolution", "Fri 09:00")
        assert (view.state, view.due_at, view.resumed_at) == (TimerState.PAUSED, None, None)
        assert (view.used, view.breached_at, view.next_wake_at()) == (hours(1), None, None)

    def test_the_web_answer_of_the_requester_restarts_it(self) -> None:
        history = History(promise(resolution=4 * HOUR, next_response=HOUR)).replies("Mon 09:30")
        history.status("Mon 10:00", "pending", "requester").asks("Tue 10:00").status("Tue 10:00", "open")
        view = history.timer("resolution")
        assert (view.state, view.resumed_at, view.due_at) == (
            TimerState.RUNNING,
            at("Tue 10:00"),
            at("Tue 13:00"),
        )
        assert history.timer("next_response").due_at == at("Tue 11:00")

    def test_a_pause_is_counted_in_business_time(self) -> None:
        history = History(promise(calendar=OFFICE, resolution=8 * HOUR), "Mon 15:00")
        history.status("Mon 16:00", "pending").status("Wed 08:00", "open")
        view = history.timer("resolution")
        assert (view.used, view.due_at) == (hours(1), at("Wed 16:00"))

    def test_a_pause_outside_the_hours_changes_nothing(self) -> None:
        quiet = History(promise(calendar=OFFICE, resolution=10 * HOUR))
        parked = History(promise(calendar=OFFICE, resolution=10 * HOUR))
        parked.status("Mon 17:00", "pending").status("Tue 09:00", "open")
        assert parked.timer("resolution").due_at == quiet.timer("resolution").due_at == at("Tue 11:00")

    def test_waiting_on_engineering_does_not_pause_unless_the_policy_says_so(self) -> None:
        pauses = DEFAULT_PAUSES | {WaitingOn.ENGINEERING}
        for category in ("pending", "open"):
            history = History(promise(resolution=4 * HOUR)).status("Mon 10:00", category, "engineering")
            assert history.timer("resolution").due_at == at("Mon 13:00")
            history = History(promise(resolution=4 * HOUR, pauses_on=pauses))
            history.status("Mon 10:00", category, "engineering")
            assert history.timer("resolution").state is TimerState.PAUSED

    def test_a_policy_may_pause_on_nothing(self) -> None:
        history = History(promise(resolution=4 * HOUR, pauses_on=frozenset())).status("Mon 10:00", "pending")
        assert history.timer("resolution").state is TimerState.RUNNING

    @pytest.mark.parametrize("category", list(StatusCategory))
    @pytest.mark.parametrize("waiting_on", [None, *WaitingOn])
    def test_what_pauses_resolution_in_full(self, category: StatusCategory, waiting_on: WaitingOn | None) -> None:
        expected = {
            (StatusCategory.PENDING, None): WaitingOn.REQUESTER,
            (StatusCategory.PENDING, WaitingOn.REQUESTER): WaitingOn.REQUESTER,
            (StatusCategory.PENDING, WaitingOn.THIRD_PARTY): WaitingOn.THIRD_PARTY,
        }
        with_engineering = expected | {
            (StatusCategory.PENDING, WaitingOn.ENGINEERING): WaitingOn.ENGINEERING,
            (StatusCategory.OPEN, WaitingOn.ENGINEERING): WaitingOn.ENGINEERING,
        }
        case = (category, waiting_on)
        assert paused_by(*case, DEFAULT_PAUSES) == expected.get(case)
        assert paused_by(*case, frozenset(WaitingOn)) == with_engineering.get(case)
        assert paused_by(*case, frozenset()) is None

    def test_a_pause_at_the_due_instant_is_in_time_and_due_when_it_resumes(self) -> None:
        history = History(promise(resolution=HOUR)).status("Mon 10:00", "pending")
        assert history.timer("resolution", "Tue 09:00").breached_at is None
        history.status("Tue 09:00", "open")
        assert history.timer("resolution").due_at == at("Tue 09:00")
        assert history.timer("resolution", "Tue 09:00").breached_at is None
        assert history.timer("resolution", at("Tue 09:00") + MICROSECOND).breached_at == at("Tue 09:00")

    def test_a_pause_a_microsecond_after_the_due_instant_is_too_late(self) -> None:
        history = History(promise(resolution=HOUR))
        late = at("Mon 10:00") + MICROSECOND
        history.happenings.append(StatusChanged(at=late, seq=50, category=StatusCategory.PENDING))
        view = history.timer("resolution")
        assert (view.state, view.breached_at, view.due_at) == (TimerState.PAUSED, at("Mon 10:00"), None)

    def test_resolved_while_pending_in_time_is_met(self) -> None:
        history = History(promise(resolution=4 * HOUR)).status("Mon 10:00", "pending").status("Fri 10:00", "resolved")
        view = history.timer("resolution")
        assert (view.state, view.used, view.due_at) == (TimerState.MET, hours(1), None)

    def test_reopened_into_pending_it_is_paused_without_a_due_instant(self) -> None:
        history = History(promise(resolution=4 * HOUR))
        history.status("Mon 10:00", "resolved").status("Mon 11:00", "pending")
        assert history.timer("resolution").due_at is None
        assert history.timer("resolution").state is TimerState.PAUSED
        assert history.status("Tue 09:00", "resolved").timer("resolution").due_at is None

    def test_opened_as_pending_it_is_paused_from_the_first_instant(self) -> None:
        history = History(promise(resolution=4 * HOUR)).status("Mon 09:00", "pending")
        view = history.timer("resolution", "Tue 09:00")
        assert (view.state, view.used, len(view.segments)) == (TimerState.PAUSED, hours(0), 1)

    def test_another_status_of_the_same_category_changes_nothing(self) -> None:
        history = History(promise(resolution=4 * HOUR))
        before = history.timer("resolution")
        assert history.status("Mon 10:00", "open").timer("resolution") == before


class TestTimeUsed:
    def test_grows_with_open_time_while_running(self) -> None:
        view = History(promise(calendar=OFFICE, resolution=10 * HOUR), "Mon 16:00").timer("resolution")
        assert view.used_at(at("Tue 08:00")) == hours(1)
        assert view.remaining_at(at("Tue 10:00")) == hours(8)
        assert view.remaining_at(at("Wed 12:00")) == hours(-2)

    def test_stands_still_while_paused(self) -> None:
        view = History(promise(resolution=10 * HOUR)).status("Mon 10:00", "pending").timer("resolution")
        assert view.used_at(at("Fri 10:00")) == hours(1)
        assert view.used_seconds == HOUR

    def test_has_no_rounding(self) -> None:
        history = History(promise(resolution=HOUR))
        for half_second in range(1, 8):
            category = StatusCategory.PENDING if half_second % 2 else StatusCategory.OPEN
            instant = at("Mon 09:00") + half_second * timedelta(milliseconds=500)
            history.happenings.append(StatusChanged(at=instant, seq=10 + half_second, category=category))
        assert history.timer("resolution").used == timedelta(seconds=2)


def test_a_deadline_over_the_change_of_clocks_is_exact() -> None:
    berlin = BusinessCalendar.parse("Europe/Berlin", [["00:00-24:00"]] * 7)
    opened = datetime(2026, 3, 28, 12, tzinfo=UTC)
    happenings: list[Happening] = [
        Opened(at=opened, seq=1),
        PolicyApplied(at=opened, seq=2, promise=promise(calendar=berlin, resolution=24 * HOUR)),
    ]
    assert project(happenings)[0].due_at == opened + hours(24)
    office = BusinessCalendar.parse("Europe/Berlin", [["09:00-17:00"]] * 7)
    happenings[1] = PolicyApplied(at=opened, seq=2, promise=promise(calendar=office, resolution=8 * HOUR))
    # 13:00 in Berlin: four hours on Saturday, and four from 9:00 on Sunday, by then 7:00 in UTC.
    assert project(happenings)[0].due_at == datetime(2026, 3, 29, 11, tzinfo=UTC)
