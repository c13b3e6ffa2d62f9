"""What can be listened to, and by whom.

A topic is ``kind`` or ``kind.name`` (``tickets``, ``ticket.42``, ``user.7``). The app that owns a kind says
who may hear it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any

MAX_TOPICS = 20
_TOPIC = re.compile(r"[a-z][a-z_]{0,31}(\.[A-Za-z0-9_.-]{1,64})?")

Authorize = Callable[[Any, Sequence[str]], Iterable[str]]
"""Given a signed-in user and topics of one kind, those the user may hear."""

_doors: dict[str, Authorize] = {}

RightsOf = Callable[[Collection[Any]], Mapping[Any, Hashable]]
"""Given the ids of users, what the doors decide by beside the session, for each who has any."""

_rights: list[RightsOf] = []


def authorize_topics(kind: str, door: Authorize) -> None:
    """Let ``door`` decide about all topics of a kind. Called from ``AppConfig.ready()``."""
    _doors[kind] = door


def topics_follow(rights_of: RightsOf) -> None:
    """End a stream when this becomes another value for its user; connecting again asks the doors anew.

    Called from ``AppConfig.ready()``.
    """
    _rights.append(rights_of)


def rights_by_user(user_ids: Collection[Any]) -> dict[Any, Hashable]:
    """By what each user hears topics now. One query for each app that knows of rights, whatever the number of users."""
    known = [rights_of(user_ids) for rights_of in _rights]
    return {user_id: tuple(rights.get(user_id) for rights in known) for user_id in user_ids}


def kind_of(topic: str) -> str:
    return topic.partition(".")[0]


def parse_topics(text: str) -> list[str] | None:
    """The topics of a comma-separated list, each once; None when it is no such list or too long."""
    topics = list(dict.fromkeys(part for part in text.split(",") if part))
    if not topics or len(topics) > MAX_TOPICS or not all(_TOPIC.fullmatch(topic) for topic in topics):
        return None
    return topics


def allowed_topics(user: Any, topics: Sequence[str]) -> list[str]:
    """Those of the topics that the user may hear; a kind that nobody owns is heard by nobody."""
    allowed: set[str] = set()
    for kind in {kind_of(topic) for topic in topics}:
        if door := _doors.get(kind):
            asked = [topic for topic in topics if kind_of(topic) == kind]
            allowed.update(set(door(user, asked)) & set(asked))
    return [topic for topic in topics if topic in allowed]


def _own_topic(user: Any, topics: Sequence[str]) -> Iterable[str]:
    return [topic for topic in topics if topic == f"user.{user.pk}"]


authorize_topics("user", _own_topic)
