"""Saying that something changed. Best effort: who misses it polls."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction

from puo_desk.kernel.redis_link import REDIS_AWAY, breaker, client

log = structlog.get_logger(__name__)
_lost = threading.Event()
"""Set when this process could not tell something: every page then has to ask again, once it can."""
Id = int | str | None


def channel() -> str:
    """The one Redis channel of this desk; every web process listens to it."""
    return f"{settings.REDIS_PREFIX}:live"


def publish(topics: Iterable[str], **ids: Id) -> None:
    """After the commit, tell every listener of the topics, with ids alone. Never raises, never waits for
    Redis.

    A browser gets one event per topic it hears, named after the topic, with ``{"topic": "ticket.42",
    ...ids}`` as its text; ``"polled": true`` beside it says that something was missed and all must be asked
    again.
    """
    named = list(dict.fromkeys(topics))
    if named:
        transaction.on_commit(partial(send, named, ids), robust=True)


def send(topics: list[str], ids: dict[str, Id]) -> bool:
    """Tell now; False when Redis is away. The first to be told again says with it that something was lost."""
    if not breaker.allows():
        _lost.set()
        return False
    lost = _lost.is_set()
    try:
        client(settings.REDIS_URL).publish(
            channel(), json.dumps({"topics": topics, "ids": ids} | ({"lost": True} if lost else {}))
        )
    except REDIS_AWAY as error:
        _lost.set()
        if breaker.failed():
            log.warning("redis_away", by="live", error=type(error).__name__)
        return False
    if lost:
        _lost.clear()
    breaker.worked()
    return True
