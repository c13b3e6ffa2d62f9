"""How many queries a page costs: the same for five rows and for five hundred, and few.

The counts are committed in ``queries.txt``: one query more in a list shows as a diff, an N+1 as a failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.baseline import agrees_with, as_table
from tests.support.furnished import FurnishedDesk, furnish
from tests.support.multiply import add_articles, add_conversation, add_news, add_tickets

HERE = Path(__file__).parent
MOST_OF_A_PAGE = 11
FEW, MANY = 5, 500


@dataclass(frozen=True)
class Counted:
    """One address, asked by a role (pages by session, the API by token)."""

    name: str
    role: str
    address: str
    htmx: bool = False


def addresses(desk: FurnishedDesk) -> Iterable[Counted]:
    mine, public = desk.mine.number, desk.values["article_id"]["public"]
    day = desk.values["day"]["built"]
    yield Counted("queue", "agent", "/tickets/?view=open")
    yield Counted("queue, as the engineer", "engineer", "/tickets/?view=open")
    yield Counted("queue, one's own", "agent", "/tickets/?view=mine&sort=newest")
    yield Counted("queue, searched", "agent", "/tickets/?view=all&search=queue")
    yield Counted("queue, filtered", "agent", "/tickets/?view=open&priority=3&priority=4")
    yield Counted("ticket page", "agent", f"/tickets/{mine}/")
    yield Counted("ticket history", "agent", f"/tickets/{mine}/history/")
    yield Counted("requests", "requester", "/requests/")
    yield Counted("request page", "requester", f"/requests/{mine}/")
    yield Counted("new request", "requester", "/requests/new/")
    yield Counted("procedures", "agent", "/sop/")
    yield Counted("procedures, searched", "agent", "/sop/?q=queue")
    yield Counted("procedure", "agent", f"/sop/{public}/")
    yield Counted("help", "requester", "/help/")
    yield Counted("help article", "requester", f"/help/{public}/")
    yield Counted("notifications", "agent", "/notifications/")
    yield Counted("bell", "agent", "/notifications/bell/")
    yield Counted("incidents", "agent", "/incidents/")
    yield Counted("reports", "lead", "/reports/")
    yield Counted("report of a day", "lead", f"/reports/daily/{day}/")
    yield Counted("definitions", "lead", "/reports/definitions/")
    yield Counted("API reports", "lead", "/api/v1/reports/daily/")
    yield Counted("API report of a day", "lead", f"/api/v1/reports/daily/{day}/")
    for role in ("agent", "requester"):
        yield Counted(f"API list, {role}", role, "/api/v1/tickets/?page_size=200")
        yield Counted(f"API search, {role}", role, "/api/v1/tickets/?search=queue")
        yield Counted(f"API ticket, {role}", role, f"/api/v1/tickets/{mine}/")
        yield Counted(f"API messages, {role}", role, f"/api/v1/tickets/{mine}/messages/")
        yield Counted(f"API events, {role}", role, f"/api/v1/tickets/{mine}/events/")
        yield Counted(f"API promises, {role}", role, f"/api/v1/tickets/{mine}/sla/")
        yield Counted(f"API procedures, {role}", role, "/api/v1/articles/?page_size=200")
        yield Counted(f"API categories, {role}", role, "/api/v1/categories/")


class Reader:
    """Asks as the roles do, and counts."""

    def __init__(self, desk: FurnishedDesk) -> None:
        scopes = ("tickets:read", "sop:read", "reports:read")
        self._tokens = {role: desk.token(role, *scopes) for role in ("agent", "requester", "lead")}
        self._clients = {}
        for role, person in desk.people.items():
            self._clients[role] = Client()
            self._clients[role].force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])

    def count(self, asked: Counted) -> tuple[int, list[str]]:
        """The queries of the second asking: the first may fill what lasts for a process."""
        headers = {}
        client = self._clients[asked.role]
        if asked.address.startswith("/api/"):
            client, headers = Client(), {"Authorization": f"Bearer {self._tokens[asked.role]}"}
        assert client.get(asked.address, headers=headers).status_code == 200, asked.address
        with CaptureQueriesContext(connection) as captured:
            client.get(asked.address, headers=headers)
        return len(captured), [query["sql"][:300] for query in captured.captured_queries]


@pytest.mark.django_db
def test_five_rows_and_five_hundred_cost_the_same_few_queries() -> None:
    desk = furnish()
    reader, found = Reader(desk), {}
    for size in (FEW, MANY):
        add_tickets(desk.mine, copies=size)
        add_conversation(desk.mine, copies=size)
        add_articles(desk.values["article_id"]["public"], copies=size)
        add_news(desk.people["agent"], copies=size)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        found[size] = {asked: reader.count(asked) for asked in addresses(desk)}
    rows, grown, dear = [], [], []
    for asked, (few, statements) in found[FEW].items():
        many, more = found[MANY][asked]
        if many != few:
            new = [statement for statement in more if statement not in statements]
            grown.append(f"{asked.name}: {few} with {FEW} rows, {many} with {MANY}\n    " + "\n    ".join(new[:6]))
        if many > MOST_OF_A_PAGE:
            dear.append(f"{asked.name}: {many}\n    " + "\n    ".join(more))
        rows.append([asked.name, str(many)])
    assert grown == [], "\n".join(grown)
    assert dear == [], "\n".join(dear)
    agrees_with(HERE / "queries.txt", as_table(["page", "queries"], rows), what="What pages cost")
