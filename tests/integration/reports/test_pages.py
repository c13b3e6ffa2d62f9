"""The pages of reports: who reads what, each number a door to exactly its tickets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from puo_desk.accounts.models import Team, User
from reports.models import DailyReport, ReportTicketSet
from tests.integration.reports.conftest import History, build, opening, write_history
from tests.support.people import make_team
from tickets.models import Category, Ticket

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 4)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
PAGE = "/reports/daily/2026-03-04/"


@pytest.fixture
def report(
    requester_user: User, agent_user: User, team: Team, category: Category, ticket_at: Callable[..., Ticket]
) -> DailyReport:
    """A day on which a little of everything happened."""
    place = {"team": team.pk, "category": category.pk, "assignee": agent_user.pk}
    minute = timedelta(minutes=1)
    history: History = [
        ("ticket.opened", NOON, opening(requester_user, **place), requester_user.pk),
        ("ticket.replied", NOON + 5 * minute, {"message": 1, "message_kind": "reply"}, agent_user.pk),
        ("ticket.rated", NOON + 90 * minute, {"score": 4, "has_comment": False}, requester_user.pk),
    ]
    write_history(history, requester=requester_user)
    ticket_at(NOON, ("resolved", NOON + 30 * minute), ("in_progress", NOON + 60 * minute), by=agent_user.pk, **place)
    ticket_at(NOON - timedelta(days=2), ("resolved", NOON), ("closed", NOON + minute), by=agent_user.pk)
    ticket_at(NOON - timedelta(days=2), ("waiting_requester", NOON))
    build(DAY - timedelta(days=1))
    return build(DAY)


@pytest.fixture
def as_(client: Client) -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client.force_login(user)
        return client

    return sign_in


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_the_day_is_told_with_its_comparisons(
    as_: Callable[[User], Client], agent_user: User, report: DailyReport
) -> None:
    html = as_(agent_user).get(PAGE).content.decode()
    words = text_of(html)
    assert "Wednesday 4 March 2026" in words
    assert "Version 1 by test" in words
    assert "Day is 00:00 to 24:00, UTC" in words
    assert re.search(r"Opened 2 Tue 0 \+2", words)
    assert re.search(r"Open at the end 3 Tue 2 \+1 worse", words)
    assert "Review platforms" in words
    assert "Jonas Weber" in words
    assert "=Queue" in words
    assert html.count("<svg viewBox") >= 3
    assert "style=" not in re.sub(r"data-\S+", "", html)


@pytest.mark.parametrize("path", ["/reports/", PAGE, f"{PAGE}tickets/?key=opened", "/reports/definitions/"])
def test_requesters_may_not_read(
    as_: Callable[[User], Client], requester_user: User, report: DailyReport, path: str
) -> None:
    assert as_(requester_user).get(path).status_code == 403
    assert "Review platforms" not in as_(requester_user).get(path).content.decode()


def test_strangers_are_sent_to_sign_in(client: Client, report: DailyReport) -> None:
    answer = client.get(PAGE)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


def test_every_number_opens_exactly_its_tickets(
    as_: Callable[[User], Client], lead_user: User, report: DailyReport
) -> None:
    client = as_(lead_user)
    html = client.get(PAGE).content.decode()
    doors = {unescape(url) for url in re.findall(r'href="([^"]+/tickets/\?key=[^"]+)"', html)}
    kept = {one.key: one.ticket_ids for one in ReportTicketSet.objects.filter(report=report)}
    assert {re.search(r"key=(.+)", url)[1] for url in doors} == set(kept)  # type: ignore[index]
    for url in doors:
        listed = client.get(url)
        assert listed.status_code == 200
        key = re.search(r"key=(.+)", url)[1]  # type: ignore[index]
        assert sorted(map(int, re.findall(r'data-row="(\d+)"', listed.content.decode()))) == kept[key]


def test_numbers_of_an_earlier_version_open_its_own_tickets(
    as_: Callable[[User], Client], lead_user: User, report: DailyReport, ticket_at: Callable[..., Ticket]
) -> None:
    late = ticket_at(NOON)
    build(DAY)
    client = as_(lead_user)
    old = client.get(f"{PAGE}?version=1").content.decode()
    assert "This is an earlier version" in old
    assert f"{PAGE}tickets/?key=opened&amp;version=1" in old
    assert f'data-row="{late.pk}"' not in client.get(f"{PAGE}tickets/?key=opened&version=1").content.decode()
    assert f'data-row="{late.pk}"' in client.get(f"{PAGE}tickets/?key=opened").content.decode()
    newest = client.get(PAGE).content.decode()
    assert "Version 2" in newest
    assert f"{PAGE}?version=1" in newest


def test_an_engineer_is_told_how_many_are_not_for_him(
    as_: Callable[[User], Client], engineer_user: User, report: DailyReport
) -> None:
    html = as_(engineer_user).get(f"{PAGE}tickets/?key=opened").content.decode()
    assert "2 of 2 not visible to you" in html
    assert "data-row=" not in html
    assert "Queue is empty" not in html


@pytest.mark.parametrize(
    "path",
    [
        f"{PAGE}?version=9", f"{PAGE}?version=x", f"{PAGE}tickets/?key=nonsense", f"{PAGE}tickets/?key=team.99.opened",
        f"{PAGE}tickets/", f"{PAGE}tickets/?key=opened&version=7", "/reports/daily/2026-13-40/",
        "/reports/daily/0001-01-01/",
        "/reports/daily/2026-03-01/tickets/?key=opened", "/reports/daily/2026-03-01/tables.csv",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(
    as_: Callable[[User], Client], agent_user: User, report: DailyReport, path: str
) -> None:
    assert as_(agent_user).get(path).status_code == 404


def test_a_number_of_nothing_opens_an_empty_list(
    as_: Callable[[User], Client], agent_user: User, report: DailyReport
) -> None:
    answer = as_(agent_user).get(f"{PAGE}tickets/?key=breaches")
    assert answer.status_code == 200
    assert "No ticket was counted" in answer.content.decode()


def test_a_missing_day_offers_building_to_those_who_may(
    as_: Callable[[User], Client], lead_user: User, agent_user: User, report: DailyReport
) -> None:
    missing = "/reports/daily/2026-03-01/"
    offered = as_(lead_user).get(missing)
    assert (offered.status_code, "Build this day" in offered.content.decode()) == (404, True)
    refused = as_(agent_user).get(missing)
    assert (refused.status_code, "Build this day" in refused.content.decode()) == (404, False)


def test_a_day_under_way_says_when_it_is_over(as_: Callable[[User], Client], lead_user: User) -> None:
    today = timezone.now().date()
    html = as_(lead_user).get(f"/reports/daily/{today.isoformat()}/").content.decode()
    assert "This day is not over" in html
    assert "Build this day" not in html
    answer = as_(lead_user).post(f"/reports/daily/{today.isoformat()}/build/")
    assert answer.status_code == 409
    assert not DailyReport.objects.exists()


def test_a_lead_builds_again_and_an_agent_may_not(
    as_: Callable[[User], Client], lead_user: User, agent_user: User, report: DailyReport
) -> None:
    assert as_(agent_user).post(f"{PAGE}build/").status_code == 403
    assert DailyReport.objects.filter(day=DAY).count() == 1
    assert "Build again" not in as_(agent_user).get(PAGE).content.decode()
    answer = as_(lead_user).post(f"{PAGE}build/", follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "Built as version 2" in answer.content.decode()
    assert DailyReport.objects.get(day=DAY, version=2).built_by_label == "Lena Lead"
    assert as_(lead_user).get(f"{PAGE}build/").status_code == 405


def test_the_tables_as_csv_are_exact_and_harmless(
    as_: Callable[[User], Client], agent_user: User, report: DailyReport
) -> None:
    answer = as_(agent_user).get(f"{PAGE}tables.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="report-2026-03-04-v1.csv"' in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert rows[0] == ["day", "version", "table", "row", "column", "value"]
    assert ["2026-03-04", "1", "All figures", "Opened", "This day", "2"] in rows
    assert ["2026-03-04", "1", "Top categories", "'=Queue", "Opened", "2"] in rows
    assert ["2026-03-04", "1", "By team", "Review platforms", "First reply, median", "300.0"] in rows
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    places = [tuple(row[2:5]) for row in rows]
    assert len(set(places)) == len(places), "two numbers of one table have one name"


def test_what_is_gone_is_called_by_its_id(as_: Callable[[User], Client], agent_user: User) -> None:
    gone = make_team("Gone")
    report = build(DAY)
    team_row = {
        "team": gone.pk, "opened": 1, "resolved": 0, "first_response": 0, "breaches": 0, "backlog": 1,
        "first_response_median": None,
    }  # fmt: skip
    DailyReport.objects.create(
        day=DAY + timedelta(days=1), version=1, starts_at=report.starts_at, ends_at=report.ends_at, time_zone="UTC",
        definitions_version=1, built_at=report.built_at, built_by_label="test", figures=report.figures,
        compared=report.compared, tables=report.tables | {"teams": [team_row]},
    )  # fmt: skip
    name = f"Team {gone.pk}"
    gone.delete()
    assert name in as_(agent_user).get("/reports/daily/2026-03-05/").content.decode()


def test_an_empty_day_is_a_page_too(as_: Callable[[User], Client], agent_user: User) -> None:
    build(DAY)
    words = text_of(as_(agent_user).get(PAGE).content.decode())
    assert "Nothing was opened, resolved or open." in words
    assert "No promise was due." in words
    assert "Nobody rated." in words


def test_the_list_of_days_is_paged_and_leads_to_a_day(
    as_: Callable[[User], Client], agent_user: User, ticket_at: Callable[..., Ticket]
) -> None:
    client = as_(agent_user)
    assert "No report yet" in client.get("/reports/").content.decode()
    assert client.get("/reports/daily/latest/")["Location"] == "/reports/"
    for back in range(40):
        build(DAY - timedelta(days=back))
    first = client.get("/reports/").content.decode()
    days = re.findall(r'data-row="([\d-]+)"', first)
    assert (len(days), days[0], days[-1]) == (31, "2026-03-04", "2026-02-02")
    assert client.get("/reports/daily/latest/")["Location"] == PAGE
    assert client.get("/reports/?day=2026-02-14")["Location"] == "/reports/daily/2026-02-14/"
    for nonsense in ("tomorrow", "2026-02-31", "0001-01-01"):
        assert client.get(f"/reports/?day={nonsense}")["Location"] == "/reports/"


def test_older_days_follow(as_: Callable[[User], Client], agent_user: User) -> None:
    for back in range(33):
        build(DAY - timedelta(days=back))
    client = as_(agent_user)
    first = client.get("/reports/").content.decode()
    cursor = re.search(r'href="\?(cursor=[^"]+)"', first)
    assert cursor
    older = client.get(f"/reports/?{unescape(cursor[1])}").content.decode()
    assert re.findall(r'data-row="([\d-]+)"', older) == ["2026-02-01", "2026-01-31"]
    assert client.get("/reports/?cursor=made-up").status_code == 400


def test_pages_ask_as_often_for_many_rows_as_for_few(
    as_: Callable[[User], Client],
    lead_user: User,
    report: DailyReport,
    ticket_at: Callable[..., Ticket],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_(lead_user)
    client.get(PAGE)
    for _number in range(60):
        ticket_at(NOON, team=make_team().pk)
    build(DAY)
    with django_assert_max_num_queries(14):
        assert client.get(PAGE).status_code == 200
    with django_assert_max_num_queries(16):
        assert client.get(f"{PAGE}tickets/?key=opened").status_code == 200
    with django_assert_max_num_queries(8):
        assert client.get("/reports/").status_code == 200


def test_the_rail_leads_here_those_who_may(as_: Callable[[User], Client], agent_user: User) -> None:
    html = as_(agent_user).get("/reports/").content.decode()
    assert re.search(r'href="/reports/"[^>]*aria-current="page" data-key="g r"', html)
