"""The embedded servers: joined, shared, left, killed."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg2
import pytest
import redis

from puo_desk.stack.children import is_running
from puo_desk.stack.environment import borrow
from puo_desk.stack.launcher import ALL_SERVERS, Membership
from puo_desk.stack.launcher import join as join_servers
from puo_desk.stack.lock import holder_of
from puo_desk.stack.place import CHECKOUT, Place
from puo_desk.stack.tenants import tenants_of
from tests.support.small_desk import wait_for

_joined: list[Membership] = []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place whose files are made once; the tests below start from whatever the one before left."""
    return Place(tmp_path_factory.mktemp("stack") / "desk", durable=True)


@pytest.fixture
def place(made: Place) -> Iterator[Place]:
    yield made
    while _joined:
        _joined.pop().leave()
    wait_for(lambda: not tenants_of(made.postgresql_files) and not tenants_of(made.valkey_files))


def join(place: Place, wanted: Sequence[str] = ALL_SERVERS) -> Membership:
    """Join, and leave at the end of the test at the latest."""
    membership = join_servers(place, wanted)
    _joined.append(membership)
    return membership


def ask(membership: Membership, question: str) -> str:
    connection = psycopg2.connect(host=str(membership.place.sockets), user="puo_desk", dbname="puo_desk")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return str(cursor.fetchone()[0]) if cursor.description else ""
    finally:
        connection.close()


def keys(membership: Membership) -> redis.Redis:
    return redis.Redis.from_url(membership.urls["valkey"])


def pids(place: Place) -> tuple[int, int, int]:
    """Keeper, postmaster, Valkey."""
    holder = holder_of(place.keeper_lock)
    assert holder is not None
    postmaster = int((place.postgresql_files / "postmaster.pid").read_text().split()[0])
    [valkey] = tenants_of(place.valkey_files)
    return holder.pid, postmaster, valkey


def test_rows_and_keys_outlive_a_stop(place: Place) -> None:
    first = join(place)
    ask(first, "CREATE TABLE kept AS SELECT 7 AS number")
    keys(first).set("kept", "seven")
    running = pids(place)
    first.leave()
    assert not any(is_running(pid) for pid in running)
    second = join(place)
    assert ask(second, "SELECT number FROM kept") == "7"
    assert keys(second).get("kept") == b"seven"
    second.leave()


def test_letters_fold_whatever_locale_the_caller_has(place: Place) -> None:
    membership = join(place)
    assert ask(membership, "SELECT lower('ÉÄ') || (SELECT 'Ñandú' ILIKE 'ñANDÚ')") == "éätrue"
    membership.leave()


def test_only_the_own_user_reaches_the_sockets_and_no_port_is_open(place: Place) -> None:
    membership = join(place)
    assert stat.S_IMODE(place.sockets.stat().st_mode) == 0o700
    assert ask(membership, "SHOW listen_addresses") == ""
    assert keys(membership).config_get("port") == {"port": "0"}
    membership.leave()


def test_servers_stay_until_the_last_member_leaves(place: Place) -> None:
    first, second = join(place), join(place)
    first.leave()
    assert ask(second, "SELECT 1") == "1"
    running = pids(place)
    second.leave()
    assert not any(is_running(pid) for pid in running)


def test_everything_killed_and_rows_and_keys_are_kept(place: Place) -> None:
    membership = join(place)
    ask(membership, "CREATE TABLE survivor AS SELECT 8 AS number")
    keys(membership).set("survivor", "eight")
    keys(membership).execute_command("WAITAOF", 1, 0, 2000)
    running = pids(place)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(is_running(pid) for pid in running))
    membership.renew()
    assert ask(membership, "SELECT number FROM survivor") == "8"
    assert keys(membership).get("survivor") == b"eight"
    membership.leave()


def test_the_keeper_restarts_a_killed_server(place: Place) -> None:
    membership = join(place)
    _, postmaster, valkey = pids(place)
    os.kill(postmaster, signal.SIGKILL)
    os.kill(valkey, signal.SIGKILL)
    wait_for(lambda: not is_running(postmaster) and not is_running(valkey))
    # Whoever comes while they are down waits until they are back.
    join(place).leave()
    assert ask(membership, "SELECT 1") == "1"
    assert keys(membership).ping()
    membership.leave()


def test_a_stale_pid_file_that_names_a_stranger_is_no_obstacle(place: Place) -> None:
    join(place).leave()
    stranger = subprocess.Popen(["sleep", "60"])
    text = f"{stranger.pid}\n{place.postgresql_files}\n1700000000\n5432\n{place.sockets}\n\n 1 2\nready\n"
    (place.postgresql_files / "postmaster.pid").write_text(text)
    (place.sockets / ".s.PGSQL.5432.lock").write_text(text)
    membership = join(place)
    assert ask(membership, "SELECT 1") == "1"
    membership.leave()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_keys_that_cannot_be_read_are_put_aside(place: Place) -> None:
    join(place).leave()
    [log] = place.valkey_files.glob("appendonlydir/*.incr.aof")
    log.write_bytes(b"this is no log\r\n" * 9)
    membership = join(place)
    assert keys(membership).dbsize() == 0
    membership.leave()
    assert len(list(place.directory.glob("valkey.unreadable-*"))) == 1


def test_a_killed_member_takes_the_servers_with_it(place: Place) -> None:
    code = "import time; from pathlib import Path; from puo_desk.stack.launcher import join, Place\n"
    code += f"join(Place(Path({str(place.directory)!r}), True)); print('in', flush=True); time.sleep(60)"
    member = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert member.stdout is not None and member.stdout.readline() == "in\n"
    running = pids(place)
    member.kill()
    member.wait()
    wait_for(lambda: not any(is_running(pid) for pid in running))


def test_a_url_in_the_environment_replaces_its_server_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/desk")
    monkeypatch.delenv("REDIS_URL")
    membership = borrow(place)
    assert membership is not None
    assert set(membership.urls) == {"valkey"}
    assert os.environ["DATABASE_URL"] == "postgres://elsewhere/desk"
    assert tenants_of(place.postgresql_files) == []
    # The next command, which does want PostgreSQL, gets it from the same keeper.
    other = join(place)
    assert ask(other, "SELECT 1") == "1"
    other.leave()
    membership.leave()


def test_a_long_path_gets_short_sockets(tmp_path: Path) -> None:
    place = Place(tmp_path / ("d" * 120) / "desk", durable=False)
    assert place.sockets.parent != place.directory
    membership = join(place, ["valkey"])
    assert keys(membership).ping()
    membership.leave()
    shutil.rmtree(place.sockets)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_needs_no_privilege(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Path("/var/tmp") / f"puo-desk-test-{os.getpid()}"
    home.mkdir(mode=0o700)
    os.chown(home, 1000, 1000)
    become = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--", "/bin/sh", "-c", 'exec "$@"', "sh"]
    code = "from puo_desk.stack.launcher import join; from puo_desk.stack.place import desk_place\n"
    code += "m = join(desk_place()); print(sorted(m.urls)); m.leave()"
    libraries = Path(psycopg2.__file__).parents[1]
    environment = {"PATH": "/usr/bin:/bin", "PUO_LOCAL": str(home), "PYTHONPATH": f"{CHECKOUT}:{libraries}"}
    try:
        for python in (sys.executable, "/usr/bin/python3"):
            trial = [*become, python, "-c", "from puo_desk.stack import programs as p; p.find_valkey()"]
            if subprocess.run(trial, cwd="/", env=environment, capture_output=True).returncode == 0:
                break
        else:
            pytest.skip("no Python that an ordinary user can run reaches this checkout")
        ran = subprocess.run([*become, python, "-c", code], cwd="/", env=environment, capture_output=True, text=True)
        assert (ran.returncode, ran.stdout) == (0, "['postgresql', 'valkey']\n"), ran.stderr
        assert {path.stat().st_uid for path in home.rglob("*")} == {1000}
    finally:
        shutil.rmtree(home)
