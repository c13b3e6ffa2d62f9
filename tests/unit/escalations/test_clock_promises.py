"""What is promised: where each promise starts and stops, judged at its boundaries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from escalations.rules.history import AgentReply, Happening, StatusCategory, StatusChanged
from escalations.rules.timers import Phase, TimerState, is_met
from tests.support.sla_history import HOUR, MICROSECOND, OFFICE, History, at, hours, promise


class TestMet:
    def test_at_the_due_instant_a_promise_is_kept_and_a_microsecond_later_it_is_not(self) -> None:
        due_at = at("Mon 10:00")
        assert is_met(due_at - MICROSECOND, due_at)
        assert is_met(due_at, due_at)
        assert not is_met(due_at + MICROSECOND, due_at)

    @pytest.mark.parametrize(
        ("late", "state", "breached"),
        [(-1, TimerState.MET, False), (0, TimerState.MET, False), (1, TimerState.MISSED, True)],
    )
    @pytest.mark.parametrize("metric", ["first_response", "resolution", "next_response"])
    def test_a_stop_around_the_due_instant(self, metric: str, late: int, state: TimerState, breached: bool) -> None:
        history = History(promise(first_response=HOUR, next_response=HOUR, resolution=HOUR))
        due_at = at("Mon 10:00")
        if metric == "next_response":
            history.replies("Mon 09:00").asks("Mon 09:00")
        stop: Happening = AgentReply(at=due_at + late * MICROSECOND, seq=50)
        if metric == "resolution":
            stop = StatusChanged(at=stop.at, seq=50, category=StatusCategory.RESOLVED)
        history.happenings.append(stop)
        view = history.timer(metric)
        assert (view.state, view.is_breached) == (state, breached)
        assert view.breached_at == (due_at if breached else None)
        assert view.stopped_at == stop.at
        assert view.due_at == due_at

    def test_a_late_reply_is_late_even_if_no_sweep_came_between(self) -> None:
        view = History(promise(first_response=HOUR)).replies("Mon 11:00").timer("first_response")
        assert view.state is TimerState.MISSED
        assert view.breached_at == at("Mon 10:00")

    @pytest.mark.parametrize(("late", "breached"), [(0, False), (1, True)])
    def test_without_a_reply_the_breach_comes_after_the_due_instant(self, late: int, breached: bool) -> None:
        now = at("Mon 10:00") + late * MICROSECOND
        view = History(promise(first_response=HOUR)).timer("first_response", now)
        assert view.state is TimerState.RUNNING
        assert view.breached_at == (at("Mon 10:00") if breached else None)

    def test_a_due_instant_on_closing_time_is_missed_by_the_next_morning(self) -> None:
        history = History(promise(calendar=OFFICE, first_response=8 * HOUR))
        assert history.timer("first_response").due_at == at("Mon 17:00")
        assert history.replies("Tue 09:00").timer("first_response").state is TimerState.MISSED


class TestFirstResponse:
    def test_starts_when_opened_by_or_for_a_requester(self) -> None:
        view = History(promise(first_response=HOUR)).timer("first_response")
        assert (view.started_at, view.due_at, view.target_seconds) == (at("Mon 09:00"), at("Mon 10:00"), HOUR)
        assert (view.state, view.cycle, view.used) == (TimerState.RUNNING, 1, hours(0))
        assert view.resumed_at == at("Mon 09:00")

    def test_there_is_none_when_an_agent_opens_on_own_behalf(self) -> None:
        history = History(promise(first_response=HOUR, resolution=HOUR), for_requester=False)
        assert set(history.timers()) == {("resolution", 1)}

    def test_out_of_hours_it_counts_from_the_next_opening(self) -> None:
        history = History(promise(calendar=OFFICE, first_response=HOUR), "Sat 12:00")
        assert history.timer("first_response").due_at == datetime(2026, 3, 9, 10, tzinfo=UTC)

    def test_more_messages_of_the_requester_do_not_move_it(self) -> None:
        view = History(promise(first_response=HOUR)).asks("Mon 09:20").asks("Mon 09:40").timer("first_response")
        assert view.due_at == at("Mon 10:00")

    def test_resolving_is_not_a_response(self) -> None:
        history = History(promise(first_response=HOUR)).status("Mon 09:30", "resolved")
        assert history.timer("first_response").state is TimerState.RUNNING
        assert history.timer("first_response", "Mon 11:00").breached_at == at("Mon 10:00")

    def test_a_reply_after_resolving_still_counts(self) -> None:
        history = History(promise(first_response=HOUR)).status("Mon 09:30", "resolved").replies("Mon 09:50")
        assert history.timer("first_response").state is TimerState.MET

    def test_parking_a_ticket_does_not_hide_a_slow_first_reply(self) -> None:
        for waiting_on in ("requester", "third_party", "engineering", None):
            history = History(promise(first_response=HOUR)).status("Mon 09:10", "pending", waiting_on)
            view = history.timer("first_response", "Mon 10:01")
            assert view.state is TimerState.RUNNING
            assert view.breached_at == at("Mon 10:00")

    def test_closed_in_time_without_a_reply_it_is_cancelled(self) -> None:
        view = History(promise(first_response=HOUR)).status("Mon 10:00", "closed").timer("first_response")
        assert (view.state, view.stopped_at, view.breached_at) == (
            TimerState.CANCELLED,
            at("Mon 10:00"),
            None,
        )

    def test_closed_too_late_without_a_reply_it_is_missed(self) -> None:
        view = History(promise(first_response=HOUR)).status("Mon 10:01", "closed").timer("first_response")
        assert (view.state, view.breached_at) == (TimerState.MISSED, at("Mon 10:00"))

    def test_reopened_after_closing_without_a_reply_it_continues_without_the_time_closed(self) -> None:
        history = History(promise(first_response=HOUR))
        history.status("Mon 09:20", "closed").status("Tue 09:00", "open")
        view = history.timer("first_response")
        assert (view.state, view.used, view.due_at) == (TimerState.RUNNING, hours(1 / 3), at("Tue 09:40"))
        assert history.replies("Tue 09:30").timer("first_response").state is TimerState.MET

    def test_missed_at_closing_it_stays_breached_when_reopened(self) -> None:
        history = History(promise(first_response=HOUR))
        history.status("Mon 11:00", "closed").status("Tue 09:00", "open")
        assert history.timer("first_response").state is TimerState.RUNNING
        assert history.timer("first_response").breached_at == at("Mon 10:00")
        assert history.replies("Tue 09:01").timer("first_response").state is TimerState.MISSED

    def test_answered_while_closed_it_is_not_taken_up_by_a_reopening(self) -> None:
        history = History(promise(first_response=HOUR))
        history.status("Mon 09:20", "closed").replies("Mon 09:25").status("Tue 09:00", "open")
        assert history.timer("first_response", "Wed 09:00").state is TimerState.CANCELLED

    def test_it_is_met_once(self) -> None:
        history = History(promise(first_response=HOUR)).replies("Mon 09:30").replies("Mon 12:00")
        assert history.timer("first_response").stopped_at == at("Mon 09:30")


class TestNextResponse:
    def test_there_is_none_before_the_first_public_reply(self) -> None:
        history = History(promise(first_response=HOUR, next_response=HOUR)).asks("Mon 09:30")
        assert set(history.timers()) == {("first_response", 1)}

    def test_the_first_reply_answers_what_came_before_it(self) -> None:
        history = History(promise(next_response=HOUR)).asks("Mon 09:30").replies("Mon 09:40")
        assert history.timers() == {}

    def test_starts_at_the_oldest_unanswered_message(self) -> None:
        history = History(promise(next_response=HOUR)).replies("Mon 09:10")
        history.asks("Mon 10:00").asks("Mon 10:30").asks("Mon 10:50")
        assert set(history.timers()) == {("next_response", 1)}
        view = history.timer("next_response")
        assert (view.started_at, view.due_at) == (at("Mon 10:00"), at("Mon 11:00"))

    def test_each_streak_is_a_cycle(self) -> None:
        history = History(promise(next_response=HOUR)).replies("Mon 09:10")
        history.asks("Mon 10:00").asks("Mon 10:10").replies("Mon 10:30").replies("Mon 10:40")
        history.asks("Mon 12:00").replies("Mon 13:30").asks("Mon 14:00")
        timers = history.timers()
        assert [view.started_at for view in timers.values()] == [
            at("Mon 10:00"),
            at("Mon 12:00"),
            at("Mon 14:00"),
        ]
        states = [view.state for view in timers.values()]
        assert states == [TimerState.MET, TimerState.MISSED, TimerState.RUNNING]

    def test_pending_does_not_pause_it(self) -> None:
        history = History(promise(next_response=HOUR)).replies("Mon 09:10").asks("Mon 10:00")
        history.status("Mon 10:05", "pending", "requester")
        assert history.timer("next_response", "Mon 11:01").breached_at == at("Mon 11:00")

    def test_closing_cancels_it_and_reopening_takes_it_up(self) -> None:
        history = History(promise(next_response=HOUR)).replies("Mon 09:10").asks("Mon 10:00")
        history.status("Mon 10:15", "closed")
        assert history.timer("next_response").state is TimerState.CANCELLED
        history.status("Tue 09:00", "open")
        assert history.timer("next_response").due_at == at("Tue 09:45")

    def test_a_message_that_reopens_a_closed_ticket_starts_it(self) -> None:
        history = History(promise(next_response=HOUR)).replies("Mon 09:10").status("Mon 10:00", "closed")
        history.asks("Tue 09:00")
        assert history.timer("next_response").state is TimerState.CANCELLED
        history.status("Tue 09:00", "open")
        view = history.timer("next_response")
        assert (view.state, view.due_at) == (TimerState.RUNNING, at("Tue 10:00"))
        assert [segment.phase for segment in view.segments] == [Phase.RUNNING]

    def test_an_agent_on_own_behalf_is_owed_the_next_response_after_the_first(self) -> None:
        history = History(promise(next_response=HOUR), for_requester=False).asks("Mon 09:30")
        assert history.timers() == {}
        history.replies("Mon 10:00").asks("Mon 11:00")
        assert history.timer("next_response").due_at == at("Mon 12:00")


class TestResolution:
    def test_starts_when_opened_whoever_opens(self) -> None:
        for for_requester in (True, False):
            view = History(promise(resolution=4 * HOUR), for_requester=for_requester).timer("resolution")
            assert view.due_at == at("Mon 13:00")

    @pytest.mark.parametrize("category", ["resolved", "closed"])
    def test_resolved_and_closed_both_stop_it(self, category: str) -> None:
        view = History(promise(resolution=4 * HOUR)).status("Mon 12:00", category).timer("resolution")
        assert (view.state, view.stopped_at, view.used) == (TimerState.MET, at("Mon 12:00"), hours(3))
        assert (view.due_at, view.resumed_at) == (at("Mon 13:00"), None)

    def test_closing_what_is_resolved_changes_nothing(self) -> None:
        history = History(promise(resolution=4 * HOUR)).status("Mon 12:00", "resolved")
        before = history.timer("resolution")
        assert history.status("Tue 12:00", "closed").timer("resolution") == before

    def test_a_reply_does_not_stop_it(self) -> None:
        view = History(promise(resolution=4 * HOUR)).replies("Mon 10:00").timer("resolution")
        assert view.state is TimerState.RUNNING

    def test_reopened_it_continues_without_the_time_solved(self) -> None:
        history = History(promise(resolution=4 * HOUR))
        history.status("Mon 12:00", "resolved").status("Tue 09:00", "open")
        view = history.timer("resolution")
        assert (view.cycle, view.state, view.stopped_at) == (1, TimerState.RUNNING, None)
        assert (view.used, view.resumed_at, view.due_at) == (hours(3), at("Tue 09:00"), at("Tue 10:00"))
        assert history.status("Tue 10:00", "closed").timer("resolution").state is TimerState.MET

    def test_met_and_reopened_it_can_still_be_missed(self) -> None:
        history = History(promise(resolution=4 * HOUR))
        history.status("Mon 12:00", "resolved").status("Tue 09:00", "open").status("Tue 10:01", "resolved")
        view = history.timer("resolution")
        assert (view.state, view.breached_at) == (TimerState.MISSED, at("Tue 10:00"))

    def test_a_breach_is_not_undone_by_resolving_or_reopening(self) -> None:
        history = History(promise(resolution=HOUR))
        history.status("Mon 12:00", "resolved").status("Tue 09:00", "open")
        assert history.timer("resolution").breached_at == at("Mon 10:00")
        assert history.timer("resolution").state is TimerState.RUNNING
        assert history.status("Tue 09:01", "closed").timer("resolution").state is TimerState.MISSED

    def test_resolved_closed_and_reopened_it_lacks_all_the_time_solved(self) -> None:
        history = History(promise(resolution=4 * HOUR))
        history.status("Mon 10:00", "resolved").status("Mon 20:00", "closed").status("Wed 09:00", "open")
        assert history.timer("resolution").due_at == at("Wed 12:00")

    def test_resolved_twice_in_one_instant_it_is_resolved_once(self) -> None:
        history = History(promise(resolution=4 * HOUR))
        for category in ("resolved", "open", "resolved"):
            history.status("Mon 10:00", category)
        view = history.timer("resolution")
        assert (view.state, view.used, len(view.segments)) == (TimerState.MET, hours(1), 1)

    def test_opened_and_resolved_in_one_act_it_is_met_with_no_time_used(self) -> None:
        history = History(promise(resolution=4 * HOUR)).status("Mon 09:00", "resolved")
        view = history.timer("resolution")
        assert (view.state, view.used, view.segments) == (TimerState.MET, hours(0), ())
        assert history.status("Tue 09:00", "open").timer("resolution").due_at == at("Tue 13:00")


class TestHandOff:
    OLA = promise(acknowledge=HOUR, answer=8 * HOUR)

    def test_accepting_acknowledges_and_answering_answers(self) -> None:
        history = History(self.OLA).hand_off("Mon 10:00", "sent").hand_off("Mon 10:30", "accepted")
        assert history.timer("acknowledge").state is TimerState.MET
        assert history.timer("answer").due_at == at("Mon 18:00")
        assert history.hand_off("Mon 19:00", "answered").timer("answer").breached_at == at("Mon 18:00")

    def test_bouncing_acknowledges_and_cancels_the_answer(self) -> None:
        history = History(self.OLA).hand_off("Mon 10:00", "sent").hand_off("Mon 11:30", "bounced")
        assert history.timer("acknowledge").state is TimerState.MISSED
        assert history.timer("answer").state is TimerState.CANCELLED

    def test_sent_again_after_a_bounce_is_another_cycle(self) -> None:
        history = History(self.OLA).hand_off("Mon 10:00", "sent").hand_off("Mon 10:30", "bounced")
        history.hand_off("Mon 12:00", "sent").hand_off("Mon 12:10", "answered")
        timers = history.timers()
        assert {key: view.state.value for key, view in timers.items()} == {
            ("acknowledge", 1): "met",
            ("acknowledge", 2): "met",
            ("answer", 1): "cancelled",
            ("answer", 2): "met",
        }

    def test_sent_twice_is_under_way_once(self) -> None:
        history = History(self.OLA).hand_off("Mon 10:00", "sent").hand_off("Mon 10:30", "sent")
        assert history.timer("acknowledge").due_at == at("Mon 11:00")
        assert set(history.timers()) == {("acknowledge", 1), ("answer", 1)}

    def test_closing_the_ticket_cancels_both(self) -> None:
        history = History(self.OLA).hand_off("Mon 10:00", "sent").status("Mon 10:30", "closed")
        assert {view.state for view in history.timers().values()} == {TimerState.CANCELLED}
