"""What is promised, end to end: acts through operations with a moved clock, timers as they stand."""

from __future__ import annotations

from datetime import timedelta

from escalations.models import Timer
from tests.integration.escalations.conftest import MINUTES, NOON, P4_FIRST, P4_FIX, P4_NEXT, Desk
from tickets.models import Ticket
from tickets.operations import conversation, opening

HOUR = timedelta(hours=1)


def test_a_fresh_desk_promises_something_from_its_first_ticket(desk: Desk) -> None:
    ticket = desk.open(priority=1)
    first, fix = desk.timer(ticket, "first_response"), desk.timer(ticket, "resolution")
    assert first.deadline_at == NOON + 15 * MINUTES
    assert fix.deadline_at == NOON + 2 * HOUR
    ticket.refresh_from_db()
    assert (ticket.next_due_at, ticket.next_due_metric) == (first.deadline_at, "first_response")
    assert ticket.at_risk_at == NOON + 0.75 * 15 * MINUTES
    assert [event.kind for event in desk.events(ticket)] == ["sla.policy_applied"]
    desk.verify()


def test_first_response_is_met_by_the_first_public_reply_alone(desk: Desk) -> None:
    ticket = desk.open()
    conversation.note_on_ticket(ticket_id=ticket.pk, body="Hm.", actor=desk.agent, now=desk.wait(HOUR))
    assert desk.timer(ticket, "first_response").timer_state == "running"
    desk.wait(HOUR)
    desk.answer(ticket)
    first = desk.timer(ticket, "first_response")
    assert (first.timer_state, first.stopped_at, first.used_seconds) == ("met", NOON + 2 * HOUR, 7200)
    desk.verify()


def test_resolving_is_not_a_response(desk: Desk) -> None:
    ticket = desk.open()
    desk.put(ticket, "resolved")
    assert desk.timer(ticket, "first_response").timer_state == "running"
    assert desk.timer(ticket, "resolution").timer_state == "met"
    desk.verify()


def test_an_agents_own_ticket_promises_no_first_response(desk: Desk) -> None:
    ticket = desk.open(actor=desk.agent)
    assert list(Timer.objects.filter(ticket=ticket).values_list("metric", flat=True)) == ["resolution"]


def test_a_ticket_opened_for_a_requester_promises_a_first_response(desk: Desk) -> None:
    ticket = desk.open(actor=desk.agent, requester_id=desk.requester.own_id)
    assert Timer.objects.filter(ticket=ticket, metric="first_response").exists()


def test_next_response_counts_from_the_oldest_unanswered_message(desk: Desk) -> None:
    ticket = desk.open()
    desk.answer(ticket)
    asked_at = desk.wait(HOUR)
    desk.write(ticket)
    desk.wait(HOUR)
    desk.write(ticket)
    timer = desk.timer(ticket, "next_response")
    assert (timer.started_at, timer.deadline_at) == (asked_at, asked_at + P4_NEXT)
    desk.answer(ticket)
    desk.wait(HOUR)
    desk.write(ticket)
    assert desk.timer(ticket, "next_response").timer_state == "met"
    assert desk.timer(ticket, "next_response", 2).started_at == desk.now
    desk.verify()


def test_a_message_before_the_first_reply_starts_no_next_response(desk: Desk) -> None:
    ticket = desk.open()
    desk.wait(HOUR)
    desk.write(ticket)
    assert not Timer.objects.filter(ticket=ticket, metric="next_response").exists()


def test_reopening_continues_the_resolution_without_the_time_it_was_solved(desk: Desk) -> None:
    ticket = desk.open()
    desk.wait(HOUR)
    desk.put(ticket, "resolved")
    desk.wait(10 * HOUR)
    desk.write(ticket)
    fix = desk.timer(ticket, "resolution")
    assert (fix.timer_state, fix.deadline_at) == ("running", NOON + P4_FIX + 10 * HOUR)
    assert Timer.objects.filter(ticket=ticket, metric="resolution").count() == 1
    desk.verify()


def test_waiting_pauses_the_resolution_and_nothing_else(desk: Desk) -> None:
    ticket = desk.open()
    desk.put(ticket, "waiting_requester")
    fix, first = desk.timer(ticket, "resolution"), desk.timer(ticket, "first_response")
    assert (fix.timer_state, fix.deadline_at, fix.state) == ("paused", None, "done")
    assert (first.timer_state, first.deadline_at) == ("running", NOON + P4_FIRST)
    desk.wait(5 * HOUR)
    desk.write(ticket)
    assert desk.timer(ticket, "resolution").deadline_at == NOON + P4_FIX + 5 * HOUR
    desk.verify()


def test_waiting_on_engineering_does_not_pause_the_standard_promise(desk: Desk) -> None:
    ticket = desk.open()
    desk.put(ticket, "with_engineering")
    assert desk.timer(ticket, "resolution").timer_state == "running"
    desk.put(ticket, "waiting_third_party")
    assert desk.timer(ticket, "resolution").timer_state == "paused"
    desk.verify()


def test_a_reply_at_the_due_instant_is_met_and_a_microsecond_later_missed(desk: Desk) -> None:
    kept, missed = desk.open(), desk.open()
    desk.wait(P4_FIRST)
    desk.answer(kept)
    desk.wait(timedelta(microseconds=1))
    desk.answer(missed)
    assert desk.timer(kept, "first_response").timer_state == "met"
    late = desk.timer(missed, "first_response")
    assert (late.timer_state, late.breached_at) == ("missed", NOON + P4_FIRST)
    desk.verify()


def test_a_late_reply_before_the_sweep_is_told_all_the_same(desk: Desk) -> None:
    ticket = desk.open()
    desk.take(ticket)
    desk.wait(P4_FIRST + MINUTES)
    desk.answer(ticket)
    assert desk.sweep() == 1
    (event,) = desk.events(ticket, "sla.breached")
    assert (event.occurred_at, event.data["metric"]) == (NOON + P4_FIRST, "first_response")
    assert desk.told("sla.breached") == [(desk.agent.user_id, "in_app"), (desk.agent.user_id, "mail")]
    assert desk.sweep() == 0
    desk.verify()


def test_a_priority_that_makes_it_late_is_dated_at_its_due_instant_and_told_now(desk: Desk) -> None:
    ticket = desk.open(priority=4)
    desk.wait(HOUR)
    assert desk.sweep() == 0
    desk.prioritise(ticket, 1)
    late = desk.timer(ticket, "first_response")
    assert (late.breached_at, late.priority) == (NOON + 15 * MINUTES, 1)
    assert desk.sweep() > 0
    assert [event.occurred_at for event in desk.events(ticket, "sla.breached")] == [NOON + 15 * MINUTES]
    desk.verify()


def test_a_breach_is_never_undone(desk: Desk) -> None:
    ticket = desk.open(priority=1)
    desk.wait(20 * MINUTES)
    desk.sweep()
    desk.prioritise(ticket, 4)
    desk.answer(ticket)
    first = desk.timer(ticket, "first_response")
    assert (first.timer_state, first.breached_at) == ("missed", NOON + 15 * MINUTES)
    desk.verify()


def test_a_priority_changes_what_still_runs_and_keeps_what_is_met(desk: Desk) -> None:
    ticket = desk.open(priority=4)
    desk.answer(ticket)
    desk.put(ticket, "waiting_requester")
    desk.wait(HOUR)
    desk.write(ticket)
    desk.prioritise(ticket, 2)
    first, fix = desk.timer(ticket, "first_response"), desk.timer(ticket, "resolution")
    assert (first.timer_state, first.priority, first.target_seconds) == ("met", 4, 8 * 3600)
    assert (fix.priority, fix.deadline_at) == (2, NOON + 8 * HOUR + HOUR)
    desk.verify()


def test_closing_without_an_answer_cancels_the_reply_that_nobody_can_give(desk: Desk) -> None:
    ticket = desk.open()
    desk.put(ticket, "closed")
    first = desk.timer(ticket, "first_response")
    assert (first.timer_state, first.state) == ("cancelled", "done")
    ticket.refresh_from_db()
    assert ticket.next_due_at is None
    assert desk.wait(100 * HOUR) and desk.sweep() == 0
    desk.verify()


def test_settled_timers_are_not_written_again(desk: Desk) -> None:
    ticket = desk.open()
    desk.answer(ticket)
    before = _row_version(ticket)
    desk.wait(HOUR)
    desk.write(ticket)
    assert _row_version(ticket) == before


def _row_version(ticket: Ticket) -> str:
    rows = Timer.objects.filter(ticket=ticket, metric="first_response")
    return rows.extra(select={"v": "xmin::text"}).values_list("v", flat=True).get()


def test_opening_costs_the_same_statements_however_many_policies_there_are(
    desk: Desk, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        opening.open_ticket(opening.NewTicket("a", "b"), actor=desk.requester, now=desk.now)
