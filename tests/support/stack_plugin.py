"""pytest plugin: real PostgreSQL and Valkey for the whole suite, before any settings are read.

The first process of a run (not its xdist workers) borrows the servers of the test place and gives them back
at the end. Runs at the same time share the servers; each has a slot of its own, and so database names, Redis
databases and key prefixes of its own. `DATABASE_URL` and `REDIS_URL` in the environment are used instead,
each alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator

import pytest

from puo_desk.stack.environment import missing_servers, point_at
from puo_desk.stack.errors import StackError
from puo_desk.stack.launcher import POSTGRESQL, VALKEY, Membership, join
from puo_desk.stack.lock import Lock
from puo_desk.stack.place import Place, test_place
from puo_desk.stack.postgres import DATABASE
from puo_desk.stack.valkey import DATABASES

REDIS_DATABASES_PER_RUN = 8
SLOTS = DATABASES // REDIS_DATABASES_PER_RUN
SLOT_VARIABLE = "PUO_TEST_SLOT"

_kept: list[Lock | Membership] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> Generator[None]:
    """Set the environment before pytest-django reads the settings: a wrapper runs before every plain hook."""
    if not {"-h", "--help", "--version", "-V"} & set(args):
        if "PYTEST_XDIST_WORKER" in os.environ:
            _separate_worker(int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")))
        else:
            _start_run()
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Give slot and servers back; the last run out stops them."""
    while _kept:
        kept = _kept.pop()
        kept.leave() if isinstance(kept, Membership) else kept.release()


def _start_run() -> None:
    wanted = missing_servers()
    if not wanted:
        os.environ.setdefault(SLOT_VARIABLE, str(os.getpid()))
        return
    place = test_place()
    try:
        membership = join(place, wanted)
    except StackError as refusal:
        raise pytest.UsageError(str(refusal)) from refusal
    _kept.append(membership)
    slot = _take_slot(place)
    os.environ[SLOT_VARIABLE] = str(slot)
    urls = dict(membership.urls)
    if POSTGRESQL in urls:
        urls[POSTGRESQL] = urls[POSTGRESQL].replace(f"/{DATABASE}?", f"/{DATABASE}_{slot}?")
    if VALKEY in urls:
        urls[VALKEY] = _with_redis_database(urls[VALKEY], slot * REDIS_DATABASES_PER_RUN)
    point_at(urls)
    os.environ["REDIS_PREFIX"] = f"puo-test-{slot}"


def _take_slot(place: Place) -> int:
    """The lowest slot no other run of this checkout has; the kernel frees it when this process ends."""
    for slot in range(SLOTS):
        lock = Lock(place.directory / f"slot-{slot}.lock")
        if lock.try_take():
            _kept.append(lock)
            return slot
        lock.release()
    raise pytest.UsageError(f"{SLOTS} test runs are under way in this checkout already.")


def _separate_worker(number: int) -> None:
    """A worker's own Redis database and key prefix; its own PostgreSQL database is pytest-django's work."""
    own = 1 + number % (REDIS_DATABASES_PER_RUN - 1)
    url = os.environ["REDIS_URL"]
    os.environ["REDIS_URL"] = _with_redis_database(url, _redis_database(url) + own)
    os.environ["REDIS_PREFIX"] = f"puo-test-{os.environ.get(SLOT_VARIABLE, '0')}-{number}"


def _redis_database(url: str) -> int:
    found = re.search(r"[?&]db=(\d+)", url) or re.search(r"://[^/]+/(\d+)", url)
    return int(found[1]) if found else 0


def _with_redis_database(url: str, number: int) -> str:
    """The Redis URL with another database number: `?db=` for sockets, the path for addresses."""
    if url.startswith("unix:"):
        return re.sub(r"\?.*$", "", url) + f"?db={number}"
    return re.sub(r"^(\w+://[^/?]+)(/\d*)?", rf"\1/{number}", url)
