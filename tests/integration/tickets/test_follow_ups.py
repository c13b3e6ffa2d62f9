"""Chased, resolved, closed: each step told to the requester, ended by any answer."""

from __future__ import annotations

import pytest
from django.test import override_settings

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.notifications.models import Notification
from tests.support.desk import after, assert_folds_to_row, kinds_of, make_ticket
from tests.support.people import actor_of, make_person
from tickets.models import FollowUp, Message, Ticket
from tickets.operations.conversation import reply_to_ticket
from tickets.operations.follow_ups import run_due_follow_ups
from tickets.operations.statuses import resolve_ticket

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("patience"),
]


@pytest.fixture
def patience() -> object:
    with override_settings(CHASE_AFTER_DAYS=[2, 1], RESOLVE_SILENT_AFTER_DAYS=3, CLOSE_RESOLVED_AFTER_DAYS=5):
        yield


@pytest.fixture
def waiting() -> Ticket:
    amara, jonas = make_person("amara", role=Role.REQUESTER), make_person("jonas")
    ticket = make_ticket(amara)
    reply_to_ticket(
        ticket_id=ticket.pk, body="Which queue?", actor=actor_of(jonas), now=after(), set_status="waiting_requester"
    )
    return ticket


def requester_of(ticket: Ticket) -> User:
    return User.objects.get(pk=ticket.requester_id)


def test_a_silent_requester_is_chased_then_resolved_then_closed(waiting: Ticket) -> None:
    assert run_due_follow_ups(now=after(days=2, seconds=-1)) == 0
    for days, kind in ((2, "ticket.chased"), (3, "ticket.chased"), (6, "ticket.resolved"), (11, "ticket.closed")):
        assert run_due_follow_ups(now=after(days=days)) == 1, days
        assert kind in kinds_of(waiting)[-2:], days
        assert run_due_follow_ups(now=after(days=days)) == 0, days
    assert Message.objects.filter(ticket=waiting, kind="automatic").count() == 4
    waiting.refresh_from_db()
    assert (waiting.status_category, waiting.resolved_at, waiting.closed_at) == (
        "closed",
        after(days=6),
        after(days=11),
    )
    assert not FollowUp.objects.exists()
    assert_folds_to_row(waiting)


def test_each_step_is_told_to_the_requester(waiting: Ticket) -> None:
    Notification.objects.all().delete()
    run_due_follow_ups(now=after(days=2))
    told = Notification.objects.filter(recipient_id=waiting.requester_id, channel="in_app")
    assert [one.kind for one in told] == ["ticket.desk_wrote"]


def test_an_answer_ends_the_waiting(waiting: Ticket) -> None:
    run_due_follow_ups(now=after(days=2))
    reply_to_ticket(
        ticket_id=waiting.pk, body="Video", actor=actor_of(requester_of(waiting)), now=after(days=2, hours=1)
    )
    assert not FollowUp.objects.exists()
    assert run_due_follow_ups(now=after(days=30)) == 0


def test_a_reminder_is_no_response_of_the_desk(waiting: Ticket) -> None:
    run_due_follow_ups(now=after(days=2))
    waiting.refresh_from_db()
    assert waiting.first_replied_at == after()


def test_resolved_and_unanswered_closes() -> None:
    ticket = make_ticket(make_person(role=Role.REQUESTER))
    resolve_ticket(ticket_id=ticket.pk, actor=actor_of(make_person()), now=after())
    assert run_due_follow_ups(now=after(days=5)) == 1
    ticket.refresh_from_db()
    assert ticket.status_category == "closed"


def test_one_ticket_that_fails_harms_no_other(waiting: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_ticket(requester_of(waiting))
    resolve_ticket(ticket_id=other.pk, actor=actor_of(make_person()), now=after(days=-3))
    from tickets.operations import follow_ups

    real = follow_ups.take_step

    def fails_for_one(step: FollowUp, **options: object) -> bool:
        if step.ticket_id == waiting.pk:
            raise RuntimeError("bad row")
        return real(step, **options)

    monkeypatch.setattr(follow_ups, "take_step", fails_for_one)
    assert run_due_follow_ups(now=after(days=2)) == 1
    other.refresh_from_db()
    assert other.status_category == "closed"
    held = FollowUp.objects.get(ticket=waiting)
    assert (held.state, held.attempts, "bad row" in held.last_error) == ("waiting", 1, True)
