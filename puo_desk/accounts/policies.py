"""Who may do what: one readable table per app, gathered here.

A permission code is ``noun.verb``. Each app states its acts and the roles that may do them, and adds
its own conditions (own team, own ticket) in its ``policies.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from puo_desk.accounts.vocabulary import DESK_ROLES, STAFF_ROLES, Role, Scope
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotPermitted

EVERYBODY: frozenset[str] = frozenset(Role.values)
STAFF = STAFF_ROLES
DESK = DESK_ROLES
LEADS: frozenset[str] = frozenset({Role.LEAD.value, Role.ADMIN.value})
ADMINS: frozenset[str] = frozenset({Role.ADMIN.value})

PUBLIC = "PUBLIC"
"""What a route declares that anybody may open without signing in."""

ANY_SCOPE = "*"
"""The scope of acts that every token covers: saying who one is."""

NO_TOKEN = "-"  # noqa: S105  no secret, the name of a scope
"""The scope of acts that no token covers: a leaked token must not make tokens or change rights."""

_acts: dict[str, frozenset[str]] = {}
_scope_of: dict[str, str] = {}


def declare(acts: Mapping[str, Iterable[str]], *, scope: str) -> None:
    """Add an app's acts with the roles that may do them, and the token scope that covers them."""
    for code, roles in acts.items():
        _acts[code] = frozenset(roles)
        _scope_of[code] = scope


def declare_scopes(scopes: Mapping[str, str]) -> None:
    """Name another scope for single acts: reading tickets needs less than changing them."""
    _scope_of.update(scopes)


def permission_table() -> dict[str, frozenset[str]]:
    """Every act with the roles that may do it, for the committed table of rights."""
    return dict(sorted(_acts.items()))


def may(actor: Actor, code: str) -> bool:
    """Whether the actor's role, and the token's scopes if there is one, allow the act at all."""
    if actor.is_system:
        return True
    if actor.role not in _acts[code]:
        return False
    return actor.scopes is None or _scope_of[code] == ANY_SCOPE or _scope_of[code] in actor.scopes


def require(actor: Actor, code: str) -> None:
    """Raises: NotPermitted, naming the act, when ``may`` says no."""
    if not may(actor, code):
        raise NotPermitted(act=code)


declare({"profile.view": EVERYBODY}, scope=ANY_SCOPE)
declare(
    {"profile.edit": EVERYBODY, "token.manage": EVERYBODY, "settings.manage": ADMINS},
    scope=NO_TOKEN,
)
declare({"people.list": STAFF}, scope=Scope.TICKETS_READ)
