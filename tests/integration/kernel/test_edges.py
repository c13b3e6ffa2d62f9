"""What every request passes: names, caps, refusals; for pages, fragments and the API."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated, Throttled
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from puo_desk.kernel.errors import DomainError, InvalidInput, NotFound, NotPermitted, StaleVersion
from puo_desk.kernel.http.parsers import StrictJSONParser
from puo_desk.kernel.http.serializers import StrictSerializer

MB = 1_048_576
PROBLEM = "application/problem+json"


class Taken(DomainError):
    code = "already_taken"
    http_status = 409


def raised(name: str) -> Exception:
    class Failing(Exception):
        pass

    return {
        "domain": Taken("Ada <b>took</b> it.", assignee="Ada", at=None),
        "invalid": InvalidInput({"title": ["Too long.", "Too loud."]}),
        "stale": StaleVersion(),
        "forbidden": NotPermitted(),
        "hidden": NotFound(),
        "http404": Http404("no Ticket matches"),
        "denied": PermissionDenied(),
        "validation": ValidationError({"name": ["Bad."]}),
        "data": DataError("integer out of range"),
        "nul": ValueError("A string literal cannot contain NUL (0x00) characters."),
        "away": OperationalError("server closed the connection"),
        "throttled": Throttled(wait=2.2),
        "stranger": NotAuthenticated(),
        "fault": Failing("ours"),
    }[name]


class Body(StrictSerializer):
    title = serializers.CharField(max_length=10)
    tags = serializers.ListField(child=serializers.IntegerField(min_value=0), required=False)


class ApiView(APIView):
    authentication_classes: list = []
    permission_classes: list = []
    throttle_classes: list = []
    parser_classes = [StrictJSONParser, MultiPartParser]

    def get(self, request: Request) -> Response:
        if name := request.query_params.get("raise"):
            raise raised(name)
        return Response({"ok": True})

    def post(self, request: Request) -> Response:
        if request.FILES:
            return Response({"files": {name: upload.size for name, upload in request.FILES.items()}})
        serializer = Body(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data, status=201)


def page(request: HttpRequest, name: str = "") -> HttpResponse:
    if fault := request.GET.get("raise"):
        raise raised(fault)
    return HttpResponse(f"id {request.request_id}")


@csrf_exempt
def form(request: HttpRequest) -> HttpResponse:
    if request.FILES:
        return JsonResponse({name: upload.size for name, upload in request.FILES.items()})
    return JsonResponse(dict(request.POST.lists()))


def csrf_form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("api/probe/", ApiView.as_view()),
    path("page/", page),
    path("form/", form),
    path("csrf-form/", csrf_form),
    path("page/<str:name>/", page),
]
handler400 = "puo_desk.kernel.http.answers.handler400"
handler403 = "puo_desk.kernel.http.answers.handler403"
handler404 = "puo_desk.kernel.http.answers.handler404"
handler500 = "puo_desk.kernel.http.answers.handler500"


@pytest.fixture(autouse=True)
def _own_urls(db) -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.headers["Content-Type"] == PROBLEM, response.content[:300]
    document = response.json()
    assert (response.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["type"] == f"urn:puo-desk:problem:{code}"
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == response.headers["X-Request-ID"]
    return document


# --- refusals -----------------------------------------------------------------------------------------

REFUSALS = [
    ("domain", 409, "already_taken"),
    ("invalid", 400, "invalid_input"),
    ("stale", 409, "stale_version"),
    ("forbidden", 403, "not_permitted"),
    ("hidden", 404, "not_found"),
    ("http404", 404, "not_found"),
    ("denied", 403, "not_permitted"),
    ("validation", 400, "invalid_input"),
    ("data", 400, "invalid_input"),
    ("nul", 400, "unclean_text"),
    ("away", 503, "unavailable"),
    ("throttled", 429, "throttled"),
    ("fault", 500, "failed"),
]


@pytest.mark.parametrize(("name", "status", "code"), REFUSALS)
def test_the_api_answers_with_a_problem(client, name: str, status: int, code: str) -> None:
    problem(client.get("/api/probe/", {"raise": name}), status, code)


@pytest.mark.parametrize(("name", "status", "code"), REFUSALS)
def test_a_script_on_a_page_gets_a_problem(client, name: str, status: int, code: str) -> None:
    problem(client.get("/page/", {"raise": name}, headers={"HX-Request": "true"}), status, code)


@pytest.mark.parametrize(("name", "status"), [(name, status) for name, status, _code in REFUSALS])
def test_a_person_gets_a_page(client, name: str, status: int) -> None:
    response = client.get("/page/", {"raise": name})
    assert response.status_code == status
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"<h1>" in response.content
    assert b"PUO Desk" in response.content


def test_a_page_says_the_reason_as_text(client) -> None:
    markup = client.get("/page/", {"raise": "domain"}).content.decode()
    assert "Ada &lt;b&gt;took&lt;/b&gt; it." in markup
    markup = client.get("/page/", {"raise": "invalid"}).content.decode()
    assert "Too long." in markup
    assert "Too loud." in markup


def test_facts_and_errors_of_a_problem(client) -> None:
    assert problem(client.get("/api/probe/?raise=domain"), 409, "already_taken")["facts"] == {
        "assignee": "Ada",
        "at": None,
    }
    assert problem(client.get("/api/probe/?raise=invalid"), 400, "invalid_input")["errors"] == [
        {"field": "title", "code": "invalid", "detail": "Too long."},
        {"field": "title", "code": "invalid", "detail": "Too loud."},
    ]


def test_refusals_that_name_a_wait(client) -> None:
    assert client.get("/api/probe/?raise=throttled").headers["Retry-After"] == "3"
    assert client.get("/api/probe/?raise=away").headers["Retry-After"] == "2"


def test_addresses_and_methods_that_are_not_there(client) -> None:
    problem(client.get("/api/nowhere/"), 404, "not_found")
    problem(client.put("/api/probe/", "{}", content_type="application/json"), 405, "method_not_allowed")
    problem(client.get("/api/probe/", headers={"Accept": "text/html"}), 406, "not_acceptable")
    assert client.get("/nowhere/").status_code == 404


def test_an_address_without_its_slash_leads_on_with_method_and_body(client) -> None:
    answer = client.post("/api/probe?a=1", "{}", content_type="application/json")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/api/probe/?a=1")
    assert client.get("/page").status_code == 308


def test_a_form_without_its_token(client) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/csrf-form/", {"a": "b"}).status_code == 403
    problem(strict.post("/csrf-form/", {"a": "b"}, headers={"HX-Request": "true"}), 403, "csrf_failed")


# --- input --------------------------------------------------------------------------------------------


def post(client: Client, body: Any, content_type: str = "application/json"):
    return client.post("/api/probe/", body if isinstance(body, bytes | str) else json.dumps(body), content_type)


def test_faults_are_named_by_path(client) -> None:
    errors = problem(post(client, {"tags": [1, "x", -2], "status": "open"}), 400, "invalid_input")["errors"]
    assert {(fault["field"], fault["code"]) for fault in errors} == {("status", "unknown_field")}
    errors = problem(post(client, {"title": "", "tags": [1, "x", -2]}), 400, "invalid_input")["errors"]
    assert {(fault["field"], fault["code"]) for fault in errors} == {
        ("title", "blank"),
        ("tags.1", "invalid"),
        ("tags.2", "min_value"),
    }


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"a":NaN}', b"[" * 5_000, b'{"a":1,"a":1}', rb'{"title":"\u0000"}', b"[]", b'"x"']
)
def test_broken_json_is_400(client, body: bytes) -> None:
    problem(post(client, body), 400, "invalid_input")


def test_an_empty_body_names_what_is_required(client) -> None:
    errors = problem(post(client, b""), 400, "invalid_input")["errors"]
    assert errors == [{"field": "title", "code": "required", "detail": "This field is required."}]


def test_other_media_types_are_415(client) -> None:
    problem(post(client, "title=a", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")
    problem(post(client, "{}", "text/plain"), 415, "unsupported_media_type")


def test_the_json_cap_is_exact(client) -> None:
    filler = json.dumps({"title": "a"}).encode()
    assert post(client, filler + b" " * (MB - len(filler))).status_code == 201
    problem(post(client, filler + b" " * (MB - len(filler) + 1)), 413, "too_large")


def upload(client: Client, to: str, *sizes: int):
    return client.post(to, {f"f{n}": SimpleUploadedFile(f"{n}.bin", b"x" * size) for n, size in enumerate(sizes)})


@pytest.mark.parametrize("to", ["/api/probe/", "/form/"])
def test_the_cap_of_a_file_is_exact(client, to: str) -> None:
    assert upload(client, to, 10 * MB).status_code == 200
    assert upload(client, to, 10 * MB + 1).status_code == 413


@pytest.mark.parametrize("to", ["/api/probe/", "/form/"])
def test_the_number_of_files_is_capped(client, to: str) -> None:
    assert upload(client, to, *[1] * 25).status_code == 200
    assert upload(client, to, *[1] * 26).status_code == 413


def test_an_upload_is_refused_by_its_length_before_it_is_read(client) -> None:
    response = client.generic(
        "POST", "/api/probe/", b"", "multipart/form-data; boundary=x", CONTENT_LENGTH=str(252 * MB)
    )
    problem(response, 413, "too_large")


@pytest.mark.parametrize(("length", "status"), [("ten", 400), ("-1", 400), ("1e3", 400), ("²", 400)])
def test_a_length_that_is_no_number(client, length: str, status: int) -> None:
    assert client.generic("POST", "/api/probe/", b"{}", "application/json", CONTENT_LENGTH=length).status_code == status


def test_a_body_of_unknown_length_is_411(client) -> None:
    response = client.generic(
        "POST", "/api/probe/", b"", "application/json", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked"
    )
    problem(response, 411, "length_required")


@pytest.mark.parametrize(
    "address",
    [
        "/api/probe/?q=%00",
        "/api/probe/?q=a%1b",
        "/api/%00/",
        "/api/probe/?%00=1",
        "/api/a%0ab/",
        "/api/probe/?q=%c2%85",
    ],
)
def test_characters_that_no_text_has_are_400(client, address: str) -> None:
    problem(client.get(address), 400, "unclean_text")


@pytest.mark.parametrize(
    "address", ["/page/?q=a%0d%0ab%09c", "/page/?q=%ff%fe", "/page/?q=%ED%A0%80", "/page/%F0%9F%98%80/"]
)
def test_other_characters_pass(client, address: str) -> None:
    assert client.get(address).status_code == 200


def test_an_unclean_cookie_is_400(client) -> None:
    assert client.get("/page/", headers={"Cookie": r'sessionid="\000abc"'}).status_code == 400


def test_too_many_fields_are_413(client) -> None:
    assert client.post("/form/", {f"f{n}": "x" for n in range(501)}).status_code == 413
    problem(client.get("/api/probe/?" + "&".join(f"f{n}=x" for n in range(501))), 413, "too_large")


def test_forms_are_normalised_and_passwords_are_not(client) -> None:
    posted = client.post("/form/", {"text": "a\x00\r\ne\u0301", "password1": " e\u0301 ", "many": ["x\x1b", "y"]})
    assert posted.json() == {"text": ["a\né"], "password1": [" e\u0301 "], "many": ["x", "y"]}


# --- context ------------------------------------------------------------------------------------------


def test_the_name_of_a_request_is_taken_over_and_sent_back(client) -> None:
    response = client.get("/page/", headers={"X-Request-ID": "trace-12345"})
    assert (response.headers["X-Request-ID"], response.content) == ("trace-12345", b"id trace-12345")


@pytest.mark.parametrize("asked", ["short", "a" * 65, "with space", "ünïcode-12", "a;b=12345"])
def test_a_name_that_is_none_is_replaced(client, asked: str) -> None:
    named = client.get("/page/", headers={"X-Request-ID": asked}).headers["X-Request-ID"]
    assert named != asked
    assert len(named) == 32


def test_the_access_line_holds_the_route_and_nothing_of_the_person(client, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="puo_desk.access"):
        client.get("/page/yorick@example.org/?q=secret")
    (record,) = [record for record in caplog.records if record.name == "puo_desk.access"]
    line = record.msg
    assert (line["event"], line["method"], line["route"], line["status"]) == (
        "request",
        "GET",
        "/page/<str:name>/",
        200,
    )
    assert "yorick" not in str(line)
    assert "secret" not in str(line)


def test_error_pages_need_no_database(client, monkeypatch) -> None:
    def gone(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "ensure_connection", gone)
        patch.setattr(connection, "cursor", gone)
        response = client.get("/page/?raise=fault")
    assert response.status_code == 500
    assert b"<h1>" in response.content


def test_a_database_that_is_away_is_said_so_before_any_view(client, monkeypatch) -> None:
    """Whose session it is must be asked first."""

    def gone(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("gone")

    client.cookies["sessionid"] = "a" * 32
    with monkeypatch.context() as patch:
        patch.setattr(connection, "ensure_connection", gone)
        patch.setattr(connection, "cursor", gone)
        response = client.get("/page/")
    assert (response.status_code, response.headers.get("Retry-After")) == (503, "2")


def test_a_fault_is_logged_without_its_path(client, caplog) -> None:
    client.get("/page/ada@example.org/?raise=fault")
    (record,) = [record for record in caplog.records if record.name == "django.request"]
    assert record.exc_info is not None
    assert record.getMessage() == "Internal Server Error"
