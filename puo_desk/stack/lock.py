"""File locks that the kernel frees when their holder dies, however it dies."""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from puo_desk.stack.errors import StackError


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: process number, command line, and since when (local time)."""

    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command}), since {self.since}"


def this_holder() -> Holder:
    """This very program, as another one should be told of it."""
    command = " ".join([Path(sys.argv[0]).name or "python", *sys.argv[1:]])
    return Holder(os.getpid(), command[:200], datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S"))


class Lock:
    """An flock on one file. Dropped by `release`, or by the kernel at the end of the program."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as refusal:
            raise StackError(f"No right to write {path}: it was made by another user.") from refusal

    def share(self) -> None:
        """Take the lock together with others, waiting while somebody has it alone."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def take(self) -> None:
        """Take the lock alone, waiting for it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_take(self, patience: float = 0.0) -> bool:
        """Take the lock alone, unless somebody keeps it for more than `patience` seconds."""
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.02)

    def sign(self) -> None:
        """Write into the lock file who has it."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(asdict(this_holder())).encode(), 0)

    def release(self) -> None:
        """Drop the lock; a released lock is not used again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock alone for the length of a block, waiting for it first."""
    lock = Lock(path)
    try:
        lock.take()
        yield
    finally:
        lock.release()


def is_taken(path: Path) -> bool:
    """Whether somebody has the lock right now."""
    if not path.exists():
        return False
    lock = Lock(path)
    try:
        return not lock.try_take()
    finally:
        lock.release()


def holder_of(path: Path) -> Holder | None:
    """Who signed the lock last; None when nobody did."""
    try:
        return Holder(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
