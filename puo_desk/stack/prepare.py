"""Brings a database up to this code: migrations, and on an empty desk the demo.

Run as `python -m puo_desk.stack.prepare`.

The one module of the stack that runs Django; `manage.py up` gives it an interpreter of its own that ends
afterwards.
"""

import json
import os
import sys
import time
from pathlib import Path

import django
from django.core.management import CommandError, call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from puo_desk.stack.preparation import STAMP_VARIABLE, code_fingerprint

DEMO_COMMAND = "seed_demo"


def main(arguments: list[str]) -> int:
    """Migrate, then seed the demo unless told not to; writes the stamp when all of it is done."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puo_desk.settings")
    django.setup()
    stamp = Path(os.environ[STAMP_VARIABLE]) if STAMP_VARIABLE in os.environ else None
    if stamp and half_made(stamp).exists():
        begin_again()
        half_made(stamp).unlink()
    migrate()
    if "--no-demo" not in arguments and not has_people():
        if stamp:
            half_made(stamp).touch()
        if not seed_demo():
            return 1
    if stamp:
        half_made(stamp).unlink(missing_ok=True)
        write_stamp(stamp)
    return 0


def half_made(stamp: Path) -> Path:
    """The file that stands while the demo is being made in the desk's own database."""
    return stamp.with_name("demo-half-made")


def begin_again() -> None:
    """Empty a database whose demo was interrupted: nobody has worked on a desk that was never ready."""
    tell("the demo was interrupted last time; beginning again")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def migrate() -> None:
    """Apply what is missing; asks first, because the migrate command itself takes a second for nothing."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    began = time.monotonic()
    call_command("migrate", interactive=False, verbosity=0)
    tell(f"{len(plan)} migrations applied in {time.monotonic() - began:.1f} s")


def has_people() -> bool:
    """Whether anybody can sign in: a desk without people is empty."""
    from django.contrib.auth import get_user_model

    return get_user_model()._default_manager.exists()


def seed_demo() -> bool:
    """Fill the empty desk; False, with the reason told, when that fails."""
    if DEMO_COMMAND not in get_commands():
        tell(f"no demo: this checkout has no `{DEMO_COMMAND}` command")
        return True
    tell("filling the empty desk with two weeks of tickets")
    began = time.monotonic()
    try:
        call_command(DEMO_COMMAND)
    except CommandError as refusal:
        tell(f"the demo could not be made: {refusal}")
        return False
    tell(f"demo ready in {time.monotonic() - began:.1f} s")
    return True


def write_stamp(path: Path) -> None:
    """Write down what was prepared, for `is_prepared`."""
    from django.contrib.auth import get_user_model

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) || '-' || max(id) FROM django_migrations")
        [applied] = cursor.fetchone()
    table = get_user_model()._meta.db_table
    path.write_text(json.dumps({"code": code_fingerprint(), "applied": applied, "user_table": table}))


def tell(sentence: str) -> None:
    """One line for the supervisor's log."""
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
