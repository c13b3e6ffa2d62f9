"""Building: once per day however many ask, never rewritten, caught up after downtime, compared with what was."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from escalations.models import Calendar, SlaPolicy, SlaPolicyVersion, Timer
from puo_desk.accounts.models import User
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotPermitted
from puo_desk.kernel.late_work import audit_due_work, rescue_stuck_work
from puo_desk.kernel.models import DueState
from reports.models import DailyReport, ReportRun, ReportTicketSet
from reports.operations import build as building
from reports.operations.build import DayNotOver, build_daily_report, build_due_reports, plan_report_runs
from reports.queries.counting import facts_of
from reports.queries.reports import get_report, list_reports
from tests.integration.reports.conftest import BUILDER, build, ids, opening, write_history
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 4)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_day_built_again_is_a_new_version_and_the_old_one_stays(ticket_at: Callable[..., Ticket]) -> None:
    first_ticket = ticket_at(NOON)
    first = build(DAY)
    second_ticket = ticket_at(NOON + HOUR)
    second = build(DAY)
    assert (first.version, second.version) == (1, 2)
    first.refresh_from_db()
    assert (first.figures["opened"], second.figures["opened"]) == (1, 2)
    assert ReportTicketSet.objects.get(report=first, key="opened").ticket_ids == ids([first_ticket])
    assert ReportTicketSet.objects.get(report=second, key="opened").ticket_ids == ids([first_ticket, second_ticket])
    assert get_report(DAY, viewer=BUILDER).version == 2
    assert get_report(DAY, viewer=BUILDER, version=1).figures["opened"] == 1
    assert [row.version for row in list_reports(viewer=BUILDER).rows] == [2]


@pytest.mark.parametrize("table", ["reports_dailyreport", "reports_reportticketset"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id + 1000", "DELETE FROM {}"])
def test_reports_refuse_to_be_rewritten(ticket_at: Callable[..., Ticket], table: str, statement: str) -> None:
    ticket_at(NOON)
    report = build(DAY)
    with pytest.raises(IntegrityError, match="stay as they were built"), transaction.atomic():
        connection.cursor().execute(statement.format(table))
    assert DailyReport.objects.get().pk == report.pk
    assert ReportTicketSet.objects.filter(report=report).exists()


def test_a_day_that_is_not_over_has_no_report() -> None:
    ends_at = datetime(2026, 3, 5, tzinfo=UTC)
    with pytest.raises(DayNotOver) as refused:
        build(DAY, now=ends_at - timedelta(microseconds=1))
    assert refused.value.facts == {"ends_at": ends_at.isoformat()}
    assert not DailyReport.objects.exists()
    assert not ReportRun.objects.exists()
    assert build(DAY, now=ends_at).version == 1


def test_only_leads_have_a_day_built(lead: Actor, agent: Actor, requester: Actor) -> None:
    for actor in (agent, requester):
        with pytest.raises(NotPermitted):
            build_daily_report(day=DAY, actor=actor, now=NOON + 24 * HOUR)
    assert not DailyReport.objects.exists()
    assert build_daily_report(day=DAY, actor=lead, now=NOON + 24 * HOUR).built_by_label == "Lena Lead"


@override_settings(DESK_TIME_ZONE="Europe/Berlin", REPORT_CUTOFF="06:00")
def test_days_of_a_desk_end_at_its_cutoff(ticket_at: Callable[..., Ticket]) -> None:
    begin = datetime(2026, 3, 28, 5, tzinfo=UTC)
    inside = [ticket_at(begin), ticket_at(begin + 23 * HOUR - timedelta(microseconds=1))]
    ticket_at(begin - timedelta(microseconds=1))
    ticket_at(begin + 23 * HOUR)
    report = build(date(2026, 3, 28))
    assert (report.ends_at - report.starts_at, len(report.tables["hours"])) == (23 * HOUR, 23)
    assert ReportTicketSet.objects.get(report=report, key="opened").ticket_ids == ids(inside)
    assert [row["opened"] for row in report.tables["hours"]] == [1, *[0] * 21, 1]


def test_figures_stand_beside_the_day_before_and_the_week(ticket_at: Callable[..., Ticket]) -> None:
    for back, count in ((9, 50), (7, 1), (3, 2), (1, 6)):
        for number in range(count):
            ticket_at(NOON - timedelta(days=back, minutes=number), ("resolved", NOON - timedelta(days=back)))
        build(DAY - timedelta(days=back))
    report = build(DAY)
    assert report.compared["opened"] == {"day_before": 6, "week_mean": 3.0, "week_days": 3}
    assert report.compared["rating_mean"] == {"day_before": None, "week_mean": None, "week_days": 0}
    assert [row["day"] for row in report.tables["backlog_days"]] == [
        "2026-02-23", "2026-02-25", "2026-03-01", "2026-03-03", "2026-03-04",
    ]  # fmt: skip
    assert build(DAY + timedelta(days=2)).compared["opened"]["day_before"] is None


def test_days_are_compared_only_by_the_same_definitions(ticket_at: Callable[..., Ticket]) -> None:
    ticket_at(NOON - timedelta(days=1))
    with mock.patch.object(building, "DEFINITIONS_VERSION", 0):
        build(DAY - timedelta(days=1))
    assert build(DAY).compared["opened"] == {"day_before": None, "week_mean": None, "week_days": 0}


def test_the_newest_version_of_a_day_is_what_is_compared(ticket_at: Callable[..., Ticket]) -> None:
    ticket_at(NOON - timedelta(days=1))
    build(DAY - timedelta(days=1))
    ticket_at(NOON - timedelta(days=1))
    build(DAY - timedelta(days=1))
    assert build(DAY).compared["opened"]["day_before"] == 2


# --- promises -----------------------------------------------------------------------------------------


@pytest.fixture
def policy_version(db: None) -> SlaPolicyVersion:
    calendar = Calendar.objects.create(name="Reports test", is_always_open=True)
    policy = SlaPolicy.objects.create(name="Reports test", calendar=calendar)
    return SlaPolicyVersion.objects.create(
        policy=policy, number=1, definition={}, published_at=NOON, published_by_label="test"
    )


def promise(ticket: Ticket, version: SlaPolicyVersion, **facts: Any) -> Timer:
    known = {
        "ticket": ticket, "policy_version": version, "metric": "first_response", "cycle": 1, "priority": 2,
        "timer_state": "running", "target_seconds": 60, "started_at": ticket.opened_at, "due_at": NOON,
        "deadline_at": NOON,
    }  # fmt: skip
    return Timer.objects.create(**(known | facts))


def test_promises_are_judged_at_their_instants(
    ticket_at: Callable[..., Ticket], policy_version: SlaPolicyVersion
) -> None:
    begin, end = datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    tickets = [ticket_at(begin - HOUR) for _number in range(9)]
    done = {"state": DueState.DONE}
    met = {"timer_state": "met", **done}
    promise(tickets[0], policy_version, **met, stopped_at=begin)
    promise(tickets[1], policy_version, **met, stopped_at=end)
    promise(tickets[2], policy_version, **done, breached_at=end - tick)
    promise(tickets[3], policy_version, **done, breached_at=end)
    promise(tickets[4], policy_version, **done, timer_state="missed", breached_at=begin, stopped_at=NOON)
    # Passed unmet, but no sweep has come by yet: broken all the same.
    promise(tickets[5], policy_version, deadline_at=end - tick, due_at=end)
    promise(tickets[6], policy_version, deadline_at=end, due_at=end + tick)
    promise(tickets[7], policy_version, timer_state="paused", deadline_at=None, due_at=end + HOUR)
    promise(tickets[8], policy_version, timer_state="cancelled", **done)
    report = build(DAY)
    sets = {one.key: one.ticket_ids for one in report.ticket_sets.all()}
    assert sets["promise.first_response.2.met"] == ids(tickets[:1])
    assert sets["breaches"] == sets["escalated"] == ids([tickets[2], tickets[4], tickets[5]])
    assert report.figures["first_response_met"] == 0.25
    assert report.figures["breaches"] == 3


# --- on schedule --------------------------------------------------------------------------------------


def test_days_are_caught_up_after_downtime(ticket_at: Callable[..., Ticket]) -> None:
    ticket_at(NOON)
    now = NOON + timedelta(days=3)
    assert plan_report_runs(now=now) == 3
    assert plan_report_runs(now=now) == 0
    assert build_due_reports(now=now) == 3
    assert build_due_reports(now=now) == 0
    assert list(DailyReport.objects.order_by("day").values_list("day", "version", "built_by_label")) == [
        (DAY + timedelta(days=after), 1, "daily-report") for after in range(3)
    ]
    assert set(ReportRun.objects.values_list("state", flat=True)) == {DueState.DONE}
    far = NOON + timedelta(days=100)
    assert plan_report_runs(now=far) == building.CATCH_UP_DAYS
    assert plan_report_runs(now=far) == 0


def test_a_day_settles_for_a_minute_before_it_is_counted(ticket_at: Callable[..., Ticket]) -> None:
    ticket_at(NOON)
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    assert plan_report_runs(now=midnight) == 1
    assert build_due_reports(now=midnight + timedelta(seconds=59)) == 0
    assert build_due_reports(now=midnight + timedelta(seconds=60)) == 1


def test_nothing_is_planned_for_imports_and_empty_desks(requester_user: User) -> None:
    assert plan_report_runs(now=NOON) == 0
    facts = opening(requester_user)
    write_history([("ticket.opened", NOON, facts, None)], requester=requester_user, source="log")
    assert plan_report_runs(now=NOON + timedelta(days=3)) == 0


def test_a_day_that_a_lead_has_built_is_not_built_again(lead: Actor, ticket_at: Callable[..., Ticket]) -> None:
    ticket_at(NOON)
    now = NOON + timedelta(days=1)
    plan_report_runs(now=now)
    build_daily_report(day=DAY, actor=lead, now=now)
    assert build_due_reports(now=now) == 0
    assert DailyReport.objects.get().built_by_label == "Lena Lead"


def test_a_failed_day_is_tried_again_and_harms_no_other(ticket_at: Callable[..., Ticket]) -> None:
    ticket_at(NOON)
    now = NOON + timedelta(days=2)
    plan_report_runs(now=now)

    def fail_once(span: Any) -> Any:
        if span.day == DAY:
            raise RuntimeError("counting broke")
        return facts_of(span)

    with mock.patch.object(building, "facts_of", fail_once):
        assert build_due_reports(now=now) == 1
    failed = ReportRun.objects.get(day=DAY)
    assert (failed.state, failed.attempts) == (DueState.WAITING, 1)
    assert "counting broke" in failed.last_error
    assert not DailyReport.objects.filter(day=DAY).exists()
    assert build_due_reports(now=now + HOUR) == 1
    assert DailyReport.objects.get(day=DAY).version == 1


def test_a_worker_killed_while_building_leaves_nothing_half(ticket_at: Callable[..., Ticket]) -> None:
    ticket_at(NOON)
    now = NOON + timedelta(days=1)
    plan_report_runs(now=now)
    with (
        mock.patch.object(building, "_keep_ticket_sets", side_effect=SystemExit),
        pytest.raises(SystemExit),
        transaction.atomic(),
    ):
        build_due_reports(now=now)
    # What a killed process leaves: its claim, and none of its transaction.
    ReportRun.objects.update(
        state=DueState.CLAIMED, claim_token="00000000-0000-0000-0000-000000000001", claimed_until=now, attempts=1
    )
    assert not DailyReport.objects.exists()
    assert build_due_reports(now=now) == 0
    assert [late.name for late in audit_due_work(now=now + HOUR)] == ["report-runs"]
    assert rescue_stuck_work(now=now + timedelta(minutes=16)) == {"report-runs": 1}
    assert build_due_reports(now=now + timedelta(minutes=16)) == 1
    assert DailyReport.objects.get().version == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_build_a_day_once(ticket_at: Callable[..., Ticket]) -> None:
    ticket_at(NOON)
    now = NOON + timedelta(days=3)

    def work(_number: int) -> int:
        try:
            plan_report_runs(now=now)
            return build_due_reports(now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(work, range(4)))
    assert sum(built) == 3
    assert list(DailyReport.objects.order_by("day").values_list("version", flat=True)) == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_two_leads_at_once_make_two_versions(lead: Actor, ticket_at: Callable[..., Ticket]) -> None:
    ticket_at(NOON)

    def work(_number: int) -> int:
        try:
            return build_daily_report(day=DAY, actor=lead, now=NOON + timedelta(days=1)).version
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(work, range(3))) == [1, 2, 3]


# --- by command ---------------------------------------------------------------------------------------


def test_history_is_built_by_command(ticket_at: Callable[..., Ticket], capsys: pytest.CaptureFixture[str]) -> None:
    ticket_at(NOON)
    call_command("build_daily_reports", "--from", "2026-03-03", "--to", "2026-03-05")
    assert capsys.readouterr().out.strip() == "read 3 days, written 3, skipped 0, refused 0"
    call_command("build_daily_reports", "--from", "2026-03-04", "--to", "2026-03-06")
    assert capsys.readouterr().out.strip() == "read 3 days, written 1, skipped 2, refused 0"
    call_command("build_daily_reports", "--from", "2026-03-04", "--to", "2026-03-04", "--rebuild")
    assert list(DailyReport.objects.order_by("day", "version").values_list("day", "version")) == [
        (date(2026, 3, 3), 1), (DAY, 1), (DAY, 2), (date(2026, 3, 5), 1), (date(2026, 3, 6), 1),
    ]  # fmt: skip


@pytest.mark.parametrize("words", [["yesterday", "2026-03-04"], ["2026-03-05", "2026-03-04"], ["2970-01-01"] * 2])
def test_the_command_refuses_what_cannot_be(words: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("build_daily_reports", "--from", words[0], "--to", words[1])
    assert not DailyReport.objects.exists()
    assert settings.DESK_TIME_ZONE == "UTC"
