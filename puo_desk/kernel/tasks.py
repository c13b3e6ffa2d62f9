"""The kernel's own ticks."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task

from puo_desk.kernel import idempotency, late_work, ticks

log = structlog.get_logger(__name__)

BEAT: dict[str, dict[str, Any]] = {
    "audit due work": {"task": "kernel.audit_due_work", "schedule": 60.0},
    "rescue stuck work": {"task": "kernel.rescue_stuck_work", "schedule": 15.0},
    "purge idempotency keys": {"task": "kernel.purge_idempotency_keys", "schedule": 600.0},
}


@shared_task(name="kernel.audit_due_work")
def audit_due_work() -> None:
    """Raise the alarm for late work; the heartbeat comes only when there is none."""
    late = late_work.audit_due_work()
    for work in late:
        log.error("work_is_late", table=work.name, waiting=work.waiting, oldest_due_at=str(work.oldest_due_at))
    if not late:
        ticks.beat("audit_due_work")


@shared_task(name="kernel.rescue_stuck_work")
def rescue_stuck_work() -> None:
    late_work.rescue_stuck_work()
    ticks.beat("rescue_stuck_work")


@shared_task(name="kernel.purge_idempotency_keys")
def purge_idempotency_keys() -> None:
    at_once = idempotency.PURGE_AT_ONCE
    while idempotency.purge_expired(limit=at_once) == at_once:
        pass
