"""The programs of the desk, forked from one parent: `python -m puo_desk.stack.serve --web=2 --worker --beat`.

`make up` runs all of them so; the web container only `--web`, because a container has no other program to share with.
The desk itself is named by its place, not imported: it lies above the stack.
"""

import argparse
import mmap
import socket
import sys
import time
import warnings
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any

from puo_desk.stack.parent import Parent, Role

WEB = "puo_desk.asgi:application"
GRACE_SECONDS = 3
QUIET = ["--quiet", "--skip-checks"]
WORKER = ["worker", "--loglevel=WARNING", "--pool=prefork", "--concurrency=2", "--queues=default,sweep"]
# Nobody listens: one worker, and nothing to tell others.
ALONE = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
# The entries are plain intervals and a tick may come twice: nothing to remember in a file.
BEAT = ["beat", "--loglevel=WARNING", "--scheduler=celery.beat:Scheduler", "--pidfile="]
# What Celery itself would only load in the child.
LOADED_LATE = (
    "celery.apps.worker",
    "celery.apps.beat",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.worker.consumer",
    "kombu.transport.redis",
)


def web_roles(host: str, port: int, processes: int) -> list[Role]:
    """Web processes on the one socket that all of them serve."""
    import uvicorn

    config = uvicorn.Config(
        WEB,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=Listener.TAKEN_AT_ONCE,
    )
    listener = Listener(host, port, processes)
    config.load()

    def serve(place: int) -> None:
        listener.serve_from(place)
        uvicorn.Server(config).run(sockets=[listener])

    return [Role("web", partial(serve, place)) for place in range(processes)]


class Listener(socket.socket):
    """The socket that all web processes serve, each as many connections as the others.

    A connection stays where it was taken, with all requests that follow on it: whoever woke first would take most
    of a burst and be busy while the others are not. So who holds more than another leaves the next one to it, for
    as long as one that is alive needs to come; and each takes one at a time, where asyncio takes all that wait.
    """

    TAKEN_AT_ONCE = 1
    WAITING = 2048
    LEFT_SECONDS = 0.05

    def __init__(self, host: str, port: int, processes: int = 1) -> None:
        # With its protocol named: asyncio sends small answers without delay only where it reads that name.
        super().__init__(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.bind((host, port))
        # Memory that the processes share: how many connections each of them holds.
        self.held = memoryview(mmap.mmap(-1, 4 * processes)).cast("i")
        self.place = 0
        self._left_from = self._left_until = 0.0

    def listen(self, _backlog: int = 0) -> None:
        super().listen(self.WAITING)

    def serve_from(self, place: int) -> None:
        """In a web process: its place among them, which holds no connection yet."""
        self.place = place
        self.held[place] = 0

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises: BlockingIOError when there is none, or it is another process' turn."""
        if self._leaves_it():
            raise BlockingIOError
        number, address = self._accept()  # type: ignore[attr-defined]  # what socket.accept itself asks
        self.held[self.place] += 1
        return Held(self, number), address

    def _leaves_it(self) -> bool:
        if self.held[self.place] <= min(self.held):
            return False
        now = time.monotonic()
        if now > self._left_until:
            self._left_from = now
        # asyncio asks again at once while somebody waits; a pause says that the last one was taken.
        self._left_until = now + self.LEFT_SECONDS
        return now - self._left_from < self.LEFT_SECONDS


class Held(socket.socket):
    """A connection of a web process, which counts it while it lasts."""

    def __init__(self, listener: Listener, number: int) -> None:
        super().__init__(listener.family, listener.type, listener.proto, fileno=number)
        self._listener = listener

    def close(self) -> None:
        if self.fileno() >= 0:
            self._listener.held[self._listener.place] -= 1
        super().close()


def celery_role(name: str, arguments: Sequence[str]) -> Role:
    """A worker, or beat."""
    app: Any = import_module("puo_desk.celery").app
    for module in LOADED_LATE:
        import_module(module)
    app.loader.import_default_modules()
    app.finalize()
    # Celery warns of root in four lines at each start; production runs as an ordinary user.
    warnings.filterwarnings("ignore", "You're running the worker with superuser privileges")
    return Role(name, lambda: app.start([*QUIET, *arguments]))


def main(arguments: Sequence[str]) -> int:
    """Load what the arguments ask for, and run it until told to end."""
    parser = argparse.ArgumentParser(prog="python -m puo_desk.stack.serve")
    parser.add_argument("--web", type=int, default=0, metavar="PROCESSES")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--worker", action="store_true")
    parser.add_argument("--beat", action="store_true")
    asked = parser.parse_args(arguments)
    roles = web_roles(asked.host, asked.port, asked.web) if asked.web else []
    if asked.worker:
        roles.append(celery_role("worker", [*WORKER, *ALONE]))
    if asked.beat:
        roles.append(celery_role("beat", BEAT))
    return Parent(roles).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
