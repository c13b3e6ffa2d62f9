"""People for tests, made the short way, and the actors that stand for them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from puo_desk.accounts.models import Membership, Team, User
from puo_desk.accounts.queries.people import actor_for
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.actor import Actor

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
_serial = itertools.count(1)


def make_person(username: str = "", *, role: Role = Role.AGENT, password: str | None = None, **fields: Any) -> User:
    """A person; signing in by password needs one, and costs a slow hash."""
    username = username or f"person{next(_serial)}"
    fields.setdefault("email", f"{username}@example.org")
    return User.objects.create_user(username, password=password, role=role, **fields)


def make_team(name: str = "", *, members: tuple[User, ...] = (), leads: tuple[User, ...] = ()) -> Team:
    name = name or f"Team {next(_serial)}"
    team = Team.objects.create(name=name, slug=name.lower().replace(" ", "-"))
    Membership.objects.bulk_create(
        [Membership(user=user, team=team, is_lead=user in leads) for user in (*members, *leads)]
    )
    return team


def actor_of(user: User, *, source: str = "web", scopes: frozenset[str] | None = None) -> Actor:
    return actor_for(user, source=source, scopes=scopes)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="puo_desk.accounts.web.sign_in.DeskBackend")
    return client


ADMIN = Actor.system("test")
