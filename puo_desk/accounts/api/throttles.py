"""How often one caller may call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from puo_desk.kernel.cache import FailSoftRedisCache

if TYPE_CHECKING:
    # Importing it here would close a circle: its class body asks for the classes of this module.
    from rest_framework.views import APIView


class ActorThrottle(SimpleRateThrottle):
    """Counts calls per person or service account (per address for strangers) in fixed windows.

    One counter per window instead of a list of instants: one step in the cache per call, whatever the
    limit. Without the cache nobody is refused, because a desk that answers matters more than a limit.
    """

    scope = "actor"
    num_requests: int | None
    duration: int | None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        actor = getattr(request._request, "actor", None)
        ident = f"user:{actor.user_id}" if actor is not None else f"address:{self.get_ident(request)}"
        return f"throttle:{self.scope}:{ident}"

    def allow_request(self, request: Request, view: APIView) -> bool:
        if self.rate is None or not self.num_requests or not self.duration:
            return True
        self.now = time.time()
        window = int(self.now // self.duration)
        counted = counter().count(f"{self.get_cache_key(request, view)}:{window}", seconds=2 * self.duration)
        return counted <= self.num_requests

    def wait(self) -> float:
        """Seconds until the next window opens, for ``Retry-After``."""
        duration = float(self.duration or 60)
        return duration - self.now % duration


def counter() -> FailSoftRedisCache:
    """The desk's cache, as what it is: the settings choose no other."""
    return cast(FailSoftRedisCache, cache)
