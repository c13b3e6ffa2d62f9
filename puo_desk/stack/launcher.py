"""How a command comes by the servers of a place, and how it leaves them.

`join` borrows them from a keeper that runs already, or starts one; `leave` lets the keeper go when nobody
else is there.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from puo_desk.stack.errors import StackError
from puo_desk.stack.lock import Lock, held, is_taken
from puo_desk.stack.place import CHECKOUT, Place
from puo_desk.stack.server_log import last_lines, open_log
from puo_desk.stack.state import read_state

POSTGRESQL = "postgresql"
VALKEY = "valkey"
ALL_SERVERS = (POSTGRESQL, VALKEY)

READY_SECONDS = 330.0
LEAVE_SECONDS = 30.0
MOST_KEEPERS = 3


@dataclass
class Membership:
    """A share in the servers of a place: they run at least until `leave` or the end of this program."""

    place: Place
    wanted: tuple[str, ...]
    urls: dict[str, str]
    _users: Lock = field(repr=False)
    _keeper: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def renew(self) -> None:
        """Bring the servers back when their keeper is gone; costs a file lock when it is not."""
        if not is_taken(self.place.keeper_lock):
            self._keeper = _summon(self.place, self.wanted, self._keeper)[1]

    def leave(self) -> None:
        """Give the share back. The last one out waits until the servers have ended."""
        self._users.release()
        deadline = time.monotonic() + LEAVE_SECONDS
        while is_taken(self.place.keeper_lock) and time.monotonic() < deadline:
            if self.place.state_file.exists() and is_taken(self.place.users_lock):
                break  # somebody else is still there
            time.sleep(0.02)
        else:
            if self._keeper is not None:
                self._keeper.wait()


def join(place: Place, wanted: Sequence[str] = ALL_SERVERS) -> Membership:
    """A share in the wanted servers of the place, all of them ready.

    Raises: StackError when one does not start.
    """
    place.make_directories()
    users = Lock(place.users_lock)
    users.share()
    try:
        urls, keeper = _summon(place, wanted, None)
    except BaseException:
        users.release()
        raise
    return Membership(place, tuple(wanted), urls, users, keeper)


def _summon(
    place: Place, wanted: Sequence[str], keeper: "subprocess.Popen[bytes] | None"
) -> "tuple[dict[str, str], subprocess.Popen[bytes] | None]":
    """Have a keeper run the wanted servers: their URLs, and the keeper if this program started it."""
    started = 0
    deadline = time.monotonic() + READY_SECONDS
    with held(place.start_lock):
        while time.monotonic() < deadline:
            if (keeper is None or keeper.poll() is not None) and not is_taken(place.keeper_lock):
                if started == MOST_KEEPERS:
                    break
                keeper = _start_keeper(place)
                started += 1
            for name in wanted:
                (place.wishes / name).touch()
            if urls := _ready(place, wanted):
                return urls, keeper
            time.sleep(0.02)
    raise StackError(f"The servers do not start:\n{last_lines(place.logs / 'keeper.log', 20)}")


def _start_keeper(place: Place) -> "subprocess.Popen[bytes]":
    place.state_file.unlink(missing_ok=True)
    for wish in place.wishes.iterdir():
        wish.unlink()
    with open_log(place.logs / "keeper.log") as log:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "puo_desk.stack.keeper",
                str(place.directory),
                *(["--durable"] * place.durable),
            ],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _ready(place: Place, wanted: Sequence[str]) -> dict[str, str]:
    """The URLs of the wanted servers once all are up, before that nothing.

    Raises: StackError with the server's own last words when one does not start.
    """
    state = read_state(place.state_file)
    if state is None:
        return {}
    for name in wanted:
        if reason := state.failures.get(name):
            raise StackError(f"{reason}\n{last_lines(place.logs / f'{name}.log', 10)}".strip())
    if set(wanted) <= set(state.urls) and all(_accepts(state.sockets[name]) for name in wanted):
        return {name: state.urls[name] for name in wanted}
    return {}


def _accepts(path: str) -> bool:
    """Whether somebody listens: the state does not know yet of a server that was killed this moment."""
    with socket.socket(socket.AF_UNIX) as trial:
        return trial.connect_ex(path) == 0
