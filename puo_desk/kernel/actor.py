"""Who acts, who looks.

One frozen value names the person or system behind a write (*actor*) or a read (*viewer*). Edges make it
once per request, so that policies decide without a query and events know whom to name.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

SYSTEM = "system"
PERSON = "person"
SERVICE = "service"


def new_request_id() -> str:
    """A fresh name for one act: every event of the act carries it."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who looks at the desk or changes it.

    ``role`` is a role code of accounts ("" for the system), ``team_ids`` the teams the person belongs to,
    ``led_team_ids`` those the person leads, ``scopes`` what an API token is limited to (None: no limit),
    ``source`` the way in ("web", "api", "system", "import").
    """

    kind: str
    label: str
    user_id: int | None = None
    role: str = ""
    team_ids: frozenset[int] = frozenset()
    led_team_ids: frozenset[int] = frozenset()
    scopes: frozenset[str] | None = None
    source: str = SYSTEM
    time_zone: str = "UTC"
    language: str = "en"
    request_id: str = field(default_factory=new_request_id)

    @classmethod
    def system(cls, label: str, *, source: str = SYSTEM) -> Actor:
        """The desk itself, named after the part of it that acts: ``Actor.system("sla-timer")``."""
        return cls(kind=SYSTEM, label=label, source=source)

    @property
    def is_system(self) -> bool:
        return self.kind == SYSTEM

    @property
    def own_id(self) -> int:
        """The person's id for looking up what is the person's own; 0, which is nobody's, for the system."""
        return self.user_id or 0

    def via(self, source: str) -> Actor:
        """The same actor coming in another way, for a new act."""
        return replace(self, source=source, request_id=new_request_id())
