"""What is measured once a run: a daily report, an import."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from django.utils import timezone

from puo_desk.kernel.actor import Actor
from puo_desk.stack.place import CHECKOUT, local_directory

LOG = "incident_log_shared.csv.gz"


def measure_report() -> float | None:
    """Seconds to build yesterday's report; None when there are no reports."""
    if find_spec("reports.operations") is None or find_spec("reports.operations.build") is None:
        return None
    from reports.operations.build import build_daily_report

    now = timezone.now()
    began = time.perf_counter()
    build_daily_report(day=(now - timedelta(days=1)).date(), actor=Actor.system("bench"), now=now)
    return time.perf_counter() - began


def find_log() -> Path | None:
    """The shared log of incidents beside the checkout, where there is one."""
    places = [CHECKOUT.parent / "shared" / "data", CHECKOUT / "shared" / "data"]
    return next((place / LOG for place in places if (place / LOG).exists()), None)


def measure_import(log: Path) -> tuple[int, float]:
    """Rows of the log and the seconds in which the command imports them, its start included."""
    with gzip.open(log, "rt", encoding="utf-8", errors="replace") as lines:
        rows = sum(1 for _line in lines) - 1
    refused = local_directory() / "bench.refused.csv"
    command = [sys.executable, "manage.py", "import_tickets", "--format", "servicenow-log", str(log)]
    began = time.perf_counter()
    finished = subprocess.run(
        [*command, "--timezone", "UTC", "--refused", str(refused)],
        cwd=CHECKOUT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr[-2000:])
    return rows, time.perf_counter() - began
