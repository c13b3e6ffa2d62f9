"""The documents name only what is there, and their backup brings a desk back."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.core.management import get_commands
from django.db import connection

from puo_desk.stack.place import CHECKOUT
from puo_desk.stack.programs import find_postgresql
from tests.support.deployment import compose, env_example, env_of_a_deployment, image_environment, own_database

README = (CHECKOUT / "README.md").read_text()
ROOMS = "puo_desk|tickets|escalations|sop|reports|tests|templates|static|requirements"
CONTRIBUTING = (CHECKOUT / "CONTRIBUTING.md").read_text()


def test_commands_of_the_documents_exist() -> None:
    named = set(re.findall(r"manage\.py (\w+)", README + CONTRIBUTING)) - {"up"}
    assert named and named <= set(get_commands())
    makefile = (CHECKOUT / "Makefile").read_text()
    changelog = (CHECKOUT / "CHANGELOG.md").read_text()
    for target in set(re.findall(r"(?:`|^|=\d+ )make (\w+)", README + CONTRIBUTING + changelog, re.M)):
        assert f"\n{target}:" in makefile, target


def test_paths_of_the_documents_exist() -> None:
    for text in (README, CONTRIBUTING):
        for path in re.findall(
            r"`((?:puo_desk|tickets|escalations|sop|reports|tests|templates|static|requirements)/[\w./]*)`", text
        ):
            assert (CHECKOUT / path).exists(), path
        for path in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            if not path.startswith("docs/screens/"):  # made by the browser journey
                assert (CHECKOUT / path).exists(), path


def test_services_and_names_of_the_readme_exist() -> None:
    services = set(compose(env_of_a_deployment())["services"])
    [stopped] = re.findall(r"^docker compose stop (.*)$", README, re.M)
    assert set(stopped.split()) <= services
    for service in re.findall(r"^docker compose (?:exec|run) (?:-\S+ )*(?:\"\S+\" )?(\S+)", README, re.M):
        assert service in services
    names = set(re.findall(r"`([A-Z][A-Z_]{3,})(?:=\d)?`", README)) - {"HOST"}
    assert names <= set(env_example())
    assert f"--directory={image_environment()['MEDIA_ROOT']}" in README


def test_the_version_is_told_once_the_same() -> None:
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## [{version}]" in (CHECKOUT / "CHANGELOG.md").read_text()
    assert env_example()["DESK_VERSION"] == version


def test_decisions_are_numbered_without_gaps() -> None:
    notes = sorted((CHECKOUT / "puo_desk" / "decisions").glob("*.md"))
    assert [int(note.name[:4]) for note in notes] == list(range(1, len(notes) + 1))
    for note in notes:
        assert note.read_text().startswith(f"# {int(note.name[:4])}. "), note.name


def command_of(program: str) -> list[str]:
    """The README's own words for a program of PostgreSQL."""
    [line] = re.findall(rf"^docker compose exec -T db ({program} .*?) [<>] desk\.dump$", README, re.M)
    return shlex.split(line)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_backup_of_the_readme_brings_a_database_back() -> None:
    here = urlsplit(os.environ["DATABASE_URL"])
    programs = find_postgresql()
    environment = os.environ | {"PGHOST": here.query.removeprefix("host=")}
    if here.hostname:
        pytest.skip("the programs of the embedded server reach it by its socket")
    source = str(connection.settings_dict["NAME"])
    with own_database() as target:
        copied = urlsplit(target).path.removeprefix("/")
        [dump, *words] = [source if word == "puo_desk" else word for word in command_of("pg_dump")]
        kept = subprocess.run([programs[dump], *words], env=environment, capture_output=True)
        assert kept.returncode == 0, kept.stderr
        [restore, *words] = [
            word.replace("--dbname=puo_desk", f"--dbname={copied}") for word in command_of("pg_restore")
        ]
        for _again in range(2):  # into an empty database, and over one that is full
            back = subprocess.run([programs[restore], *words], env=environment, input=kept.stdout, capture_output=True)
            assert back.returncode == 0, back.stderr
        assert contents(target) == contents(here._replace(path=f"/{source}").geturl())


def contents(url: str) -> list[tuple[str, int]]:
    """Every table with its number of rows, and every trigger, of a database."""
    server = psycopg2.connect(url)
    with server, server.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        names = [name for (name,) in cursor]
        found = []
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            found.append((name, cursor.fetchone()[0]))
        cursor.execute("SELECT tgname, count(*) FROM pg_trigger WHERE NOT tgisinternal GROUP BY 1 ORDER BY 1")
        found += cursor.fetchall()
    server.close()
    return found
