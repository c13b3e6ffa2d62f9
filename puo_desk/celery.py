"""Celery as the desk uses it: it only wakes workers, which then look into the tables."""

from __future__ import annotations

import gc
import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import django
from celery import Celery, signals
from django.apps import apps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puo_desk.settings")

SOFT_TIME_LIMIT = 60
TIME_LIMIT = 90
VISIBILITY_TIMEOUT = 120
"""Redis hands a task out again after this long: a task that may run longer would run twice."""

DEFAULT_QUEUE = "default"
SWEEP_QUEUE = "sweep"


def configuration() -> dict[str, Any]:
    """Celery's settings, read when first needed, so that importing this module needs no settings."""
    from django.conf import settings

    from puo_desk.kernel.redis_link import broker_url

    return {
        "broker_url": broker_url(settings.REDIS_URL),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_TIMEOUT,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 15,
            "global_keyprefix": f"{settings.REDIS_PREFIX}:",
        },
        "enable_utc": True,
        "timezone": "UTC",
        "task_acks_late": True,
        "task_default_queue": DEFAULT_QUEUE,
        "task_ignore_result": True,
        "task_publish_retry_policy": {
            "max_retries": 3,
            "interval_start": 0,
            "interval_step": 0.1,
            "interval_max": 0.3,
        },
        "task_reject_on_worker_lost": True,
        "task_routes": (route,),
        "task_soft_time_limit": SOFT_TIME_LIMIT,
        "task_time_limit": TIME_LIMIT,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": False,
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": False,
    }


def route(name: str, *_args: Any, **_kwargs: Any) -> dict[str, str] | None:
    """Sweeps have a queue of their own, so that slow deliveries never hold up a deadline."""
    return {"queue": SWEEP_QUEUE} if name.rpartition(".")[2].startswith("sweep_") else None


def collect_beat_schedule() -> dict[str, dict[str, Any]]:
    """The plain intervals that each app declares as ``BEAT`` in its ``tasks`` module.

    A tick that waited longer than two intervals (and 10 s) is dropped: the next one does its work.
    """
    schedule: dict[str, dict[str, Any]] = {}
    for config in apps.get_app_configs():
        module = f"{config.name}.tasks"
        if find_spec(module) is None:
            continue
        for name, entry in getattr(import_module(module), "BEAT", {}).items():
            expires = max(10.0, 2 * float(entry["schedule"]))
            schedule[f"{config.label}: {name}"] = {"options": {"expires": expires}, **entry}
    return schedule


app = Celery("puo_desk")
app.add_defaults(configuration)
app.autodiscover_tasks()


@app.on_after_finalize.connect
def _set_beat_schedule(sender: Celery, **_kwargs: Any) -> None:
    if not apps.ready:
        django.setup()
    sender.conf.beat_schedule = collect_beat_schedule()


@signals.worker_init.connect
def _share_with_children(**_kwargs: Any) -> None:
    """What is loaded by now is left alone by the collector, so that the children keep sharing its memory."""
    gc.collect()
    gc.freeze()


@signals.setup_logging.connect
def _keep_logging(**_kwargs: Any) -> None:
    """The settings have set up logging; Celery leaves it alone when somebody answers this signal."""
