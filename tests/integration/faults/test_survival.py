"""Promise P1: what was answered 2xx survives ``kill -9`` of the web process and of PostgreSQL itself.

On servers of this test's own, with the durable settings of a real desk.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from puo_desk.stack.launcher import POSTGRESQL, VALKEY, join
from puo_desk.stack.place import Place
from tests.support.running_desk import CHECKOUT, RunningDesk, programs_environment
from tests.support.small_desk import wait_for

pytestmark = pytest.mark.slow

BODY = {"subject": "Queue is empty", "body": "Since nine it shows nothing."}
SETUP = """
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from puo_desk.accounts.models import User
from puo_desk.accounts.operations.tokens import create_token
from puo_desk.kernel.actor import Actor
person = User.objects.create_user("ada", email="ada@example.org", role="requester")
now = timezone.now() - timedelta(minutes=1)
scopes = ["tickets:read", "tickets:write"]
print(create_token(user=person, name="t", scopes=scopes, actor=Actor.system("test"), now=now)[1])
"""


class DurableDesk:
    """A web process on PostgreSQL and Valkey of its own."""

    def __init__(self, directory: Path) -> None:
        self.place = Place(directory / "desk", durable=True)
        self.membership = join(self.place, (POSTGRESQL, VALKEY))
        urls = self.membership.urls
        environment = programs_environment(
            directory, database_url=urls[POSTGRESQL], redis_url=urls[VALKEY], SECRET_KEY=secrets.token_hex(20)
        )
        self.programs = RunningDesk(directory, environment)
        self._python("-m", "puo_desk.stack.prepare", "--no-demo")
        self.token = f"Bearer {self._python('-c', SETUP).split()[-1]}"

    def _python(self, *arguments: str) -> str:
        finished = subprocess.run(
            [sys.executable, *arguments], cwd=CHECKOUT, env=self.programs.environment, capture_output=True, text=True
        )
        assert finished.returncode == 0, finished.stderr[-2000:]
        return finished.stdout

    def create(self, key: str) -> str:
        """The number of the ticket that this key made; empty when nothing was promised."""
        try:
            told = self.programs.ask("POST", "/api/v1/tickets/", BODY, Authorization=self.token, Idempotency_Key=key)
        except Exception:
            return ""
        return told.json["number"] if told.status == 201 else ""

    def numbers(self) -> set[str]:
        link = psycopg2.connect(host=str(self.place.sockets), dbname="puo_desk", user="puo_desk")
        try:
            with link.cursor() as cursor:
                cursor.execute("SELECT 'PUO-' || ticket_id FROM tickets_ticketevent WHERE kind = 'ticket.opened'")
                events = {row[0] for row in cursor.fetchall()}
                cursor.execute("SELECT 'PUO-' || id FROM tickets_ticket")
                tickets = {row[0] for row in cursor.fetchall()}
        finally:
            link.close()
        assert events == tickets, "no ticket without its event, no event without its ticket"
        return tickets

    def kill_postgresql(self) -> None:
        """``kill -9`` of the server and all its children; its keeper starts it again."""
        postmaster = int((self.place.postgresql_files / "postmaster.pid").read_text().split()[0])
        os.killpg(os.getpgid(postmaster), signal.SIGKILL)

    def is_back(self) -> bool:
        try:
            return bool(self.numbers()) or True
        except psycopg2.OperationalError:
            return False

    def end(self) -> None:
        self.programs.stop()
        self.membership.leave()


@pytest.fixture(scope="module")
def desk() -> Iterator[DurableDesk]:
    with tempfile.TemporaryDirectory(prefix="puo-survival-") as directory:
        desk = DurableDesk(Path(directory))
        try:
            yield desk
        finally:
            desk.end()


class Creating:
    """Creates tickets on four threads until told to end, and remembers what was promised."""

    def __init__(self, desk: DurableDesk, name: str) -> None:
        self.promised: list[str] = []
        self._desk, self._name, self._ended = desk, name, threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(place,)) for place in range(4)]

    def _work(self, place: int) -> None:
        turn = 0
        while not self._ended.is_set():
            if number := self._desk.create(f"{self._name}-{place}-{turn}"):
                self.promised.append(number)
            turn += 1

    def __enter__(self) -> Creating:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def test_what_was_promised_survives_the_death_of_the_web_process(desk: DurableDesk) -> None:
    web = desk.programs.web()
    with Creating(desk, "web") as creating:
        wait_for(lambda: len(creating.promised) >= 30, 30)
        desk.programs.kill(web)
    promised = set(creating.promised)
    assert promised <= desk.numbers()
    desk.programs.web()
    assert desk.create("after-web") not in promised | {""}


def test_what_was_promised_survives_the_death_of_postgresql(desk: DurableDesk) -> None:
    desk.programs.stop()
    desk.programs.web()
    with Creating(desk, "database") as creating:
        wait_for(lambda: len(creating.promised) >= 30, 30)
        desk.kill_postgresql()
        before = len(creating.promised)
        # The same web process goes on by itself, as soon as the server is there again.
        wait_for(lambda: len(creating.promised) >= before + 10, 60)
    wait_for(desk.is_back, 30)
    assert set(creating.promised) <= desk.numbers()
    assert len(creating.promised) == len(set(creating.promised)), "each key made a ticket of its own"
