"""The auditor: every minute it says what is late and frees what a vanished worker holds, without Celery.

It runs as ``manage.py audit_due_work --every 60`` where a process can be spared for it, and as a thread of the
web process where none can. Its heartbeat comes only when nothing is late: silence is the alarm.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import structlog
from django.db import DatabaseError, connection

from puo_desk.kernel import late_work, ticks
from puo_desk.kernel.late_work import LateWork

log = structlog.get_logger(__name__)

HEARTBEAT = "auditor"
EVERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Audit:
    """What one look found: rows freed by table, and what is late."""

    rescued: dict[str, int]
    late: list[LateWork]


def audit_once() -> Audit:
    """Rescue what is stuck, then look for what is late; leaves the heartbeat when nothing is."""
    rescued = late_work.rescue_stuck_work()
    late = late_work.audit_due_work()
    if not late:
        ticks.beat(HEARTBEAT)
    return Audit(rescued, late)


class AuditorThread:
    """The auditor inside another process. Several may run: one of them looks, the others pass.

    It holds a database connection only while it looks.
    """

    def __init__(self, *, every: float = EVERY_SECONDS) -> None:
        self._every = every
        self._stopped = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="auditor", daemon=True).start()

    def stop(self) -> None:
        """Not waited for: it may be asking a database that is away."""
        self._stopped.set()

    def _run(self) -> None:
        # The first look is a turn later: after a downtime everything due is late until the workers had a chance.
        while not self._stopped.wait(self._every):
            try:
                self._look()
            except DatabaseError as error:
                log.warning("audit_failed", error=type(error).__name__)
            except Exception:
                log.exception("audit_failed")
            finally:
                connection.close()

    def _look(self) -> None:
        with ticks.only_one_tick(HEARTBEAT) as alone:
            if not alone:
                return
            for work in audit_once().late:
                log.error("work_is_late", table=work.name, waiting=work.waiting, oldest_due_at=str(work.oldest_due_at))
