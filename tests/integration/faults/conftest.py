"""A desk whose rows are committed for real, and its programs beside the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from redis import Redis

from puo_desk.kernel.redis_link import client
from tests.support.running_desk import RunningDesk, programs_environment, url_of_test_database


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """Rows that other processes see; connections of the test's own threads are closed at its end."""
    yield
    connections.close_all()


@pytest.fixture
def redis() -> Redis:
    """The Redis database of this run alone, empty."""
    link = client(settings.REDIS_URL)
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
