"""When the SLA clock warns and wakes, how it explains itself, and in what order it hears."""

from __future__ import annotations

from escalations.rules.clock import project
from escalations.rules.history import AgentReply, Opened, PolicyApplied
from escalations.rules.timers import Phase, Reason, TimerState
from tests.support.sla_history import ALWAYS, HOUR, MICROSECOND, OFFICE, History, at, hours, promise


class TestWarnings:
    def test_come_at_percentages_of_the_target_in_business_time(self) -> None:
        history = History(promise(calendar=OFFICE, resolution=16 * HOUR), "Mon 13:00")
        warnings = history.timer("resolution").warnings
        assert [(warning.percent, warning.due_at, warning.reached) for warning in warnings] == [
            (50, at("Tue 13:00"), False),
            (75, at("Tue 17:00"), False),
            (90, at("Wed 11:24"), False),
        ]

    def test_are_reached_at_their_instant(self) -> None:
        history = History(promise(resolution=4 * HOUR))
        before = history.timer("resolution", at("Mon 11:00") - MICROSECOND)
        assert [warning.reached for warning in before.warnings] == [False, False, False]
        assert [warning.reached for warning in history.timer("resolution", "Mon 11:00").warnings] == [
            True,
            False,
            False,
        ]

    def test_that_come_stay_where_they_were_when_the_policy_changes(self) -> None:
        history = History(promise(1, resolution=4 * HOUR)).policy("Mon 11:30", promise(2, resolution=40 * HOUR))
        warnings = history.timer("resolution", "Mon 12:00").warnings
        assert [(warning.due_at, warning.reached) for warning in warnings] == [
            (at("Mon 11:00"), True),
            (at("Tue 15:00"), False),
            (at("Tue 21:00"), False),
        ]

    def test_wait_while_paused(self) -> None:
        history = History(promise(resolution=4 * HOUR)).status("Mon 10:00", "pending")
        assert [warning.due_at for warning in history.timer("resolution").warnings] == [None, None, None]
        history.status("Tue 09:00", "open")
        assert history.timer("resolution").warnings[0].due_at == at("Tue 10:00")

    def test_stop_with_the_timer(self) -> None:
        history = History(promise(resolution=4 * HOUR)).status("Mon 11:30", "resolved")
        warnings = history.timer("resolution", "Fri 09:00").warnings
        assert [(warning.due_at, warning.reached) for warning in warnings] == [
            (at("Mon 11:00"), True),
            (None, False),
            (None, False),
        ]
        assert history.timer("resolution").wakes_after() == ()

    def test_are_sorted_and_each_once(self) -> None:
        view = History(promise(resolution=4 * HOUR, warn_at=(75, 50, 75))).timer("resolution")
        assert [warning.percent for warning in view.warnings] == [50, 75]

    def test_there_are_none_after_the_breach(self) -> None:
        history = History(promise(1, resolution=HOUR))
        history.policy("Mon 11:00", promise(2, resolution=20 * HOUR, warn_at=(60, 95)))
        view = history.timer("resolution", "Fri 09:00")
        assert [(warning.percent, warning.reached) for warning in view.warnings] == [
            (50, True),
            (60, False),
            (75, True),
            (90, True),
            (95, False),
        ]
        assert view.wakes_after() == ()


class TestWaking:
    def test_at_each_warning_and_just_after_the_due_instant(self) -> None:
        view = History(promise(resolution=4 * HOUR)).timer("resolution")
        due = at("Mon 13:00") + MICROSECOND
        assert view.wakes_after() == (at("Mon 11:00"), at("Mon 12:00"), at("Mon 12:36"), due)
        assert view.next_wake_at() == at("Mon 11:00")
        assert view.next_wake_at(at("Mon 11:00")) == at("Mon 12:00")
        assert view.next_wake_at(at("Mon 13:00")) == due
        assert view.next_wake_at(due) is None

    def test_a_sweep_at_each_wake_finds_exactly_what_it_woke_for(self) -> None:
        history = History(promise(calendar=OFFICE, resolution=12 * HOUR))
        found = []
        now = history.timer("resolution").next_wake_at()
        while now is not None:
            view = history.timer("resolution", now)
            found.append((sum(warning.reached for warning in view.warnings), view.is_breached))
            now = view.next_wake_at()
        assert found == [(1, False), (2, False), (3, False), (3, True)]

    def test_breached_it_wants_no_more(self) -> None:
        assert History(promise(resolution=HOUR)).timer("resolution", "Mon 11:00").next_wake_at() is None


class TestExplanation:
    def test_names_each_stretch_its_cause_calendar_and_policy_version(self) -> None:
        history = History(promise(1, OFFICE, resolution=8 * HOUR))
        history.status("Mon 10:00", "pending", "third_party")
        history.status("Mon 12:00", "open")
        history.policy("Mon 13:00", promise(2, ALWAYS, calendar_id=7, resolution=9 * HOUR))
        history.status("Mon 14:00", "resolved")
        history.status("Tue 09:00", "open")
        segments = [
            (
                segment.starts_at,
                segment.ends_at,
                segment.phase,
                segment.reason,
                segment.seq,
                segment.calendar_id,
                segment.policy_version_id,
                segment.counted,
            )
            for segment in history.timer("resolution").segments
        ]
        running, paused = Phase.RUNNING, Phase.PAUSED
        assert segments == [
            (at("Mon 09:00"), at("Mon 10:00"), running, Reason.OPENED, 1, 1, 1, hours(1)),
            (at("Mon 10:00"), at("Mon 12:00"), paused, Reason.WAITING_ON_THIRD_PARTY, 3, 1, 1, hours(0)),
            (at("Mon 12:00"), at("Mon 13:00"), running, Reason.WORK_RESUMED, 4, 1, 1, hours(1)),
            (at("Mon 13:00"), at("Mon 14:00"), running, Reason.POLICY_CHANGED, 5, 7, 2, hours(1)),
            (at("Mon 14:00"), at("Tue 09:00"), paused, Reason.RESOLVED, 6, 7, 2, hours(0)),
            (at("Tue 09:00"), None, running, Reason.REOPENED, 7, 7, 2, None),
        ]

    def test_another_kind_of_waiting_is_another_segment(self) -> None:
        history = History(promise(resolution=8 * HOUR))
        history.status("Mon 10:00", "pending", "requester").status("Mon 11:00", "pending", "third_party")
        reasons = [segment.reason for segment in history.timer("resolution").segments]
        assert reasons == [Reason.OPENED, Reason.WAITING_ON_REQUESTER, Reason.WAITING_ON_THIRD_PARTY]

    def test_the_first_policy_is_part_of_the_opening(self) -> None:
        segments = History(promise(resolution=HOUR)).timer("resolution").segments
        assert [(segment.reason, segment.policy_version_id) for segment in segments] == [(Reason.OPENED, 1)]

    def test_a_stretch_without_a_promise_names_none(self) -> None:
        history = History(None).policy("Mon 10:00", promise(4, resolution=8 * HOUR))
        segments = history.timer("resolution").segments
        assert [segment.policy_version_id for segment in segments] == [None, 4]
        assert segments[0].counted == hours(1)


class TestOrder:
    def test_of_the_happenings_given_does_not_matter(self) -> None:
        history = History(promise(first_response=HOUR, next_response=HOUR, resolution=8 * HOUR))
        history.replies("Mon 09:30").asks("Mon 10:00").status("Mon 10:00", "pending").status("Mon 11:00", "open")
        assert project(reversed(history.happenings)) == project(history.happenings)

    def test_at_one_instant_is_that_of_the_numbers(self) -> None:
        history = History(promise(next_response=HOUR)).replies("Mon 10:00").asks("Mon 10:00")
        assert history.timer("next_response").state is TimerState.RUNNING
        history = History(promise(next_response=HOUR)).asks("Mon 10:00").replies("Mon 10:00")
        assert history.timers() == {}

    def test_a_reply_recorded_late_counts_from_when_it_was_given(self) -> None:
        history = History(promise(first_response=HOUR)).status("Mon 10:30", "pending").replies("Mon 09:50")
        view = history.timer("first_response")
        assert (view.state, view.stopped_at) == (TimerState.MET, at("Mon 09:50"))

    def test_of_two_writers_the_later_recorded_status_holds_though_its_clock_was_behind(self) -> None:
        history = History(promise(resolution=8 * HOUR))
        history.status("Mon 10:00:01", "resolved").status("Mon 10:00:00", "open")
        view = history.timer("resolution")
        assert (view.state, view.is_live) == (TimerState.RUNNING, True)

    def test_what_happens_after_now_is_not_taken_out(self) -> None:
        history = History(promise(resolution=8 * HOUR)).status("Mon 10:00", "resolved")
        assert history.timer("resolution", "Mon 09:30") == history.timer("resolution")

    def test_before_the_opening_there_are_no_timers(self) -> None:
        policy = PolicyApplied(at=at("Mon 09:00"), seq=1, promise=promise(resolution=HOUR))
        assert project([]) == ()
        assert project([policy, AgentReply(at=at("Mon 09:00"), seq=2)]) == ()
        assert len(project([policy, Opened(at=at("Mon 09:00"), seq=2)])) == 1

    def test_opening_twice_is_opening_once(self) -> None:
        history = History(promise(first_response=HOUR))
        history.happenings.append(Opened(at=at("Mon 12:00"), seq=9))
        assert history.timer("first_response").started_at == at("Mon 09:00")
        assert len(history.timers()) == 1

    def test_timers_come_by_metric_then_cycle(self) -> None:
        history = History(promise(first_response=HOUR, next_response=HOUR, resolution=HOUR))
        history.replies("Mon 09:10").asks("Mon 09:20").replies("Mon 09:30").asks("Mon 09:40")
        assert [(view.metric.value, view.cycle) for view in project(history.happenings)] == [
            ("first_response", 1),
            ("next_response", 1),
            ("next_response", 2),
            ("resolution", 1),
        ]
