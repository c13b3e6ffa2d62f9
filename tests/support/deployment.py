"""The deployment files as a container engine would read them, and their containers as plain processes.

No engine runs here. What an engine adds (images, networks, limits) is its own; what is ours is proved: each
command with its environment, against the real servers of the test run.
"""

from __future__ import annotations

import ast
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import yaml

from puo_desk.stack.place import CHECKOUT

PROGRAMS = Path(sys.executable).parent
_REFERENCE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?(?P<demand>[^}]*))?\}")
_SETTING = re.compile(r"^#?(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)$", re.M)


@cache
def compose_text() -> str:
    return (CHECKOUT / "docker-compose.yml").read_text()


def interpolate(word: str, environment: Mapping[str, str]) -> str:
    """A compose value with its ``${NAME:-default}`` and ``${NAME:?demand}`` replaced, as Compose does it."""

    def value(found: re.Match[str]) -> str:
        given = environment.get(found["name"], "")
        if not given and found["default"] is None:
            raise LookupError(f"{found['name']}: {found['demand']}")
        return given or found["default"]

    return _REFERENCE.sub(value, word)


def _interpolated(part: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return interpolate(part, environment)
    if isinstance(part, list):
        return [_interpolated(inner, environment) for inner in part]
    if isinstance(part, dict):
        return {name: _interpolated(inner, environment) for name, inner in part.items()}
    return part


def compose(environment: Mapping[str, str]) -> dict[str, Any]:
    """The whole file, merged and interpolated."""
    return _interpolated(yaml.safe_load(compose_text()), environment)


def names_in_compose() -> set[str]:
    """The names that the compose file asks of `.env`."""
    return {found["name"] for found in _REFERENCE.finditer(compose_text())}


def env_example() -> dict[str, str]:
    """All names of `.env.example` with their values, those commented out too."""
    return {found["name"]: found["value"] for found in _SETTING.finditer((CHECKOUT / ".env.example").read_text())}


def env_of_a_deployment() -> dict[str, str]:
    """`.env` as somebody fills it in: what is set in the example, and the two secrets."""
    text = (CHECKOUT / ".env.example").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    filled = dict(line.split("=", 1) for line in lines)
    return filled | {"SECRET_KEY": secrets.token_urlsafe(50), "POSTGRES_PASSWORD": secrets.token_hex(24)}


def names_in_settings() -> set[str]:
    """Every environment name that the settings read."""
    tree = ast.parse((CHECKOUT / "puo_desk" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    return {
        first.value
        for call in calls
        if ast.unparse(call.func).split(".")[0] == "env" and isinstance(first := call.args[0], ast.Constant)
    }


def dockerfile() -> list[tuple[str, str]]:
    """Its instructions with their words, lines joined."""
    text = (CHECKOUT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def image_environment() -> dict[str, str]:
    """What the image itself sets, from the ENV of its last stage."""
    instructions = dockerfile()
    last = max(number for number, (word, _) in enumerate(instructions) if word == "FROM")
    pairs = [shlex.split(rest) for word, rest in instructions[last:] if word == "ENV"]
    return dict(pair.split("=", 1) for line in pairs for pair in line)


def collectstatic_step() -> tuple[list[str], dict[str, str]]:
    """The command of the build that collects the static files, and the names it sets for itself."""
    steps = [step for word, rest in dockerfile() if word == "RUN" for step in rest.split("&&")]
    words = shlex.split(next(step for step in steps if "collectstatic" in step))
    first = next(number for number, word in enumerate(words) if "=" not in word)
    return words[first:], dict(word.split("=", 1) for word in words[:first])


@dataclass
class Deployment:
    """The containers of the compose file as processes of this machine."""

    services: Mapping[str, Any]
    environment: Mapping[str, str]
    port: int

    def run(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._here(command),
            cwd=CHECKOUT,
            env=dict(self.environment if environment is None else environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def start(self, service: str) -> subprocess.Popen[str]:
        """The container's process with the environment of image, `.env` and compose file."""
        return self.run(self.services[service]["command"], self.environment_of(service))

    def environment_of(self, service: str) -> dict[str, str]:
        own = {name: str(word) for name, word in self.services[service].get("environment", {}).items()}
        return own | dict(self.environment)

    def check_health(self, service: str) -> tuple[int, str]:
        """The container's health check: its exit code, and what it says."""
        [kind, *command] = self.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        asked = self.run(command, self.environment_of(service))
        said, _ = asked.communicate(timeout=10)
        return asked.returncode, said.strip()

    def _here(self, command: Sequence[str]) -> list[str]:
        """The same command where port 8000 may be taken."""
        program = str(PROGRAMS / command[0])
        return [program, *(word.replace("--port=8000", f"--port={self.port}") for word in command[1:])]


@contextmanager
def own_database() -> Iterator[str]:
    """An empty database on the server of the test run: its URL."""
    url = urlsplit(os.environ["DATABASE_URL"])
    name = f"deploy_{os.getpid()}"
    server = psycopg2.connect(url._replace(path="/postgres").geturl())
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield url._replace(path=f"/{name}").geturl()
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.close()


def kill_session(process: subprocess.Popen[str]) -> None:
    """Leave nothing of a process and all it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
