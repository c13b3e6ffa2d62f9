"""Whether the embedded database is ready for this code, told without starting Django."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from puo_desk.stack.errors import StackError
from puo_desk.stack.place import CHECKOUT, Place
from puo_desk.stack.postgres import DATABASE, ROLE
from puo_desk.stack.programs import find_postgresql

STAMP_VARIABLE = "PUO_PREPARED_STAMP"
COMMAND = (sys.executable, "-m", "puo_desk.stack.prepare")


def stamp_path(place: Place) -> Path:
    """Beside the database, so that both are removed together."""
    return place.directory / "prepared.json"


def is_prepared(place: Place, with_demo: bool) -> bool:
    """Whether the last preparation still holds: same migrations in code and database, people if wanted.

    A doubt is a no: preparing again is safe and takes two seconds.
    """
    try:
        stamp = json.loads(stamp_path(place).read_text())
        answer = _ask_database(place, stamp["user_table"])
    except (OSError, ValueError, KeyError, TypeError, StackError):
        return False
    applied, _, people = answer.partition("|")
    same = stamp["code"] == code_fingerprint() and stamp["applied"] == applied
    return same and (people == "t" or not with_demo)


def code_fingerprint() -> str:
    """Changes with every migration of ours and with every library's version."""
    digest = hashlib.sha256()
    paths = [CHECKOUT / "requirements" / "run.txt", *_migrations(CHECKOUT)]
    for path in paths:
        digest.update(f"{path.relative_to(CHECKOUT)}\n".encode())
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def _migrations(root: Path) -> Sequence[Path]:
    packages = [entry.parent for entry in root.glob("*/__init__.py")]
    return sorted(path for package in packages for path in package.glob("**/migrations/*.py"))


def _ask_database(place: Place, user_table: str) -> str:
    if not user_table.replace("_", "").isalnum():
        raise ValueError(user_table)
    people = f"SELECT EXISTS (SELECT FROM {user_table})"  # noqa: S608 - a checked name
    question = f"SELECT count(*) || '-' || max(id), ({people}) FROM django_migrations"  # noqa: S608
    asked = subprocess.run(
        [
            find_postgresql()["psql"],
            "-XAtq",
            "-h",
            str(place.sockets),
            "-U",
            ROLE,
            "-d",
            DATABASE,
            "-c",
            question,
        ],
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    if asked.returncode != 0:
        raise ValueError(asked.stderr)
    return asked.stdout.strip()
