"""A thousand creates at once, two claims at once, and a Redis that is emptied meanwhile: over a real web process."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from redis import Redis

from puo_desk.accounts.models import User
from puo_desk.accounts.operations.tokens import create_token
from puo_desk.accounts.vocabulary import Role, Scope
from puo_desk.kernel.models import IdempotencyKey
from tests.support.histories import gaps_in_histories
from tests.support.people import ADMIN, make_person
from tests.support.running_desk import RunningDesk, Told, all_at_once
from tests.support.small_desk import wait_for
from tickets.models import Message, Ticket, TicketEvent

pytestmark = pytest.mark.slow

MANY = 1_000
BODY = {"subject": "Queue is empty", "body": "Since nine it shows nothing."}


def bearer(person: User) -> str:
    scopes = [Scope.TICKETS_READ, Scope.TICKETS_WRITE]
    now = timezone.now() - timedelta(minutes=1)
    return f"Bearer {create_token(user=person, name='t', scopes=scopes, actor=ADMIN, now=now)[1]}"


def test_a_thousand_creates_with_one_key_are_one_ticket_and_with_a_thousand_keys_a_thousand(
    running: RunningDesk,
) -> None:
    running.web()
    token = bearer(make_person(role=Role.REQUESTER))

    def create(key: str) -> Told:
        return running.ask("POST", "/api/v1/tickets/", BODY, Authorization=token, Idempotency_Key=key)

    answers = all_at_once(create, ["the-one"] * MANY)
    assert {answer.status for answer in answers} <= {201, 409}
    made = [answer for answer in answers if answer.status == 201]
    assert len({answer.raw for answer in made}) == 1, "all are told the same"
    assert [answer.headers["Idempotent-Replayed"] for answer in made].count(None) == 1
    assert all(answer.headers["Retry-After"] == "1" for answer in answers if answer.status == 409)
    assert all(answer.json["code"] == "still_running" for answer in answers if answer.status == 409)
    assert (Ticket.objects.count(), Message.objects.count(), IdempotencyKey.objects.count()) == (1, 1, 1)
    assert create("the-one").raw == made[0].raw

    answers = all_at_once(create, [f"key-{number}" for number in range(MANY)])
    assert Counter(answer.status for answer in answers) == {201: MANY}
    assert len({answer.json["number"] for answer in answers}) == MANY
    assert (Ticket.objects.count(), Message.objects.count()) == (MANY + 1, MANY + 1)
    assert IdempotencyKey.objects.count() == MANY + 1
    assert TicketEvent.objects.filter(kind="ticket.opened").count() == MANY + 1
    assert gaps_in_histories() == []


def test_of_two_agents_who_claim_over_http_one_wins_and_the_other_is_told_who(running: RunningDesk) -> None:
    running.web()
    people = {bearer(person): person for person in (make_person(full_name="Ada"), make_person(full_name="Ben"))}
    asker = bearer(make_person(role=Role.REQUESTER))
    both = threading.Barrier(2)

    def claim(asked: tuple[str, str]) -> Told:
        both.wait(timeout=30)
        return running.ask("POST", f"/api/v1/tickets/{asked[1]}/claim/", {}, Authorization=asked[0])

    for _turn in range(10):
        number = running.ask("POST", "/api/v1/tickets/", BODY, Authorization=asker).json["number"]
        answers = dict(zip(people, all_at_once(claim, [(token, number) for token in people], threads=2), strict=True))
        assert sorted(answer.status for answer in answers.values()) == [200, 409]
        winner = next(people[token] for token, answer in answers.items() if answer.status == 200)
        loser = next(answer.json for answer in answers.values() if answer.status == 409)
        assert loser["facts"] == {"assignee_id": winner.pk, "assignee": winner.full_name}
        assert winner.full_name in loser["detail"]
        assert Ticket.objects.get(pk=number.removeprefix("PUO-")).assignee_id == winner.pk
        assert TicketEvent.objects.filter(ticket=number.removeprefix("PUO-"), kind="ticket.assigned").count() == 1


class Flushing:
    """Empties a Redis database again and again until told to end."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._ended, self.times = redis, threading.Event(), 0
        self._thread = threading.Thread(target=self._flush)

    def _flush(self) -> None:
        while not self._ended.wait(0.01):
            self._redis.flushdb()
            self.times += 1

    def __enter__(self) -> Flushing:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._ended.set()
        self._thread.join()


def test_emptying_redis_under_load_loses_nothing(running: RunningDesk, redis: Redis) -> None:
    running.web()
    token = bearer(make_person(role=Role.REQUESTER))
    agent = bearer(make_person())

    def work(number: int) -> list[int]:
        made = running.ask("POST", "/api/v1/tickets/", BODY, Authorization=token, Idempotency_Key=f"k-{number}")
        path = f"/api/v1/tickets/{made.json['number']}"
        said = running.ask("POST", f"{path}/messages/", {"body": "On it."}, Authorization=agent)
        return [made.status, said.status, running.ask("GET", f"{path}/", Authorization=token).status]

    with Flushing(redis) as flushing:
        answers = all_at_once(work, range(150))
    assert flushing.times > 10
    assert Counter(tuple(answer) for answer in answers) == {(201, 201, 200): 150}
    assert (Ticket.objects.count(), Message.objects.count()) == (150, 300)
    assert gaps_in_histories() == []
    # Live events flow again.
    heard = redis.pubsub()
    heard.subscribe(f"{settings.REDIS_PREFIX}:live")
    until = time.monotonic() + 10
    news = None
    while not news and time.monotonic() < until:
        assert work(1_000 + int(until - time.monotonic()))[0] == 201
        news = next((m for m in iter(lambda: heard.get_message(timeout=0.2), None) if m["type"] == "message"), None)
    assert news, "nothing is published after Redis is back"
    heard.close()


def test_without_any_redis_pages_and_api_answer(running: RunningDesk) -> None:
    running.environment["REDIS_URL"] = f"unix://{running.directory}/nobody.sock?db=0"
    running.web()
    requester, agent = make_person(role=Role.REQUESTER), make_person()
    token = bearer(requester)
    from django.test import Client

    made = [running.ask("POST", "/api/v1/tickets/", BODY, Authorization=token) for _turn in range(30)]
    assert Counter(answer.status for answer in made) == {201: 30}
    number = made[0].json["number"]
    browser = Client()
    browser.force_login(agent, backend=settings.AUTHENTICATION_BACKENDS[0])
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    for path in ("/tickets/", f"/tickets/{number}/", "/sop/", "/notifications/", "/api/v1/tickets/", "/account/login/"):
        answer = running.ask("GET", path, Cookie=cookie)
        assert answer.status in {200, 302}, path
    assert Ticket.objects.count() == 30
    ready = running.ask("GET", "/readyz")
    assert ready.status == 200, "a desk without Redis is slower to tell, not out of service"
    wait_for(lambda: running.ask("GET", "/livez").status == 200, 5)
