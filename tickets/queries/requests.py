"""A requester's own requests, in plain words."""

from __future__ import annotations

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.http.pagination import Page
from tickets.models import Ticket
from tickets.queries.queue import page_of_tickets
from tickets.queries.rows import TicketRow
from tickets.vocabulary import ACTIVE, COUNT_CAP, SOLVED


def page_of_requests(*, viewer: Actor, shown: str, cursor: str | None = None) -> Page[TicketRow]:
    """The viewer's own requests, newest first; ``shown`` is "open", "solved" or "all"."""
    own = Ticket.objects.filter(requester_id=viewer.user_id)
    if shown == "open":
        own = own.filter(status_category__in=ACTIVE)
    elif shown == "solved":
        own = own.filter(status_category__in=SOLVED)
    return page_of_tickets(own, sort="newest", viewer=viewer, cursor=cursor)


def count_open_requests(*, viewer: Actor) -> int:
    own = Ticket.objects.filter(requester_id=viewer.user_id, status_category__in=ACTIVE)
    return own.values("pk")[:COUNT_CAP].count()
