"""Streams through a real server, fed by a real Redis that is killed and comes back."""

from __future__ import annotations

import asyncio
import http.client
import json
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
import uvicorn
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from puo_desk.accounts.operations.people import set_memberships
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel import cache as cache_module
from puo_desk.kernel import redis_link
from puo_desk.kernel.live import hub as hub_module
from puo_desk.kernel.live import publish as publish_module
from puo_desk.kernel.live import topics as topics_module
from puo_desk.kernel.live.asgi import LiveApp
from puo_desk.kernel.live.hub import QUEUE_LENGTH, SKEW_MS, Stream, now_ms, sse
from puo_desk.kernel.live.publish import publish, send
from puo_desk.kernel.live.sessions import Listener
from puo_desk.stack.programs import find_valkey
from tests.support.desk import make_ticket
from tests.support.people import ADMIN, make_person, make_team

pytestmark = pytest.mark.django_db(transaction=True)


class Redis:
    """A server of this test alone, which may be killed."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "r.sock"
        self.directory = directory
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(self.directory)]
        self.child = subprocess.Popen([find_valkey(), *options], stdout=subprocess.DEVNULL)
        until(redis_link.ping, "Redis answers")

    def kill(self) -> None:
        assert self.child is not None
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()


def until(true: Callable[[], object], what: str, *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


@pytest.fixture
def redis(tmp_path_factory, settings, monkeypatch) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("r"))
    settings.REDIS_URL = server.url
    redis_link.client.cache_clear()
    breaker = redis_link.Breaker(rest=0.5)
    for module in (redis_link, publish_module, cache_module):
        monkeypatch.setattr(module, "breaker", breaker)
    server.start()
    yield server
    server.kill()
    redis_link.client.cache_clear()


class Desk:
    """The live endpoint on a port of its own."""

    def __init__(self) -> None:
        self.app = LiveApp()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = uvicorn.Config(self.app, port=self.port, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)

    def start(self) -> None:
        self.thread.start()
        until(lambda: self.server.started, "the server starts")

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)

    def ask(
        self, topics: str, cookie: str = "", method: str = "GET", *, last_event_id: str = ""
    ) -> http.client.HTTPResponse:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        headers = {"Cookie": cookie, "Last-Event-ID": last_event_id}
        link.request(method, f"/live/?topics={topics}", headers={name: text for name, text in headers.items() if text})
        return link.getresponse()


@pytest.fixture
def desk(redis, monkeypatch) -> Iterator[Desk]:
    monkeypatch.setattr(topics_module, "_doors", dict(topics_module._doors))
    monkeypatch.setattr(hub_module, "RECHECK_SECONDS", 0.2)
    monkeypatch.setattr(hub_module, "RESUBSCRIBE_SECONDS", 0.2)
    topics_module.authorize_topics("probe", lambda user, topics: topics)
    server = Desk()
    server.start()
    yield server
    server.stop()


def sign_in(username: str = "ada"):
    user = get_user_model().objects.create_user(username, password="a long password")
    return user, session_of(user)


def session_of(user) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return f"sessionid={client.cookies['sessionid'].value}"


class Listening:
    """An open stream and the events it got."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        self.response, self.events, self.ids, self.ended = response, [], [], threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            for line in self.response:
                if line.startswith(b"data: "):
                    self.events.append(json.loads(line[6:]))
                elif line.startswith(b"id: "):
                    self.ids.append(int(line[4:]))
        except OSError:
            pass
        self.ended.set()


def listening(desk: Desk, topics: str, cookie: str, **asked: str) -> Listening:
    before = set(desk.app.hub._streams)
    stream = Listening(desk.ask(topics, cookie, **asked))
    until(lambda: desk.app.hub._streams - before, "the stream is open")
    return stream


def heard(desk: Desk, stream: Listening, topic: str) -> None:
    """Until the hub is subscribed nothing arrives; then the first event does."""

    def told() -> bool:
        send([topic], {"first": 1})
        time.sleep(0.05)
        return bool(stream.events)

    until(told, "the first event arrives")
    time.sleep(0.1)
    stream.events.clear()


def test_a_published_event_reaches_those_who_listen_to_its_topic(desk) -> None:
    user, cookie = sign_in()
    mine = listening(desk, f"user.{user.pk},probe.1", cookie)
    other = listening(desk, "probe.2", cookie)
    heard(desk, mine, "probe.1")
    heard(desk, other, "probe.2")
    with transaction.atomic():
        publish(["probe.1", f"user.{user.pk}", "probe.1"], ticket=42)
        time.sleep(0.2)
        assert mine.events == [], "nothing is told before the commit"
    until(lambda: len(mine.events) == 2, "both events arrive")
    assert mine.events == [{"topic": "probe.1", "ticket": 42}, {"topic": f"user.{user.pk}", "ticket": 42}]
    assert other.events == []


def test_what_is_rolled_back_is_never_told(desk) -> None:
    _user, cookie = sign_in()
    mine = listening(desk, "probe.1", cookie)
    heard(desk, mine, "probe.1")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish(["probe.1"], ticket=1)
        raise ZeroDivisionError
    publish(["probe.1"], ticket=2)
    until(lambda: mine.events, "the second event arrives")
    assert mine.events == [{"topic": "probe.1", "ticket": 2}]


def test_what_was_told_between_a_page_and_its_stream_comes_first(desk) -> None:
    _user, cookie = sign_in()
    early = listening(desk, "probe.1", cookie)
    heard(desk, early, "probe.1")
    time.sleep(2 * SKEW_MS / 1000)
    drawn = now_ms()
    assert send(["probe.1"], {"ticket": 1})
    assert send(["probe.2"], {"ticket": 2})
    until(lambda: early.events, "the first page hears it")
    late = listening(desk, f"probe.1&since={drawn}", cookie)
    until(lambda: late.events, "the second page hears what it missed")
    assert late.events == [{"topic": "probe.1", "ticket": 1}]
    assert late.ids == early.ids[-1:]
    time.sleep(2 * SKEW_MS / 1000)
    assert send(["probe.1"], {"ticket": 3})
    until(lambda: len(late.events) == 2, "and what comes now")
    again = listening(desk, f"probe.1&since={drawn}", cookie, last_event_id=str(late.ids[-1]))
    until(lambda: again.events, "a stream that broke goes on")
    assert again.events == [{"topic": "probe.1", "ticket": 3}], "the browser's own instant goes before the page's"
    silent = listening(desk, "probe.1&since=rubbish", cookie)
    assert send(["probe.1"], {"ticket": 4})
    until(lambda: silent.events, "it hears what comes")
    assert silent.events == [{"topic": "probe.1", "ticket": 4}]


def test_a_page_older_than_the_memory_asks_for_everything(desk, monkeypatch) -> None:
    _user, cookie = sign_in()
    drawn = now_ms() - 60_000
    first = listening(desk, "probe.1", cookie)
    heard(desk, first, "probe.1")
    old = listening(desk, f"probe.1,probe.2&since={drawn}", cookie)
    until(lambda: len(old.events) == 2, "it is told to ask again")
    assert old.events == [{"topic": "probe.1", "polled": True}, {"topic": "probe.2", "polled": True}]
    monkeypatch.setattr(hub_module, "REMEMBERED", 3)
    monkeypatch.setattr(desk.app.hub, "_recent", deque(desk.app.hub._recent, maxlen=3))
    monkeypatch.setattr(desk.app.hub, "_heard_since", 0)
    drawn = now_ms() - 2 * SKEW_MS
    for n in range(6):
        assert send(["probe.1"], {"n": n})
    until(lambda: len(first.events) >= 6, "all are heard")
    late = listening(desk, f"probe.1&since={drawn - 60_000}", cookie)
    until(lambda: late.events, "it is told to ask again")
    assert late.events == [{"topic": "probe.1", "polled": True}]


def test_what_one_process_could_not_tell_is_asked_for_by_all(desk, monkeypatch) -> None:
    """The breaker of a teller is open although the hub hears: the next thing told says that something was lost."""
    _user, cookie = sign_in()
    mine = listening(desk, "probe.1", cookie)
    heard(desk, mine, "probe.1")
    publish_module.breaker.failed()
    assert not send(["probe.1"], {"ticket": 1})
    publish_module.breaker.worked()
    assert send(["probe.2"], {"ticket": 2})
    until(lambda: mine.events, "the page asks again")
    assert mine.events == [{"topic": "probe.1", "polled": True}]
    assert send(["probe.1"], {"ticket": 3})
    until(lambda: len(mine.events) == 2, "once")
    assert mine.events[1] == {"topic": "probe.1", "ticket": 3}


def test_who_is_refused(desk) -> None:
    user, cookie = sign_in()
    assert desk.ask("probe.1").status == 401
    assert desk.ask("probe.1", "sessionid=unknown").status == 401
    assert desk.ask("probe.1", r'sessionid="\000"').status == 401
    assert desk.ask("nobodys.1", cookie).status == 403
    assert desk.ask(f"user.{user.pk + 1}", cookie).status == 403
    assert desk.ask("", cookie).status == 400
    assert desk.ask("Bad%20Topic", cookie).status == 400
    assert desk.ask("probe.1", cookie, "POST").status == 405
    assert len(desk.app.hub) == 0


def test_a_forbidden_topic_is_left_out_of_the_others(desk) -> None:
    user, cookie = sign_in()
    mine = listening(desk, f"probe.1,user.{user.pk + 1}", cookie)
    heard(desk, mine, "probe.1")
    publish([f"user.{user.pk + 1}"])
    publish(["probe.1"])
    until(lambda: mine.events, "an event arrives")
    assert mine.events == [{"topic": "probe.1"}]


@pytest.mark.parametrize("end", ["deactivate", "sign_out", "new_password"])
def test_streams_end_with_the_session_or_the_rights(desk, end: str) -> None:
    user, cookie = sign_in()
    _other, other_cookie = sign_in("grace")
    mine, others = listening(desk, "probe.1", cookie), listening(desk, "probe.1", other_cookie)
    if end == "deactivate":
        get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    elif end == "sign_out":
        user_session = cookie.partition("=")[2]
        from django.contrib.sessions.models import Session

        Session.objects.filter(session_key=user_session).delete()
    else:
        user.set_password("another password")
        user.save()
    assert mine.ended.wait(5)
    assert not others.ended.is_set()
    assert desk.ask("probe.1", cookie).status == 401
    until(lambda: len(desk.app.hub) == 1, "the stream is closed")


def test_who_leaves_a_team_hears_of_its_tickets_no_longer(desk) -> None:
    """The session goes on; the stream ends, and opens again on what the person may see now."""
    noor, other = (make_person(name, role=Role.ENGINEER) for name in ("noor", "ines"))
    cookie, others_cookie = session_of(noor), session_of(other)
    team = make_team("Platform", members=(noor, other))
    ticket = make_ticket(make_person(role=Role.REQUESTER), by=ADMIN, team_id=team.pk)
    topics = f"ticket.{ticket.pk},user.{noor.pk},queue"
    stream = listening(desk, topics, cookie)
    stays = listening(desk, f"ticket.{ticket.pk}", others_cookie)
    heard(desk, stream, f"ticket.{ticket.pk}")
    set_memberships(user_id=noor.pk, leads_by_team={}, actor=ADMIN, now=timezone.now())
    until(stream.ended.is_set, "the stream ends")
    again = listening(desk, topics, cookie)
    heard(desk, again, f"user.{noor.pk}")
    again.events.clear()
    assert send([f"ticket.{ticket.pk}", "queue"], {"ticket": ticket.pk})
    until(lambda: again.events, "the queue is still heard")
    assert [event["topic"] for event in again.events] == ["queue"]
    assert desk.ask(f"ticket.{ticket.pk}", cookie).status == 403
    assert not stays.ended.is_set()


def test_a_page_that_leaves_is_forgotten(desk) -> None:
    _user, cookie = sign_in()
    response = desk.ask("probe.1", cookie)
    until(lambda: len(desk.app.hub) == 1, "the stream is open")
    response.fp.raw._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
    until(lambda: len(desk.app.hub) == 0, "the stream is closed")


def test_open_streams_hold_no_database_connection(desk) -> None:
    _user, cookie = sign_in()

    def backends() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return int(cursor.fetchone()[0])

    before = backends()
    streams = [listening(desk, "probe.1", cookie) for _n in range(15)]
    until(lambda: backends() <= before + 1, "the connections are given back")
    assert not any(stream.ended.is_set() for stream in streams)


def test_streams_of_one_person_are_limited(desk, monkeypatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_STREAMS_EACH", 2)
    _user, cookie = sign_in()
    for _n in range(2):
        listening(desk, "probe.1", cookie)
    assert desk.ask("probe.1", cookie).status == 503


def test_redis_killed_under_open_streams(desk, redis, monkeypatch) -> None:
    _user, cookie = sign_in()
    streams = [listening(desk, "probe.1", cookie) for _n in range(10)]
    heard(desk, streams[0], "probe.1")
    for stream in streams:
        stream.events.clear()
    breaker = publish_module.breaker
    monkeypatch.setattr(breaker, "rest", 60.0)
    redis.kill()
    publish(["probe.1"], ticket=1)
    asked: list[int] = []
    with monkeypatch.context() as patched:
        patched.setattr(publish_module, "client", lambda: asked.append(1))
        for _n in range(50):
            publish(["probe.1"], ticket=1)
    assert not asked, "a desk without Redis costs a request nothing"
    breaker.worked()
    redis.start()
    until(lambda: all(stream.events for stream in streams), "every page is told to ask again")
    assert all(stream.events[0] == {"topic": "probe.1", "polled": True} for stream in streams)
    assert not any(stream.ended.is_set() for stream in streams)
    assert send(["probe.1"], {"ticket": 2})
    until(lambda: all(stream.events[-1] == {"topic": "probe.1", "ticket": 2} for stream in streams), "the next event")


def test_the_cache_without_redis_is_empty_and_silent(redis, monkeypatch) -> None:
    cache = cache_module.FailSoftRedisCache(redis.url, {"KEY_PREFIX": "probe"})
    cache.set("a", 1)
    assert (cache.get("a"), cache.incr("a"), cache.add("a", 5), cache.has_key("a")) == (1, 2, False, True)
    assert (cache.get_many(["a", "b"]), cache.touch("a", 5)) == ({"a": 2}, True)
    redis.kill()
    asked = Mock(wraps=cache._cache.get_client)
    monkeypatch.setattr(cache._cache, "get_client", asked)
    monkeypatch.setattr(cache_module.breaker, "rest", 60.0)
    for _n in range(100):
        assert cache.get("a", "none") == "none"
        cache.set("a", 1)
        assert cache.add("a", 1) is True
        assert cache.get_many(["a"]) == {}
        assert cache.set_many({"a": 1}) == ["a"]
        assert cache.has_key("a") is False
        assert cache.delete("a") is False
        with pytest.raises(ValueError, match="not found"):
            cache.incr("a")
        assert cache.get_or_set("a", lambda: 7) == 7
        cache.clear()
    assert asked.call_count == 1, "whoever comes after the first does not ask"
    redis.start()
    cache_module.breaker.worked()
    cache.set("b", 2)
    assert cache.get("b") == 2


def test_a_page_too_slow_for_its_events_is_told_to_ask_again() -> None:
    async def fill() -> list[bytes | None]:
        stream = Stream(Listener(1, "s", "h"), ["a.1", "b.2"])
        for n in range(QUEUE_LENGTH + 1):
            stream.put(sse("a.1", {"n": n}, 1))
        stream.put(sse("a.1", {"n": "last"}, 2))
        return [stream.queue.get_nowait() for _n in range(stream.queue.qsize())]

    first, second = asyncio.run(fill())
    assert first is not None
    assert [line for line in first.splitlines() if line.startswith(b"data:")] == [
        b'data: {"topic": "a.1", "polled": true}',
        b'data: {"topic": "b.2", "polled": true}',
    ]
    assert second == sse("a.1", {"n": "last"}, 2)


def test_messages_that_are_none_of_ours_are_passed_over(desk) -> None:
    for message in (b"x", b"[]", b"{}", b'{"topics": 1, "ids": {}}', b'{"topics": ["probe.1"], "ids": 3}'):
        desk.app.hub.deliver(message)
