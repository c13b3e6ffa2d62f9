"""Which tables hold due work, whether any of it is late, and what frees the work that a vanished worker holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from puo_desk.kernel.due_work import MAX_ATTEMPTS, database_now
from puo_desk.kernel.models import DueRow, DueState

log = structlog.get_logger(__name__)

_COUNT_AT_MOST = 1001


@dataclass(frozen=True, slots=True)
class DueTable:
    """A table of due work, its name for people and machines, and when its rows count as late."""

    name: str
    model: type[DueRow]
    late_after: timedelta
    max_attempts: int


@dataclass(frozen=True, slots=True)
class LateWork:
    """Work of a table that should have happened: ``waiting`` rows past due (capped at 1,001), and those set aside."""

    name: str
    waiting: int
    oldest_due_at: datetime | None
    quarantined: int


_tables: dict[str, DueTable] = {}


def register_due_model(
    model: type[DueRow],
    *,
    name: str,
    late_after: timedelta = timedelta(minutes=1),
    max_attempts: int = MAX_ATTEMPTS,
) -> None:
    """Let the auditor, the rescue and the metrics know a table. Called from ``AppConfig.ready()``."""
    _tables[name] = DueTable(name, model, late_after, max_attempts)


def due_tables() -> list[DueTable]:
    return [table for _name, table in sorted(_tables.items())]


def audit_due_work(*, now: datetime | None = None) -> list[LateWork]:
    """What is late, table by table; empty when all is well."""
    found = []
    for table in due_tables():
        waiting, oldest = _late(table, now or database_now())
        if waiting:
            quarantined = table.model._default_manager.filter(state=DueState.QUARANTINED).count()
            found.append(LateWork(table.name, waiting, oldest, quarantined))
    return found


def _late(table: DueTable, now: datetime) -> tuple[int, datetime | None]:
    past = now - table.late_after
    unfinished = Q(state=DueState.WAITING, due_at__lte=past) | Q(state=DueState.CLAIMED, claimed_until__lte=past)
    late = table.model._default_manager.filter(unfinished).order_by("due_at").values_list("due_at", flat=True)
    due = list(late[:_COUNT_AT_MOST])
    return len(due), due[0] if due else None


def rescue_stuck_work(*, now: datetime | None = None) -> dict[str, int]:
    """Free what a vanished worker holds past its lease; set aside what has used up its attempts.

    Returns how many rows were freed, by table, tables with none left out.
    """
    freed = {}
    for table in due_tables():
        stuck = table.model._default_manager.filter(state=DueState.CLAIMED, claimed_until__lte=now or Now())
        count = stuck.update(
            state=models.Case(
                models.When(attempts__gte=table.max_attempts, then=models.Value(DueState.QUARANTINED.value)),
                default=models.Value(DueState.WAITING.value),
            ),
            claim_token=None,
            claimed_until=None,
            last_error=models.functions.Concat(models.Value("The worker vanished. "), F("last_error")),
        )
        if count:
            log.warning("due_rows_rescued", table=table.name, rows=count)
            freed[table.name] = count
    return freed
