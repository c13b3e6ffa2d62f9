"""`manage.py up` as a whole: the desk of one page, started, borrowed, hurt and stopped."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from puo_desk.stack.parent import YOUNG_SECONDS
from tests.support.small_desk import SmallDesk, wait_for

ROLES = ("web", "worker", "beat")


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


def all_play(desk: SmallDesk, *, web: int = 1) -> bool:
    """Whether web, worker with its two children, and beat are there."""
    return [len(desk.shown_as(name)) for name in ROLES] == [web, 3, 1]


def end(supervisor: subprocess.Popen[str], sign: signal.Signals = signal.SIGTERM) -> str:
    supervisor.send_signal(sign)
    said, _ = supervisor.communicate(timeout=20)
    return said


def test_it_prepares_tells_how_to_sign_in_and_leaves_nothing(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    assert running.stdout is not None
    said = "".join(iter(running.stdout.readline, "          Ctrl-C stops everything\n"))
    wait_for(lambda: all_play(desk))
    end(running, signal.SIGINT)
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
    wait_for(lambda: all_play(desk))
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
    os.kill(min(desk.programs("stack.serve")), signal.SIGKILL)  # the parent came first
    wait_for(lambda: desk.answer() == "")
    os.kill(desk.keeper(), signal.SIGKILL)
    desk.wait_until_up()
    wait_for(lambda: all_play(desk))
    assert "desk | ended by itself (signal SIGKILL)" in end(running)


def test_a_web_process_that_dies_is_replaced_while_the_other_answers(desk: SmallDesk) -> None:
    supervisor = desk.manage("up", WEB_PROCESSES="2")
    desk.wait_until_up()
    wait_for(lambda: all_play(desk, web=2))
    before = {name: desk.shown_as(name) for name in ROLES}
    time.sleep(YOUNG_SECONDS)
    os.kill(before["web"][0], signal.SIGKILL)
    answers = [desk.answer() for _ in range(50)]
    wait_for(lambda: all_play(desk, web=2))
    assert set(answers) == {"seeded"}
    after = {name: desk.shown_as(name) for name in ROLES}
    assert len(set(after["web"]) & set(before["web"])) == 1
    assert (after["worker"], after["beat"]) == (before["worker"], before["beat"])
    assert "web ended by itself (signal SIGKILL); starting another" in end(supervisor)
    assert desk.processes() == []


def test_a_worker_that_dies_is_replaced_with_its_children(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    wait_for(lambda: all_play(desk))
    before = desk.shown_as("worker")
    time.sleep(YOUNG_SECONDS)
    os.kill(min(before), signal.SIGKILL)
    wait_for(lambda: all_play(desk) and not set(before) & set(desk.shown_as("worker")))
    end(running)


def test_a_reader_who_went_away_counts_as_a_closed_terminal(desk: SmallDesk, running: subprocess.Popen[str]) -> None:
    assert running.stdout is not None
    running.stdout.close()
    os.kill(min(desk.programs("stack.serve")), signal.SIGKILL)  # of which the supervisor tells
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
