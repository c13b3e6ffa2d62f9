"""The one door to tickets, for statements that are not made by the ORM."""

from __future__ import annotations

from typing import Any

from puo_desk.accounts.vocabulary import DESK_ROLES
from puo_desk.kernel.actor import Actor
from tickets.policies import visible_tickets


def among_visible(viewer: Actor, column: str) -> tuple[str, tuple[Any, ...]]:
    """The condition ``AND column IN (the tickets that the viewer sees)`` with its values; empty for who sees all.

    ``visible_tickets`` decides. ``column`` is written by the statement's author, never taken from outside.
    """
    if viewer.is_system or viewer.role in DESK_ROLES:
        return "", ()
    sql, values = visible_tickets(viewer).order_by().values("pk").query.sql_with_params()
    return f"AND {column} IN ({sql})", values
