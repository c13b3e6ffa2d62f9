"""Whatever an app registers is registered when Django has started, in web, worker and command alike.

What is only registered by a module that some processes happen to import is missing in the others: a page that
shows a breach would not know the words for it.
"""

from __future__ import annotations

import json
import subprocess
import sys

from puo_desk.stack.place import CHECKOUT

LOOK = """
import importlib, json, pkgutil
import django
django.setup()
from puo_desk.accounts import policies
from puo_desk.kernel import late_work, metrics
from puo_desk.kernel.live import topics
from puo_desk.kernel.pages import rail
from puo_desk.notifications import extension as kinds
from tickets import events, extension

def state():
    return {
        "acts": sorted(policies._acts),
        "due tables": sorted(late_work._tables),
        "gauges": sorted(metrics._gauges),
        "live topics": sorted(topics._doors),
        "kinds of news": sorted(kinds._kinds),
        "rail": sorted(name for _position, name, _source in rail._sources),
        "handlers of ticket events": sorted(f"{one.__module__}.{one.__name__}" for one in events._handlers),
        "composer tools": [tool.code for tool in extension.composer_tools],
        "helps on requests": len(extension.request_helps),
    }

import puo_desk.urls
started = state()
for package in ("puo_desk", "tickets", "escalations", "sop", "reports"):
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if not found.name.endswith((".stack.keeper", ".stack.check", ".wsgi", ".asgi", "__main__")):
            importlib.import_module(found.name)
print(json.dumps([started, state()]))
"""


def test_importing_the_rest_of_the_house_registers_nothing_more() -> None:
    finished = subprocess.run([sys.executable, "-c", LOOK], cwd=CHECKOUT, capture_output=True, text=True, env=None)
    assert finished.returncode == 0, finished.stderr[-3000:]
    started, at_last = json.loads(finished.stdout.splitlines()[-1])
    assert started == at_last
    assert {"sla.breached", "ticket.answered"} <= set(started["kinds of news"])
