"""Beat knows the whole schedule, and nothing of Django."""

from __future__ import annotations

import json
import subprocess
import sys

from puo_desk import celery as roof
from puo_desk.stack.place import CHECKOUT

LOOK = """
import json, sys
from puo_desk.beat import app
loaded = sorted(sys.modules)
schedule = app.conf.beat_schedule
json.dump({"loaded": loaded, "schedule": schedule, "broker": app.conf.broker_url}, sys.stdout)
"""


def test_it_sends_every_tick_to_its_queue_without_loading_the_desk() -> None:
    asked = subprocess.run([sys.executable, "-c", LOOK], cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    assert asked.returncode == 0, asked.stderr
    told = json.loads(asked.stdout)
    assert not {"django.conf", "django.db", "tickets", "psycopg2"} & set(told["loaded"])
    assert told["broker"] == roof.configuration()["broker_url"]
    wanted = roof.collect_beat_schedule()
    assert set(told["schedule"]) == set(wanted)
    for name, entry in told["schedule"].items():
        assert (entry["task"], entry["schedule"]) == (wanted[name]["task"], wanted[name]["schedule"])
        assert entry["options"]["expires"] == wanted[name]["options"]["expires"]
        expected = "sweep" if entry["task"].rpartition(".")[2].startswith("sweep_") else "default"
        assert entry["options"]["queue"] == expected
