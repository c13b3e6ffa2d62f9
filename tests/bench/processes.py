"""The desk's processes under measurement: one run of ``manage.py up``, and the bare project."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from puo_desk.stack import children
from puo_desk.stack.place import CHECKOUT, Place
from puo_desk.stack.state import read_state

READY_SECONDS = 60.0
UVICORN = [sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "warning"]


@dataclass
class Running:
    """Started programs, the port of each web process among them, and who belongs to them."""

    ports: list[int]
    programs: list[subprocess.Popen[bytes]]

    def processes(self) -> list[psutil.Process]:
        return [process for program in self.programs for process in _family(program.pid)]

    def stop(self) -> None:
        for program in self.programs:
            program.terminate()
        for program in self.programs:
            children.stop(program, signal.SIGTERM, 15)


@contextmanager
def running_desk(place: Place) -> Iterator[Running]:
    """The desk as ``make up`` runs it, with two web processes."""
    port = _free_port()
    named = {name: word for name, word in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    with (place.logs / "bench.log").open("ab") as log:
        more = {"PORT": str(port), "WEB_PROCESSES": "2"}
        up = _spawn([sys.executable, "manage.py", "up"], named | more, log.fileno())
    running = Running([port], [up])
    try:
        _wait_until_ready(port, "/readyz")
        yield running
    finally:
        running.stop()


@contextmanager
def running_bare(place: Place, path: str, application: str = "application") -> Iterator[Running]:
    """Two processes of the bare project."""
    ports = [_free_port(), _free_port()]
    environment = os.environ | {"MALLOC_ARENA_MAX": "2"}
    with (place.logs / "bench.log").open("ab") as log:
        programs = [
            _spawn([*UVICORN, f"tests.bench.bare.asgi:{application}", "--port", str(port)], environment, log.fileno())
            for port in ports
        ]
    running = Running(ports, programs)
    try:
        for port in ports:
            _wait_until_ready(port, path)
        yield running
    finally:
        running.stop()


def keeper_processes(place: Place) -> list[psutil.Process]:
    """PostgreSQL and Valkey with whoever keeps them."""
    state = read_state(place.state_file)
    return _family(state.pid) if state else []


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """What these processes have used so far."""
    used = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        used += times.user + times.system
    return used


def memory_by_name(processes: Iterable[psutil.Process]) -> dict[str, float]:
    """MiB by kind of process; what several share is split between them (PSS)."""
    used: dict[str, float] = {}
    for process in processes:
        try:
            name, size = _name_of(process), process.memory_full_info().pss / 1_048_576
        except psutil.Error:
            continue
        used[name] = used.get(name, 0.0) + size
    return used


def _name_of(process: psutil.Process) -> str:
    if process.name() in ("web", "worker", "beat"):
        return process.name()
    line = " ".join(process.cmdline())
    marks = {
        "stack.serve": "parent",
        "postgres": "postgresql",
        "valkey-server": "valkey",
    }
    marks |= {"stack.keeper": "supervisor", "manage.py up": "supervisor"}
    return next((name for mark, name in marks.items() if mark in line and _fits(name, line)), "other")


def _fits(name: str, line: str) -> bool:
    return name != "postgresql" or "stack.keeper" not in line


def _family(pid: int) -> list[psutil.Process]:
    try:
        head = psutil.Process(pid)
        return [head, *head.children(recursive=True)]
    except psutil.Error:
        return []


def _spawn(command: list[str], environment: dict[str, str], output: int) -> subprocess.Popen[bytes]:
    return children.spawn(command, cwd=CHECKOUT, output=output, death_signal=signal.SIGTERM, environment=environment)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_until_ready(port: int, path: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            line.request("GET", path)
            if line.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            line.close()
        time.sleep(0.1)
    raise TimeoutError(f"nobody answers on port {port}; see bench.log")
