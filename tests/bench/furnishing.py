"""The people, teams and categories of the measured desk, the session and the token that its pages are asked with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from escalations.models import SlaPolicy
from puo_desk.accounts.models import Membership, Team, User
from puo_desk.accounts.operations.tokens import create_token
from puo_desk.accounts.vocabulary import Scope
from puo_desk.kernel.actor import Actor
from tests.bench.filling import Cast
from tickets.models import Category

AGENTS, REQUESTERS, TEAMS, CATEGORIES = 40, 3_000, 8, 30


@dataclass(frozen=True, slots=True)
class Furnished:
    """Who asks: the agent with a session, the token's text; and what filled tickets refer to."""

    cast: Cast
    policy: int
    agent: User
    session: str
    token: str


def furnish(*, now: datetime) -> Furnished:
    """Make people, teams and categories where there are none, and sign in one agent and one program."""
    if not Team.objects.exists():
        _make_everybody()
    agents = list(User.objects.filter(username__startswith="agent").order_by("pk"))
    cast = Cast(
        agents=[user.pk for user in agents],
        requesters=list(User.objects.filter(role="requester").order_by("pk").values_list("pk", flat=True)),
        teams=list(Team.objects.order_by("pk").values_list("pk", flat=True)),
        categories=list(Category.objects.order_by("pk").values_list("pk", flat=True)),
    )
    policy = SlaPolicy.objects.filter(current_version__isnull=False).values_list("current_version", flat=True)[0]
    service, _made = User.objects.get_or_create(username="program", defaults={"role": "agent", "is_service": True})
    _token, text = create_token(
        user=service,
        name="bench",
        scopes=[Scope.TICKETS_READ, Scope.TICKETS_WRITE],
        actor=Actor.system("bench"),
        now=now,
    )
    return Furnished(cast, int(policy or 0), agents[0], _session_of(agents[0]), text)


def _make_everybody() -> None:
    agents = User.objects.bulk_create(
        User(username=f"agent{n}", full_name=f"Agent {n}", email=f"agent{n}@example.org", role="agent", password="!")
        for n in range(AGENTS)
    )
    User.objects.bulk_create(
        User(username=f"requester{n}", full_name=f"Requester {n}", email=f"requester{n}@example.org", password="!")
        for n in range(REQUESTERS)
    )
    teams = Team.objects.bulk_create(Team(name=f"Team {n}", slug=f"team-{n}") for n in range(TEAMS))
    Membership.objects.bulk_create(
        Membership(user=agent, team=teams[n % TEAMS], is_lead=n < TEAMS) for n, agent in enumerate(agents)
    )
    Category.objects.bulk_create(
        Category(name=f"Category {n}", slug=f"category-{n}", team=teams[n % TEAMS]) for n in range(CATEGORIES)
    )


def _session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "puo_desk.accounts.web.sign_in.DeskBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
