"""What the worker runs for notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from celery import shared_task
from django.db import connection

from puo_desk.kernel.due_work import beat, only_one_tick
from puo_desk.notifications.sweep import sweep

BEAT: dict[str, dict[str, Any]] = {
    "sweep mail": {"task": "notifications.sweep_mail", "schedule": 2.0},
}


@shared_task(name="notifications.sweep_mail")
def sweep_mail() -> None:
    """Send the mails that are due. Any number may run at once; one works and the others leave."""
    with only_one_tick("notifications.sweep_mail") as alone:
        if alone:
            sweep(clock=_database_clock)
            beat("sweep_mail")


def _database_clock() -> datetime:
    """Due-ness is decided on database time, however wrong a worker's clock is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cast(datetime, cursor.fetchone()[0])
