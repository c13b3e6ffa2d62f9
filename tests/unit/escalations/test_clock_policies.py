"""What a change of policy does to promises under way, and what is promised without one."""

from __future__ import annotations

import pytest

from escalations.rules.history import DEFAULT_PAUSES, Promise, WaitingOn
from escalations.rules.refusals import TargetNotPositive, WarningNotValid
from escalations.rules.timers import Phase, Reason, TimerState
from tests.support.sla_history import HOUR, MICROSECOND, OFFICE, History, at, hours, promise


class TestPolicyChange:
    def test_recomputes_from_the_original_start(self) -> None:
        history = History(promise(1, resolution=8 * HOUR)).policy("Mon 10:00", promise(2, resolution=4 * HOUR))
        view = history.timer("resolution")
        assert (view.due_at, view.policy_version_id, view.target_seconds) == (at("Mon 13:00"), 2, 4 * HOUR)

    def test_keeps_the_pauses_already_earned(self) -> None:
        history = History(promise(1, resolution=8 * HOUR))
        history.status("Mon 10:00", "pending").status("Mon 20:00", "open")
        history.policy("Mon 21:00", promise(2, resolution=4 * HOUR))
        view = history.timer("resolution")
        assert (view.used, view.due_at, view.breached_at) == (hours(2), at("Mon 23:00"), None)

    def test_while_paused_it_stays_paused_and_keeps_what_is_used(self) -> None:
        history = History(promise(1, resolution=8 * HOUR)).status("Mon 10:00", "pending")
        history.policy("Mon 12:00", promise(2, resolution=4 * HOUR))
        assert history.timer("resolution").state is TimerState.PAUSED
        assert history.timer("resolution").used == hours(1)
        assert history.status("Tue 09:00", "open").timer("resolution").due_at == at("Tue 12:00")

    def test_keeps_what_is_already_met(self) -> None:
        history = History(promise(1, first_response=2 * HOUR)).replies("Mon 10:30")
        history.policy("Mon 11:00", promise(2, first_response=HOUR))
        view = history.timer("first_response", "Fri 09:00")
        assert (view.state, view.policy_version_id, view.breached_at) == (TimerState.MET, 1, None)

    def test_that_makes_it_late_dates_the_breach_at_the_new_due_instant(self) -> None:
        history = History(promise(1, resolution=8 * HOUR)).policy("Mon 12:00", promise(2, resolution=HOUR))
        view = history.timer("resolution")
        assert (view.state, view.breached_at) == (TimerState.RUNNING, at("Mon 10:00"))

    def test_to_a_target_due_at_that_very_instant_is_not_late(self) -> None:
        history = History(promise(1, resolution=8 * HOUR)).policy("Mon 10:00", promise(2, resolution=HOUR))
        assert history.timer("resolution", "Mon 10:00").breached_at is None
        assert history.timer("resolution", at("Mon 10:00") + MICROSECOND).breached_at == at("Mon 10:00")

    def test_that_makes_it_late_while_paused_is_a_breach_too(self) -> None:
        history = History(promise(1, resolution=8 * HOUR)).status("Mon 12:00", "pending")
        history.policy("Mon 15:00", promise(2, resolution=HOUR))
        view = history.timer("resolution")
        assert (view.state, view.breached_at) == (TimerState.PAUSED, at("Mon 10:00"))

    def test_does_not_undo_a_breach(self) -> None:
        history = History(promise(1, resolution=HOUR)).policy("Mon 10:30", promise(2, resolution=8 * HOUR))
        view = history.timer("resolution")
        assert (view.breached_at, view.due_at) == (at("Mon 10:00"), at("Mon 17:00"))
        assert history.status("Mon 11:00", "resolved").timer("resolution").state is TimerState.MISSED

    def test_keeps_the_date_of_an_earlier_breach(self) -> None:
        history = History(promise(1, resolution=2 * HOUR)).policy("Mon 12:00", promise(2, resolution=HOUR))
        assert history.timer("resolution").breached_at == at("Mon 11:00")

    def test_at_the_old_due_instant_comes_in_time(self) -> None:
        history = History(promise(1, resolution=HOUR)).policy("Mon 10:00", promise(2, resolution=8 * HOUR))
        assert history.timer("resolution", "Mon 16:00").breached_at is None

    def test_to_another_calendar_counts_all_time_anew(self) -> None:
        history = History(promise(1, resolution=8 * HOUR), "Mon 07:00")
        history.status("Mon 10:00", "pending").status("Mon 11:00", "open")
        assert history.timer("resolution").used == hours(3)
        history.policy("Mon 12:00", promise(2, OFFICE, calendar_id=2, resolution=8 * HOUR))
        view = history.timer("resolution")
        # Open from 9: one hour before the pause, one after it until the change, six left.
        assert (view.used, view.due_at, view.calendar_id) == (hours(2), at("Tue 10:00"), 2)
        assert sum((segment.counted or hours(0) for segment in view.segments), hours(0)) == view.used

    def test_twice_in_one_instant_the_last_holds(self) -> None:
        history = History(promise(1, resolution=8 * HOUR)).policy("Mon 09:00", promise(2, resolution=4 * HOUR))
        assert history.timer("resolution").due_at == at("Mon 13:00")
        assert len(history.timer("resolution").segments) == 1

    def test_to_the_same_promise_changes_nothing(self) -> None:
        history = History(promise(1, resolution=HOUR))
        before = history.timer("resolution")
        assert history.policy("Mon 09:20", promise(1, resolution=HOUR)).timer("resolution") == before

    def test_of_what_pauses_begins_and_ends_pauses_then(self) -> None:
        pauses = DEFAULT_PAUSES | {WaitingOn.ENGINEERING}
        history = History(promise(1, resolution=8 * HOUR)).status("Mon 10:00", "pending", "engineering")
        history.policy("Mon 11:00", promise(2, resolution=8 * HOUR, pauses_on=pauses))
        assert history.timer("resolution").state is TimerState.PAUSED
        history.policy("Mon 15:00", promise(3, resolution=8 * HOUR))
        view = history.timer("resolution")
        assert (view.used, view.due_at) == (hours(2), at("Mon 21:00"))
        assert [(segment.phase, segment.reason) for segment in view.segments] == [
            (Phase.RUNNING, Reason.OPENED),
            (Phase.PAUSED, Reason.WAITING_ON_ENGINEERING),
            (Phase.RUNNING, Reason.POLICY_CHANGED),
        ]

    def test_while_resolved_waits_for_the_reopening(self) -> None:
        history = History(promise(1, resolution=8 * HOUR)).status("Mon 12:00", "resolved")
        history.policy("Mon 13:00", promise(2, resolution=4 * HOUR))
        assert history.timer("resolution").policy_version_id == 1
        view = history.status("Tue 09:00", "open").timer("resolution")
        assert (view.policy_version_id, view.due_at) == (2, at("Tue 10:00"))

    def test_while_resolved_to_a_shorter_target_is_late_once_reopened(self) -> None:
        history = History(promise(1, resolution=8 * HOUR)).status("Mon 12:00", "resolved")
        history.policy("Mon 13:00", promise(2, resolution=HOUR))
        assert history.timer("resolution", "Mon 20:00").state is TimerState.MET
        assert history.status("Tue 09:00", "open").timer("resolution").breached_at == at("Mon 10:00")


class TestNoPromise:
    def test_without_a_policy_there_are_no_timers(self) -> None:
        assert History(None).replies("Mon 10:00").status("Mon 11:00", "resolved").timers() == {}

    def test_without_a_target_there_is_no_timer(self) -> None:
        history = History(promise(first_response=None, resolution=HOUR))
        assert set(history.timers()) == {("resolution", 1)}

    def test_a_policy_that_comes_later_counts_from_the_start(self) -> None:
        history = History(None).policy("Mon 12:00", promise(first_response=HOUR, resolution=8 * HOUR))
        assert history.timer("first_response").breached_at == at("Mon 10:00")
        assert history.timer("resolution").due_at == at("Mon 17:00")

    def test_pauses_before_the_first_policy_are_kept(self) -> None:
        history = History(None).status("Mon 10:00", "pending").status("Mon 15:00", "open")
        history.policy("Mon 16:00", promise(resolution=8 * HOUR))
        assert history.timer("resolution").due_at == at("Mon 22:00")

    def test_what_was_answered_before_the_first_policy_is_not_promised(self) -> None:
        history = History(None).replies("Mon 10:00").policy("Mon 12:00", promise(first_response=HOUR))
        assert history.timers() == {}

    @pytest.mark.parametrize("lost", [None, promise(2, first_response=HOUR)], ids=["no policy", "no target"])
    def test_losing_the_target_cancels(self, lost: Promise | None) -> None:
        history = History(promise(1, resolution=HOUR)).policy("Mon 09:30", lost)
        view = history.timer("resolution", "Fri 09:00")
        assert (view.state, view.stopped_at, view.breached_at) == (
            TimerState.CANCELLED,
            at("Mon 09:30"),
            None,
        )
        assert (view.due_at, view.next_wake_at(), view.policy_version_id) == (None, None, 1)

    def test_losing_the_target_does_not_undo_a_breach(self) -> None:
        history = History(promise(1, resolution=HOUR)).policy("Mon 11:00", None)
        assert history.timer("resolution").state is TimerState.CANCELLED
        assert history.timer("resolution").breached_at == at("Mon 10:00")

    def test_getting_a_target_again_counts_from_the_start(self) -> None:
        history = History(promise(1, resolution=8 * HOUR)).policy("Mon 10:00", None)
        view = history.policy("Mon 12:00", promise(3, resolution=8 * HOUR)).timer("resolution")
        assert (view.state, view.due_at, view.stopped_at) == (TimerState.RUNNING, at("Mon 17:00"), None)

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_a_target_of_nothing_is_refused(self, seconds: int) -> None:
        with pytest.raises(TargetNotPositive):
            promise(resolution=seconds)

    @pytest.mark.parametrize("percent", [0, 100, 101, -5])
    def test_a_warning_outside_the_target_is_refused(self, percent: int) -> None:
        with pytest.raises(WarningNotValid):
            promise(resolution=HOUR, warn_at=(50, percent))
