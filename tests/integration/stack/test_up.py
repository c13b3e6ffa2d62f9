"""`manage.py up` as a whole: the desk of one page, started, borrowed, hurt and stopped."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.small_desk import SmallDesk, wait_for


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDesk]:
    desk = SmallDesk(tmp_path_factory.mktemp("checkout"))
    yield desk
    desk.kill_everything()


@pytest.fixture
def desk(built: SmallDesk) -> Iterator[SmallDesk]:
    yield built
    built.kill_everything()
    wait_for(lambda: not built.processes())


@pytest.fixture
def running(desk: SmallDesk) -> subprocess.Popen[str]:
    supervisor = desk.manage("up")
    desk.wait_until_up()
    return supervisor


def end(supervisor: subprocess.Popen[str], sign: signal.Signals = signal.SIGTERM) -> str:
    supervisor.send_signal(sign)
    said, _ = supervisor.communicate(timeout=20)
    return said


def test_it_prepares_tells_how_to_sign_in_and_leaves_nothing(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    wait_for(lambda: len(desk.programs("celery")) == 4)  # beat, worker and its two children
    said = end(running, signal.SIGINT)
    assert running.returncode == 0
    assert desk.processes() == []
    assert f"ready: http://127.0.0.1:{desk.port}" in said
    assert "sign in as requester, agent, lead, engineer, admin; password demo" in said


def test_the_second_start_repeats_nothing(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    end(running)
    again = desk.manage("up")
    desk.wait_until_up()
    assert "prepare" not in end(again)


def test_another_up_says_who_holds_the_desk(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    second = desk.manage("up")
    said, _ = second.communicate(timeout=10)
    assert second.returncode == 1
    assert f"runs already: process {running.pid} (manage.py up), since 20" in said
    assert desk.answer() == "seeded"


def test_a_command_borrows_the_servers_and_leaves_them_running(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    keeper = desk.keeper()
    code = "from django.contrib.auth.models import User; print('names', *User.objects.values_list('username'))"
    command = desk.manage("shell", "--no-imports", "-c", code)
    said, _ = command.communicate(timeout=20)
    assert (command.returncode, said) == (0, "names ('seeded',)\n")
    assert desk.keeper() == keeper
    assert desk.answer() == "seeded"


def test_the_supervisor_killed_leaves_no_process(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    wait_for(lambda: len(desk.programs("celery")) == 4)  # beat, worker and its two children
    running.kill()
    running.wait()
    wait_for(lambda: not desk.processes(), 10)
    again = desk.manage("up")
    desk.wait_until_up()
    end(again)


def test_everything_killed_at_once_and_the_rows_are_there(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    desk.kill_everything()
    again = desk.manage("up")
    desk.wait_until_up()
    end(again)
    assert desk.processes() == []


def test_what_dies_is_started_again(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    [web] = desk.programs("uvicorn")
    os.kill(web, signal.SIGKILL)
    wait_for(lambda: desk.answer() == "")
    os.kill(desk.keeper(), signal.SIGKILL)
    desk.wait_until_up()
    assert "web | ended by itself (signal SIGKILL)" in end(running)


def test_a_reader_who_went_away_counts_as_a_closed_terminal(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    assert running.stdout is not None
    running.stdout.close()
    os.kill(*desk.programs("uvicorn"), signal.SIGKILL)  # of which the supervisor tells
    assert running.wait(20) == 0
    assert desk.processes() == []


def test_a_taken_port_is_refused_before_anything_starts(desk: SmallDesk) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        refused = desk.manage("up", PORT=port)
        said, _ = refused.communicate(timeout=10)
    assert refused.returncode == 1
    reason = f"127.0.0.1:{port} cannot be used (Address already in use)."
    assert said == f"{reason} Choose another port: PORT=8001 make up\n"
    assert desk.processes() == []


def test_commands_at_once_share_the_servers_that_the_first_one_starts(desk: SmallDesk) -> None:
    commands = [desk.manage("migrate", "--check") for _ in range(3)]
    for command in commands:
        said, _ = command.communicate(timeout=30)
        assert (command.returncode, said) == (0, "")
    assert desk.processes() == []
