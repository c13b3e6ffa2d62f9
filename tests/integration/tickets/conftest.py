"""Somebody who asks, somebody who answers, and the browser of the one who answers."""

from __future__ import annotations

import pytest
from django.test import Client

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from tests.support.people import make_person, signed_in


@pytest.fixture
def amara(db: None) -> User:
    return make_person("amara", role=Role.REQUESTER, full_name="Amara Okafor")


@pytest.fixture
def jonas(db: None) -> User:
    return make_person("jonas", full_name="Jonas Weber")


@pytest.fixture
def browser(jonas: User) -> Client:
    return signed_in(jonas)
