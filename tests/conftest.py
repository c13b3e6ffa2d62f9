"""What every test may count on: a fresh desk has its statuses and its first policy; what is dear is prepared once.

A transactional test empties all tables when it ends, and with them what the migrations put there; the signal
that Django sends after each such flush puts it back for whichever test comes next.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models.signals import post_migrate


# Before the hook of xdist that reads the marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A slow module prepares one thing for all its tests: they stay together, or each worker prepares it again."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session", autouse=True)
def _fresh_desk() -> None:
    post_migrate.connect(_furnish, dispatch_uid="tests.fresh_desk")
    # As `make up` makes it: without it every handler of requests that is set up warns.
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def _furnish(sender: Any, **_signal: Any) -> None:
    if sender.label == "tickets":
        import_module("tickets.migrations.0002_history_is_append_only").add_statuses(apps, None)
    elif sender.label == "escalations":
        import_module("escalations.migrations.0002_first_promises").add_standard_policy(apps, None)
