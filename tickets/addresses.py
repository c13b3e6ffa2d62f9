"""How a ticket stands in an address: ``PUO-1042``, in any case, never a bare row id."""

from __future__ import annotations

from django.urls import register_converter

from tickets.vocabulary import NUMBER_PREFIX, parse_ticket_number, ticket_number


class TicketNumberConverter:
    """``PUO-1042`` in a path is the ticket id 1042 in a view."""

    regex = rf"(?i:{NUMBER_PREFIX})-[0-9]{{1,15}}"

    def to_python(self, value: str) -> int:
        ticket_id = parse_ticket_number(value)
        if ticket_id is None:
            raise ValueError(value)
        return ticket_id

    def to_url(self, value: int) -> str:
        return ticket_number(int(value))


register_converter(TicketNumberConverter, "ticket_number")
