"""Imported tickets: those still active are promised something from now on, and nobody is told of the past."""

from __future__ import annotations

from datetime import timedelta

from escalations.models import Timer, TimerAlarm
from escalations.operations.imported import promise_imported
from puo_desk.notifications.models import Notification
from tests.integration.escalations.conftest import MINUTES, NOON, P4_FIX, Desk
from tickets.models import Ticket, TicketEvent

HOUR = timedelta(hours=1)


def _forget_promises(*tickets: Ticket) -> None:
    """Make tickets as an import leaves them: history without any promise."""
    for ticket in tickets:
        Timer.objects.filter(ticket=ticket).delete()
        assert TicketEvent.objects.filter(ticket=ticket, kind__startswith="sla.").exists() is False
        Ticket.objects.filter(pk=ticket.pk).update(next_due_at=None, next_due_metric="", at_risk_at=None)


def _unpromised(desk: Desk) -> list[Ticket]:
    from escalations.models import SlaPolicy

    SlaPolicy.objects.update(is_active=False)
    late, fresh, answered = desk.open(), None, desk.open()
    desk.answer(answered)
    desk.put(answered, "waiting_requester")
    desk.wait(6.5 * HOUR)
    fresh = desk.open()
    desk.wait(3 * HOUR)
    SlaPolicy.objects.update(is_active=True)
    _forget_promises(late, fresh, answered)
    return [late, fresh, answered]


def test_active_tickets_are_armed_from_their_original_start(desk: Desk) -> None:
    late, fresh, answered = _unpromised(desk)
    promise_imported([late.pk, fresh.pk, answered.pk], desk.now)
    assert desk.timer(late, "resolution").deadline_at == NOON + P4_FIX
    assert desk.timer(late, "first_response").breached_at == NOON + 8 * HOUR
    assert desk.timer(fresh, "first_response").breached_at is None
    assert list(Timer.objects.filter(ticket=answered).values_list("metric", "timer_state")) == [
        ("resolution", "paused")
    ]
    (applied,) = desk.events(late)
    assert (applied.kind, applied.source, applied.occurred_at) == ("sla.policy_applied", "import", desk.now)
    late.refresh_from_db()
    assert (late.next_due_at, late.last_event_seq) == (NOON + 8 * HOUR, applied.seq)
    desk.verify()


def test_levels_already_passed_are_told_to_nobody(desk: Desk) -> None:
    late, fresh, answered = _unpromised(desk)
    Ticket.objects.update(assignee_id=desk.agent.user_id)
    before = Notification.objects.count()
    promise_imported([late.pk, fresh.pk, answered.pk], desk.now)
    assert sorted(TimerAlarm.objects.values_list("timer__ticket_id", "level")) == [
        (late.pk, 50), (late.pk, 75), (late.pk, 90), (late.pk, 100),
    ]  # fmt: skip
    assert desk.sweep() == 0
    assert Notification.objects.count() == before
    desk.wait(2 * HOUR)
    assert desk.sweep() == 1
    assert [event.data["percent"] for event in desk.events(fresh, "sla.warned")] == [50]
    desk.verify()


def test_many_tickets_cost_what_few_cost(desk: Desk, django_assert_max_num_queries: object) -> None:
    late, fresh, _answered = _unpromised(desk)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        promise_imported([late.pk, fresh.pk], desk.now + MINUTES)
