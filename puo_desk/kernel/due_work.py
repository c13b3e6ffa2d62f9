"""Work that must happen: claimed from tables, done once, set aside when it cannot be done.

PostgreSQL holds what is due; a Celery message only says "look now". Two ways to work:

* ``process_batch`` for work that touches the database alone: claimed, done and finished in one
  transaction, set-wise. A batch that fails is done again row by row, so that one bad row harms no other.
* ``claim_due`` then ``finish`` or ``fail`` for work that touches the world: the claim is committed first,
  and its token decides at the end whether the result still counts.

Attempts are counted before the work. Due-ness is decided on database time, unless ``now`` is given.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from puo_desk.kernel.models import DueRow, DueState

log = structlog.get_logger(__name__)

Row = TypeVar("Row", bound=DueRow)
Work = Callable[[Sequence[Row], datetime], None]
"""Does the work of some rows at an instant. Raises when it cannot; it may change the rows' ``due_at``."""

MAX_ATTEMPTS = 5
LEASE = timedelta(seconds=90)
BACK_OFF = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""Waits after the first, second, ... failure; the last one repeats."""
ERROR_LENGTH = 2000


def claim_due(
    source: type[Row] | QuerySet[Row],
    *,
    limit: int = 100,
    lease: timedelta = LEASE,
    now: datetime | None = None,
) -> list[Row]:
    """Take up to ``limit`` due rows for this worker alone, oldest first, and count the attempt.

    ``source`` is a table or a narrower queryset of it. The rows are ``claimed`` when this returns and carry
    ``claim_token``; they are free again after ``lease`` (by ``rescue_stuck_work``). Call it outside a
    transaction, so that the claim is committed before the work.
    """
    rows = _queryset(source)
    token = uuid.uuid4()
    at = _instant_sql(now)
    with transaction.atomic(), connection.cursor() as cursor:
        due, due_parameters = _due(rows, limit=limit, now=now).values("pk").query.sql_with_params()
        table = connection.ops.quote_name(rows.model._meta.db_table)
        key = connection.ops.quote_name(cast(str, rows.model._meta.pk.column))
        parameters: list[Any] = [*due_parameters, token, *([now] if now else []), lease]
        # A CTE, because a plan may run the sub-select of an IN more than once and claim too many.
        cursor.execute(
            f"""
            WITH due (pk) AS MATERIALIZED ({due})
            UPDATE {table} AS held
               SET state = 'claimed', attempts = attempts + 1, claim_token = %s,
                   claimed_until = {at} + %s
              FROM due WHERE held.{key} = due.pk
            RETURNING held.{key}
            """,  # noqa: S608 (names of our own tables)
            parameters,
        )
        keys = [key for (key,) in cursor.fetchall()]
        if not keys:
            return []
        return list(rows.model._default_manager.filter(pk__in=keys).order_by("due_at", "pk"))


def finish(row: DueRow, *, due_again_at: datetime | None = None) -> bool:
    """Close a claimed row: done, or waiting for its next time. False when the claim was lost meanwhile."""
    again: Mapping[str, Any] = {"state": DueState.DONE}
    if due_again_at is not None:
        again = {"state": DueState.WAITING, "due_at": due_again_at, "attempts": 0}
    return _settle(row, last_error="", **again)


def fail(
    row: DueRow,
    error: BaseException | str,
    *,
    back_off: Sequence[timedelta] = BACK_OFF,
    max_attempts: int = MAX_ATTEMPTS,
    now: datetime | None = None,
) -> bool:
    """Give a claimed row back to be tried later, or set it aside after ``max_attempts``.

    False when the claim was lost meanwhile; then nothing changes.
    """
    told = _told(error)
    if row.attempts >= max_attempts:
        log.error("due_row_quarantined", table=row._meta.label, row_id=row.pk, attempts=row.attempts)
        return _settle(row, state=DueState.QUARANTINED, last_error=told)
    wait = back_off[min(row.attempts, len(back_off)) - 1]
    return _settle(row, state=DueState.WAITING, due_at=(now or Now()) + wait, last_error=told)


def stop(rows: QuerySet[Row]) -> int:
    """Say of rows still waiting that they are no longer wanted; returns how many there were."""
    return rows.filter(state=DueState.WAITING).update(state=DueState.STOPPED)


def replay(rows: QuerySet[Row], *, now: datetime) -> int:
    """Give quarantined rows a fresh start at ``now``; returns how many there were."""
    return rows.filter(state=DueState.QUARANTINED).update(state=DueState.WAITING, due_at=now, attempts=0, last_error="")


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How a batch went. ``more`` says that the limit was reached and another call is worth it."""

    done: int = 0
    failed: int = 0
    quarantined: int = 0
    more: bool = False

    def __add__(self, other: BatchResult) -> BatchResult:
        return BatchResult(
            self.done + other.done,
            self.failed + other.failed,
            self.quarantined + other.quarantined,
            other.more,
        )


def process_batch(
    source: type[Row] | QuerySet[Row],
    work: Work[Row],
    *,
    limit: int = 500,
    now: datetime | None = None,
    settle: bool = True,
) -> BatchResult:
    """Do what is due of a table whose work touches the database alone.

    ``work`` gets the locked rows and one instant, and does them set-wise in the claiming transaction. With
    ``settle`` every row is marked done afterwards; without it ``work`` leaves each row not due itself
    (done, or waiting for a later instant with ``attempts`` 0).

    When ``work`` raises, everything it did is undone and each row is done alone, in its own transaction,
    with its attempt counted and committed first; rows that failed before never join a batch again. After
    ``MAX_ATTEMPTS`` a row is quarantined.
    """
    rows = _queryset(source)
    found: list[Row] = []
    try:
        with transaction.atomic():
            found, at = _lock(rows, limit=limit, now=now)
            batch = [row for row in found if not row.attempts]
            if batch and at:
                work(batch, at)
                if settle:
                    rows.model._default_manager.filter(pk__in=_keys(batch)).update(state=DueState.DONE)
        result, alone = BatchResult(done=len(batch)), [row for row in found if row.attempts]
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        log.warning("batch_failed", table=rows.model._meta.label, error=type(error).__name__, exc_info=error)
        result, alone = BatchResult(), found
    if alone:
        result += _one_by_one(rows.filter(pk__in=_keys(alone)), work, limit=limit, now=now, settle=settle)
    return replace(result, more=len(found) == limit)


def drain(
    source: type[Row] | QuerySet[Row],
    work: Work[Row],
    *,
    limit: int = 500,
    batches: int = 20,
    now: datetime | None = None,
    settle: bool = True,
) -> BatchResult:
    """``process_batch`` until nothing is due, or ``batches`` times: one tick never runs without end."""
    total = BatchResult()
    for _turn in range(batches):
        total += process_batch(source, work, limit=limit, now=now, settle=settle)
        if not total.more:
            break
    return total


def _one_by_one(rows: QuerySet[Row], work: Work[Row], *, limit: int, now: datetime | None, settle: bool) -> BatchResult:
    done = failed = quarantined = 0
    for row in claim_due(rows, limit=limit, now=now):
        try:
            with transaction.atomic():
                mine = _recheck(row)
                if mine is None:
                    continue
                work([mine], now or database_now())
                again = {"state": DueState.DONE} if settle else {"attempts": 0}
                rows.model._default_manager.filter(pk=mine.pk).update(**again)
                done += 1
        except Exception as error:
            fail(row, error, now=now)
            failed += 1
            quarantined += row.attempts >= MAX_ATTEMPTS
            if isinstance(error, SoftTimeLimitExceeded):
                raise
    return BatchResult(done, failed, quarantined)


def _recheck(row: Row) -> Row | None:
    """The row locked and no longer claimed, as ``work`` gets it in a batch; None when the claim was lost."""
    held = type(row)._default_manager.filter(pk=row.pk, claim_token=row.claim_token)
    mine = held.select_for_update().first()
    if mine is None or mine.state != DueState.CLAIMED:
        return None
    held.update(state=DueState.WAITING, claim_token=None, claimed_until=None)
    mine.state, mine.claim_token, mine.claimed_until = DueState.WAITING, None, None
    return mine


def _lock(rows: QuerySet[Row], *, limit: int, now: datetime | None) -> tuple[list[Row], datetime | None]:
    batch = list(_due(rows, limit=limit, now=now).annotate(decided_at=Now()))
    return batch, now or (batch[0].decided_at if batch else None)  # type: ignore[attr-defined]


def _due(rows: QuerySet[Row], *, limit: int, now: datetime | None) -> QuerySet[Row]:
    due = rows.filter(state=DueState.WAITING, due_at__lte=now or Now()).order_by("due_at", "pk")
    return due.select_for_update(skip_locked=True, of=("self",))[:limit]


def _keys(rows: Sequence[DueRow]) -> list[Any]:
    return [row.pk for row in rows]


def _settle(row: DueRow, **changes: Any) -> bool:
    mine = type(row)._default_manager.filter(pk=row.pk, state=DueState.CLAIMED, claim_token=row.claim_token)
    return mine.update(claim_token=None, claimed_until=None, **changes) == 1


def _queryset(source: type[Row] | QuerySet[Row]) -> QuerySet[Row]:
    return source if isinstance(source, QuerySet) else source._default_manager.all()


def _instant_sql(now: datetime | None) -> str:
    return "%s" if now else "statement_timestamp()"


def _told(error: BaseException | str) -> str:
    """An error as kept in a row: its kind and first line, for a person who may see the row."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return text.replace("\0", "")[:ERROR_LENGTH]


def database_now() -> datetime:
    """The instant by which due-ness is decided."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cast(datetime, cursor.fetchone()[0])
