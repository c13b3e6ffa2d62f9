"""Who may do what: every act and every address by role, as tables that are committed.

A right that changes shows in ``permissions.txt`` or ``routes.txt``, where a reviewer reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from puo_desk.accounts.policies import PUBLIC, permission_table
from puo_desk.accounts.vocabulary import Role
from tests.support.baseline import agrees_with, as_table
from tests.support.furnished import FurnishedDesk, furnish
from tests.support.routes import Route, all_routes

HERE = Path(__file__).parent
ROUTES = all_routes()


def test_the_walk_finds_pages_and_api() -> None:
    paths = {route.path for route in ROUTES}
    assert {"", "tickets/", "requests/", "api/v1/tickets/", "admin/", "account/login/"} <= paths
    assert len(paths) > 60


def test_every_route_says_who_may_open_it() -> None:
    silent = [route.path for route in ROUTES if route.declared is None]
    assert silent == [], "views without @page(...) or required_act"


def test_every_declared_permission_exists() -> None:
    known = {PUBLIC, *permission_table()}
    unknown = []
    for route in ROUTES:
        declared = route.declared
        codes = declared.values() if isinstance(declared, Mapping) else [declared]
        unknown += [f"{route.path}: {code}" for code in codes if code not in known]
    assert unknown == []


@pytest.mark.parametrize("route", [route for route in ROUTES if route.api_methods], ids=lambda route: route.path)
def test_every_served_method_of_an_api_view_is_declared(route: Route) -> None:
    declared = route.declared
    if isinstance(declared, Mapping):
        assert sorted(declared) == sorted(route.api_methods)


def test_the_acts_by_role() -> None:
    roles = list(Role.values)
    rows = [
        [code, *("x" if role in allowed else "." for role in roles)] for code, allowed in permission_table().items()
    ]
    agrees_with(HERE / "permissions.txt", as_table(["act", *roles], rows), what="Who may do what")


@pytest.fixture
def desk(db: None) -> FurnishedDesk:
    return furnish()


def test_the_pages_and_reads_by_role(desk: FurnishedDesk) -> None:
    """What each role is answered by each address: of the requester, of somebody else, of nobody."""
    rows = [(route, "GET") for route in ROUTES]
    agrees_with(HERE / "routes.txt", _table(desk, rows), what="Who is let in")


def test_the_writes_by_role(desk: FurnishedDesk) -> None:
    """The same for writes, sent without input and undone: 200, 302, 400, 409 and 422 say that the door is open."""
    rows = [
        (route, method)
        for route in ROUTES
        for method in (route.api_methods or ["POST"])
        if route.is_ours and method != "GET"
    ]
    agrees_with(HERE / "writes.txt", _table(desk, rows, leave_out="nobody's"), what="Who may write")


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "BREW")


def test_a_method_that_no_view_serves_is_refused_as_such(desk: FurnishedDesk) -> None:
    """405 with what is served, to whoever may open the address; a page never takes a PUT for a look at it."""
    client = Client(raise_request_exception=False)
    client.force_login(desk.people["admin"], backend=settings.AUTHENTICATION_BACKENDS[0])
    wrong = []
    for route in (route for route in ROUTES if route.is_ours):
        address = next(address for _label, address in desk.addresses(route))
        answers = {method: _answer(client, method, address) for method in _METHODS}
        refused = {method for method, answer in answers.items() if answer.status_code == 405}
        allowed = {method for answer in answers.values() for method in answer.headers.get("Allow", "").split(", ")}
        if not refused >= {"BREW", *_METHODS} - set(route.api_methods or ("GET", "POST")) or refused & allowed:
            wrong.append(f"/{route.path} refuses {sorted(refused)} and allows {sorted(allowed)}")
    assert wrong == []


def _table(desk: FurnishedDesk, asked: list[tuple[Route, str]], *, leave_out: str = "") -> list[str]:
    clients: dict[str, Client] = {"anonymous": Client(raise_request_exception=False)}
    for role, person in desk.people.items():
        clients[role] = Client(raise_request_exception=False)
        clients[role].force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    rows = []
    for route, method in asked:
        for label, address in desk.addresses(route):
            # One look says whether the method is served at all.
            if label == leave_out or _status(clients["admin"], method, address) == "405":
                continue
            answers = [_status(client, method, address) for client in clients.values()]
            rows.append([f"{method} /{route.path}", label, *answers])
    assert [row for row in rows if any(cell.startswith("5") for cell in row[2:])] == [], "addresses that fail"
    return as_table(["address", "of", *clients], rows)


def _status(client: Client, method: str, address: str) -> str:
    return str(_answer(client, method, address).status_code)


def _answer(client: Client, method: str, address: str) -> HttpResponse:
    with transaction.atomic():
        answer = client.generic(method, address, "{}" if method != "GET" else "", content_type="application/json")
        if answer.streaming:
            b"".join(answer)  # reading to the end closes the file
        transaction.set_rollback(True)
    return answer
