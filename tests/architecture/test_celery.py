"""The schedule: every entry is a task that exists, no task outlives its message, sweeps have their own queue."""

from __future__ import annotations

import pytest

from puo_desk.celery import DEFAULT_QUEUE, SWEEP_QUEUE, TIME_LIMIT, VISIBILITY_TIMEOUT, app, collect_beat_schedule

app.loader.import_default_modules()
SCHEDULE = collect_beat_schedule()
TASKS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_there_is_a_schedule() -> None:
    assert {entry["task"] for entry in SCHEDULE.values()} >= {
        "escalations.sweep_timers",
        "kernel.audit_due_work",
        "kernel.rescue_stuck_work",
        "notifications.deliver_mail",
        "reports.build_due_reports",
        "tickets.sweep_follow_ups",
    }


@pytest.mark.parametrize("name", sorted(SCHEDULE))
def test_every_entry_names_a_task_that_exists_and_is_a_plain_interval(name: str) -> None:
    entry = SCHEDULE[name]
    assert entry["task"] in TASKS
    assert isinstance(entry["schedule"], int | float)
    assert entry["schedule"] > 0
    assert entry["options"]["expires"] >= entry["schedule"]


@pytest.mark.parametrize("name", sorted(TASKS))
def test_no_task_may_run_longer_than_redis_waits(name: str) -> None:
    """A message that is not acknowledged in time is handed out again: the work would run twice at once."""
    task = TASKS[name]
    hard = task.time_limit or TIME_LIMIT
    soft = task.soft_time_limit or app.conf.task_soft_time_limit
    assert soft < hard < VISIBILITY_TIMEOUT


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_is_routed_to_a_queue_that_workers_read(name: str) -> None:
    queue = app.amqp.router.route({}, name)["queue"].name
    assert queue in {DEFAULT_QUEUE, SWEEP_QUEUE}


def test_the_alarms_of_promises_wait_behind_nothing() -> None:
    assert app.amqp.router.route({}, "escalations.sweep_timers")["queue"].name == SWEEP_QUEUE
    assert app.amqp.router.route({}, "notifications.deliver_mail")["queue"].name == DEFAULT_QUEUE


def test_a_message_is_acknowledged_after_the_work() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.task_ignore_result
    assert app.conf.broker_transport_options["visibility_timeout"] == VISIBILITY_TIMEOUT
