"""Whether the desk lives, and whether it can be given requests."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from puo_desk.kernel import redis_link
from puo_desk.kernel.ticks import beat_ages

LATE_AFTER_SECONDS = 180.0


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nobody else, so that a database that is away does not restart the web."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and holds this version's tables, else 503.

    Redis and the age of the ticks are told but refuse nobody: pages work without both.
    """
    checks: dict[str, Any] = {
        "database": "ok",
        "migrations": "ok",
        "redis": "ok" if redis_link.ping() else "away",
    }
    try:
        if not _migrated():
            checks["migrations"] = "behind"
        else:
            checks["tick_age_seconds"] = ages = beat_ages()
            checks["late_ticks"] = sorted(name for name, age in ages.items() if age > LATE_AFTER_SECONDS)
    except DatabaseError:
        checks["database"] = "away"
    ready = checks["database"] == "ok" and checks["migrations"] == "ok"
    return JsonResponse({"status": "ok" if ready else "not ready", **checks}, status=200 if ready else 503)


def _migrated() -> bool:
    """Asked for until it is so; tables do not vanish again under a running process."""
    if not _plan_is_empty_now():
        _plan_is_empty_now.cache_clear()
        return False
    return True


@cache
def _plan_is_empty_now() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


for _view in (livez, readyz):
    _view.desk_permission = "PUBLIC"  # type: ignore[attr-defined]

urlpatterns = [path("livez", livez, name="livez"), path("readyz", readyz, name="readyz")]
