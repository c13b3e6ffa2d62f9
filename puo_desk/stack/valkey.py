"""One embedded Valkey, the BSD-licensed continuation of Redis, on a Unix socket alone."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from puo_desk.stack import children
from puo_desk.stack.errors import StackError
from puo_desk.stack.place import Place
from puo_desk.stack.programs import find_valkey
from puo_desk.stack.server_log import open_log
from puo_desk.stack.tenants import evict

START_SECONDS = 60.0
STOP_SECONDS = 10.0

# Enough for sixteen test runs at once with eight workers each.
DATABASES = 128


class Valkey:
    """The Valkey server of one place. Not running until `start`."""

    name = "valkey"
    title = "Valkey"

    def __init__(self, place: Place) -> None:
        self._place = place
        self._files = place.valkey_files
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self._place.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self, given_up: Callable[[], bool]) -> None:
        """Start the server and wait until it answers.

        Files it cannot read are put aside: PostgreSQL is the only truth, the desk refills the rest.
        Raises: StackError when it does not come up; `given_up` ends the wait early.
        """
        try:
            self._start(given_up)
        except StackError:
            if given_up() or not any(self._files.iterdir()):
                raise
            self.stop()
            now = datetime.now().astimezone()
            self._files.rename(self._files.with_name(f"valkey.unreadable-{now:%Y%m%d-%H%M%S}"))
            self._start(given_up)

    def is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        if self._child is not None:
            children.stop(self._child, signal.SIGTERM, STOP_SECONDS)
            self._child = None

    def _start(self, given_up: Callable[[], bool]) -> None:
        self._files.mkdir(mode=0o700, exist_ok=True)
        evict(self._files, None, signal.SIGTERM)
        self.socket.unlink(missing_ok=True)
        with open_log(self._place.logs / "valkey.log") as log:
            self._child = children.spawn(
                [str(find_valkey()), *self._options()],
                cwd=self._files,
                output=log,
                death_signal=signal.SIGTERM,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._child.poll() is not None:
                raise StackError("Valkey ended while starting.")
            if given_up() or time.monotonic() > deadline:
                self.stop()
                raise StackError("Valkey did not get ready.")
            time.sleep(0.01)

    def _options(self) -> list[str]:
        durable = "yes" if self._place.durable else "no"
        wanted = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self._files),
            "databases": str(DATABASES),
            "appendonly": durable,
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "notice",
        }
        return [part for name, word in wanted.items() for part in (f"--{name}", word)]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1.0)
            try:
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
            except OSError:
                return False
