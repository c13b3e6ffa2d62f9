"""What the stack decides without starting anything."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from puo_desk.stack import bootstrap, check
from puo_desk.stack.command_line import needs_servers
from puo_desk.stack.errors import StackError
from puo_desk.stack.place import CHECKOUT
from puo_desk.stack.serve import Listener
from puo_desk.stack.up import Options


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("manage.py", False),
        ("manage.py help migrate", False),
        ("manage.py migrate --help", False),
        ("manage.py collectstatic --noinput", False),
        ("manage.py check --deploy", False),
        ("manage.py check --database default", True),
        ("manage.py migrate", True),
        ("manage.py shell", True),
    ],
)
def test_servers_are_started_for_commands_that_may_ask_them(line: str, needed: bool) -> None:
    assert needs_servers(line.split()) is needed


def test_the_stack_is_light_until_django_is_wanted() -> None:
    code = "import puo_desk.stack.up, puo_desk.stack.keeper, sys; print({'django', 'celery'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True)
    assert ran.stdout == "set()\n", ran.stderr


def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")
    with pytest.raises(StackError, match="'http', which is no port number"):
        Options.from_environment()


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_a_number_of_web_processes_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    monkeypatch.setenv("WEB_PROCESSES", number)
    with pytest.raises(StackError, match=f"WEB_PROCESSES is '{number}'; it takes a number from 1"):
        Options.from_environment()


def test_many_connections_wait_although_one_is_taken_at_a_time() -> None:
    with Listener("127.0.0.1", 0) as listener, ExitStack() as clients:
        listener.listen(Listener.TAKEN_AT_ONCE)
        for _ in range(20):
            clients.enter_context(socket.create_connection(listener.getsockname(), timeout=1))
        taken, _ = listener.accept()
        with taken:
            assert taken.proto == socket.IPPROTO_TCP, "asyncio then answers without delay"


@contextmanager
def waiting_clients(number: int) -> Iterator[tuple[Listener, ExitStack]]:
    """The first of two web processes, with so many connections to take; what is taken goes on the stack."""
    with Listener("127.0.0.1", 0, processes=2) as listener, ExitStack() as stack:
        listener.listen()
        listener.setblocking(False)
        listener.serve_from(0)
        for _ in range(number):
            stack.enter_context(socket.create_connection(listener.getsockname(), timeout=1))
        yield listener, stack


def test_a_connection_is_left_to_the_web_process_that_holds_fewer() -> None:
    with waiting_clients(3) as (listener, stack):
        first = stack.enter_context(listener.accept()[0])
        with pytest.raises(BlockingIOError):
            listener.accept()
        listener.held[1] = 1
        stack.enter_context(listener.accept()[0])
        assert list(listener.held) == [2, 1]
        first.close()
        first.close()
        assert list(listener.held) == [1, 1], "a closed connection is held no more, and counted once"


def test_a_connection_that_nobody_takes_is_taken_all_the_same() -> None:
    with waiting_clients(2) as (listener, stack):
        stack.enter_context(listener.accept()[0])
        left = 0
        while listener.held[0] == 1:
            try:
                stack.enter_context(listener.accept()[0])
            except BlockingIOError:
                left += 1
        assert left, "the other process has its chance first"


def test_an_old_python_is_told_plainly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    assert bootstrap.main("run") == 1
    assert "needs Python 3.11 or later" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "reachable", "verdict"),
    [
        ("print('fine')", True, check.PASSED),
        ("raise SystemExit('bad')", True, check.FAILED),
        ("raise SystemExit('bad')", False, check.FAILED),
        ("print('vine  Dependency not found on PyPI and could not be audited: vine')", False, check.SKIPPED),
        ("raise SystemExit('requests.exceptions.ConnectionError: no')", False, check.SKIPPED),
    ],
)
def test_a_check_ends_in_one_of_three_ways(code: str, reachable: bool, verdict: str) -> None:
    wanted = check.Check("x", [sys.executable, "-c", code], may_be_unreachable=not reachable)
    assert check.run(wanted)[0] == verdict


def test_a_check_without_its_subject_is_not_run(tmp_path: Path) -> None:
    missing = check.Check("x", [sys.executable, "-c", "raise SystemExit(1)"], needs=str(tmp_path / "none"))
    assert check.run(missing)[0] == check.SKIPPED
