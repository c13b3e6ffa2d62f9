"""The auditor as a thread of the web process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from puo_desk.kernel import due_work, late_work, ticks
from puo_desk.kernel.auditor import HEARTBEAT, AuditorThread
from puo_desk.kernel.models import Heartbeat


@pytest.fixture
def auditor() -> Iterator[AuditorThread]:
    thread = AuditorThread(every=0.05)
    yield thread
    thread.stop()
    for living in threading.enumerate():
        if living.name == "auditor":
            living.join(5)


def wait_for_heartbeat() -> None:
    deadline = time.monotonic() + 5
    while not Heartbeat.objects.filter(name=HEARTBEAT).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.usefixtures("transactional_db")
def test_it_beats_while_nothing_is_late_and_holds_no_connection(auditor: AuditorThread) -> None:
    auditor.start()
    wait_for_heartbeat()
    auditor.stop()
    for living in threading.enumerate():
        if living.name == "auditor":
            living.join(5)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        assert cursor.fetchone() == (0,)


def test_it_is_silent_and_cries_while_work_is_late_and_frees_what_is_stuck(
    shared_chores, auditor: AuditorThread, caplog: pytest.LogCaptureFixture
) -> None:
    late_work.register_due_model(shared_chores, name="chores")
    shared_chores.objects.create(label="late", due_at=timezone.now() - timedelta(hours=1))
    due_work.claim_due(shared_chores, lease=timedelta(0))
    with caplog.at_level(logging.ERROR):
        auditor.start()
        deadline = time.monotonic() + 5
        while "work_is_late" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert not Heartbeat.objects.filter(name=HEARTBEAT).exists()
    assert shared_chores.objects.get().state == due_work.DueState.WAITING
    due_work.stop(shared_chores.objects.all())
    wait_for_heartbeat()


@pytest.mark.usefixtures("transactional_db")
def test_two_of_them_do_the_work_of_one(auditor: AuditorThread) -> None:
    with ticks.only_one_tick(HEARTBEAT) as alone:
        assert alone
        auditor.start()
        time.sleep(0.3)
        assert not Heartbeat.objects.filter(name=HEARTBEAT).exists()
    wait_for_heartbeat()
