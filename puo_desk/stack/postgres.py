"""One embedded PostgreSQL: made, started, watched and stopped; reachable over its Unix socket alone."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from puo_desk.stack import children
from puo_desk.stack.errors import StackError
from puo_desk.stack.place import Place
from puo_desk.stack.privileges import ServerUser, server_user
from puo_desk.stack.programs import PostgresPrograms, find_postgresql, reachable_by
from puo_desk.stack.server_log import open_log
from puo_desk.stack.tenants import evict

ROLE = "puo_desk"
DATABASE = "puo_desk"
SOCKET_NAME = ".s.PGSQL.5432"

# Crash recovery replays the log and may take its time.
START_SECONDS = 300.0
STOP_SECONDS = 20.0

# Small on purpose: the whole desk is to live in 450 MiB.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "effective_cache_size": "512MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "2GB",
    "log_min_messages": "warning",
}
# Reading and writing by the backends themselves spares the three I/O workers of PostgreSQL 18.
SETTINGS_OF_18 = {"io_method": "sync"}
SETTINGS_WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """The PostgreSQL server of one place. Not running until `start`."""

    name = "postgresql"
    title = "PostgreSQL"

    def __init__(self, place: Place) -> None:
        self._place = place
        self._files = place.postgresql_files
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL for Django: a host that is a directory means the socket in it."""
        return f"postgres://{ROLE}@/{DATABASE}?host={self._place.sockets}"

    @property
    def socket(self) -> Path:
        return self._place.sockets / SOCKET_NAME

    def start(self, given_up: Callable[[], bool]) -> None:
        """Start the server, making its files first when there are none, and wait until it takes connections.

        Raises: StackError when it does not come up; `given_up` ends the wait early.
        """
        self._make_files()
        self._check_version()
        self._remove_traces_of_a_crash()
        options = [part for name, value in self._settings().items() for part in ("-c", f"{name}={value}")]
        with open_log(self._place.logs / "postgresql.log") as log:
            self._child = children.spawn(
                [*self._user.prefix, self._programs["postgres"], "-D", str(self._files), *options],
                cwd=self._files,
                output=log,
                death_signal=signal.SIGINT,
                environment=_plain_environment(),
            )
        self._wait_until_ready(given_up)

    def is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        """Stop with a clean shutdown, not waiting for clients."""
        if self._child is not None:
            children.stop(self._child, signal.SIGINT, STOP_SECONDS)
            self._child = None

    @cached_property
    def _user(self) -> ServerUser:
        return server_user(self._files, signal.SIGINT)

    @cached_property
    def _programs(self) -> PostgresPrograms:
        programs = find_postgresql()
        return reachable_by(programs, self._user.without_privileges()) if self._user.prefix else programs

    def _settings(self) -> dict[str, str]:
        chosen = SETTINGS | {"unix_socket_directories": str(self._place.sockets)}
        if int(self._programs.major) >= 18:
            chosen |= SETTINGS_OF_18
        return chosen if self._place.durable else chosen | SETTINGS_WITHOUT_DURABILITY

    def _make_files(self) -> None:
        """Make cluster, role and database in a draft directory, so that a half-made one is never taken."""
        if self._files.exists():
            return
        draft = self._files.with_name("postgresql.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._user.owns(draft)
        # The builtin C.UTF-8 makes lower() and ILIKE right for every letter, whatever locale the caller has.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        speed = [] if self._place.durable else ["--no-sync"]
        self._run("initdb", "-D", str(draft), "-U", ROLE, "--auth=trust", *locale, *speed, cwd=draft)
        self._run(
            "postgres",
            "--single",
            "-D",
            str(draft),
            "postgres",
            cwd=draft,
            words=f"CREATE DATABASE {DATABASE};\n",
        )
        draft.rename(self._files)

    def _run(self, program: str, *arguments: str, cwd: Path, words: str = "") -> None:
        finished = subprocess.run(
            [*self._user.prefix, self._programs[program], *arguments],
            cwd=cwd,
            input=words,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_plain_environment(),
        )
        if finished.returncode != 0 or "FATAL" in finished.stdout or "ERROR" in finished.stdout:
            raise StackError(f"PostgreSQL could not be set up ({program}):\n{finished.stdout.strip()[-2000:]}")

    def _check_version(self) -> None:
        made_by = (self._files / "PG_VERSION").read_text().strip()
        if made_by != self._programs.major:
            raise StackError(
                f"{self._files} was made by PostgreSQL {made_by}, installed is {self._programs.major}: "
                "dump it with the old version and load it into a new place (PUO_LOCAL), or remove it."
            )

    def _remove_traces_of_a_crash(self) -> None:
        """Remove the pid files of a server that is gone: they may name a stranger and would bar the start.

        Safe because the keeper's lock says that no other keeper runs a server here, and because nobody lives
        here then.
        """
        pid_file = self._files / "postmaster.pid"
        evict(self._files, _pid_in(pid_file), signal.SIGINT)
        for trace in (pid_file, self.socket, self.socket.with_name(f"{SOCKET_NAME}.lock")):
            trace.unlink(missing_ok=True)

    def _wait_until_ready(self, given_up: Callable[[], bool]) -> None:
        assert self._child is not None
        deadline = time.monotonic() + START_SECONDS
        while not self._reports_ready(self._child.pid):
            if self._child.poll() is not None:
                raise StackError("PostgreSQL ended while starting.")
            if given_up() or time.monotonic() > deadline:
                self.stop()
                raise StackError("PostgreSQL did not get ready.")
            time.sleep(0.01)

    def _reports_ready(self, pid: int) -> bool:
        """What pg_ctl looks at: the eighth line of postmaster.pid."""
        try:
            lines = (self._files / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _pid_in(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _plain_environment() -> dict[str, str]:
    """The environment without the caller's locale and PG* variables, which would change the server."""
    kept = {name: word for name, word in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}
