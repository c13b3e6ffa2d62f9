"""Runs the desk's programs: shows what they say, restarts what dies, ends them all together."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from puo_desk.stack import children
from puo_desk.stack.place import CHECKOUT

TURN_SECONDS = 0.2
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 30.0
STOP_SECONDS = 10.0


@dataclass
class Program:
    """One program in the supervisor's care. `death_signal` is what it gets when the supervisor is killed.

    By default that is SIGKILL, so that port and database are free for the next start at once.
    """

    name: str
    command: Sequence[str]
    death_signal: signal.Signals = signal.SIGKILL
    environment: Mapping[str, str] = field(default_factory=dict)
    child: "subprocess.Popen[bytes] | None" = None
    unfinished: bytes = b""
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    not_before: float = 0.0


class Supervisor:
    """The programs of one desk. Main thread only: children end with the thread that spawned them."""

    def __init__(self, environment: Mapping[str, str], say: Callable[[str, str], None]) -> None:
        self.environment = dict(environment)
        self._say = say
        self._programs: list[Program] = []
        self._outputs = selectors.DefaultSelector()

    def add(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        self._start(program)
        self._programs.append(program)

    def run_once(self, program: Program) -> int:
        """Run a program to its end, showing what it says: its exit code."""
        self._start(program)
        assert program.child is not None
        try:
            while program.child.poll() is None:
                self._listen()
            self._listen(0.0)
            return program.child.returncode
        finally:
            self._bury(program)

    def turn(self) -> None:
        """Show what was said, and restart what died; takes about a fifth of a second."""
        self._listen()
        now = time.monotonic()
        for program in self._programs:
            if program.child is not None and program.child.poll() is not None:
                self._mourn(program, now)
            if program.child is None and now >= program.not_before:
                self._start(program)

    def stop(self) -> None:
        """End all programs together; kill those that do not go within ten seconds, with all they started."""
        living = [program for program in self._programs if program.child is not None]
        for program in living:
            assert program.child is not None
            if program.child.poll() is None:
                program.child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and any(_lives(program) for program in living):
            self._listen(0.05)
        for program in living:
            if _lives(program):
                self._say(program.name, f"did not end within {STOP_SECONDS:.0f} s and was killed")
            self._bury(program)

    def kill(self) -> None:
        """End all programs at once."""
        for program in self._programs:
            self._bury(program)

    def _start(self, program: Program) -> None:
        program.child = children.spawn(
            program.command,
            cwd=CHECKOUT,
            output=subprocess.PIPE,
            death_signal=program.death_signal,
            environment=self.environment | dict(program.environment),
        )
        program.started_at = time.monotonic()
        assert program.child.stdout is not None
        os.set_blocking(program.child.stdout.fileno(), False)
        self._outputs.register(program.child.stdout, selectors.EVENT_READ, program)

    def _mourn(self, program: Program, now: float) -> None:
        assert program.child is not None
        code = program.child.returncode
        self._bury(program)
        if now - program.started_at > STEADY_SECONDS:
            program.pause = FIRST_PAUSE
        cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._say(program.name, f"ended by itself ({cause}); starting it again in {program.pause:.1f} s")
        program.not_before = now + program.pause
        program.pause = min(program.pause * 2, LONGEST_PAUSE)

    def _bury(self, program: Program) -> None:
        """Leave nothing of a program: its last words shown, its whole session ended, its pipe closed."""
        if program.child is None:
            return
        children.kill_session(program.child)
        self._read(program)
        output = program.child.stdout
        if output is not None and not output.closed:
            self._outputs.unregister(output)
            output.close()
        if program.unfinished:
            self._show(program, b"\n")
        program.child = None

    def _listen(self, patience: float = TURN_SECONDS) -> None:
        if not self._outputs.get_map():
            time.sleep(patience)
            return
        quiet = True
        for key, _ in self._outputs.select(patience):
            quiet = not self._read(key.data) and quiet
        if quiet and patience:
            time.sleep(0.01)

    def _read(self, program: Program) -> bool:
        """Show what a program has said since the last time; False when that is nothing."""
        assert program.child is not None and program.child.stdout is not None
        try:
            said = os.read(program.child.stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        self._show(program, said)
        return bool(said)

    def _show(self, program: Program, said: bytes) -> None:
        *lines, program.unfinished = (program.unfinished + said).split(b"\n")
        for line in lines:
            if line.strip():
                self._say(program.name, line.decode(errors="replace").rstrip())


def _lives(program: Program) -> bool:
    return program.child is not None and program.child.poll() is None
