"""Migrations: complete, reversible or honest about it, and none that would hold a lock on a table in use."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations import operations as schema
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration

from tests.support.sources import PACKAGES

SCHEMA = (
    schema.AddField, schema.RemoveField, schema.RenameField, schema.AddIndex, schema.RemoveIndex,
    schema.AddConstraint, schema.RemoveConstraint, schema.DeleteModel, schema.RenameModel,
)  # fmt: skip
BUSY_TABLES = {"ticket", "ticketevent", "message", "timer", "notification", "ticketsearch", "attachment"}
"""Tables that grow for ever: an index on one of them is built concurrently once it has rows."""


def named(migration: Migration) -> str:
    return f"{migration.app_label}.{migration.name}"


def ours() -> list[Migration]:
    loader = MigrationLoader(None)
    found = [m for m in loader.disk_migrations.values() if m.__module__.split(".")[0] in PACKAGES]
    return sorted(found, key=named)


MIGRATIONS = ours()


@pytest.mark.django_db
def test_models_and_migrations_say_the_same() -> None:
    said = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said, verbosity=1)
    except SystemExit:
        pytest.fail(f"migrations are missing:\n{said.getvalue()}")


@pytest.mark.parametrize("migration", MIGRATIONS, ids=named)
def test_it_goes_back(migration: Migration) -> None:
    one_way = [str(step) for step in migration.operations if not step.reversible]
    assert one_way == [], "give reverse_sql or a reverse function; noop says that going back needs nothing"


@pytest.mark.parametrize("migration", MIGRATIONS, ids=named)
def test_it_changes_a_busy_table_or_moves_rows_and_not_both(migration: Migration) -> None:
    moves_rows = any(isinstance(step, schema.RunPython) for step in migration.operations)
    changed = {getattr(step, "model_name_lower", "") for step in migration.operations if isinstance(step, SCHEMA)}
    made_here = {step.name_lower for step in migration.operations if isinstance(step, schema.CreateModel)}
    assert not (moves_rows and (changed - made_here) & BUSY_TABLES), "a lock is not held while rows are walked"


@pytest.mark.parametrize("migration", MIGRATIONS, ids=named)
def test_it_holds_no_long_lock_on_a_busy_table(migration: Migration) -> None:
    """An initial migration makes empty tables. A later one builds indexes concurrently and adds no default to read."""
    if migration.initial or migration.name.startswith("0001"):
        return
    made_here = {step.name_lower for step in migration.operations if isinstance(step, schema.CreateModel)}
    slow = []
    for step in migration.operations:
        table = getattr(step, "model_name_lower", "")
        if table in made_here or table not in BUSY_TABLES:
            continue
        if isinstance(step, schema.AddIndex) and type(step).__name__ != "AddIndexConcurrently":
            slow.append(f"{step}: AddIndexConcurrently")
        if isinstance(step, schema.AddConstraint) and type(step).__name__ != "AddConstraintNotValid":
            slow.append(f"{step}: AddConstraintNotValid, then ValidateConstraint")
    assert slow == []


@pytest.mark.django_db
def test_the_database_has_every_constraint_that_makes_duplicates_impossible() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
        names = {name for (name,) in cursor.fetchall()}
    assert {
        "one_ticket_per_external_id", "one_message_per_external_id", "one_timer_per_cycle", "one_live_timer_per_metric",
        "one_alarm_per_level", "one_run_per_day", "report_versions_are_numbered", "one_watch_per_person",
    } <= names  # fmt: skip
