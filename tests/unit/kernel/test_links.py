"""URLs, the breaker, topics, routes and logs."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from puo_desk.celery import TIME_LIMIT, VISIBILITY_TIMEOUT, app, route
from puo_desk.kernel.live.topics import allowed_topics, authorize_topics, parse_topics
from puo_desk.kernel.logs import without_row_values, without_secrets
from puo_desk.kernel.redis_link import Breaker, broker_url


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("unix:///run/r.sock?db=3", "redis+socket:///run/r.sock?virtual_host=3"),
        ("unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
        ("unix://:p%40ss@/run/r.sock?db=1", "redis+socket://:p%40ss@/run/r.sock?virtual_host=1"),
        ("redis://:secret@host:6379/2", "redis://:secret@host:6379/2"),
        ("rediss://host:6379/0", "rediss://host:6379/0"),
    ],
)
def test_broker_url(url: str, broker: str) -> None:
    assert broker_url(url) == broker


def test_breaker_sends_one_ahead_after_its_rest(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr("puo_desk.kernel.redis_link.time.monotonic", lambda: now[0])
    breaker = Breaker(rest=5)
    assert breaker.allows()
    assert breaker.failed() is True
    assert breaker.failed() is False
    assert not breaker.allows()
    now[0] += 5
    assert breaker.allows()
    assert not breaker.allows(), "a second caller waits for the first one's answer"
    assert breaker.worked() is True
    assert breaker.worked() is False
    assert breaker.allows()


def test_time_limit_is_below_the_visibility_timeout() -> None:
    assert app.conf.task_time_limit == TIME_LIMIT < VISIBILITY_TIMEOUT
    assert app.conf.broker_transport_options["visibility_timeout"] == VISIBILITY_TIMEOUT
    assert app.conf.task_soft_time_limit < TIME_LIMIT


def test_sweeps_have_their_own_queue() -> None:
    assert route("escalations.sweep_timers") == {"queue": "sweep"}
    assert route("sweep_timers") == {"queue": "sweep"}
    assert route("notifications.deliver_sweep_results") is None


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("tickets", ["tickets"]),
        ("ticket.42,user.7,ticket.42", ["ticket.42", "user.7"]),
        ("queue.my-team_1", ["queue.my-team_1"]),
        ("", None),
        (",", None),
        ("Ticket", None),
        ("ticket.4 2", None),
        ("ticket.4\n", None),
        (",".join(f"t.{n}" for n in range(21)), None),
    ],
)
def test_parse_topics(text: str, topics: list[str] | None) -> None:
    assert parse_topics(text) == topics


class Person:
    pk = 7


def test_topics_are_heard_by_those_their_owner_allows() -> None:
    authorize_topics("probe", lambda user, topics: [*topics[:1], "probe.not-asked"])
    assert allowed_topics(Person(), ["probe.b", "probe.a", "user.7", "user.8", "nobodys.1"]) == ["probe.b", "user.7"]


def test_logs_drop_secrets_by_name() -> None:
    event = {"event": "x", "password": "p", "api_key": "k", "Authorization": "b", "body": "t", "user_id": 3}
    kept = without_secrets(None, "info", event)
    assert kept == {
        "event": "x",
        "password": "[removed]",
        "api_key": "[removed]",
        "Authorization": "[removed]",
        "body": "[removed]",
        "user_id": 3,
    }


def test_logs_drop_row_values_of_database_errors() -> None:
    event = {"exception": "IntegrityError: duplicate key\nDETAIL:  Key (email)=(ada@x.org) already exists.\n"}
    assert "ada@x.org" not in without_row_values(None, "error", event)["exception"]


def test_json_log_lines(capsys, settings) -> None:
    from puo_desk.kernel.logs import configure

    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    try:
        configure({"json": True, "level": "INFO"})
        with structlog.contextvars.bound_contextvars(request_id="abc"):
            structlog.get_logger("probe").info("told", token="t", number=3)
            logging.getLogger("plain").warning("from %s", "outside")
        first, second = (json.loads(line) for line in capsys.readouterr().err.strip().splitlines())
    finally:
        configure(settings.LOGGING)
        root.handlers[:], root.level = before
    assert (first["event"], first["request_id"], first["token"], first["number"]) == ("told", "abc", "[removed]", 3)
    assert (second["event"], second["level"]) == ("from outside", "warning")
