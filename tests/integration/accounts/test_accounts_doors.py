"""Side doors to accounts that were tried, and headers that every answer carries."""

from __future__ import annotations

import pytest
from django.test import Client

from puo_desk.accounts import events
from puo_desk.accounts.models import PersonEvent, User
from puo_desk.accounts.vocabulary import Role
from tests.support.people import make_person

pytestmark = pytest.mark.django_db


def sign_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="puo_desk.accounts.web.sign_in.DeskBackend")
    return client


def person_form(user: User, **changes: object) -> dict[str, object]:
    kept = {
        name: getattr(user, name)
        for name in ("username", "full_name", "email", "job_title", "role", "time_zone", "language")
    }
    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    return kept | inline | {"is_active": "on"} | changes


def test_the_last_admin_does_not_become_a_machine() -> None:
    only = make_person("only", role=Role.ADMIN)
    client = sign_in(only)
    address = f"/admin/accounts/user/{only.pk}/change/"
    answer = client.post(address, person_form(only, is_service="on", full_name="Robot"), follow=True)
    assert "only active admin" in answer.content.decode()
    only.refresh_from_db()
    assert (only.is_service, only.full_name) == (False, "")
    assert not PersonEvent.objects.exists()


def test_an_account_that_becomes_a_machine_loses_its_sessions() -> None:
    client, person = sign_in(make_person("root", role=Role.ADMIN)), make_person("ada")
    theirs = sign_in(person)
    client.post(f"/admin/accounts/user/{person.pk}/change/", person_form(person, is_service="on"))
    person.refresh_from_db()
    assert person.is_service
    assert PersonEvent.objects.get().code == events.MADE_SERVICE
    assert theirs.get("/profile/").status_code == 302


def test_nobody_takes_the_address_of_somebody_else() -> None:
    make_person("boss", role=Role.ADMIN, email="boss@example.org")
    amara = make_person("amara", role=Role.REQUESTER, email="amara@example.org")
    client = sign_in(amara)
    answer = client.post("/account/email/", {"action_add": "", "email": "Boss@Example.org"})
    assert "cannot be used here" in answer.content.decode()
    assert client.post("/account/email/", {"action_primary": "", "email": "boss@example.org"}).status_code < 500
    amara.refresh_from_db()
    assert amara.email == "amara@example.org"


@pytest.mark.parametrize(
    "address", ["/", "/tickets", "/tickets/", "/nowhere/", "/static/css/tokens.css", "/static/nothing.js", "/?q=%00",
                "/api/docs/", "/api/v1/tickets/", "/api/v1/me", "/admin/", "/account/login/", "/livez"]
)  # fmt: skip
@pytest.mark.parametrize("signed_in", [False, True])
def test_every_answer_has_its_policy(address: str, signed_in: bool) -> None:
    client = sign_in(make_person(role=Role.ADMIN)) if signed_in else Client(raise_request_exception=False)
    answer = client.get(address)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if answer.streaming:
        b"".join(answer)


@pytest.mark.parametrize("address", ["/tickets/", "/profile/", "/notifications/", "/api/v1/me/", "/admin/"])
def test_what_one_person_read_is_not_kept(address: str) -> None:
    answer = sign_in(make_person(role=Role.ADMIN)).get(address)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]
