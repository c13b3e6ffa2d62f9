"""The programs of the desk, forked from one parent: `python -m puo_desk.stack.serve --web=2 --worker --beat`.

`make up` runs all of them so; the web container only `--web`, because a container has no other program to share with.
The desk itself is named by its place, not imported: it lies above the stack.
"""

import argparse
import socket
import sys
import warnings
from collections.abc import Sequence
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


def web_role(host: str, port: int) -> Role:
    """A web process on the one socket that all of them serve."""
    import uvicorn

    config = uvicorn.Config(
        WEB,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=Listener.TAKEN_AT_ONCE,
    )
    listener = Listener(host, port)
    config.load()
    return Role("web", lambda: uvicorn.Server(config).run(sockets=[listener]))


class Listener(socket.socket):
    """The socket that all web processes serve.

    asyncio takes as many connections at once as it lets wait. Whoever woke first would take all of a burst, and
    with them all requests that follow on these connections; so it takes one, and the kernel lets many wait.
    """

    TAKEN_AT_ONCE = 1
    WAITING = 2048

    def __init__(self, host: str, port: int) -> None:
        # With its protocol named: asyncio sends small answers without delay only where it reads that name.
        super().__init__(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.bind((host, port))

    def listen(self, _backlog: int = 0) -> None:
        super().listen(self.WAITING)


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
    roles = [web_role(asked.host, asked.port)] * asked.web if asked.web else []
    if asked.worker:
        roles.append(celery_role("worker", [*WORKER, *ALONE]))
    if asked.beat:
        roles.append(celery_role("beat", BEAT))
    return Parent(roles).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
