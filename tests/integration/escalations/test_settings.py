"""Settings become versions; what could promise nothing is refused; what was published stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from escalations.models import Calendar, CalendarHours, Holiday, SlaPolicy, SlaPolicyVersion, SlaTarget, Timer
from escalations.operations.settings import publish_policies_of, publish_policy
from escalations.operations.upkeep import reapply_policy, repair_timers
from escalations.queries.timers import timers_for, verify_timers
from puo_desk.accounts.models import DeskEvent, User
from puo_desk.kernel.errors import InvalidInput, NotPermitted
from tests.integration.escalations.conftest import NOON, P4_FIRST, Desk
from tests.support.people import ADMIN, actor_of
from tickets.models import Ticket

HOUR = timedelta(hours=1)


def berlin_office() -> Calendar:
    calendar = Calendar.objects.create(name="Berlin office", time_zone="Europe/Berlin")
    CalendarHours.objects.bulk_create(
        CalendarHours(calendar=calendar, weekday=weekday, hours="09:00-17:00") for weekday in range(7)
    )
    return calendar


def policy_by(calendar: Calendar, **seconds: int) -> SlaPolicy:
    policy = SlaPolicy.objects.create(name=f"By {calendar}", calendar=calendar, position=1)
    SlaTarget.objects.bulk_create(
        SlaTarget(policy=policy, priority=priority, metric=metric, seconds=given)
        for priority in range(1, 5)
        for metric, given in seconds.items()
    )
    publish_policy(policy_id=policy.pk, actor=ADMIN, now=NOON)
    policy.refresh_from_db()
    return policy


def test_the_seeded_version_is_what_publishing_would_make(desk: Desk) -> None:
    standard = SlaPolicy.objects.get(name="Standard")
    version = publish_policy(policy_id=standard.pk, actor=ADMIN, now=NOON)
    assert (version.pk, version.number) == (standard.current_version_id, 1)


def test_published_versions_are_never_changed(desk: Desk) -> None:
    version = SlaPolicyVersion.objects.get()
    rows = SlaPolicyVersion.objects.all()
    for act in (version.save, lambda: rows.update(number=7), lambda: rows._raw_delete(rows.db)):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            act()
    assert SlaPolicyVersion.objects.get().definition == version.definition


def test_a_deadline_keeps_wall_clock_hours_across_the_change_to_summer_time(desk: Desk) -> None:
    policy_by(berlin_office(), first_response=4 * 3600, resolution=20 * 3600)
    # Saturday 28 March 2026, 16:00 in Berlin: an hour before closing; on Sunday clocks go forward.
    desk.now = datetime(2026, 3, 28, 15, 0, tzinfo=UTC)
    ticket = desk.open()
    assert desk.timer(ticket, "first_response").deadline_at == datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
    assert desk.timer(ticket, "resolution").deadline_at == datetime(2026, 3, 31, 10, 0, tzinfo=UTC)
    desk.now = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
    desk.sweep()
    assert desk.events(ticket, "sla.breached") == []
    desk.wait(timedelta(microseconds=1))
    desk.sweep()
    assert len(desk.events(ticket, "sla.breached")) == 1
    desk.verify()


def test_an_edited_calendar_changes_no_promise_already_made(desk: Desk) -> None:
    calendar = berlin_office()
    policy = policy_by(calendar, first_response=4 * 3600)
    before = desk.open()
    Holiday.objects.create(calendar=calendar, on=NOON.date(), name="Strike")
    (version,) = publish_policies_of(calendar_id=calendar.pk, actor=ADMIN, now=NOON)
    assert (version.policy_id, version.number) == (policy.pk, 2)
    desk.write(before)
    after = desk.open()
    assert desk.timer(before, "first_response").deadline_at == NOON + 4 * HOUR
    assert desk.timer(after, "first_response").deadline_at == datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
    desk.verify()


def test_the_first_policy_in_order_wins_and_a_team_change_applies_another(desk: Desk) -> None:
    policy = policy_by(Calendar.objects.get(name="Always open"), first_response=60, resolution=600)
    policy.teams.add(desk.team)
    publish_policy(policy_id=policy.pk, actor=ADMIN, now=NOON)
    ticket = desk.open(actor=desk.agent, requester_id=desk.requester.own_id, team_id=desk.team.pk)
    assert desk.timer(ticket, "first_response").target_seconds == 60
    other = desk.open()
    assert desk.timer(other, "first_response").target_seconds == 8 * 3600
    SlaPolicy.objects.filter(pk=policy.pk).update(is_active=False)
    desk.prioritise(ticket, 2)
    assert desk.timer(ticket, "first_response").target_seconds == 1800
    desk.verify()


def test_published_targets_hold_for_new_tickets_and_for_old_ones_once_reapplied(desk: Desk) -> None:
    standard = SlaPolicy.objects.get(name="Standard")
    ticket = desk.open()
    desk.put(ticket, "waiting_requester")
    desk.wait(3 * HOUR)
    desk.write(ticket)
    SlaTarget.objects.filter(policy=standard, priority=4).update(seconds=2 * 3600)
    publish_policy(policy_id=standard.pk, actor=ADMIN, now=desk.now)
    desk.write(ticket)
    assert desk.timer(ticket, "first_response").deadline_at == NOON + P4_FIRST
    assert reapply_policy(ticket_id=ticket.pk, actor=ADMIN, now=desk.now) is True
    assert desk.timer(ticket, "first_response").breached_at == NOON + 2 * HOUR
    assert desk.timer(ticket, "resolution").deadline_at == NOON + 5 * HOUR
    assert reapply_policy(ticket_id=ticket.pk, actor=ADMIN, now=desk.now) is False
    assert desk.sweep() >= 1
    assert [event.occurred_at for event in desk.events(ticket, "sla.breached")] == [NOON + 2 * HOUR]
    desk.verify()


def test_only_admins_reapply_and_repair(desk: Desk) -> None:
    ticket = desk.open()
    for act in (reapply_policy, repair_timers):
        with pytest.raises(NotPermitted):
            act(ticket_id=ticket.pk, actor=desk.lead, now=desk.now)
    with pytest.raises(NotPermitted):
        publish_policy(policy_id=SlaPolicy.objects.get().pk, actor=desk.lead, now=desk.now)
    assert SlaPolicyVersion.objects.count() == 1


def test_the_command_moves_active_tickets_alone(desk: Desk, capsys: Any) -> None:
    standard = SlaPolicy.objects.get(name="Standard")
    active, solved = desk.open(), desk.open()
    desk.put(solved, "resolved")
    SlaTarget.objects.filter(policy=standard).update(seconds=60)
    publish_policy(policy_id=standard.pk, actor=ADMIN, now=desk.now)
    call_command("reapply_policies")
    assert "1 active tickets, 1 moved, 0 refused" in capsys.readouterr().out
    assert len(desk.events(active, "sla.policy_applied")) == 2
    assert len(desk.events(solved, "sla.policy_applied")) == 1


def test_a_policy_that_promises_nothing_is_refused(desk: Desk) -> None:
    closed = Calendar.objects.create(name="Never")
    policy = SlaPolicy.objects.create(name="Nothing", calendar=closed)
    with pytest.raises(InvalidInput) as refused:
        publish_policy(policy_id=policy.pk, actor=ADMIN, now=NOON)
    assert refused.value.errors == {"targets": ["Set at least one target."]}
    SlaTarget.objects.create(policy=policy, priority=1, metric="resolution", seconds=60)
    with pytest.raises(InvalidInput) as refused:
        publish_policy(policy_id=policy.pk, actor=ADMIN, now=NOON)
    assert refused.value.errors == {"calendar": ["The calendar has no opening hours on any weekday."]}
    assert not policy.versions.exists()


def test_damaged_timers_are_found_and_repaired(desk: Desk, capsys: Any) -> None:
    ticket, fine = desk.open(), desk.open()
    Timer.objects.filter(ticket=ticket, metric="resolution").update(deadline_at=NOON, state="done")
    Timer.objects.filter(ticket=ticket, metric="first_response").delete()
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=None)
    found = {(one.metric, one.name) for one in verify_timers(ticket.pk, now=desk.now)}
    assert found == {
        ("first_response", "timer"), ("resolution", "deadline_at"), ("resolution", "state"), ("", "next_due_at"),
    }  # fmt: skip
    assert verify_timers(fine.pk, now=desk.now) == []
    assert repair_timers(ticket_id=ticket.pk, actor=ADMIN, now=desk.now) == 3
    desk.verify()
    assert desk.events(ticket, "sla.breached") == []


def test_the_check_command_fails_on_a_difference_and_repairs_on_demand(desk: Desk, capsys: Any) -> None:
    ticket = desk.open()
    Timer.objects.filter(ticket=ticket).update(target_seconds=1)
    with pytest.raises(CommandError):
        call_command("check_timers")
    assert f"PUO-{ticket.pk} first_response 1: target_seconds is 1, should be 28800" in capsys.readouterr().out
    call_command("check_timers", repair=True)
    call_command("check_timers")
    assert "1 tickets checked, 0 differ, 0 repaired" in capsys.readouterr().out


def test_stored_timers_are_listed_for_many_tickets_in_one_query(desk: Desk, django_assert_num_queries: Any) -> None:
    tickets = [desk.open() for _number in range(3)]
    with django_assert_num_queries(1):
        found = timers_for([ticket.pk for ticket in tickets])
    assert {pk: [timer.metric for timer in timers] for pk, timers in found.items()} == {
        ticket.pk: ["first_response", "resolution"] for ticket in tickets
    }


@pytest.fixture
def settings_page(admin_user: User, client: Client) -> Client:
    client.force_login(admin_user)
    return client


def _policy_form(policy: SlaPolicy, **changes: Any) -> dict[str, Any]:
    targets = list(policy.targets.order_by("pk"))
    form: dict[str, Any] = {
        "name": policy.name, "is_active": "on", "position": policy.position, "calendar": policy.calendar_id,
        "pauses_on": policy.pauses_on, "warn_at": "50, 75, 90",
        "targets-TOTAL_FORMS": len(targets), "targets-INITIAL_FORMS": len(targets),
    }  # fmt: skip
    for number, target in enumerate(targets):
        form |= {
            f"targets-{number}-id": target.pk,
            f"targets-{number}-policy": policy.pk,
            f"targets-{number}-priority": target.priority,
            f"targets-{number}-metric": target.metric,
            f"targets-{number}-amount": target.seconds // 60,
            f"targets-{number}-unit": 60,
        }
    return form | changes


def test_saving_a_policy_in_the_settings_publishes_it(settings_page: Client, admin_user: User) -> None:
    policy = SlaPolicy.objects.get(name="Standard")
    address = f"/admin/escalations/slapolicy/{policy.pk}/change/"
    page = settings_page.get(address)
    assert page.status_code == 200
    assert "P1" in page.content.decode()
    assert settings_page.post(address, _policy_form(policy)).status_code == 302
    assert policy.versions.count() == 1
    changed = {"targets-0-amount": 20, "targets-0-unit": 60, "warn_at": "80", "priorities": ["1", "2", "3", "4"]}
    assert settings_page.post(address, _policy_form(policy, **changed)).status_code == 302
    policy.refresh_from_db()
    assert policy.current_version is not None
    assert (policy.current_version.number, policy.current_version.published_by_label) == (2, actor_of(admin_user).label)
    assert policy.current_version.definition["targets"]["1"]["first_response"] == 1200
    assert policy.current_version.definition["warn_at"] == [80]
    assert policy.current_version.match["priorities"] == [1, 2, 3, 4]
    told = DeskEvent.objects.get(subject="escalations.slapolicy", code="setting.changed")
    assert (told.actor_id, told.subject_id) == (admin_user.pk, str(policy.pk))
    assert told.changes["warn_at"] == [[50, 75, 90], [80]]
    before, after = told.changes["slatarget"]
    assert [row["seconds"] for row in after if row not in before] == [1200]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"targets-0-amount": 0}, "A promise needs some time"),
        ({"warn_at": "100"}, "whole numbers from 1 to 99"),
        ({f"targets-{number}-DELETE": "on" for number in range(12)}, "Set at least one target"),
    ],
)
def test_a_policy_without_sense_is_refused_with_words(
    settings_page: Client, changed: dict[str, Any], words: str
) -> None:
    policy = SlaPolicy.objects.get(name="Standard")
    answer = settings_page.post(f"/admin/escalations/slapolicy/{policy.pk}/change/", _policy_form(policy, **changed))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert policy.versions.count() == 1


def _calendar_form(**changes: Any) -> dict[str, Any]:
    empty = {"hours-TOTAL_FORMS": 0, "hours-INITIAL_FORMS": 0, "holidays-TOTAL_FORMS": 0, "holidays-INITIAL_FORMS": 0}
    return {"name": "Office", "time_zone": "Asia/Tokyo", **empty} | changes


def test_a_calendar_that_never_opens_is_refused_with_words(settings_page: Client) -> None:
    answer = settings_page.post("/admin/escalations/calendar/add/", _calendar_form())
    assert "A calendar that never opens promises nothing" in answer.content.decode()
    broken = {"hours-TOTAL_FORMS": 1, "hours-0-weekday": 0, "hours-0-hours": "9 to 5"}
    answer = settings_page.post("/admin/escalations/calendar/add/", _calendar_form(**broken))
    assert "is not written as 09:00-17:30" in answer.content.decode()
    assert Calendar.objects.count() == 1
    assert not DeskEvent.objects.exists()
    good = broken | {"hours-0-hours": "22:00-06:00"}
    assert settings_page.post("/admin/escalations/calendar/add/", _calendar_form(**good)).status_code == 302
    assert Calendar.objects.count() == 2
    told = DeskEvent.objects.get()
    assert (told.code, told.subject, told.subject_label) == ("setting.added", "escalations.calendar", "Office")
    assert told.changes["calendarhours"] == [None, [{"weekday": 0, "hours": "22:00-06:00"}]]
