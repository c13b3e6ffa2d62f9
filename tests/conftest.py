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
from xdist.scheduler import LoadScopeScheduling

# As `make up` makes it, and before anything is imported: without it whoever sets up the handling of requests is warned.
Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)

JOURNEYS = "tests/browser/"


class Together(LoadScopeScheduling):
    """A module's tests run on one worker, where what they share is made once; so do all journeys, with one browser."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return JOURNEYS if path.startswith(JOURNEYS) else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.fixture(scope="session", autouse=True)
def _fresh_desk() -> None:
    post_migrate.connect(_furnish, dispatch_uid="tests.fresh_desk")


def _furnish(sender: Any, **_signal: Any) -> None:
    if sender.label == "tickets":
        import_module("tickets.migrations.0002_history_is_append_only").add_statuses(apps, None)
    elif sender.label == "escalations":
        import_module("escalations.migrations.0002_first_promises").add_standard_policy(apps, None)
