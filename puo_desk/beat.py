"""Beat without Django: it sends names of tasks at plain intervals, and need not know what they do.

Loaded with all apps it would hold 60 MiB for that. So a short-lived process with Django writes down broker and
schedule (``python -m puo_desk.beat``), and the lasting one (``celery -A puo_desk.beat beat``) reads them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

TOLD = (
    "broker_url",
    "broker_transport_options",
    "broker_connection_retry_on_startup",
    "broker_connection_max_retries",
    "task_publish_retry_policy",
    "worker_hijack_root_logger",
    "enable_utc",
    "timezone",
)


def write_down() -> dict[str, Any]:
    """What beat must know, as JSON can say it. Needs Django, and leaves it behind."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puo_desk.settings")
    import django

    django.setup()
    from django.conf import settings

    from puo_desk.celery import DEFAULT_QUEUE, collect_beat_schedule, configuration, route

    asked = configuration()
    schedule = collect_beat_schedule()
    for entry in schedule.values():
        entry["options"] = {**(route(entry["task"]) or {"queue": DEFAULT_QUEUE}), **entry["options"]}
    told = {name: asked[name] for name in TOLD}
    return {"celery": {**told, "beat_schedule": schedule}, "logging": settings.LOGGING}


def read_back() -> dict[str, Any]:
    """The same, from the short-lived process. Raises: CalledProcessError when the settings cannot be loaded."""
    asked = subprocess.run([sys.executable, "-m", "puo_desk.beat"], stdout=subprocess.PIPE, check=True)
    return dict(json.loads(asked.stdout))


@cache
def make_app() -> Any:
    """The Celery app that beat runs: broker and schedule, no tasks, no fix-up for Django."""
    from celery import Celery, signals

    from puo_desk.kernel.logs import configure

    told = read_back()
    beat = Celery("puo_desk", fixups=[], set_as_current=True)
    beat.conf.update(told["celery"])

    def keep_logging(**_kwargs: Any) -> None:
        configure(told["logging"])

    signals.setup_logging.connect(keep_logging, weak=False)
    return beat


def __getattr__(name: str) -> Any:
    """Celery looks for ``app`` here; whoever only imports the module starts no process."""
    if name == "app":
        return make_app()
    raise AttributeError(name)


if __name__ == "__main__":
    json.dump(write_down(), sys.stdout)
