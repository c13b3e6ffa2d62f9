"""A cache that may be away: every read is then a miss and every write is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from puo_desk.kernel.redis_link import REDIS_AWAY, breaker, client

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")


class OneClient(RedisCacheClient):
    """The desk has one Redis, and a process one client for it. Django's own class makes a client for each call and
    a pool for each thread, which takes longer than the call."""

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        return client(self._servers[0])  # type: ignore[attr-defined]


class FailSoftRedisCache(RedisCache):
    """Django's Redis cache that never raises because of Redis.

    ``add`` answers True and ``incr`` raises ``ValueError`` (no such key) while Redis is away, so that
    whoever counts or dedupes by the cache goes on rather than stops.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = OneClient

    def _ask(self, call: Callable[..., Answer], otherwise: Answer, *args: Any, **kwargs: Any) -> Answer:
        if not breaker.allows():
            return otherwise
        try:
            answer = call(*args, **kwargs)
        except REDIS_AWAY as error:
            if breaker.failed():
                log.warning("redis_away", by="cache", error=type(error).__name__)
            return otherwise
        if breaker.worked():
            log.info("redis_back", by="cache")
        return answer

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._ask(super().get, default, key, default, version)

    def set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        self._ask(super().set, None, key, value, *args, **kwargs)

    def add(self, key: str, value: Any, *args: Any, **kwargs: Any) -> bool:
        return self._ask(super().add, True, key, value, *args, **kwargs)

    def touch(self, key: str, *args: Any, **kwargs: Any) -> bool:
        return self._ask(super().touch, False, key, *args, **kwargs)

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._ask(super().delete, False, key, version)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        return self._ask(super().get_many, {}, keys, version)

    def set_many(self, data: Mapping[str, Any], *args: Any, **kwargs: Any) -> list[str]:
        return self._ask(super().set_many, list(data), data, *args, **kwargs)

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        self._ask(super().delete_many, None, keys, version)

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._ask(super().has_key, False, key, version)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        counted = self._ask(super().incr, None, key, delta, version)
        if counted is None:
            raise ValueError(f"Key {key!r} not found: Redis is away.")
        return counted

    def count(self, key: str, *, seconds: int) -> int:
        """Count one more under a key that is forgotten after the seconds: 1, 2, 3 …; 0 while Redis is away.

        One step, where ``incr`` asks first whether the key is there.
        """
        return self._ask(self._count, 0, self.make_and_validate_key(key), seconds)

    def _count(self, key: str, seconds: int) -> int:
        redis = self._cache.get_client(key, write=True)
        counted = int(redis.incr(key))
        if counted == 1:
            redis.expire(key, seconds)
        return counted

    def clear(self) -> None:
        self._ask(super().clear, None)
