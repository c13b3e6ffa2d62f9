"""When reports are built. Any number of workers may ask; each day is built once."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from puo_desk.kernel.ticks import beat
from reports.operations.build import build_due_reports, plan_report_runs

BEAT = {"daily-reports": {"task": "reports.build_due_reports", "schedule": 60}}


@shared_task(name="reports.build_due_reports")
def build_reports() -> int:
    """Plan the days that are over and build those that are due; the number built."""
    now = timezone.now()
    plan_report_runs(now=now)
    built = build_due_reports(now=now)
    beat("daily-reports")
    return built
