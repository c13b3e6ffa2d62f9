"""The demo desk: two weeks that could have been, and that hold every promise of the real thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings

from escalations.models import SlaPolicyVersion, Timer
from escalations.queries.timers import verify_timers
from puo_desk.accounts.models import User
from puo_desk.accounts.templatetags.accounts import demo_sign_ins
from puo_desk.demo.people import COLLEAGUES, REQUESTERS, ROBOTS
from puo_desk.demo.seed import FIRST_NUMBER, Seeded, seed
from puo_desk.demo.timeline import plan_courses
from puo_desk.kernel.models import DueState
from puo_desk.notifications.models import Notification
from reports.models import DailyReport
from sop.models import ArticleUse
from tests.support.people import actor_of
from tickets.models import Attachment, FollowUp, FormField, KnownIncident, Status, Ticket, TicketEvent, TicketLink
from tickets.queries.queue import VIEWS
from tickets.rules.replay import PastEvent, fold
from tickets.vocabulary import ACTIVE, FieldKind, MessageKind

NOW = datetime(2026, 3, 19, 10, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeded(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seeded]:
    """The demo, made once for all tests here and taken back after them."""
    files = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files"))
    with django_db_blocker.unblock(), transaction.atomic(), files:  # type: ignore[attr-defined]
        made = seed(now=NOW, say=lambda sentence: None)
        connection.check_constraints()
        yield made
        transaction.set_rollback(True)


pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("seeded")]


def _count(view: str, username: str) -> int:
    viewer = actor_of(User.objects.get(username=username))
    return Ticket.objects.filter(VIEWS[view].narrow(viewer, NOW)).count()


def test_its_people_can_sign_in_with_one_password() -> None:
    assert User.objects.count() == len(COLLEAGUES) + len(REQUESTERS) + len(ROBOTS)
    assert [person.username for person in demo_sign_ins()] == ["requester", "agent", "lead", "engineer", "admin"]
    people = dict(User.objects.filter(is_service=False).values_list("username", "password"))
    assert {name for name, hashed in people.items() if hashed != people["agent"]} == set()
    assert check_password("demo", people["agent"])


def test_it_is_planned_the_same_for_the_same_instant() -> None:
    assert plan_courses(NOW) == plan_courses(NOW)


def test_numbers_follow_the_hours_of_opening() -> None:
    opened = list(Ticket.objects.order_by("pk").values_list("opened_at", flat=True))
    assert opened == sorted(opened)
    assert Ticket.objects.order_by("pk")[0].pk == FIRST_NUMBER + 1
    assert NOW - timedelta(days=16) < opened[0] < NOW - timedelta(days=13)
    assert opened[-1] > NOW - timedelta(minutes=15)


def test_every_status_channel_priority_and_way_to_speak_is_there(seeded: Seeded) -> None:
    by_status = Counter(Ticket.objects.values_list("status__code", flat=True))
    assert set(by_status) == set(Status.objects.values_list("code", flat=True))
    assert set(Ticket.objects.values_list("channel", flat=True)) == {"web", "chat", "mail", "im", "phone", "api"}
    assert set(Ticket.objects.values_list("priority", flat=True)) == {1, 2, 3, 4}
    assert set(FormField.objects.values_list("kind", flat=True)) == set(FieldKind.values)
    assert Ticket.objects.count() == seeded.tickets == sum(by_status.values())
    kinds = set(TicketEvent.objects.values_list("kind", flat=True))
    assert kinds >= {
        "ticket.assigned", "ticket.team_changed", "ticket.category_changed", "ticket.priority_changed",
        "ticket.tagged", "ticket.linked", "ticket.watched", "ticket.noted", "ticket.chased", "ticket.resolved",
        "ticket.reopened", "ticket.confirmed", "ticket.closed", "ticket.rated", "sla.warned", "sla.breached",
        "sop.applied", "sop.outcome_recorded",
    }  # fmt: skip
    assert Ticket.objects.filter(messages__kind=MessageKind.AUTOMATIC).exists()
    assert {file.content_type for file in Attachment.objects.exclude(message=None)} == {"image/png", "text/plain"}
    assert TicketLink.objects.exists() and ArticleUse.objects.exists()
    assert KnownIncident.objects.filter(ended_at=None).count() == 1
    assert KnownIncident.objects.exclude(ended_at=None).count() == 1


def test_the_queue_is_busy_and_not_a_sea_of_red(seeded: Seeded) -> None:
    assert 45 <= seeded.active == _count("open", "agent") <= 60
    assert 3 <= _count("breached", "agent") <= 5
    assert 4 <= _count("at_risk", "agent") <= 12
    assert 12 <= _count("waiting", "agent") <= 18
    assert 7 <= _count("unassigned", "agent") <= 18
    assert _count("mine", "agent") == 7
    assert _count("team", "agent") >= 10


def test_the_demo_requester_has_requests_in_every_state() -> None:
    states = Counter(Ticket.objects.filter(requester__username="requester").values_list("status_category", flat=True))
    assert states["open"] + states["pending"] == 2
    assert states["resolved"] >= 1
    assert states["closed"] >= 2


def test_each_ticket_is_what_its_history_says() -> None:
    events: dict[int, list[PastEvent]] = {}
    for event in TicketEvent.objects.order_by("ticket_id", "seq"):
        past = PastEvent(event.seq, event.kind, event.occurred_at, event.data)
        events.setdefault(event.ticket_id, []).append(past)
    for ticket in Ticket.objects.select_related("status"):
        history = events[ticket.pk]
        assert [event.seq for event in history] == list(range(1, ticket.last_event_seq + 1))
        assert all(a.occurred_at <= b.occurred_at for a, b in pairwise(history)), ticket
        assert history[-1].occurred_at <= NOW
        state = fold(history)
        assert (state.status, state.status_category) == (ticket.status.code, ticket.status_category)
        assert (state.assignee, state.team, state.category) == (ticket.assignee_id, ticket.team_id, ticket.category_id)
        names = ("subject", "impact", "urgency", "priority", "opened_at", "first_replied_at", "waiting_since",
                 "resolved_at", "closed_at", "reopened_count", "reassigned_count", "rating")  # fmt: skip
        for name in names:
            assert getattr(state, name) == getattr(ticket, name), (ticket, name)
        assert state.tags == ticket.tag_names


def test_its_timers_are_what_its_history_says() -> None:
    assert [found for pk in Ticket.objects.values_list("pk", flat=True) for found in verify_timers(pk, now=NOW)] == []
    assert not Timer.objects.filter(state=DueState.WAITING, due_at__lte=NOW).exists()
    assert not FollowUp.objects.filter(state=DueState.WAITING, due_at__lte=NOW).exists()
    assert not Timer.objects.filter(state=DueState.QUARANTINED).exists()
    assert SlaPolicyVersion.objects.filter(policy__name="Partners, office hours").count() == 1


def test_nobody_is_sent_a_mail() -> None:
    assert not Notification.objects.exclude(channel="in_app").exists()
    news = list(Notification.objects.order_by("pk").values_list("created_at", flat=True))
    assert news == sorted(news)
    unread = Notification.objects.filter(recipient__username="agent", read_at=None).count()
    assert 1 <= unread <= 40


def test_the_days_that_are_over_have_their_reports() -> None:
    reports = list(DailyReport.objects.order_by("day"))
    assert [report.day.isoformat() for report in reports] == [f"2026-03-{day:02}" for day in range(6, 19)]
    assert all(report.figures["opened"] for report in reports[1:])


def test_the_backlog_of_the_reports_runs_into_what_is_in_hand_now(seeded: Seeded) -> None:
    backlog = [report.figures["backlog"] for report in DailyReport.objects.order_by("day")]
    assert backlog[-1] >= 0.6 * seeded.active
    assert min(backlog) >= 8 and max(backlog) <= seeded.active
    active = Ticket.objects.filter(status_category__in=ACTIVE)
    assert active.filter(opened_at__lt=NOW - timedelta(days=1)).count() >= 15
    assert active.filter(opened_at__lt=NOW - timedelta(days=3)).count() >= 4


def test_a_desk_with_people_is_left_alone(seeded: Seeded) -> None:
    said = StringIO()
    call_command("seed_demo", stdout=said, skip_checks=True)
    assert "has people already" in said.getvalue()
    assert Ticket.objects.count() == seeded.tickets
    assert Ticket.objects.filter(status_category__in=ACTIVE).count() == seeded.active
