"""What the worker runs for notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from celery import shared_task
from django.db import connection

from puo_desk.kernel.ticks import beat, only_one_tick
from puo_desk.notifications.operations.forget import forget_old_notifications
from puo_desk.notifications.sweep import sweep

BEAT: dict[str, dict[str, Any]] = {
    "deliver mail": {"task": "notifications.deliver_mail", "schedule": 2.0},
    "forget old notifications": {"task": "notifications.forget_old", "schedule": 3600.0},
}


@shared_task(name="notifications.deliver_mail")
def sweep_mail() -> None:
    """Send the mails that are due. Any number may run at once; one works and the others leave.

    Its name keeps it off the queue of the sweeps: a slow mail server must not hold up a deadline.
    """
    with only_one_tick("notifications.deliver_mail") as alone:
        if alone:
            sweep(clock=_database_clock)
            beat("deliver_mail")


@shared_task(name="notifications.forget_old")
def forget_old() -> None:
    while forget_old_notifications(now=_database_clock()):
        pass


def _database_clock() -> datetime:
    """Due-ness is decided on database time, however wrong a worker's clock is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cast(datetime, cursor.fetchone()[0])
