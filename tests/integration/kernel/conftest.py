"""A table of due work and an API of its own, for tests of what the apps above build on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, models

from puo_desk.kernel import late_work
from puo_desk.kernel.models import DueRow


class Chore(DueRow):
    """Due work of nobody: outside every installed app, so that no migration ever sees it."""

    label = models.CharField(max_length=50)

    class Meta(DueRow.Meta):
        app_label = "kernel_probe"


@pytest.fixture(scope="session")
def _chore_table(django_db_setup, django_db_blocker) -> None:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        if Chore._meta.db_table not in connection.introspection.table_names():
            editor.create_model(Chore)


@pytest.fixture
def chores(_chore_table, db, monkeypatch) -> type[Chore]:
    """The table, empty, and the only one that the auditor knows."""
    monkeypatch.setattr(late_work, "_tables", {})
    return Chore


@pytest.fixture
def shared_chores(_chore_table, transactional_db, monkeypatch) -> Iterator[type[Chore]]:
    """The same for tests with several connections: work is committed for real."""
    monkeypatch.setattr(late_work, "_tables", {})
    yield Chore
    Chore.objects.all().delete()
