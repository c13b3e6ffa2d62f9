"""Who may hear that tickets change: the queue's readers of the queue, everybody of the tickets they see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from puo_desk.accounts.models import User
from puo_desk.accounts.policies import may
from puo_desk.accounts.queries.people import actor_for
from puo_desk.kernel.live.topics import authorize_topics
from tickets.policies import visible_tickets


def _queue_door(user: User, topics: Sequence[str]) -> Iterable[str]:
    return topics if may(actor_for(user, source="web"), "queue.view") else []


def _ticket_door(user: User, topics: Sequence[str]) -> Iterable[str]:
    asked = {int(name): topic for topic in topics if (name := topic.partition(".")[2]).isdecimal() and len(name) < 16}
    seen = visible_tickets(actor_for(user, source="web")).filter(pk__in=asked).values_list("pk", flat=True)
    return [asked[ticket_id] for ticket_id in seen]


authorize_topics("queue", _queue_door)
authorize_topics("ticket", _ticket_door)
