"""The clock that looks at tables of due work: its heartbeats, and one tick at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from puo_desk.kernel.models import Heartbeat

log = structlog.get_logger(__name__)

BEAT_EVERY = timedelta(seconds=5)


def beat(name: str, **details: Any) -> None:
    """Note on database time that a tick came to its end.

    Written at most every 5 s, so that ticks stay cheap.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kernel_heartbeat AS h (name, beat_at, details)
            SELECT asked.name, statement_timestamp(), asked.details::jsonb
              FROM (VALUES (%s, %s, %s::double precision)) AS asked (name, details, every)
             WHERE NOT EXISTS (SELECT FROM kernel_heartbeat AS fresh
                                WHERE fresh.name = asked.name
                                  AND fresh.beat_at >= statement_timestamp() - make_interval(secs => asked.every))
            ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at, details = excluded.details
             WHERE h.beat_at < excluded.beat_at - make_interval(secs => %s)
            """,
            [name, json.dumps(details), BEAT_EVERY.total_seconds(), BEAT_EVERY.total_seconds()],
        )


def beat_ages() -> dict[str, float]:
    """Seconds since each tick's last end, on database time."""
    ages = Heartbeat.objects.annotate(age=Now() - F("beat_at")).values_list("name", "age")
    return {name: round(age.total_seconds(), 1) for name, age in ages}


@contextmanager
def only_one_tick(name: str) -> Iterator[bool]:
    """True for one worker at a time; False at once for the others. A worker that dies gives way.

    Held by the connection, not by a transaction, for a tick commits batch by batch.
    """
    key = int.from_bytes(hashlib.sha256(f"tick:{name}".encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        taken = bool(cursor.fetchone()[0])
    try:
        yield taken
    finally:
        if taken:
            _unlock(key)


def _unlock(key: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    except Exception:
        # The connection is gone and the lock with it, or its transaction failed: closing gives the lock back.
        log.warning("tick_lock_lost", exc_info=True)
        connection.close()
