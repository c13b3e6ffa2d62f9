"""What a load balancer and a monitoring system are told."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from puo_desk.kernel import health, late_work, metrics, ticks
from puo_desk.kernel.due_work import claim_due

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [path("", include("puo_desk.kernel.health")), path("", include("puo_desk.kernel.metrics"))]


def test_livez_asks_nobody(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert Client().get("/livez").json() == {"status": "ok"}


def test_readyz_tells_what_it_found() -> None:
    ticks.beat("probe")
    response = Client().get("/readyz")
    told = response.json()
    assert (response.status_code, told["status"], told["database"], told["migrations"]) == (200, "ok", "ok", "ok")
    assert told["tick_age_seconds"]["probe"] < 5
    assert told["late_ticks"] == []


def test_readyz_names_ticks_that_stopped() -> None:
    from puo_desk.kernel.models import Heartbeat

    Heartbeat.objects.create(name="stopped", beat_at=timezone.now() - timezone.timedelta(hours=1))
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["late_ticks"]) == (200, ["stopped"])


def test_readyz_without_redis_is_still_ready(monkeypatch) -> None:
    monkeypatch.setattr(health.redis_link, "ping", lambda: False)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["redis"]) == (200, "away")


def test_readyz_without_database_is_503(monkeypatch) -> None:
    def gone() -> None:
        raise OperationalError

    monkeypatch.setattr(health, "beat_ages", gone)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "away")


def test_readyz_with_tables_of_an_older_version_is_503(monkeypatch) -> None:
    health._plan_is_empty_now.cache_clear()
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan", lambda self, _targets: ["0002"]
    )
    assert Client().get("/readyz").json()["migrations"] == "behind"
    monkeypatch.undo()
    assert Client().get("/readyz").status_code == 200


def test_metrics_read_the_tables(chores, monkeypatch) -> None:
    monkeypatch.setattr(metrics, "_gauges", {})
    late_work.register_due_model(chores, name="chores")
    chores.objects.bulk_create(chores(label=n, due_at=timezone.now() - timezone.timedelta(minutes=1)) for n in "abc")
    claim_due(chores, limit=1)
    metrics.register_gauge("probe", "A probe.", lambda: {("x",): 4.0}, labels=["kind"])
    metrics.register_gauge("broken", "Never read.", lambda: 1 / 0)  # type: ignore[return-value,arg-type]
    text = Client().get("/metrics").content.decode()
    assert 'puo_due_work_waiting{table="chores"} 2.0' in text
    assert 'puo_due_work_claimed{table="chores"} 1.0' in text
    assert 'puo_due_work_oldest_seconds{table="chores"} 60' in text or 'seconds{table="chores"} 6' in text
    assert 'probe{kind="x"} 4.0' in text
    assert "puo_redis_up 1.0" in text
    assert "broken" not in text


def test_metrics_are_not_for_strangers(settings) -> None:
    assert Client(REMOTE_ADDR="10.0.0.9").get("/metrics").status_code == 404
    assert Client(headers={"X-Forwarded-For": "10.0.0.9"}).get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "secret"
    assert Client().get("/metrics").status_code == 404
    assert Client(headers={"Authorization": "Bearer sécret"}).get("/metrics").status_code == 404
    assert Client(REMOTE_ADDR="10.0.0.9", headers={"Authorization": "Bearer secret"}).get("/metrics").status_code == 200
