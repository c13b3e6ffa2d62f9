"""The one way to Redis: clients that fail fast, and a breaker so that its absence costs nobody anything.

Redis holds nothing that must be kept. Whoever asks it is ready for no answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

REDIS_AWAY: tuple[type[Exception], ...] = (RedisError, OSError)
"""What a call may raise when Redis is away, starting, full, or talking nonsense."""


class Breaker:
    """Remembers that something is away, so that the next callers do not wait for it again.

    After a failure it stays open for ``rest`` seconds; then one caller may try.
    """

    def __init__(self, *, rest: float = 5.0) -> None:
        self.rest = rest
        self._open_until = 0.0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether to try now. When the rest is over exactly one caller is sent ahead."""
        if not self._open_until:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._open_until:
                return False
            self._open_until = now + self.rest
            return True

    def failed(self) -> bool:
        """Note a failure; True when it is news."""
        news = not self._open_until
        self._open_until = time.monotonic() + self.rest
        return news

    def worked(self) -> bool:
        """Note a success; True when it is news."""
        if not self._open_until:
            return False
        self._open_until = 0.0
        return True

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._open_until


breaker = Breaker()
"""Shared by cache, live events and kicks of a process: they ask the same Redis."""


@lru_cache(maxsize=4)
def client(url: str) -> redis.Redis:
    """A client with its own pool, one per process and URL. It waits shortly, and tries once more, because a kept
    connection may have gone stale."""
    return redis.Redis.from_url(url, socket_connect_timeout=0.3, socket_timeout=1.0, retry=Retry(NoBackoff(), 1))


def ping() -> bool:
    """Whether Redis answers now."""
    try:
        return bool(client(settings.REDIS_URL).ping())
    except REDIS_AWAY:
        return False


def broker_url(url: str) -> str:
    """The URL as Celery wants it: a socket is ``redis+socket://`` there and ``unix://`` everywhere else."""
    parts = urlsplit(url)
    if parts.scheme not in {"unix", "redis+socket"}:
        return url
    asked: Mapping[str, list[str]] = parse_qs(parts.query)
    database = (asked.get("db") or asked.get("virtual_host") or ["0"])[0]
    password = f":{quote(unquote(parts.password), safe='')}@" if parts.password else ""
    return f"redis+socket://{password}{parts.path}?{urlencode({'virtual_host': database})}"
