"""Making and ending API tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from puo_desk.accounts import events
from puo_desk.accounts.models import ApiToken, User
from puo_desk.accounts.policies import require
from puo_desk.accounts.vocabulary import TOKEN_DAYS, TOKEN_PREFIX, Role, Scope
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput, NotFound, NotPermitted

NAME_LENGTH = 80
LONGEST = timedelta(days=3650)


def hash_secret(secret: str) -> str:
    """How a token's secret is kept: SHA-256, in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_token(
    *,
    user: User,
    name: str,
    scopes: Iterable[str],
    actor: Actor,
    now: datetime,
    lifetime: timedelta = timedelta(days=TOKEN_DAYS),
) -> tuple[ApiToken, str]:
    """Make a token and return it with its text, which is shown this once and kept nowhere.

    Emits: token.created. Raises: NotPermitted for somebody else's token unless an admin asks, or for wider
    scopes than the caller's own; InvalidInput for no name, unknown scopes, an inactive person or a lifetime
    that is not positive.
    """
    require(actor, "token.manage")
    if not actor.is_system and actor.user_id != user.pk and actor.role != Role.ADMIN:
        raise NotPermitted(act="token.manage")
    wanted = sorted(set(scopes))
    if actor.scopes is not None and not actor.scopes.issuperset(wanted):
        raise NotPermitted(act="token.manage")
    name = name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise InvalidInput({"name": [_("Say in at most %d characters what the token is for.") % NAME_LENGTH]})
    if unknown := [scope for scope in wanted if scope not in Scope.values]:
        raise InvalidInput({"scopes": [_("Unknown scope “%s”. Known: %s.") % (unknown[0], ", ".join(Scope.values))]})
    if not wanted:
        raise InvalidInput({"scopes": [_("Choose at least one scope.")]})
    if not user.is_active:
        raise InvalidInput({"user": [_("This person is not active.")]})
    if lifetime <= timedelta(0):
        raise InvalidInput({"lifetime": [_("A token must live for some time.")]})
    if lifetime > LONGEST:
        raise InvalidInput({"lifetime": [_("A token lives for at most %d days.") % LONGEST.days]})
    secret, prefix = secrets.token_urlsafe(32), secrets.token_hex(5)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=prefix,
        secret_hash=hash_secret(secret),
        scopes=wanted,
        created_at=now,
        expires_at=now + lifetime,
    )
    changes = {"prefix": prefix, "name": name, "scopes": wanted, "expires_at": token.expires_at.isoformat()}
    events.record(events.TOKEN_CREATED, user_id=user.pk, actor=actor, now=now, changes=changes)
    return token, f"{TOKEN_PREFIX}_{prefix}_{secret}"


@transaction.atomic
def revoke_token(*, token_id: int, actor: Actor, now: datetime) -> ApiToken:
    """End a token at once. Ending one twice keeps the first instant.

    Emits: token.revoked. Raises: NotFound for somebody else's token unless an admin asks.
    """
    require(actor, "token.manage")
    tokens = ApiToken.objects.select_for_update()
    if not actor.is_system and actor.role != Role.ADMIN:
        tokens = tokens.filter(user_id=actor.user_id or 0)
    token = tokens.filter(pk=token_id).first()
    if token is None:
        raise NotFound
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        changes = {"prefix": token.prefix, "name": token.name}
        events.record(events.TOKEN_REVOKED, user_id=token.user_id, actor=actor, now=now, changes=changes)
    return token
