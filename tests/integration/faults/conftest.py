"""A desk whose rows are committed for real, and its programs beside the test."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, connections
from redis import Redis

from puo_desk.kernel.redis_link import client
from tests.support.running_desk import RunningDesk, programs_environment, url_of_test_database


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A transactional test empties the tables; the rows of a fresh desk are put back, before and after."""
    _furnish()
    yield
    connections.close_all()


def _furnish() -> None:
    """The rows that migrations write: statuses and the standard policy."""
    from tickets.models import Status

    if not Status.objects.exists():
        import_module("tickets.migrations.0002_history_is_append_only").add_statuses(apps, None)
    import_module("escalations.migrations.0002_first_promises").add_standard_policy(apps, connection.schema_editor())


@pytest.fixture
def redis() -> Redis:
    """The Redis database of this run alone, empty."""
    link = client()
    link.flushdb()
    return link


@pytest.fixture
def running(committed: None, redis: Redis, tmp_path: Path) -> Iterator[RunningDesk]:
    """Programs on the test's own database and Redis; none is left at the end."""
    environment = programs_environment(
        tmp_path,
        database_url=url_of_test_database(connection.settings_dict["NAME"]),
        redis_url=settings.REDIS_URL,
        REDIS_PREFIX=settings.REDIS_PREFIX,
        SECRET_KEY=settings.SECRET_KEY,
    )
    desk = RunningDesk(tmp_path, environment)
    yield desk
    desk.stop()
