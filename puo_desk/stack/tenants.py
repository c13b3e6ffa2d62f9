"""Who still lives in a server's directory after a crash.

A server and its children have their working directory in their files. After `kill -9` of a parent, its
children may need a moment to notice, and two servers on the same files would ruin them: so the next start
looks here first. Needs /proc; elsewhere nobody is seen and the server's own checks must do.
"""

import os
import signal
from pathlib import Path

from puo_desk.stack.children import is_running, wait_until_gone
from puo_desk.stack.errors import StackError

POLITE_SECONDS = 30.0
FORCED_SECONDS = 10.0


def tenants_of(directory: Path) -> list[int]:
    """The running processes whose working directory is `directory`."""
    wanted = str(directory)
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str((entry / "cwd").readlink()) == wanted and is_running(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def evict(directory: Path, head: int | None, sign: signal.Signals) -> None:
    """Clear the directory of tenants: ask `head` (if it is one) to go, wait for all, at last force them.

    `head` may be any number read from a stale file: a zombie's or a stranger's is never signalled.

    Raises: StackError when somebody cannot be made to go.
    """
    present = tenants_of(directory)
    if not present:
        return
    for pid in [head] if head in present else []:
        os.kill(pid, sign)
    if wait_until_gone(present, POLITE_SECONDS if head in present else FORCED_SECONDS):
        return
    for pid in tenants_of(directory):
        os.kill(pid, signal.SIGKILL)
    if not wait_until_gone(present, FORCED_SECONDS):
        raise StackError(f"Processes {present} still use {directory} and do not end.")
