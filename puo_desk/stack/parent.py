"""A parent that has loaded the desk, and children that share its memory.

The desk's code holds 90 MiB before it does anything. Programs started one by one hold it each; forked from one
parent they hold what they change of it. The parent opens no connection and starts no thread, so that there is
nothing which two children could use as one by mistake.
"""

import gc
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from puo_desk.stack.children import bind_descendants, bind_to_parent, show_as

STOP_SECONDS = 8.0  # of the ten that whoever runs the parent allows it
BREATH_SECONDS = 0.5
YOUNG_SECONDS = 2.0

_ENDING = {signal.SIGTERM, signal.SIGINT}
_WATCHED = {*_ENDING, signal.SIGCHLD}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Role:
    """What a child does until SIGTERM, and the name under which `ps` and `top` show it."""

    name: str
    play: Callable[[], object]


@dataclass
class Parent:
    """Has a child in each role. A child that dies is replaced, for as long as none dies young."""

    roles: Sequence[Role]
    _children: dict[int, tuple[Role, float]] = field(default_factory=dict)

    def run(self) -> int:
        """Keep all roles filled until SIGTERM or SIGINT: 0.

        A child that dies young would do so again: it ends all, with 1, and whoever runs the parent knows how long
        to wait before the next try.
        """
        # A signal waits until somebody looks, so that none is lost between a fork and what follows it.
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        # The collector would touch, and thereby copy, every page that is there to be shared.
        gc.collect()
        gc.freeze()
        vacant = list(self.roles)
        while True:
            for role in vacant:
                self._children[self._fork(role)] = role, time.monotonic()
            if signal.sigwait(_WATCHED) in _ENDING:
                self._stop()
                return 0
            vacant = []
            for role, age, cause in self._reap():
                young = age < YOUNG_SECONDS
                what_follows = "ending all" if young else "starting another"
                log.error("%s ended by itself (%s); %s", role.name, cause, what_follows)
                if young:
                    self._stop()
                    return 1
                vacant.append(role)
            time.sleep(BREATH_SECONDS)

    def _fork(self, role: Role) -> int:
        """A child in this role: its number."""
        parent = os.getpid()
        return os.fork() or self._live(role, parent)

    def _live(self, role: Role, parent: int) -> NoReturn:
        code = 1
        try:
            bind_to_parent(parent, signal.SIGKILL)
            # Celery binds the children of a worker a while after it made them.
            bind_descendants(signal.SIGKILL)
            show_as(role.name)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
            role.play()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
            if isinstance(end.code, str):
                log.error("%s: %s", role.name, end.code)
        except BaseException:
            log.exception("%s failed", role.name)
        finally:
            os._exit(code)

    def _reap(self) -> list[tuple[Role, float, str]]:
        """The children that have ended since the last look: role, seconds lived, cause."""
        ended = []
        while self._children and (found := os.waitpid(-1, os.WNOHANG))[0]:
            role, began = self._children.pop(found[0])
            code = os.waitstatus_to_exitcode(found[1])
            cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            ended.append((role, time.monotonic() - began, cause))
        return ended

    def _stop(self) -> None:
        """End the children, giving each the time to finish what it is at."""
        self._tell(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self._children and (left := deadline - time.monotonic()) > 0:
            signal.sigtimedwait({signal.SIGCHLD}, left)
            self._reap()
        self._tell(signal.SIGKILL)

    def _tell(self, sign: signal.Signals) -> None:
        for pid in self._children:
            os.kill(pid, sign)
