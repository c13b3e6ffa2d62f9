"""The record of acts upon accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from puo_desk.accounts.models import PersonEvent
from puo_desk.kernel.actor import Actor

ADDED = "person.added"
ROLE_CHANGED = "person.role_changed"
DEACTIVATED = "person.deactivated"
REACTIVATED = "person.reactivated"
MADE_SERVICE = "person.made_service"
PREFERENCES_CHANGED = "person.preferences_changed"
TEAMS_CHANGED = "person.teams_changed"
TOKEN_CREATED = "token.created"  # noqa: S105  the name of an event
TOKEN_REVOKED = "token.revoked"  # noqa: S105  the name of an event


def record(code: str, *, user_id: int, actor: Actor, now: datetime, changes: dict[str, Any]) -> PersonEvent:
    """Write down one act. Must be called in the transaction of the act. ``changes`` never holds a secret."""
    return PersonEvent.objects.create(
        user_id=user_id,
        code=code,
        actor_id=actor.user_id,
        actor_label=actor.label,
        source=actor.source,
        occurred_at=now,
        request_id=actor.request_id,
        changes=changes,
    )
