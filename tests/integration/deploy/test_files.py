"""The deployment files agree with the code and with each other."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
import uvicorn.config

from puo_desk import celery as roof
from puo_desk.stack import postgres
from puo_desk.stack.place import CHECKOUT
from puo_desk.stack.programs import find_postgresql, find_valkey
from tests.support.deployment import (
    PROGRAMS,
    compose,
    dockerfile,
    env_example,
    env_of_a_deployment,
    image_environment,
    interpolate,
    names_in_compose,
    names_in_settings,
)

READ_BY_UVICORN = {"FORWARDED_ALLOW_IPS"}
READ_BY_PYTHON = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "MALLOC_ARENA_MAX", "DJANGO_SETTINGS_MODULE"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return compose(env_of_a_deployment())["services"]


@pytest.fixture(scope="module")
def ours(services: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in services.items() if "build" in service}


def options(command: list[str]) -> dict[str, str]:
    return dict(word[2:].split("=", 1) for word in command if word.startswith("--") and "=" in word)


def test_the_services_are_those_of_the_desk(ours: dict[str, Any], services: dict[str, Any]) -> None:
    assert set(ours) == {"migrate", "web", "worker", "worker-sweep", "beat", "auditor"}
    assert set(services) - set(ours) == {"db", "redis"}


def test_every_setting_is_documented() -> None:
    assert names_in_settings() - set(env_example()) == set()


def test_every_documented_name_is_read_by_somebody() -> None:
    assert set(env_example()) - names_in_settings() - names_in_compose() == set()


def test_every_name_the_compose_file_asks_for_is_documented() -> None:
    assert names_in_compose() - set(env_example()) == set()


def test_documented_values_are_those_that_hold_without_them() -> None:
    told = env_example()
    for name, default in re.findall(r"\$\{(\w+):-([^}]*)\}", (CHECKOUT / "docker-compose.yml").read_text()):
        assert (name, told[name]) == (name, default)
    # The defaults of the settings themselves, where they are words or numbers and the same everywhere.
    tree = ast.parse((CHECKOUT / "puo_desk" / "settings.py").read_text())
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]:
        words = {word.arg: word.value for word in call.keywords}
        if ast.unparse(call.func).split(".")[0] != "env" or not isinstance(
            words.get("default"), ast.Constant | ast.List
        ):
            continue
        name, default = ast.literal_eval(call.args[0]), ast.literal_eval(words["default"])
        if name in {"PUO_ENV", "DATABASE_URL", "REDIS_URL", "DEMO"} or not default:
            continue  # another value in a deployment, or none
        shown = ",".join(map(str, default)) if isinstance(default, list) else str(default)
        shown = {"True": "1", "False": "0"}.get(shown, shown)
        if f"#{name}=" in (CHECKOUT / ".env.example").read_text():
            assert (name, told[name]) == (name, shown)


def test_every_environment_name_of_a_container_is_read(ours: dict[str, Any]) -> None:
    given = {name for service in ours.values() for name in service["environment"]} | set(image_environment())
    assert given - names_in_settings() - READ_BY_PYTHON == READ_BY_UVICORN
    assert all(name in Path(uvicorn.config.__file__).read_text() for name in READ_BY_UVICORN)


def test_a_missing_password_stops_the_start() -> None:
    with pytest.raises(LookupError, match=r"POSTGRES_PASSWORD: set it in \.env"):
        compose({})
    assert interpolate("${A:-b}", {}) == "b"
    assert interpolate("${A:-b}", {"A": "c"}) == "c"


def test_only_web_publishes_a_port_and_listens_on_it(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    [published] = services["web"]["ports"]
    assert published == "127.0.0.1:8000:8000"
    assert options(services["web"]["command"])["port"] == services["web"]["environment"]["PORT"] == "8000"
    assert ("EXPOSE", "8000") in dockerfile()
    assert image_environment()["PORT"] == "8000"


def test_urls_name_the_other_containers(services: dict[str, Any]) -> None:
    environment = services["web"]["environment"]
    database, broker = urlsplit(environment["DATABASE_URL"]), urlsplit(environment["REDIS_URL"])
    made = services["db"]["environment"]
    assert database.hostname in services and broker.hostname in services
    assert (database.username, database.password) == (made["POSTGRES_USER"], made["POSTGRES_PASSWORD"])
    assert database.path == f"/{made['POSTGRES_DB']}"


def test_volumes_are_declared_used_and_where_the_programs_write(services: dict[str, Any]) -> None:
    mounts = {name: dict(m.split(":") for m in service.get("volumes", ())) for name, service in services.items()}
    used = {volume for mount in mounts.values() for volume in mount}
    assert used == set(compose(env_of_a_deployment())["volumes"])
    assert mounts["web"] == mounts["worker"] == {"files": image_environment()["MEDIA_ROOT"]}
    assert ("VOLUME", image_environment()["MEDIA_ROOT"]) in dockerfile()
    assert mounts["db"] == {"db": "/var/lib/postgresql"}, "where the images of PostgreSQL 18 and later keep their files"
    assert mounts["redis"] == {"redis": "/data"}


def test_every_queue_has_a_worker(ours: dict[str, Any]) -> None:
    queues = [options(ours[name]["command"])["queues"] for name in ("worker", "worker-sweep")]
    assert queues == [roof.DEFAULT_QUEUE, roof.SWEEP_QUEUE]


def test_our_containers_have_no_rights_and_a_limit(ours: dict[str, Any]) -> None:
    for service in ours.values():
        assert service["user"] == "desk"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["init"] is True
    assert ("USER", "desk") in dockerfile()


def test_every_container_restarts_is_watched_and_has_a_limit(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert "mem_limit" in service
        if name != "migrate":
            assert service["restart"] == "unless-stopped"
            assert "healthcheck" in service and "stop_grace_period" in service


def test_nothing_of_the_desk_starts_before_the_migrations(ours: dict[str, Any]) -> None:
    waiting = {name: service["depends_on"] for name, service in ours.items() if name != "migrate"}
    assert all(wait["migrate"] == {"condition": "service_completed_successfully"} for wait in waiting.values())
    assert "redis" not in waiting["auditor"], "the auditor is independent of Celery"


def test_every_copied_file_exists_and_passes_the_ignore_file() -> None:
    allowed = [line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for word, rest in dockerfile():
        if word != "COPY" or rest.startswith("--from"):
            continue
        for source in rest.split()[:-1]:
            assert (CHECKOUT / source).exists(), source
            assert source in allowed, source
    assert all((CHECKOUT / name).exists() for name in allowed)


def test_the_image_holds_every_package_of_the_desk() -> None:
    copied = {rest.split()[0] for word, rest in dockerfile() if word == "COPY"}
    packages = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")} - {"tests"}
    assert packages <= copied
    assert {"templates", "static", "manage.py"} <= {
        word for w, rest in dockerfile() if w == "COPY" for word in rest.split()
    }


def test_programs_exist(ours: dict[str, Any]) -> None:
    for service in ours.values():
        assert (PROGRAMS / service["command"][0]).exists()
    [command] = [rest for word, rest in dockerfile() if word == "CMD"]
    assert (PROGRAMS / ast.literal_eval(command)[0]).exists()


def test_postgresql_knows_its_options(services: dict[str, Any]) -> None:
    db = services["db"]
    assert Path(find_postgresql()[db["healthcheck"]["test"][1]]).exists()
    wanted = [word.split("=")[0] for word in db["command"] if "=" in word]
    connection = psycopg2.connect(urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl())
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE name = ANY(%s)", [wanted])
        assert {name for (name,) in cursor} == set(wanted)
    connection.close()
    embedded = Path(postgres.__file__).read_text()
    assert all(f'"{word}"' in embedded for word in db["environment"]["POSTGRES_INITDB_ARGS"].split())


def test_valkey_knows_its_options(services: dict[str, Any]) -> None:
    program, *words = services["redis"]["command"]
    assert program == find_valkey().name
    wanted = [word.removeprefix("--") for word in words[::2]]
    assert all(word.startswith("--") for word in words[::2])
    known = redis.Redis.from_url(os.environ["REDIS_URL"]).config_get(*wanted)
    assert set(known) == set(wanted)
