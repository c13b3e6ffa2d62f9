"""The API's manners: one shape of refusal, strict bodies, names for writes, limits, sessions."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from puo_desk.accounts.api.throttles import ActorThrottle
from puo_desk.accounts.models import ApiToken
from puo_desk.accounts.operations.people import deactivate_person
from tests.support.callers import Caller, fields_of, problem
from tests.support.furnished import FurnishedDesk
from tests.support.people import ADMIN
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


# --- refusals have one shape


def test_what_is_not_there_is_404(agent: Caller) -> None:
    for path in ("/nothing/", "/tickets/PUO-999999999/", "/tickets/XYZ-1/", "/tickets/PUO-" + "9" * 40 + "/"):
        problem(agent.get(path), 404, "not_found")


def test_a_method_that_is_not_served_is_405(agent: Caller, desk: FurnishedDesk) -> None:
    for method, path in (
        ("DELETE", "/tickets/"),
        ("PUT", f"/tickets/{desk.mine.number}/"),
        ("POST", "/me/"),
        ("TRACE", "/me/"),
    ):
        answer = agent.ask(method, path)
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["Allow"]


def test_another_media_type_is_415_and_another_answer_406(agent: Caller) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"):
        problem(agent.post("/tickets/", b"body=x", Content_Type=kind), 415, "unsupported_media_type")
    problem(agent.get("/tickets/", Accept="text/html"), 406, "not_acceptable")


BROKEN_BODIES = [
    b"{",
    b"",
    b"nonsense",
    b'{"body": NaN}',
    b'{"body": Infinity}',
    b'{"impact": 1e999}',
    b'{"a": 1, "a": 2}',
    b'{"body": "a\\u0000b"}',
    b'{"body": "\\ud800"}',
    b'{"\\u0000": 1}',
    b'{"body": "\xff"}',
    b"\xff\xfe{}",
    b"[" * 40 + b"]" * 40,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b'{"impact": 99999999999999999999999999}',
]


def test_a_broken_body_is_400(agent: Caller) -> None:
    for raw in BROKEN_BODIES:
        before = Ticket.objects.count()
        answer = agent.post("/tickets/", raw)
        assert problem(answer, 400, "invalid_input")["detail"]
        assert Ticket.objects.count() == before


NO_OBJECTS = [b"[]", b"null", b"7", b'"text"', b"true", b"[{}]"]


def test_a_body_that_is_no_object_is_400(agent: Caller) -> None:
    for raw in NO_OBJECTS:
        problem(agent.post("/tickets/", raw), 400, "invalid_input")


def test_a_body_over_a_megabyte_is_413(agent: Caller) -> None:
    raw = json.dumps({"body": "x" * 1_100_000}).encode()
    problem(agent.post("/tickets/", raw), 413, "too_large")


def test_control_characters_in_the_address_are_400(agent: Caller) -> None:
    for path in ("/tickets/?search=%00", "/tickets/?tag=%0b", "/tickets/%00/"):
        problem(agent.get(path), 400, "unclean_text")


def test_half_a_character_in_an_address_harms_nothing(agent: Caller) -> None:
    for path in ("/tickets/?search=%ff%fe", "/tickets/?search=%ed%a0%80", "/tickets/?cursor=%ed%a0%80"):
        assert agent.get(path).status_code in {200, 400}


def test_the_request_is_named_in_the_answer(agent: Caller) -> None:
    told = problem(agent.get("/tickets/PUO-999999999/", X_Request_ID="from-the-caller-1"), 404, "not_found")
    assert told["request_id"] == "from-the-caller-1"


# --- who calls


def test_without_a_valid_token_everything_is_401(desk: FurnishedDesk, body: dict[str, Any]) -> None:
    stranger = Caller("puo_0123456789_nonsense")
    for method, path in (
        ("GET", "/tickets/"),
        ("POST", "/tickets/"),
        ("GET", "/me/"),
        ("PATCH", f"/tickets/{desk.mine.number}/"),
    ):
        answer = stranger.ask(method, path, body)
        problem(answer, 401, "authentication_failed")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="PUO Desk"'
    anonymous = Client().post("/api/v1/tickets/", body, content_type="application/json")
    problem(anonymous, 401, "not_authenticated")


def test_a_token_ends_and_a_person_who_left_has_none(calling: Callable[..., Caller], desk: FurnishedDesk) -> None:
    caller = calling("agent")
    assert caller.get("/me/").status_code == 200
    ApiToken.objects.filter(prefix=caller.token.split("_")[1]).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert caller.get("/me/").status_code == 401
    other = calling("lead")
    deactivate_person(user_id=desk.people["lead"].pk, actor=ADMIN, now=timezone.now())
    assert other.get("/me/").status_code == 401


def test_a_browser_writes_with_its_session_and_a_csrf_token(desk: FurnishedDesk, body: dict[str, Any]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(desk.people["requester"], backend=settings.AUTHENTICATION_BACKENDS[0])
    assert browser.get("/api/v1/tickets/").status_code == 200
    before = Ticket.objects.count()
    assert browser.post("/api/v1/tickets/", body, content_type="application/json").status_code == 403
    assert Ticket.objects.count() == before
    browser.get("/requests/new/")
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    answer = browser.post("/api/v1/tickets/", body, content_type="application/json", headers=token)
    assert answer.status_code == 201
    assert Ticket.objects.count() == before + 1


# --- how often


def test_over_the_limit_the_answer_says_when_to_come_again(agent: Caller, requester: Caller, monkeypatch: Any) -> None:
    cache.clear()
    monkeypatch.setattr(ActorThrottle, "get_rate", lambda self: "3/hour")
    for _turn in range(3):
        assert agent.get("/me/").status_code == 200
    answer = agent.get("/me/")
    problem(answer, 429, "throttled")
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600
    assert requester.get("/me/").status_code == 200, "each person has a count of their own"


def test_a_refused_call_leaves_nothing(agent: Caller, body: dict[str, Any], monkeypatch: Any) -> None:
    cache.clear()
    monkeypatch.setattr(ActorThrottle, "get_rate", lambda self: "1/hour")
    assert agent.get("/me/").status_code == 200
    before = Ticket.objects.count()
    problem(agent.post("/tickets/", body), 429, "throttled")
    assert Ticket.objects.count() == before


# --- a write with a name happens once


def test_the_same_key_and_body_is_one_ticket_and_the_same_answer(requester: Caller, body: dict[str, Any]) -> None:
    before = Ticket.objects.count()
    first = requester.post("/tickets/", body, Idempotency_Key="k-1")
    again = requester.post("/tickets/", dict(reversed(body.items())), Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert Ticket.objects.count() == before + 1


def test_a_key_belongs_to_one_write_of_one_caller(agent: Caller, requester: Caller, body: dict[str, Any]) -> None:
    requester.post("/tickets/", body, Idempotency_Key="k-2")
    before = Ticket.objects.count()
    problem(
        requester.post("/tickets/", body | {"subject": "Other"}, Idempotency_Key="k-2"), 422, "idempotency_key_reused"
    )
    assert Ticket.objects.count() == before
    assert agent.post("/tickets/", body, Idempotency_Key="k-2").status_code == 201
    for wrong in ("", " ", "x" * 256, "ä"):
        assert fields_of(problem(agent.post("/tickets/", body, Idempotency_Key=wrong), 400, "invalid_input")) == {
            "Idempotency-Key"
        }


def test_a_refusal_keeps_no_key(requester: Caller, body: dict[str, Any]) -> None:
    assert requester.post("/tickets/", body | {"body": ""}, Idempotency_Key="k-3").status_code == 400
    assert requester.post("/tickets/", body, Idempotency_Key="k-3").status_code == 201


def test_a_message_sent_twice_is_said_once(agent: Caller, desk: FurnishedDesk) -> None:
    path, before = f"/tickets/{desk.mine.number}/messages/", Message.objects.count()
    answers = [agent.post(path, {"body": "Done."}, Idempotency_Key="m-1") for _turn in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert Message.objects.count() == before + 1


# --- the description


def test_the_description_is_valid_and_complains_of_nothing() -> None:
    said = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, file=os.devnull, stdout=said, stderr=said)
    assert said.getvalue() == ""


def test_the_description_page_is_served_from_the_desk_itself() -> None:
    page = Client().get("/api/docs/").content.decode()
    assert "https://" not in page
    assert "/static/" in page
