"""The record of acts upon accounts and upon the desk itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from puo_desk.accounts.models import DeskEvent, PersonEvent
from puo_desk.kernel.actor import Actor

ADDED = "person.added"
ROLE_CHANGED = "person.role_changed"
DEACTIVATED = "person.deactivated"
REACTIVATED = "person.reactivated"
MADE_SERVICE = "person.made_service"
PREFERENCES_CHANGED = "person.preferences_changed"
EDITED = "person.edited"
TEAMS_CHANGED = "person.teams_changed"
TOKEN_CREATED = "token.created"  # noqa: S105  the name of an event
TOKEN_REVOKED = "token.revoked"  # noqa: S105  the name of an event

SETTING_ADDED = "setting.added"
SETTING_CHANGED = "setting.changed"
SETTING_REMOVED = "setting.removed"


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


@dataclass(frozen=True, slots=True)
class About:
    """What an act was done to: its kind (``tickets.category``), its id, how people call it, and each changed value
    as a pair of before and after."""

    subject: str
    subject_id: Any
    label: str
    changes: dict[str, Any] = field(default_factory=dict)


def record_at_desk(code: str, things: Iterable[About], *, actor: Actor, now: datetime) -> None:
    """Write down one act upon things of the desk, a row each. Must be called in the transaction of the act."""
    DeskEvent.objects.bulk_create(
        DeskEvent(
            code=code,
            subject=thing.subject,
            subject_id=str(thing.subject_id),
            subject_label=thing.label[:160],
            actor_id=actor.user_id,
            actor_label=actor.label[:160],
            source=actor.source,
            occurred_at=now,
            request_id=actor.request_id,
            changes=thing.changes,
        )
        for thing in things
    )
