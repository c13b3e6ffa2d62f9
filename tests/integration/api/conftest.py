"""Callers of the API on a furnished desk: programs with a token, and the browser of somebody signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from puo_desk.accounts.vocabulary import Scope
from tests.support.callers import Caller
from tests.support.furnished import FurnishedDesk, furnish

WORK = (Scope.TICKETS_READ, Scope.TICKETS_WRITE, Scope.SOP_READ)


@pytest.fixture(autouse=True)
def _no_calls_counted_yet() -> None:
    cache.clear()


@pytest.fixture
def desk(db: None) -> FurnishedDesk:
    return furnish()


@pytest.fixture
def calling(desk: FurnishedDesk) -> Callable[..., Caller]:
    """A caller by role, with all scopes of work unless others are named."""

    def make(role: str = "agent", *scopes: str, **more: Any) -> Caller:
        return Caller(desk.token(role, *(scopes or WORK), **more))

    return make


@pytest.fixture
def agent(calling: Callable[..., Caller]) -> Caller:
    return calling("agent")


@pytest.fixture
def requester(calling: Callable[..., Caller]) -> Caller:
    return calling("requester")


@pytest.fixture
def body() -> dict[str, Any]:
    return {"subject": "Queue is empty", "body": "Since nine it shows nothing."}
