"""The keeper: one small background program per place that owns its servers, so that no command has to.

Commands come and go and share the servers; a server must not end with the command that happened to start it.
So the first command starts a keeper, and every command holds the place's users lock, shared. The kernel drops
that lock however a command ends. The keeper starts what is asked for, restarts what dies, and when it gets
the users lock alone, nobody is left: it stops the servers and ends. Should the keeper itself be killed, the
kernel ends its servers.

Run as `python -m puo_desk.stack.keeper DIRECTORY [--durable]`, by the launcher only.
"""

import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from puo_desk.stack.errors import StackError
from puo_desk.stack.lock import Lock, this_holder
from puo_desk.stack.place import Place
from puo_desk.stack.postgres import Postgres
from puo_desk.stack.state import State
from puo_desk.stack.valkey import Valkey

PULSE_SECONDS = 0.1
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 30.0


class Server(Protocol):
    """What the keeper needs of a server."""

    name: str
    title: str

    @property
    def url(self) -> str: ...

    @property
    def socket(self) -> Path: ...

    def start(self, given_up: Callable[[], bool]) -> None: ...

    def is_alive(self) -> bool: ...

    def stop(self) -> None: ...


@dataclass
class Charge:
    """One server in the keeper's care: when it started last, and when it may be started again."""

    server: Server
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    not_before: float = 0.0
    failure: str = ""
    was_up: bool = False


@dataclass
class Keeper:
    """Owns the servers of one place until nobody uses them."""

    place: Place
    ending: bool = False
    charges: dict[str, Charge] = field(default_factory=dict)

    def run(self) -> int:
        """Keep the servers until nobody uses them or SIGTERM; 0 unless another keeper has the place."""
        lock = Lock(self.place.keeper_lock)
        if not lock.try_take(patience=5.0):
            self.say("another keeper has this place")
            return 1
        lock.sign()
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        users = Lock(self.place.users_lock)
        while not self.ending and not users.try_take():
            self._take_charge_of_wishes()
            self._start_what_is_down()
            time.sleep(PULSE_SECONDS)
        self.place.state_file.unlink(missing_ok=True)
        for charge in self.charges.values():
            charge.server.stop()
        self.say("stopped")
        return 0

    def _end(self, *_: object) -> None:
        self.ending = True

    def _take_charge_of_wishes(self) -> None:
        for kind in (Postgres, Valkey):
            if kind.name not in self.charges and (self.place.wishes / kind.name).exists():
                self.charges[kind.name] = Charge(kind(self.place))

    def _start_what_is_down(self) -> None:
        for charge in self.charges.values():
            now = time.monotonic()
            if charge.server.is_alive():
                if now - charge.started_at > STEADY_SECONDS:
                    charge.pause = FIRST_PAUSE
                continue
            if charge.was_up:
                charge.was_up = False
                charge.not_before = now + charge.pause
                self._tell()
                self.say(f"{charge.server.title} ended by itself; starting it again")
            if now >= charge.not_before and not self.ending:
                self._start(charge)

    def _start(self, charge: Charge) -> None:
        began = time.monotonic()
        try:
            charge.server.start(lambda: self.ending)
        except (StackError, OSError) as failure:
            charge.failure = str(failure)
            charge.server.stop()
            self.say(f"{charge.server.title} does not start: {failure}")
        else:
            charge.failure, charge.was_up = "", True
            self.say(f"{charge.server.title} ready after {time.monotonic() - began:.2f} s")
        charge.started_at = time.monotonic()
        charge.not_before = charge.started_at + charge.pause
        charge.pause = min(charge.pause * 2, LONGEST_PAUSE)
        self._tell()

    def _tell(self) -> None:
        """Write down for all commands what runs here and what does not."""
        me = this_holder()
        up = {name: charge.server for name, charge in self.charges.items() if charge.was_up}
        State(
            pid=me.pid,
            since=me.since,
            urls={name: server.url for name, server in up.items()},
            sockets={name: str(server.socket) for name, server in up.items()},
            failures={name: charge.failure for name, charge in self.charges.items() if charge.failure},
        ).write(self.place.state_file)

    def say(self, sentence: str) -> None:
        """One line for the keeper's log, which `manage.py up` shows."""
        print(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {sentence}", flush=True)


def main(arguments: list[str]) -> int:
    """Keep the place named by the arguments."""
    return Keeper(Place(Path(arguments[0]), durable="--durable" in arguments)).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
