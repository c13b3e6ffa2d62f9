"""The kernel's ticks, and the schedule that beat is given."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from puo_desk import celery as roof
from puo_desk.kernel import due_work, late_work, tasks
from puo_desk.kernel.models import Heartbeat, IdempotencyKey


def test_beat_gets_the_plain_intervals_of_all_apps() -> None:
    schedule = roof.collect_beat_schedule()
    assert schedule["kernel: audit due work"] == {
        "task": "kernel.audit_due_work",
        "schedule": 60.0,
        "options": {"expires": 120.0},
    }
    assert all(isinstance(entry["schedule"], int | float) for entry in schedule.values())
    roof.app.loader.import_default_modules()
    assert {entry["task"] for entry in schedule.values()} <= set(roof.app.tasks)
    assert roof.app.conf.beat_schedule == schedule


def test_the_auditors_heartbeat_is_silent_while_work_is_late(chores, caplog) -> None:
    late_work.register_due_model(chores, name="chores")
    chores.objects.create(label="a", due_at=timezone.now() - timedelta(hours=1))
    with caplog.at_level(logging.ERROR):
        tasks.audit_due_work()
    assert "work_is_late" in caplog.text
    assert not Heartbeat.objects.filter(name="audit_due_work").exists()
    due_work.stop(chores.objects.all())
    tasks.audit_due_work()
    assert Heartbeat.objects.filter(name="audit_due_work").exists()


def test_rescue_beats(chores) -> None:
    tasks.rescue_stuck_work()
    assert Heartbeat.objects.filter(name="rescue_stuck_work").exists()


@pytest.mark.django_db
def test_purge_takes_all_that_expired(monkeypatch) -> None:
    monkeypatch.setattr(tasks.idempotency, "PURGE_AT_ONCE", 2)
    past = timezone.now() - timedelta(hours=1)
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(
            actor_key="a", key=str(n), target="t", body_hash="h", status=200, body=b"", created_at=past, expires_at=past
        )
        for n in range(5)
    )
    tasks.purge_idempotency_keys()
    assert IdempotencyKey.objects.count() == 0


def test_the_auditor_of_its_own_rescues_and_fails_while_work_is_late(chores, capsys) -> None:
    late_work.register_due_model(chores, name="chores")
    chores.objects.create(label="a", due_at=timezone.now() - timedelta(hours=1))
    due_work.claim_due(chores, lease=timedelta(0))
    with pytest.raises(CommandError, match="chores: 1 late since"):
        call_command("audit_due_work")
    assert "chores: 1 rescued" in capsys.readouterr().out
    due_work.stop(chores.objects.all())
    call_command("audit_due_work")
    assert "Nothing is late." in capsys.readouterr().out
