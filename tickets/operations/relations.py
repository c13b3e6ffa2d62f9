"""What a ticket is tied to: watchers, other tickets, a known incident."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from tickets.events import IncidentFollowed, TicketLinked, TicketUnlinked, WatcherAdded, WatcherRemoved
from tickets.models import KnownIncident, Ticket, TicketLink, Watcher
from tickets.operations.change import changing_ticket
from tickets.policies import visible_tickets
from tickets.vocabulary import LinkKind


def watch_ticket(*, ticket_id: int, actor: Actor, now: datetime) -> Ticket:
    """Be told of what happens on a ticket. Watching twice is watching once. Emits: ticket.watched."""
    with changing_ticket(ticket_id, act="ticket.watch", actor=actor, now=now) as change:
        if actor.user_id is not None:
            _row, created = Watcher.objects.get_or_create(ticket_id=ticket_id, user_id=actor.user_id)
            if created:
                change.record(WatcherAdded(user=actor.user_id))
    return change.ticket


def unwatch_ticket(*, ticket_id: int, actor: Actor, now: datetime) -> Ticket:
    """Be told no longer. Emits: ticket.unwatched."""
    with changing_ticket(ticket_id, act="ticket.watch", actor=actor, now=now) as change:
        if actor.user_id is not None:
            deleted, _rows = Watcher.objects.filter(ticket_id=ticket_id, user_id=actor.user_id).delete()
            if deleted:
                change.record(WatcherRemoved(user=actor.user_id))
    return change.ticket


def link_tickets(*, ticket_id: int, other_id: int, kind: str, actor: Actor, now: datetime) -> Ticket:
    """Tie a ticket to another one that the actor sees.

    Emits: ticket.linked. Raises: NotFound, NotPermitted, InvalidInput.
    """
    _check_link(ticket_id, other_id, kind, actor)
    with changing_ticket(ticket_id, act="ticket.link", actor=actor, now=now) as change:
        if not _ties(ticket_id, other_id, kind).exists():
            TicketLink.objects.create(ticket_id=ticket_id, other_id=other_id, kind=kind)
            change.record(TicketLinked(other=other_id, link=kind))
    return change.ticket


def unlink_tickets(*, ticket_id: int, other_id: int, kind: str, actor: Actor, now: datetime) -> Ticket:
    """Take a tie away. Emits: ticket.unlinked."""
    _check_link(ticket_id, other_id, kind, actor)
    with changing_ticket(ticket_id, act="ticket.link", actor=actor, now=now) as change:
        deleted, _rows = _ties(ticket_id, other_id, kind).delete()
        if deleted:
            change.record(TicketUnlinked(other=other_id, link=kind))
    return change.ticket


def _ties(ticket_id: int, other_id: int, kind: str) -> QuerySet[TicketLink]:
    """The tie of a kind between two tickets. What is related is so from both sides, whichever was asked first."""
    between = Q(ticket_id=ticket_id, other_id=other_id)
    if kind == LinkKind.RELATED:
        between |= Q(ticket_id=other_id, other_id=ticket_id)
    return TicketLink.objects.filter(between, kind=kind)


def _check_link(ticket_id: int, other_id: int, kind: str, actor: Actor) -> None:
    if kind not in LinkKind.values:
        raise InvalidInput({"kind": [_("Choose from %(choices)s.") % {"choices": ", ".join(LinkKind.values)}]})
    if ticket_id == other_id:
        raise InvalidInput({"other": [_("A ticket cannot be linked to itself.")]})
    if not visible_tickets(actor).filter(pk=other_id).exists():
        raise InvalidInput({"other": [_("There is no such ticket, or you may not see it.")]})


def follow_incident(*, ticket_id: int, incident_id: int, actor: Actor, now: datetime) -> Ticket:
    """Say that a request is about a known incident. Emits: ticket.incident_followed."""
    with changing_ticket(ticket_id, act="ticket.follow_incident", actor=actor, now=now) as change:
        if not KnownIncident.objects.filter(pk=incident_id, ended_at=None).exists():
            raise InvalidInput({"incident": [_("This incident has ended.")]})
        if change.ticket.incident_id != incident_id:
            change.record(IncidentFollowed(incident=incident_id))
            change.set(incident_id=incident_id)
    return change.ticket
