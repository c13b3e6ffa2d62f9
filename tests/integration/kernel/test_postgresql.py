"""A kept connection is asked whether it lives only when something happened to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import cast

import pytest
from django.db import DataError, connections
from django.db.backends.postgresql import base

from puo_desk.kernel.postgresql.base import DatabaseWrapper


@pytest.fixture
def kept(transactional_db: None) -> Iterator[DatabaseWrapper]:
    """A connection of its own, which nothing else of the test uses."""
    connection = cast(DatabaseWrapper, connections.create_connection("default"))
    connection.ensure_connection()
    yield connection
    connection.close()


def test_nothing_is_asked_while_nothing_happened(kept: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda _self: pytest.fail("asked"))
    assert kept.is_usable()


def test_a_connection_left_in_a_failed_transaction_is_not_usable(kept: DatabaseWrapper) -> None:
    with kept.cursor() as cursor:
        cursor.execute("BEGIN")
        with pytest.raises(DataError):
            cursor.execute("SELECT 1 / 0")
    assert not kept.is_usable()


def test_a_connection_that_the_server_ended_is_replaced(kept: DatabaseWrapper) -> None:
    kept.health_check_enabled, kept.health_check_done = True, False
    ended = kept.connection.info.backend_pid
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [ended])
    deadline = time.monotonic() + 20
    while kept.is_usable() and time.monotonic() < deadline:
        time.sleep(0.01)
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != ended
