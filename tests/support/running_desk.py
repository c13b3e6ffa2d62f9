"""The desk's own programs as processes, to load and to kill: web, worker and beat on a database of a test."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.support.small_desk import wait_for

CHECKOUT = Path(__file__).resolve().parents[2]
Answered = TypeVar("Answered")
Given = TypeVar("Given")
KEPT_SECONDS = 2.0


@dataclass(frozen=True)
class Told:
    """An answer of the API."""

    status: int
    headers: http.client.HTTPMessage
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass
class RunningDesk:
    """Programs of the product, each a session of its own; ``stop`` kills those that are left."""

    directory: Path
    environment: dict[str, str]
    port: int = 0
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _lines: threading.local = field(default_factory=threading.local)

    def web(self) -> subprocess.Popen[bytes]:
        """Start a web process and wait until it answers."""
        self.port = free_port()
        self._lines = threading.local()
        quiet = ["--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "1"]
        program = self._start("web", "uvicorn", "puo_desk.asgi:application", "--port", str(self.port), *quiet)
        wait_for(lambda: self._answers() or program.poll() is not None, 60)
        assert program.poll() is None, self.said("web")
        return program

    def worker(self) -> subprocess.Popen[bytes]:
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
        queues = ["--queues", "default,sweep", "--concurrency", "2"]
        return self._start("worker", "celery", "-A", "puo_desk", "--quiet", "worker", *queues, *quiet)

    def beat(self) -> subprocess.Popen[bytes]:
        plain = ["--scheduler", "celery.beat:Scheduler", "--pidfile="]
        return self._start("beat", "celery", "-A", "puo_desk", "--quiet", "beat", "--loglevel", "WARNING", *plain)

    def _start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self.directory / f"{name}.log").open("ab") as log:
            program = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=CHECKOUT,
                env=self.environment | {"PORT": str(self.port or 8000)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(program)
        return program

    def kill(self, program: subprocess.Popen[bytes]) -> None:
        """``kill -9`` of the program with all its children."""
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        self._running.remove(program)

    def stop(self) -> None:
        for program in [*self._running]:
            self.kill(program)

    def said(self, name: str) -> str:
        log = self.directory / f"{name}.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/livez").status == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        """One request, on this thread's own connection while that is fresh: the server closes an idle one."""
        line, used_at = getattr(self._lines, "line", (None, 0.0))
        if line is None or time.monotonic() - used_at > KEPT_SECONDS:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = None if body is None else json.dumps(body).encode()
        self._lines.line = (None, 0.0)
        line.request(method, path, raw, {"Content-Type": "application/json"} | named)
        answer = line.getresponse()
        told = Told(answer.status, answer.headers, answer.read())
        self._lines.line = (line, time.monotonic())
        return told


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def programs_environment(directory: Path, *, database_url: str, redis_url: str, **more: str) -> dict[str, str]:
    """What the programs need to know, with limits out of the way."""
    own = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "puo_desk.settings",
        "PUO_LOCAL": str(directory),
        "API_RATE": "1000000/min",
        "LOG_LEVEL": "ERROR",
        "EMAIL_URL": f"filemail://{directory / 'mail'}",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        "WEB_AUDITS": "0",
    }
    return dict(os.environ) | own | more


def url_of_test_database(name: str) -> str:
    """The servers' URL with another database, that of pytest-django."""
    return re.sub(r"(://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"])


def all_at_once(act: Callable[[Given], Answered], given: Iterable[Given], *, threads: int = 32) -> list[Answered]:
    """What the act answers for each, asked by as many threads as there are."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(act, given))
