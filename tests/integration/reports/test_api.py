"""Reports for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from puo_desk.accounts.models import Team, User
from reports.models import DailyReport, ReportTicketSet
from tests.integration.reports.conftest import build, ids
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 4)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
BASE = "/api/v1/reports/daily/"
ONE = f"{BASE}2026-03-04/"


@pytest.fixture
def tickets(ticket_at: Callable[..., Ticket], team: Team, agent_user: User) -> list[Ticket]:
    solved = ("resolved", NOON + timedelta(hours=1))
    return [ticket_at(NOON, solved, team=team.pk, by=agent_user.pk), ticket_at(NOON), ticket_at(NOON)]


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(path, body if body is not None else {}, content_type="application/json", headers=headers)


def test_a_day_is_told_whole(client: Client, agent_user: User, team: Team, tickets: list[Ticket]) -> None:
    build(DAY - timedelta(days=1))
    build(DAY)
    told = signed_in(client, agent_user).get(ONE).json()
    assert (told["day"], told["version"], told["versions"], told["built_by"]) == ("2026-03-04", 1, [1], "test")
    assert (told["starts_at"], told["ends_at"]) == ("2026-03-04T00:00:00Z", "2026-03-05T00:00:00Z")
    figures = {figure["code"]: figure for figure in told["figures"]}
    assert (figures["opened"]["value"], figures["opened"]["day_before"], figures["opened"]["week_days"]) == (3, 0, 1)
    assert figures["resolution_median"]["value"] == 3600
    assert figures["rating_mean"]["value"] is None
    assert told["tables"]["hours"][12] == {"hour": 12, "clock": "12:00", "opened": 3, "resolved": 0}
    assert {"id": team.pk, "name": "Review platforms"}.items() <= told["tables"]["teams"][1].items()
    assert told["tables"]["teams"][0]["name"] == "No team"
    assert told["tables"]["agents"][0]["name"] == "Jonas Weber"
    assert told["tables"]["backlog_days"] == [{"day": "2026-03-03", "backlog": 0}, {"day": "2026-03-04", "backlog": 2}]


def test_each_key_lists_exactly_its_tickets(client: Client, agent_user: User, tickets: list[Ticket]) -> None:
    report = build(DAY)
    signed_in(client, agent_user)
    keys = client.get(ONE).json()["ticket_keys"]
    kept = {one.key: one.ticket_ids for one in ReportTicketSet.objects.filter(report=report)}
    assert keys == sorted(kept)
    for key in keys:
        told = client.get(f"{ONE}tickets/", {"key": key}).json()
        assert (told["counted"], told["not_visible"]) == (len(kept[key]), 0)
        assert sorted(int(row["number"].removeprefix("PUO-")) for row in told["results"]) == kept[key]
    assert kept["opened"] == ids(tickets)


def test_counted_tickets_are_paged(client: Client, agent_user: User, tickets: list[Ticket]) -> None:
    build(DAY)
    first = signed_in(client, agent_user).get(f"{ONE}tickets/?key=opened&page_size=2").json()
    second = client.get(first["next"]).json()
    assert [len(first["results"]), len(second["results"])] == [2, 1]
    assert second["next"] is None


def test_what_the_caller_may_not_see_is_counted_and_left_out(
    client: Client, engineer_user: User, tickets: list[Ticket]
) -> None:
    build(DAY)
    told = signed_in(client, engineer_user).get(f"{ONE}tickets/?key=opened").json()
    assert (told["counted"], told["not_visible"], told["results"]) == (3, 3, [])


def test_days_are_listed_newest_first_with_their_newest_version(client: Client, agent_user: User) -> None:
    for back in (2, 1, 1):
        build(DAY - timedelta(days=back))
    signed_in(client, agent_user)
    first = client.get(f"{BASE}?page_size=1").json()
    assert [(row["day"], row["version"]) for row in first["results"]] == [("2026-03-03", 2)]
    assert [figure["code"] for figure in first["results"][0]["figures"]][:3] == ["opened", "resolved", "backlog"]
    second = client.get(first["next"]).json()
    assert [(row["day"], row["version"]) for row in second["results"]] == [("2026-03-02", 1)]
    assert second["next"] is None


def test_a_key_builds_a_day_once(client: Client, lead_user: User, tickets: list[Ticket]) -> None:
    signed_in(client, lead_user)
    answers = [post(client, f"{ONE}build/", **{"Idempotency-Key": "build-1"}) for _time in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0]["Location"] == f"{ONE}?version=1"
    assert len({answer.content for answer in answers}) == 1
    assert DailyReport.objects.count() == 1
    assert post(client, f"{ONE}build/").json()["versions"] == [2, 1]
    assert client.get(f"{ONE}?version=1").json()["version"] == 1


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        ("requester_user", "get", BASE, 403),
        ("requester_user", "get", ONE, 403),
        ("requester_user", "get", f"{ONE}tickets/?key=opened", 403),
        ("agent_user", "post", f"{ONE}build/", 403),
        ("agent_user", "get", f"{BASE}2026-03-01/", 404),
        ("agent_user", "get", f"{BASE}2026-02-30/", 404),
        ("agent_user", "get", f"{ONE}?version=3", 404),
        ("agent_user", "get", f"{ONE}tickets/?key=made.up", 404),
        ("agent_user", "get", f"{ONE}tickets/", 400),
        ("agent_user", "get", f"{ONE}?colour=red", 400),
        ("agent_user", "get", f"{BASE}?cursor=made-up", 400),
        ("agent_user", "get", f"{BASE}?page_size=0", 400),
        ("lead_user", "post", f"{BASE}2999-01-01/build/", 409),
    ],
)
def test_refusals(
    client: Client, request: pytest.FixtureRequest, tickets: list[Ticket], who: str, method: str, path: str, status: int
) -> None:
    build(DAY)
    signed_in(client, request.getfixturevalue(who))
    answer = client.get(path) if method == "get" else post(client, path)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert DailyReport.objects.count() == 1


def test_building_takes_no_input(client: Client, lead_user: User) -> None:
    assert post(signed_in(client, lead_user), f"{ONE}build/", {"force": True}).status_code == 400
    assert not DailyReport.objects.exists()


def test_strangers_are_refused(client: Client) -> None:
    assert client.get(BASE).status_code == 401
