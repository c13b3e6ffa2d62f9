"""`manage.py up`: the whole desk in the foreground of one terminal.

Servers, migrations, demo, then web, worker and beat, until Ctrl-C or SIGTERM. Nothing outlives it: not after
Ctrl-C, and not after `kill -9`, when the kernel tells the children.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from puo_desk.stack.environment import borrow, missing_servers
from puo_desk.stack.errors import StackError
from puo_desk.stack.launcher import POSTGRESQL, Membership
from puo_desk.stack.lock import Lock, holder_of
from puo_desk.stack.place import Place, desk_place, local_directory
from puo_desk.stack.preparation import COMMAND, STAMP_VARIABLE, is_prepared, stamp_path
from puo_desk.stack.supervisor import Program, Supervisor

SIGN_INS = ("requester", "agent", "lead", "engineer", "admin")
DEMO_PASSWORD = "demo"  # noqa: S105
SLOW_START_SECONDS = 30.0


class Interrupted(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


@dataclass(frozen=True)
class Options:
    """What the environment asks of `up`: HOST, PORT, DEMO (0 for none) and WEB_PROCESSES."""

    host: str
    port: int
    demo: bool
    web_processes: int

    @classmethod
    def from_environment(cls) -> "Options":
        """Raises: StackError when PORT is no port, or WEB_PROCESSES no number of them."""
        port = os.environ.get("PORT") or "8000"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise StackError(f"PORT is {port!r}, which is no port number.")
        processes = os.environ.get("WEB_PROCESSES") or "1"
        if not processes.isdecimal() or not int(processes):
            raise StackError(f"WEB_PROCESSES is {processes!r}; it takes a number from 1.")
        host, demo = os.environ.get("HOST") or "127.0.0.1", os.environ.get("DEMO", "1") != "0"
        return cls(host, int(port), demo, int(processes))

    @property
    def address(self) -> str:
        shown = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}"


@dataclass
class Desk:
    """One run of the desk, from the first line of progress to the last child's end."""

    options: Options
    place: Place
    began: float = field(default_factory=time.monotonic)
    interruptions: int = 0
    membership: Membership | None = None
    supervisor: Supervisor | None = None

    def run(self) -> int:
        """Run the desk until it is interrupted.

        Raises: StackError when it cannot start.
        """
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._interrupt)
        try:
            self._start()
            self._watch()
        except Interrupted:
            self.progress("stopping")
        finally:
            self._stop()
        return 0

    def progress(self, sentence: str) -> None:
        """A line of progress with the seconds since the start."""
        self._show(f"{time.monotonic() - self.began:6.1f} s  {sentence}")

    def note(self, sentence: str) -> None:
        """A line that belongs to the line of progress above it."""
        self._show(f"{'':8}  {sentence}")

    def say(self, name: str, line: str) -> None:
        """A line that one of the programs said."""
        self._show(f"{name:>8} | {line}")

    def _show(self, line: str) -> None:
        """Print; a reader who went away counts as a closed terminal."""
        try:
            print(line, flush=True)
        except OSError:
            sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
            if not self.interruptions:
                self._interrupt()

    def _interrupt(self, *_: object) -> None:
        self.interruptions += 1
        if self.interruptions == 1:
            raise Interrupted
        if self.supervisor is not None:
            self.supervisor.kill()

    def _start(self) -> None:
        embedded = missing_servers()
        (local_directory() / "static").mkdir(exist_ok=True)  # WhiteNoise warns when there is none
        if embedded:
            self.progress(f"starting {' and '.join(embedded)}")
        self.membership = borrow(self.place)
        environment = self._environment()
        self.supervisor = Supervisor(environment, self.say)
        self._prepare(embedded)
        self.progress("starting web, worker and beat")
        self.supervisor.add(self._desk())

    def _prepare(self, embedded: Sequence[str]) -> None:
        assert self.supervisor is not None
        own = POSTGRESQL in embedded
        if own and is_prepared(self.place, self.options.demo):
            return
        self.progress("preparing the database")
        command = [*COMMAND, *([] if self.options.demo else ["--no-demo"])]
        stamp = {STAMP_VARIABLE: str(stamp_path(self.place))} if own else {}
        if self.supervisor.run_once(Program("prepare", command, environment=stamp)) != 0:
            raise StackError("The database could not be prepared; the lines above say why. Nothing is left running.")

    def _watch(self) -> None:
        """Keep everything going; tell when the desk answers."""
        assert self.supervisor is not None
        log = _Tail(self.place.logs / "keeper.log")
        ready, warned, next_look = False, False, 0.0
        while True:
            self.supervisor.turn()
            now = time.monotonic()
            if not ready and (ready := answers_ready(self.options)):
                self._announce()
            if not ready and not warned and now - self.began > SLOW_START_SECONDS:
                self.progress(f"still waiting for {self.options.address}/readyz to answer 200")
                warned = True
            if self.membership is not None and now >= next_look:
                self.membership.renew()
                next_look = now + 1.0
                for line in log.new_lines():
                    self.say("servers", line)

    def _announce(self) -> None:
        self.progress(f"ready: {self.options.address}")
        if self.options.demo:
            self.note(f"sign in as {', '.join(SIGN_INS)}; password {DEMO_PASSWORD}")
        else:
            self.note("the first person: .venv/bin/python manage.py createsuperuser")
        self.note("Ctrl-C stops everything")

    def _stop(self) -> None:
        if self.supervisor is not None:
            self.supervisor.stop()
        if self.membership is not None:
            self.membership.leave()
        self.progress("stopped")

    def _environment(self) -> dict[str, str]:
        """What all programs of the desk get: the URLs are in os.environ by now."""
        mail = f"filemail://{local_directory() / 'mail'}"
        own = {"PORT": str(self.options.port), "PUO_LOCAL": str(local_directory()), "PYTHONUNBUFFERED": "1"}
        defaults = {
            "DJANGO_SETTINGS_MODULE": "puo_desk.settings",
            "EMAIL_URL": mail,
            "LOG_LEVEL": "WARNING",
            "MALLOC_ARENA_MAX": "2",
        }
        return defaults | dict(os.environ) | own

    def _desk(self) -> Program:
        where = [f"--host={self.options.host}", f"--port={self.options.port}"]
        roles = [f"--web={self.options.web_processes}", "--worker", "--beat"]
        return Program("desk", [sys.executable, "-m", "puo_desk.stack.serve", *where, *roles])


class _Tail:
    """The lines that were added to a log since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = path.stat().st_size if path.exists() else 0

    def new_lines(self) -> list[str]:
        if not self._path.exists() or self._path.stat().st_size == self._seen:
            return []
        with self._path.open("rb") as log:
            log.seek(self._seen if self._path.stat().st_size > self._seen else 0)
            added = log.read()
            self._seen = log.tell()
        return added.decode(errors="replace").splitlines()


def answers_ready(options: Options) -> bool:
    """Whether the desk says that it is ready. Asked in plain bytes: http.client would bring 2 MB of TLS with it."""
    host = "127.0.0.1" if options.host == "0.0.0.0" else options.host  # noqa: S104
    question = f"GET /readyz HTTP/1.1\r\nHost: {host}:{options.port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((host, options.port), timeout=1.0) as line:
            line.sendall(question.encode())
            return line.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


def refuse_taken_port(options: Options) -> None:
    """Raises: StackError when somebody listens there already, before anything is started."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((options.host, options.port))
            trial.listen(1)
        except OSError as refusal:
            raise StackError(
                f"{options.host}:{options.port} cannot be used ({refusal.strerror}). "
                "Choose another port: PORT=8001 make up"
            ) from refusal


def up() -> int:
    """Run the desk of this checkout, unless it runs already: then say who runs it.

    Raises: StackError when it cannot start.
    """
    options = Options.from_environment()
    place = desk_place()
    place.make_directories()
    lock_file = place.directory / "up.lock"
    lock = Lock(lock_file)
    if not lock.try_take():
        raise StackError(f"The desk of this checkout runs already: {holder_of(lock_file) or 'by an unknown process'}.")
    lock.sign()
    refuse_taken_port(options)
    return Desk(options, place).run()
