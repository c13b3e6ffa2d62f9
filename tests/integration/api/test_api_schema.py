"""The whole API against its own description, with input that nobody would think of.

Bounded so that it stays in the suite: a fixed seed and few examples for each operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from puo_desk.accounts.api.throttles import ActorThrottle
from puo_desk.accounts.vocabulary import Scope
from puo_desk.wsgi import application
from tests.support.callers import Caller
from tests.support.furnished import FurnishedDesk

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ROLES = ("agent", "requester")


@pytest.fixture
def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ActorThrottle, "get_rate", lambda self: "1000000/minute")


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The application runs in this process: as with Django's own client, a request's end leaves the connection be."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.usefixtures("without_limits", "one_connection")
@pytest.mark.parametrize("role", ROLES)
def test_every_operation_answers_as_it_is_described(
    role: str, desk: FurnishedDesk, calling: Callable[..., Caller]
) -> None:
    """No fault of ours and no answer that the description does not know: on real things, and on nonsense."""
    headers = {"Authorization": f"Bearer {calling(role, *Scope.values).token}"}
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    asked, faults = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()
        for strategy in _strategies(operation, desk):
            asked += 1
            try:
                _ask(strategy, headers)
            except (Exception, FailureGroup) as fault:  # collected, so that one run tells all
                faults.append(f"{operation.label}: {fault}")
    assert faults == [], "\n\n".join(faults)
    assert asked >= 40
    assert connection.is_usable()


def _strategies(operation: Any, desk: FurnishedDesk) -> list[SearchStrategy[Any]]:
    named = {parameter.name for parameter in operation.path_parameters}
    real = {name: next(iter(desk.values[name].values())) for name in named}
    real = {name: str(value) for name, value in real.items()}
    return [
        operation.as_strategy(GenerationMode.POSITIVE, path_parameters=real or None),
        operation.as_strategy(GenerationMode.POSITIVE),
        operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=real or None),
    ]


def _ask(strategy: SearchStrategy[Any], headers: dict[str, str]) -> None:
    @BOUNDED
    @given(case=strategy)
    def ask(case: Any) -> None:
        with transaction.atomic():
            case.call_and_validate(headers=headers, checks=CHECKS)
            transaction.set_rollback(True)

    ask()
