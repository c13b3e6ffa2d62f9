"""The same write asked for twice happens once (promise P2)."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from puo_desk.kernel import idempotency
from puo_desk.kernel.actor import PERSON, Actor
from puo_desk.kernel.errors import DomainError
from puo_desk.kernel.http.parsers import StrictJSONParser
from puo_desk.kernel.idempotency import idempotent
from puo_desk.kernel.models import Heartbeat, IdempotencyKey

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)

BEGUN, GO_ON = threading.Event(), threading.Event()
"""The one write that is held has begun; it may go on."""


class Refused(DomainError):
    code = "refused_here"


class Effects(APIView):
    """One row per effect; the body may ask for a wait or a refusal."""

    authentication_classes: list = []
    permission_classes: list = []
    throttle_classes: list = []
    parser_classes = [StrictJSONParser, MultiPartParser]
    slow = threading.Event()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if name := request.headers.get("X-Actor"):
            request._request.actor = Actor(kind=PERSON, label=name, user_id=int(name))

    @idempotent
    def post(self, request: Request) -> Response:
        Heartbeat.objects.create(
            name=f"effect-{Heartbeat.objects.count()}-{time.monotonic_ns()}", beat_at=timezone.now()
        )
        if request.data.get("refuse"):
            raise Refused
        time.sleep(float(request.data.get("wait", 0)))
        if request.data.get("held"):
            BEGUN.set()
            GO_ON.wait(30)
        if request.data.get("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        answer = {"effects": Heartbeat.objects.count(), "naïve": "é"}
        return Response(answer, status=201, headers={"Location": "/api/made/1", "X-Other": "1"})

    @idempotent
    def delete(self, request: Request) -> Response:
        return Response(status=204)


urlpatterns = [path("api/effects/", Effects.as_view()), path("api/others/", Effects.as_view())]


@pytest.fixture(autouse=True)
def _own_urls():
    with override_settings(ROOT_URLCONF=__name__):
        yield


def post(body: dict, key: str | None = "k1", *, actor: int = 7, to: str = "/api/effects/"):
    headers = {"X-Actor": str(actor)} | ({"Idempotency-Key": key} if key is not None else {})
    return Client(headers=headers).post(to, json.dumps(body), content_type="application/json")


def effects() -> int:
    return Heartbeat.objects.count()


def test_the_second_request_gets_the_first_answer_to_the_byte() -> None:
    first, second = post({"a": 1}), post({"a": 1})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"
    assert second.headers["Location"] == "/api/made/1"
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert effects() == 1


def test_the_order_of_keys_does_not_matter_but_values_do() -> None:
    assert post({"a": 1, "b": [1, 2]}).status_code == 201
    assert post({"b": [1, 2], "a": 1}).status_code == 201
    other = post({"b": [2, 1], "a": 1})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert other.headers["Content-Type"] == "application/problem+json"
    assert effects() == 1


def test_another_target_with_the_same_key_is_422() -> None:
    post({"a": 1})
    assert post({"a": 1}, to="/api/others/").status_code == 422


def test_keys_belong_to_their_actor() -> None:
    assert {post({}, actor=n).json()["effects"] for n in (1, 2, 1)} == {1, 2}


def test_without_a_key_or_an_actor_every_request_counts() -> None:
    post({}, key=None)
    post({}, key=None)
    Client(headers={"Idempotency-Key": "k"}).post("/api/effects/", "{}", content_type="application/json")
    assert (effects(), IdempotencyKey.objects.count()) == (3, 0)


@pytest.mark.parametrize("key", ["", "a b", "a" * 256, "é"])
def test_a_key_that_is_none(key: str) -> None:
    assert post({}, key=key).status_code == 400
    assert effects() == 0


def test_a_refusal_undoes_its_effect_and_leaves_the_key_free() -> None:
    refused = post({"refuse": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "refused_here")
    assert (effects(), IdempotencyKey.objects.count()) == (0, 0)
    assert post({"refuse": False}).status_code == 201


def test_an_empty_answer_is_kept_too() -> None:
    client = Client(headers={"X-Actor": "7", "Idempotency-Key": "d"})
    first, second = client.delete("/api/effects/"), client.delete("/api/effects/")
    assert (first.status_code, second.status_code, second.content) == (204, 204, b"")
    assert "Content-Type" not in second.headers
    assert second.headers["Idempotent-Replayed"] == "true"


def test_uploads_are_compared_by_their_content_not_their_boundaries() -> None:
    client = Client(headers={"X-Actor": "7", "Idempotency-Key": "u"})

    def send(content: bytes):
        return client.post("/api/effects/", {"name": "x", "shot": SimpleUploadedFile("a.png", content)})

    assert [send(b"one").status_code, send(b"one").status_code, send(b"two").status_code] == [201, 201, 422]
    assert effects() == 1


def test_an_expired_answer_is_forgotten_and_replaced() -> None:
    post({"a": 1})
    IdempotencyKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert post({"a": 2}).status_code == 201
    assert (effects(), IdempotencyKey.objects.count()) == (2, 1)
    assert post({"a": 2}).headers["Idempotent-Replayed"] == "true"


def test_purge_takes_the_expired_alone() -> None:
    for n in range(3):
        post({}, key=f"k{n}")
    IdempotencyKey.objects.filter(key__in=["k0", "k1"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert [idempotency.purge_expired(limit=1), idempotency.purge_expired(), idempotency.purge_expired()] == [1, 1, 0]
    assert [row.key for row in IdempotencyKey.objects.all()] == ["k2"]


def test_answers_are_kept_for_at_least_a_day() -> None:
    post({})
    row = IdempotencyKey.objects.get()
    assert row.expires_at - row.created_at >= timedelta(hours=24)


@committed
def test_it_costs_two_statements() -> None:
    with CaptureQueriesContext(connection) as with_key:
        post({})
    with CaptureQueriesContext(connection) as without_key:
        post({}, key=None)
    own = [query["sql"] for query in with_key if query["sql"].split()[0] not in {"BEGIN", "COMMIT"}]
    assert len(own) - len(without_key) == 2
    assert not any("SAVEPOINT" in sql for sql in own)


def in_threads(count: int, act) -> list:
    gate, answers = threading.Barrier(count), []

    def run() -> None:
        try:
            gate.wait(20)
            answers.append(act())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@committed
def test_fifty_at_once_have_one_effect() -> None:
    def until_answered():
        for _attempt in range(200):
            answer = post({"wait": 0.05})
            if answer.status_code != 409:
                return answer
            assert (answer.json()["code"], answer.headers["Retry-After"]) == ("still_running", "1")
            time.sleep(0.02)
        raise AssertionError("never answered")

    answers = in_threads(50, until_answered)
    assert Counter(answer.status_code for answer in answers) == {201: 50}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert effects() == 1


@committed
def test_fifty_keys_at_once_have_fifty_effects() -> None:
    keys = iter(range(50))
    answers = in_threads(25, lambda: [post({}, key=f"k{next(keys)}").status_code for _n in range(2)])
    assert answers == [[201, 201]] * 25
    assert effects() == 50


@committed
def test_while_the_first_runs_the_second_is_told_to_come_again() -> None:
    running = threading.Thread(target=lambda: (post({"held": True}), connections.close_all()))
    running.start()
    assert BEGUN.wait(30)
    second = post({"held": True})
    GO_ON.set()
    running.join()
    assert (second.status_code, second.headers["Retry-After"]) == (409, "1")
    assert post({"held": True}).headers["Idempotent-Replayed"] == "true"
    assert effects() == 1


@committed
def test_an_answer_kept_between_the_look_and_the_lock_is_replayed(monkeypatch) -> None:
    """The look reads a snapshot older than the lock: the first request may end in between."""
    look = idempotency.begin
    looks: list[idempotency.Write] = []

    def begin(write: idempotency.Write):
        looks.append(write)
        if len(looks) > 1:
            return look(write)
        in_threads(1, lambda: post({"a": 1}))
        return None

    monkeypatch.setattr(idempotency, "begin", begin)
    answer = post({"a": 1})
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert effects() == 1, "the late effect is undone"


@committed
def test_a_killed_process_leaves_neither_effect_nor_key() -> None:
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            post({"die": True})
        finally:
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert (effects(), IdempotencyKey.objects.count()) == (0, 0)
    deadline = time.monotonic() + 5
    while (answer := post({"die": False})).status_code == 409 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert answer.status_code == 201
