"""The people whom tests of several apps speak of, as rows and as those who act."""

from __future__ import annotations

import pytest

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.actor import Actor
from tests.support.people import actor_of, make_person


@pytest.fixture
def lead_user(db: None) -> User:
    return make_person("lena", role=Role.LEAD, full_name="Lena Lead")


@pytest.fixture
def agent_user(db: None) -> User:
    return make_person("jonas", role=Role.AGENT, full_name="Jonas Weber")


@pytest.fixture
def engineer_user(db: None) -> User:
    return make_person("dan", role=Role.ENGINEER)


@pytest.fixture
def requester_user(db: None) -> User:
    return make_person("amara", role=Role.REQUESTER, full_name="Amara Okafor")


@pytest.fixture
def lead(lead_user: User) -> Actor:
    return actor_of(lead_user)


@pytest.fixture
def agent(agent_user: User) -> Actor:
    return actor_of(agent_user)


@pytest.fixture
def engineer(engineer_user: User) -> Actor:
    return actor_of(engineer_user)


@pytest.fixture
def requester(requester_user: User) -> Actor:
    return actor_of(requester_user)
