"""Child programs that cannot outlive their parent."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str],
    *,
    cwd: Path,
    output: IO[bytes] | int,
    death_signal: signal.Signals,
    environment: Mapping[str, str] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a child in a session of its own that gets `death_signal` when this program ends.

    Call it from the main thread only: Linux sends the signal when the *thread* that spawned ends.
    A session of its own keeps Ctrl-C for the parent, which stops its children in order.
    """
    parent = os.getpid()
    return subprocess.Popen(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment) if environment is not None else None,
        start_new_session=True,
        preexec_fn=lambda: bind_to_parent(parent, death_signal),
    )


def bind_to_parent(parent: int, death_signal: signal.Signals) -> None:
    """In a child that was just forked: have the kernel send it `death_signal` when the parent ends."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def bind_descendants(death_signal: signal.Signals) -> None:
    """Bind whatever this process forks from now on, and what that forks, from its first moment on."""
    parent = 0

    def remember() -> None:
        nonlocal parent
        parent = os.getpid()

    os.register_at_fork(before=remember, after_in_child=lambda: bind_to_parent(parent, death_signal))


def show_as(name: str) -> None:
    """Give this process the name that `ps` and `top` show."""
    if _libc is not None:
        _libc.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)


def stop(child: "subprocess.Popen[bytes]", sign: signal.Signals, patience: float) -> None:
    """End a child with `sign`; kill its whole session when it takes more than `patience` seconds."""
    if child.poll() is None:
        child.send_signal(sign)
    with suppress(subprocess.TimeoutExpired):
        child.wait(patience)
    kill_session(child)


def kill_session(child: "subprocess.Popen[bytes]") -> None:
    """Kill whatever is left of a child's session, and reap the child."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def wait_until_gone(pids: Sequence[int], patience: float) -> bool:
    """Wait until none of the processes runs any more; False when one still does after `patience` seconds."""
    deadline = time.monotonic() + patience
    while any(is_running(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_running(pid: int) -> bool:
    """Whether the process lives; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return _answers_signals(pid) if sys.platform != "linux" else False
    return state not in "ZX"


def _answers_signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
