"""When the desk looks at tickets by itself. Losing a message costs latency, nothing else."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from tickets.operations.attachments import purge_unsent_files
from tickets.operations.follow_ups import run_due_follow_ups

BEAT = {
    "follow-ups": {"task": "tickets.sweep_follow_ups", "schedule": 30},
    "unsent-files": {"task": "tickets.purge_unsent_files", "schedule": 3600},
}


@shared_task(name="tickets.sweep_follow_ups")
def sweep_follow_ups() -> int:
    """Take the follow-up steps that are due; the number taken."""
    return run_due_follow_ups(now=timezone.now())


@shared_task(name="tickets.purge_unsent_files")
def sweep_unsent_files() -> int:
    """Delete uploads that nobody sent within a day; the number of files."""
    now = timezone.now()
    return purge_unsent_files(before=now - timedelta(days=1), now=now)
