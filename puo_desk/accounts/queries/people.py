"""Reads about people."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.db.models import Q

from puo_desk.accounts.models import ApiToken, Membership, Memberships, Team, User
from puo_desk.accounts.vocabulary import STAFF_ROLES, Scope
from puo_desk.kernel.actor import PERSON, SERVICE, Actor


def actor_for(user: User, *, source: str, scopes: frozenset[str] | None = None, request_id: str | None = None) -> Actor:
    """The actor that stands for a person during one request. One query, none when the teams are at hand."""
    memberships = user.memberships_at_hand or _memberships_of(user)
    named = {"request_id": request_id} if request_id else {}
    return Actor(
        kind=SERVICE if user.is_service else PERSON,
        label=user.display_name,
        user_id=user.pk,
        role=user.role,
        team_ids=memberships.team_ids,
        led_team_ids=memberships.led_team_ids,
        scopes=scopes,
        source=source,
        time_zone=user.time_zone,
        language=user.language,
        **named,
    )


def _memberships_of(user: User) -> Memberships:
    rows = list(Membership.objects.filter(user_id=user.pk).values_list("team_id", "is_lead"))
    return Memberships(
        team_ids=frozenset(team_id for team_id, _ in rows),
        led_team_ids=frozenset(team_id for team_id, leads in rows if leads),
    )


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """A person as a choice in a menu."""

    id: int
    name: str
    username: str


@dataclass(frozen=True, slots=True)
class TeamChoice:
    id: int
    name: str


def list_assignable_people(*, team_id: int | None = None) -> list[PersonChoice]:
    """Active people who can take a ticket, by name; of one team when one is given."""
    people = User.objects.filter(is_active=True, is_service=False, role__in=STAFF_ROLES)
    if team_id is not None:
        people = people.filter(memberships__team_id=team_id)
    found = people.order_by("full_name", "username").values_list("id", "full_name", "username")
    return [PersonChoice(pk, full_name or username, username) for pk, full_name, username in found]


def list_teams() -> list[TeamChoice]:
    """Active teams, by name."""
    return [TeamChoice(*row) for row in Team.objects.filter(is_active=True).values_list("id", "name")]


def list_lead_ids(team_id: int | None) -> list[int]:
    """The active leads of a team; nobody when there is no team."""
    if team_id is None:
        return []
    leads = Membership.objects.filter(team_id=team_id, is_lead=True, user__is_active=True)
    return list(leads.order_by("user_id").values_list("user_id", flat=True))


def teams_by_person(user_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The ids of each person's teams; people without a team are left out."""
    teams: dict[int, set[int]] = {}
    rows = Membership.objects.filter(user_id__in=user_ids).values_list("user_id", "team_id")
    for user_id, team_id in rows:
        teams.setdefault(user_id, set()).add(team_id)
    return {user_id: frozenset(joined) for user_id, joined in teams.items()}


@dataclass(frozen=True, slots=True)
class MyTeam:
    """A team with the viewer's part in it."""

    id: int
    name: str
    is_lead: bool


def list_my_teams(*, viewer: Actor) -> list[MyTeam]:
    """The teams the viewer belongs to, by name."""
    teams = Team.objects.filter(pk__in=viewer.team_ids).values_list("id", "name")
    return [MyTeam(pk, name, pk in viewer.led_team_ids) for pk, name in teams]


def list_team_names(team_ids: Iterable[int]) -> list[str]:
    """The names of teams, in order."""
    return list(Team.objects.filter(pk__in=list(team_ids)).values_list("name", flat=True))


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token as its person sees it; the secret is not among it, for nobody has it."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    is_expired: bool


def list_tokens(*, viewer: Actor, now: datetime) -> list[TokenRow]:
    """The viewer's own tokens that are not revoked, newest first."""
    tokens = ApiToken.objects.filter(user_id=viewer.user_id or 0, revoked_at=None).order_by("-created_at", "-id")
    labels = {scope.value: str(scope.label) for scope in Scope}
    return [
        TokenRow(
            id=token.pk,
            name=token.name,
            prefix=token.prefix,
            scopes=tuple(labels.get(scope, scope) for scope in token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            is_expired=not token.is_usable(now),
        )
        for token in tokens
    ]


def list_linked_accounts(*, viewer: Actor) -> list[str]:
    """The single sign-on providers that the viewer's account is linked to."""
    return list(SocialAccount.objects.filter(user_id=viewer.user_id).values_list("provider", flat=True))


def find_people(text: str, *, also: int | None = None, limit: int = 8) -> list[PersonChoice]:
    """Active people whose name, user name or address begins a word with the text; ``also`` keeps one chosen earlier."""
    people = User.objects.filter(is_active=True, is_service=False)
    words = text.split()
    found = Q(pk=also)
    if words:
        match = Q()
        for word in words:
            match &= Q(full_name__icontains=word) | Q(username__istartswith=word) | Q(email__istartswith=word)
        found |= match
    rows = people.filter(found).order_by("full_name", "username").values_list("id", "full_name", "username")[:limit]
    return [PersonChoice(pk, full_name or username, username) for pk, full_name, username in rows]
