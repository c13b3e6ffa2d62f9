"""One change of one ticket: locked, permitted, versioned, recorded, told.

Every write to a ticket goes through ``changing_ticket``. It takes the row's lock, so that changes of a
ticket follow one another and its events are gap-free; what it has collected is written at the end in
one update and one insert.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotFound, StaleVersion
from puo_desk.kernel.live.publish import publish
from puo_desk.kernel.plain_rows import Writes
from tickets.events import Recorded, handlers
from tickets.models import Message, Ticket, TicketEvent
from tickets.policies import require, visible_tickets

LABEL_LENGTH = 120
ANNOUNCED_AT_MOST = 50


class TicketChange:
    """What one act does to one ticket: the row under lock, the fields that change, the events that tell it.

    ``beside`` is written in one message with the events: rows that others keep of the ticket.
    """

    def __init__(self, ticket: Ticket, *, actor: Actor, now: datetime, is_new: bool = False) -> None:
        self.ticket = ticket
        self.actor = actor
        self.now = now
        self.is_new = is_new
        self.events: list[TicketEvent] = []
        self.first_message: Message | None = None
        self.beside = Writes()
        self._fields: set[str] = set()

    def set(self, **values: Any) -> None:
        """Give fields of the ticket new values."""
        for name, value in values.items():
            setattr(self.ticket, name, value)
        self._fields.update(values)

    def record(self, payload: Recorded, *, at: datetime | None = None) -> TicketEvent:
        """Add an event. ``at`` is given only when the thing happened at another instant than now."""
        self.ticket.last_event_seq += 1
        event = TicketEvent(
            ticket=self.ticket,
            seq=self.ticket.last_event_seq,
            kind=payload.kind,
            actor_id=self.actor.user_id,
            actor_label=self.actor.label[:LABEL_LENGTH],
            source=self.actor.source,
            occurred_at=at or self.now,
            data=payload.as_data(),
            request_id=self.actor.request_id,
        )
        self.events.append(event)
        return event

    def promise(self, *, next_due_at: datetime | None, metric: str, at_risk_at: datetime | None) -> None:
        """Say by when the desk owes something next: the word of whoever keeps promises."""
        self.set(next_due_at=next_due_at, next_due_metric=metric, at_risk_at=at_risk_at)

    @property
    def is_empty(self) -> bool:
        return not self.events and not self._fields

    def write(self) -> None:
        """Tell the subscribers, then write the row, its events, and what they laid beside it."""
        for handler in handlers():
            handler(self)
        if self.is_new:
            self.beside.insert([self.ticket])
        else:
            self.ticket.version += 1
            self.ticket.updated_at = self.now
            self.ticket.save(update_fields=[*self._fields, "version", "updated_at", "last_event_seq"])
        self.beside.insert(self.events)
        if self.first_message:
            self.beside.insert([self.first_message])
        self.beside.send()
        announce([self.ticket])


def announce(tickets: Sequence[Ticket]) -> None:
    """Tell open browsers, after the commit, that tickets changed. They fetch what they may see themselves."""
    publish(["queue", *(f"ticket.{ticket.pk}" for ticket in tickets[:ANNOUNCED_AT_MOST])])


def locked_ticket(ticket_id: int, *, actor: Actor) -> Ticket:
    """The ticket under its row lock. Raises: NotFound when it is absent or not for the actor to see.

    Nothing is joined: after waiting for the lock PostgreSQL looks at the new row, but at joined rows as they
    were, and a ticket whose status changed meanwhile would seem to be gone.
    """
    ticket = visible_tickets(actor).select_for_update().filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return ticket


@contextmanager
def changing_ticket(
    ticket_id: int, *, act: str, actor: Actor, now: datetime, expected_version: int | None = None
) -> Iterator[TicketChange]:
    """Lock a ticket, require the permission, let the caller change it, then write everything.

    A change that did nothing writes nothing. ``expected_version`` is the version the writer saw.
    Raises: NotFound, NotPermitted, StaleVersion (with ``current_version``).
    """
    with transaction.atomic():
        ticket = locked_ticket(ticket_id, actor=actor)
        require(actor, act, ticket)
        if expected_version is not None and expected_version != ticket.version:
            raise StaleVersion(current_version=ticket.version, seen_version=expected_version)
        change = TicketChange(ticket, actor=actor, now=now)
        yield change
        if not change.is_empty:
            change.write()
