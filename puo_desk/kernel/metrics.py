"""Numbers for a monitoring system, read from PostgreSQL when asked for.

Counters in processes would tell of one process each; what matters (how late is the oldest work, when did
a tick last end) is one truth for all of them, and it is in the tables.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from puo_desk.kernel import redis_link
from puo_desk.kernel.late_work import DueTable, due_tables
from puo_desk.kernel.models import DueState
from puo_desk.kernel.ticks import beat_ages

log = structlog.get_logger(__name__)
Reading = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number of an app: its name, what it means, its labels, and the query that reads it."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    read: Callable[[], Reading]


_gauges: dict[str, Gauge] = {}


def register_gauge(name: str, meaning: str, read: Callable[[], Reading], *, labels: Iterable[str] = ()) -> None:
    """Add a number: ``read`` maps label values to it (``{(): 3.0}`` without labels). Called from
    ``ready()``.
    """
    _gauges[name] = Gauge(name, meaning, tuple(labels), read)


class DeskCollector(Collector):
    """Reads every number anew; one that cannot be read is left out and logged."""

    def collect(self) -> Iterator[Metric]:
        for gauge in [*_kernel_gauges(), *_gauges.values()]:
            try:
                reading = gauge.read()
            except Exception:
                log.exception("metric_failed", metric=gauge.name)
                continue
            family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=gauge.labels)
            for labels, number in reading.items():
                family.add_metric(labels, number)
            yield family


def _kernel_gauges() -> Iterator[Gauge]:
    work = {table.name: _read_table(table) for table in due_tables()}
    for part, meaning in {
        "waiting": "Rows past due and not yet worked on.",
        "oldest_seconds": "How long the oldest of them is past due.",
        "claimed": "Rows in work.",
        "quarantined": "Rows set aside after too many failures.",
    }.items():
        reading = {(name,): numbers[part] for name, numbers in work.items()}
        yield Gauge(f"puo_due_work_{part}", meaning, ("table",), lambda reading=reading: reading)  # type: ignore[misc]
    yield Gauge(
        "puo_tick_age_seconds",
        "Seconds since a tick last came to its end.",
        ("tick",),
        lambda: {(name,): age for name, age in beat_ages().items()},
    )
    yield Gauge("puo_redis_up", "1 when Redis answers.", (), lambda: {(): float(redis_link.ping())})


def _read_table(table: DueTable) -> dict[str, float]:
    due = Q(state=DueState.WAITING, due_at__lte=Now())
    rows = table.model._default_manager.filter(due | Q(state__in=[DueState.CLAIMED, DueState.QUARANTINED]))
    numbers = rows.aggregate(
        waiting=Count("pk", filter=due),
        oldest=Now() - Min("due_at", filter=due),
        claimed=Count("pk", filter=Q(state=DueState.CLAIMED)),
        quarantined=Count("pk", filter=Q(state=DueState.QUARANTINED)),
    )
    oldest = numbers.pop("oldest")
    return {
        **{name: float(n) for name, n in numbers.items()},
        "oldest_seconds": oldest.total_seconds() if oldest else 0.0,
    }


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers in Prometheus' text format, for this machine or for ``Authorization: Bearer
    METRICS_TOKEN``.
    """
    if not _may_read(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(_Quiet(DeskCollector()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Quiet(Collector):
    """Registration asks a collector to describe itself; reading the tables twice for that would be waste."""

    def __init__(self, inner: Collector) -> None:
        self.inner = inner

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        return self.inner.collect()


def _may_read(request: HttpRequest) -> bool:
    if token := getattr(settings, "METRICS_TOKEN", ""):
        return secrets.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    forwarded = {"HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED"} & request.META.keys()
    return not forwarded and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}


metrics.desk_permission = "PUBLIC"  # type: ignore[attr-defined]

urlpatterns = [path("metrics", metrics, name="metrics")]
