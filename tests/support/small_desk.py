"""A checkout of one page: the real stack under the smallest Django project, to start and to kill."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from puo_desk.stack.children import is_running
from puo_desk.stack.lock import holder_of
from puo_desk.stack.place import CHECKOUT

FILES = {
    "puo_desk/__init__.py": "",
    "puo_desk/settings.py": """
import environ
env = environ.Env()
SECRET_KEY = "small"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "puo_desk.urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "seed"]
DATABASES = {"default": env.db("DATABASE_URL")}
USE_TZ = True
""",
    "puo_desk/urls.py": """
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import path
def people(request):
    return HttpResponse(" ".join(User.objects.values_list("username", flat=True)))
urlpatterns = [path("readyz", people)]
""",
    "puo_desk/asgi.py": """
from django.core.asgi import get_asgi_application
application = get_asgi_application()
""",
    "puo_desk/celery.py": """
import os
from celery import Celery
path = os.environ["REDIS_URL"].removeprefix("unix://").split("?")[0]
app = Celery("puo_desk")
app.conf.update(broker_url=f"redis+socket://{path}?virtual_host=0", broker_connection_retry_on_startup=True)
""",
    "puo_desk/beat.py": "from puo_desk.celery import app as app\n",
    "seed/__init__.py": "",
    "seed/management/__init__.py": "",
    "seed/management/commands/__init__.py": "",
    "seed/management/commands/seed_demo.py": """
from django.contrib.auth.models import User
from django.core.management import BaseCommand
class Command(BaseCommand):
    def handle(self, **options):
        User.objects.create(username="seeded")
""",
}


class SmallDesk:
    """One such checkout in a directory of its own, with its own port."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.local = directory / ".local"
        for name, text in FILES.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        stack = directory / "puo_desk" / "stack"
        shutil.copytree(CHECKOUT / "puo_desk" / "stack", stack, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(CHECKOUT / "manage.py", directory)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def manage(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start a manage.py command; its output is to be read from stdout."""
        kept = {
            name: word for name, word in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "DEMO", "HOST")
        }
        own = {
            "PUO_LOCAL": str(self.local),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "puo_desk.settings",
        }
        return subprocess.Popen(
            [sys.executable, "-u", "manage.py", *arguments],
            cwd=self.directory,
            env=kept | own | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def answer(self) -> str:
        """What the one page says; empty while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as page:
                return page.read().decode()
        except OSError:
            return ""

    def wait_until_up(self, seconds: float = 30.0) -> None:
        wait_for(lambda: self.answer() == "seeded", seconds)

    def keeper(self) -> int:
        """The process that owns the servers."""
        holder = holder_of(self.local / "desk" / "stack.lock")
        assert holder is not None
        return holder.pid

    def processes(self) -> list[int]:
        """Whatever runs for this desk: every program of it works in the checkout or below."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                inside = (entry / "cwd").readlink().is_relative_to(self.directory)
            except OSError:
                continue
            if inside and is_running(int(entry.name)):
                found.append(int(entry.name))
        return found

    def programs(self, name: str) -> list[int]:
        """Those of them whose command line holds the name."""
        lines = {pid: Path(f"/proc/{pid}/cmdline") for pid in self.processes()}
        return [pid for pid, line in lines.items() if line.exists() and name.encode() in line.read_bytes()]

    def shown_as(self, name: str) -> list[int]:
        """Those of them that `ps` shows under this name."""
        names = {pid: Path(f"/proc/{pid}/comm") for pid in self.processes()}
        return [pid for pid, path in names.items() if path.exists() and path.read_text() == f"{name}\n"]

    def kill_everything(self) -> None:
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Fail unless the condition holds within the seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)
