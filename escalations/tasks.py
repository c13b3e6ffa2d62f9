"""When the desk looks at its promises. Losing a message costs one second, nothing else."""

from __future__ import annotations

from celery import shared_task

from escalations.operations.sweep import tell_due_timers
from puo_desk.kernel.ticks import beat

BEAT = {"timers": {"task": "escalations.sweep_timers", "schedule": 1}}


@shared_task(name="escalations.sweep_timers")
def sweep_timers() -> int:
    """Tell the warnings and breaches that are due; the number of timers looked at."""
    result = tell_due_timers()
    beat("sla-timers")
    return result.done
