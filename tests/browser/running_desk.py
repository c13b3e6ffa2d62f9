"""A whole desk for the journeys: database, web, worker and beat of its own, and a line to Redis that can be cut."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import extensions, sql

from puo_desk.stack.children import spawn, stop
from puo_desk.stack.place import CHECKOUT

READY_SECONDS = 60.0


class RedisLine:
    """Carries the desk's connections to Redis; while it is cut, Redis is away for the desk and for nobody else."""

    def __init__(self, redis_url: str, directory: Path) -> None:
        self._real = redis_url
        self._path = str(directory / "redis.sock")
        self._listener: socket.socket | None = None
        self._pairs: list[socket.socket] = []
        self._query = redis_url.partition("?")[2]
        self.mend()

    @property
    def url(self) -> str:
        number = "0" if self._real.startswith("unix:") else (self._real.rpartition("/")[2] or "0")
        return f"unix://{self._path}?{self._query or f'db={number}'}"

    def mend(self) -> None:
        with suppress(FileNotFoundError):
            Path(self._path).unlink()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._path)
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with suppress(FileNotFoundError):
            Path(self._path).unlink()
        for end in self._pairs:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _address = listener.accept()
                far = self._connect()
            except OSError:
                return
            self._pairs += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, target), daemon=True).start()

    def _connect(self) -> socket.socket:
        if self._real.startswith("unix:"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._real.removeprefix("unix://").partition("?")[0])
            return far
        host, _, port = self._real.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")
        return socket.create_connection((host, int(port or 6379)))


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    source.close()


@dataclass
class RunningDesk:
    """One desk, from its database's making to its programs' end. ``kind`` names the scenario that fills it."""

    kind: str = "small"
    facts: dict[str, Any] = field(default_factory=dict)
    address: str = ""
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="puo-journeys-")
        self.directory = Path(self._directory.name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._make_database()
        self.redis = RedisLine(os.environ["REDIS_URL"], self.directory)
        self.environment = self._environment(port)
        self.facts = self._fill()
        quiet = ["--no-access-log", "--log-level", "warning"]
        self._run("web", "uvicorn", "puo_desk.asgi:application", "--port", str(port), *quiet)
        self._wait_until_ready(port)
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        celery, calm = ["celery", "-A", "puo_desk", "--quiet"], ["--loglevel", "WARNING"]
        self._run("worker", *celery, "worker", "--concurrency", "1", "--queues", "default,sweep", *alone, *calm)
        self._run("beat", *celery, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=", *calm)

    def stop(self) -> None:
        for child in reversed(self._children):
            stop(child, signal.SIGKILL, 3.0)
        self.redis.cut()
        self._tell_server("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._directory.cleanup()

    def log(self, program: str = "web") -> str:
        return (self.directory / f"{program}.log").read_text(errors="replace")

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, who: str = "sena"
    ) -> dict[str, Any]:
        """Ask the REST API, as the agent Sena unless told otherwise; anything but success is an error."""
        line = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=10)
        headers = {"Authorization": f"Bearer {self.facts['tokens'][who]}", "Content-Type": "application/json"}
        line.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = line.getresponse()
        text = answer.read()
        assert answer.status < 300, f"{method} {path}: {answer.status} {text[:500]!r}"
        return json.loads(text) if text else {}

    def open_ticket(self, subject: str, category: str | None = None) -> str:
        """Amara asks for something, from a program of hers: the ticket's number."""
        asked = {"subject": subject, "body": f"{subject}, says a program."}
        if category is not None:
            asked["category"] = self.facts["categories"][category]
        return self.ask("POST", "/api/v1/tickets/", asked, who="amara")["number"]

    def write(self, number: str, body: str, *, kind: str = "reply", who: str = "sena") -> None:
        """A message on a ticket, from elsewhere."""
        self.ask("POST", f"/api/v1/tickets/{number}/messages/", {"kind": kind, "body": body}, who=who)

    def _make_database(self) -> None:
        self._server = os.environ["DATABASE_URL"]
        self._database = f"{extensions.parse_dsn(self._server)['dbname']}_journeys_{self.kind}_{os.getpid()}"
        self._tell_server("CREATE DATABASE {}")

    def _tell_server(self, command: str) -> None:
        """By way of a database that is always there."""
        connection = psycopg2.connect(self._server, dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(command).format(sql.Identifier(self._database)))
        connection.close()

    def _environment(self, port: int) -> dict[str, str]:
        server = self._server.partition("?")
        database_url = server[0].rpartition("/")[0] + f"/{self._database}" + server[1] + server[2]
        return dict(os.environ) | {
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis.url,
            "REDIS_PREFIX": f"{os.environ.get('REDIS_PREFIX', 'puo')}-journeys-{self.kind}",
            "PUO_LOCAL": str(self.directory),
            "PORT": str(port),
            "EMAIL_URL": f"filemail://{self.directory / 'mail'}",
            "DJANGO_SETTINGS_MODULE": "puo_desk.settings",
            "LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }

    def _fill(self) -> dict[str, Any]:
        filled = subprocess.run(
            [sys.executable, "-m", "tests.browser.scenario", self.kind], cwd=CHECKOUT, env=self.environment,
            capture_output=True, text=True,
        )  # fmt: skip
        assert filled.returncode == 0, filled.stdout + filled.stderr
        return json.loads(filled.stdout.splitlines()[-1])

    def _run(self, name: str, *command: str) -> None:
        log = (self.directory / f"{name}.log").open("wb")
        self._children.append(
            spawn(
                [sys.executable, "-m", *command], cwd=CHECKOUT, output=log, death_signal=signal.SIGKILL,
                environment=self.environment,
            )
        )  # fmt: skip
        log.close()

    def _wait_until_ready(self, port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            try:
                line.request("GET", "/livez")
                if line.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
            finally:
                line.close()
        raise AssertionError(f"the web process does not answer:\n{self.log()}")


@contextmanager
def running(kind: str) -> Iterator[RunningDesk]:
    """A desk of this kind, gone with all it has when the journeys are over."""
    desk = RunningDesk(kind)
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()
