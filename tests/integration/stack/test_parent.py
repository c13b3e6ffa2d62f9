"""A parent and the children that share its memory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from puo_desk.stack.children import is_running
from puo_desk.stack.place import CHECKOUT
from tests.support.small_desk import wait_for

SCRIPT = """
import os, signal, sys, time
from puo_desk.stack import parent
from puo_desk.stack.parent import Parent, Role

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    idle()

def idle():
    while True:
        time.sleep(60)

def forking():
    for _generation in range(2):
        if os.fork():
            break
    idle()

def broken():
    raise ZeroDivisionError("no number")

parent.YOUNG_SECONDS, parent.BREATH_SECONDS, parent.STOP_SECONDS = 0.0, 0.01, 1.0
"""


class Family:
    """A parent in a process of its own, with the roles that a test gives it."""

    def __init__(self, roles: str, more: str = "") -> None:
        code = f"{SCRIPT}{more}\nsys.exit(Parent({roles}).run())"
        self.parent = subprocess.Popen(
            [sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def children(self) -> list[int]:
        try:
            listed = Path(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in listed.split() if is_running(int(pid))]

    def named(self, name: str) -> list[int]:
        return [pid for pid in self.children() if Path(f"/proc/{pid}/comm").read_text() == f"{name}\n"]

    def end(self) -> tuple[int, str]:
        self.parent.send_signal(signal.SIGTERM)
        said, _ = self.parent.communicate(timeout=10)
        return self.parent.returncode, said


@pytest.fixture
def two() -> Iterator[Family]:
    family = Family("[Role('left', idle), Role('right', idle)]")
    wait_for(lambda: len(family.named("left")) == len(family.named("right")) == 1)
    yield family
    family.parent.kill()
    family.parent.communicate()


def test_a_child_that_dies_is_replaced_and_the_others_stay(two: Family) -> None:
    [left], [right] = two.named("left"), two.named("right")
    os.kill(left, signal.SIGKILL)
    wait_for(lambda: two.named("left") not in ([], [left]))
    assert two.named("right") == [right]
    assert "left ended by itself (signal SIGKILL); starting another" in two.end()[1]


def test_all_end_with_the_parent(two: Family) -> None:
    pids = two.children()
    assert two.end()[0] == 0
    assert not any(is_running(pid) for pid in pids)


def test_the_parent_killed_leaves_no_child(two: Family) -> None:
    pids = two.children()
    two.parent.kill()
    wait_for(lambda: not any(is_running(pid) for pid in pids))


def test_what_a_child_forks_ends_with_it() -> None:
    family = Family("[Role('forking', forking)]")
    parent = psutil.Process(family.parent.pid)
    wait_for(lambda: len(parent.children(recursive=True)) == 3)
    pids = [process.pid for process in parent.children(recursive=True)]
    family.parent.kill()
    family.parent.communicate()
    wait_for(lambda: not any(is_running(pid) for pid in pids))


def test_a_child_that_does_not_listen_is_killed() -> None:
    family = Family("[Role('deaf', deaf)]")
    wait_for(lambda: family.named("deaf"))
    pids = family.children()
    assert family.end()[0] == 0
    assert not any(is_running(pid) for pid in pids)


def test_a_child_that_dies_young_ends_all() -> None:
    """Who runs the parent waits longer each time; the parent alone would try for ever."""
    family = Family("[Role('left', idle), Role('broken', broken)]", "parent.YOUNG_SECONDS = 60.0")
    said, _ = family.parent.communicate(timeout=10)
    assert family.parent.returncode == 1
    assert "ZeroDivisionError: no number" in said
    assert "broken ended by itself (exit code 1); ending all" in said
