"""Who may read notifications: everybody their own, nobody anybody else's."""

from __future__ import annotations

from puo_desk.accounts.policies import ADMINS, EVERYBODY, NO_TOKEN, declare, require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotPermitted

declare({"notification.read": EVERYBODY, "notification.replay": ADMINS}, scope=NO_TOKEN)


def require_own(actor: Actor) -> int:
    """The user whose notifications the actor may read. Raises: NotPermitted for the system itself."""
    require(actor, "notification.read")
    if actor.user_id is None:
        raise NotPermitted(act="notification.read")
    return actor.user_id
