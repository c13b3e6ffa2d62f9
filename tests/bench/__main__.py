"""``python -m tests.bench [--sizes 1k,10k,100k]``: the desk measured against the machine it runs on.

Each number stands beside two others from the same minute: a bare Django view with one query, behind uvicorn and
a2wsgi as they come, and the SQL of the answer alone. Absolute times change with the machine and with what else runs
on it; the ratios hardly do. Everything stays on this machine; the desk's own rows are in a directory of their own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from puo_desk.stack.environment import borrow
from puo_desk.stack.place import Place, desk_place, local_directory
from tests.bench import processes
from tests.bench.load import Asked, Measured, put_load, request
from tests.bench.processes import Running
from tests.bench.tables import table

if TYPE_CHECKING:
    from tests.bench.pages import Asking, Kind

BARE_SECONDS = 0.35
WARM_SECONDS = 0.5
CLIENTS = (1, 8)
MEMORY_MIB = 450
BARE_PATH = "/1/"
_PLAIN = [request("GET", BARE_PATH, headers={})]

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Watched:
    """A stretch of load, with the milliseconds of processor time that an answer took."""

    load: Measured
    web_cpu: float
    database_cpu: float

    @property
    def cpu(self) -> float:
        return self.web_cpu + self.database_cpu


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of request at one size with so many clients."""

    size: int
    kind: str
    clients: int
    rate: float
    p50: float
    p95: float
    bare: float
    share: float
    web_cpu: float
    database_cpu: float
    bare_cpu: float

    @property
    def parts(self) -> float:
        """How many bare answers cost as much as one of these."""
        return self.bare / self.rate

    @property
    def cpu_parts(self) -> float:
        """The same by processor time, which others on the machine disturb less."""
        return (self.web_cpu + self.database_cpu) / self.bare_cpu


def main() -> int:
    options = _options()
    began = time.monotonic()

    def tell(sentence: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {sentence}", flush=True)

    own = local_directory() / "bench"
    if not options.keep:
        shutil.rmtree(own, ignore_errors=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "puo_desk.settings",
        "PUO_LOCAL": str(own),
        "DEMO": "0",
        "API_RATE": "1000000/s",
        "LOG_LEVEL": "WARNING",
    }
    tell("starting PostgreSQL and Valkey")
    place = desk_place()
    place.make_directories()
    (own / "static").mkdir(exist_ok=True)
    membership = borrow(place)
    try:
        _measure(options, place, tell)
    finally:
        if membership is not None:
            membership.leave()
        if not options.keep:
            shutil.rmtree(own, ignore_errors=True)
    tell("done")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--sizes", default="1k,10k,100k", type=_sizes, help="tickets: 1k,10k,100k,1m")
    parser.add_argument("--only", default="", help="only what has this in its name, e.g. queue")
    parser.add_argument("--seconds", default=1.5, type=float, help="of load for each number")
    parser.add_argument("--keep", action="store_true", help="keep the filled database and begin with it")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    units = {"k": 1_000, "m": 1_000_000}
    return sorted(
        int(word[:-1]) * units[word[-1]] if word[-1] in units else int(word) for word in text.lower().split(",")
    )


def _measure(options: argparse.Namespace, place: Place, tell: Tell) -> None:
    # Django's settings are read here, when the environment names the servers.
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from tests.bench.filling import fill_up_to
    from tests.bench.furnishing import furnish
    from tests.bench.pages import ask_in_process, kinds

    tell("preparing the database")
    call_command("migrate", interactive=False, verbosity=0)
    settings.ALLOWED_HOSTS = ["*"]
    furnished = furnish(now=timezone.now())
    cells: list[Cell] = []
    askings: dict[tuple[int, str], Asking] = {}
    memory: dict[str, float] = {}
    bridged: list[float] = []
    for size in options.sizes:
        tell(f"{size:,} tickets: filling")
        long = fill_up_to(size, furnished.cast, policy=furnished.policy, tell=tell)
        tell(f"{size:,} tickets: measuring")
        with processes.running_desk(place) as desk:
            with processes.running_bare(place, BARE_PATH) as bare:
                for kind in kinds(furnished, size=size, long=long):
                    if options.only in kind.name:
                        askings[size, kind.name] = ask_in_process(kind, furnished)
                        for clients in CLIENTS:
                            cells.append(_cell(kind, size, clients, desk, bare, place, options.seconds))
            with processes.running_bare(place, BARE_PATH, "bridged") as bare:
                bridged = [put_load(bare.ports, _PLAIN, clients=clients, seconds=1.0).rate for clients in CLIENTS]
            connection.close()  # what filling took belongs to the measuring, not to the desk
            memory = _memory(desk, place)
    print("\n" + _page_table(cells, askings), flush=True)
    if len(options.sizes) > 1:
        print("\n" + _growth_table(cells, options.sizes), flush=True)
    rates = " and ".join(f"{rate:,.0f}/s with {clients}" for rate, clients in zip(bridged, CLIENTS, strict=True))
    print(f"\nthe bare view behind the desk's own bridge: {rates} clients", flush=True)
    _tell_memory(memory)
    if not options.only:
        _measure_once(tell, max(options.sizes))


def _cell(kind: Kind, size: int, clients: int, desk: Running, bare: Running, place: Place, seconds: float) -> Cell:
    """The load between two looks at the bare view."""
    put_load(desk.ports, kind.requests, clients=clients, seconds=WARM_SECONDS)
    before = _watched(bare, place, _PLAIN, clients, BARE_SECONDS)
    it = _watched(desk, place, kind.requests, clients, seconds)
    after = _watched(bare, place, _PLAIN, clients, BARE_SECONDS)
    return Cell(
        size=size,
        kind=kind.name,
        clients=clients,
        rate=it.load.rate,
        p50=it.load.p50,
        p95=it.load.p95,
        bare=(before.load.rate + after.load.rate) / 2,
        share=kind.share,
        web_cpu=it.web_cpu,
        database_cpu=it.database_cpu,
        bare_cpu=(before.cpu + after.cpu) / 2,
    )


def _watched(running: Running, place: Place, requests: Sequence[Asked], clients: int, seconds: float) -> Watched:
    web, database = running.processes(), processes.keeper_processes(place)
    web_before, database_before = processes.cpu_seconds(web), processes.cpu_seconds(database)
    load = put_load(running.ports, requests, clients=clients, seconds=seconds)
    web_used = processes.cpu_seconds(web) - web_before
    database_used = processes.cpu_seconds(database) - database_before
    return Watched(load, 1000 * web_used / load.answers, 1000 * database_used / load.answers)


def _memory(desk: Running, place: Place) -> dict[str, float]:
    time.sleep(1.0)
    return processes.memory_by_name([*desk.processes(), *processes.keeper_processes(place)])


def _page_table(cells: Sequence[Cell], askings: Mapping[tuple[int, str], Asking]) -> str:
    heads = ["", "tickets", "clients", "answers/s", "p50 ms", "p95 ms", "bare/s", "1 of bare", "wanted", "",
             "cpu of bare", "web cpu ms", "db cpu ms", "bare SQL ms", "queries"]  # fmt: skip
    rows = []
    for cell in sorted(cells, key=lambda one: (one.kind, one.clients, one.size)):
        wanted = 1 / cell.share if cell.share else 0
        asking = askings[cell.size, cell.kind]
        rows.append(
            [
                cell.kind, f"{cell.size:,}", str(cell.clients), f"{cell.rate:,.1f}", f"{cell.p50:.1f}",
                f"{cell.p95:.1f}", f"{cell.bare:,.0f}", f"1/{cell.parts:.1f}", f"1/{wanted:.0f}" if wanted else "",
                "" if not wanted else "ok" if cell.parts <= wanted else "short", f"{cell.cpu_parts:.1f}",
                f"{cell.web_cpu:.1f}",
                f"{cell.database_cpu:.1f}", f"{asking.sql_ms:.2f}", str(asking.queries),
            ]
        )  # fmt: skip
    return table(heads, rows)


def _growth_table(cells: Sequence[Cell], sizes: Sequence[int]) -> str:
    """What an answer costs one client at each size, in bare answers of the same moment, against the first size."""
    found = {(cell.kind, cell.size): cell.parts for cell in cells if cell.clients == 1}
    rows = [
        [kind, *(f"{found[kind, size] / found[kind, sizes[0]]:.2f}" for size in sizes)]
        for kind in dict.fromkeys(cell.kind for cell in cells)
    ]
    return table([f"cost for one client, {sizes[0]:,} tickets = 1", *(f"{size:,}" for size in sizes)], rows)


def _tell_memory(memory: dict[str, float]) -> None:
    total = sum(memory.values())
    parts = ", ".join(f"{name} {size:.0f}" for name, size in sorted(memory.items(), key=lambda pair: -pair[1]))
    verdict = "ok" if total < MEMORY_MIB else "short"
    print(f"\nmemory of all processes after load (PSS, two web processes): {total:.0f} MiB ({parts}); "
          f"wanted under {MEMORY_MIB}: {verdict}", flush=True)  # fmt: skip


def _measure_once(tell: Tell, size: int) -> None:
    from tests.bench import once, sweeping

    print(f"\nidle sweep: {1000 * sweeping.measure_idle_tick():.2f} ms", flush=True)
    for due in (10_000, 100_000):
        swept = sweeping.measure_sweep(due)
        if swept is None:
            print(f"sweep of {due:,} due promises: fewer run among {size:,} tickets", flush=True)
            continue
        print(
            f"sweep of {due:,} due among {swept.among:,} promises: {swept.sweep:.2f} s, "
            f"{10_000 * swept.sweep / due:.2f} s per 10,000; one statement {swept.statement:.2f} s, "
            f"ratio {swept.sweep / swept.statement:.1f} (wanted 3)",
            flush=True,
        )
    report = once.measure_report()
    print(f"report of one day over {size:,} tickets: " + (f"{report:.2f} s" if report else "not there"), flush=True)
    log = once.find_log()
    if log is None:
        print("import: the shared log is not there", flush=True)
        return
    tell("importing the shared log")
    rows, seconds = once.measure_import(log)
    print(f"import: {rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} rows/s (wanted 5,000)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
