"""Looking at all histories at once."""

from __future__ import annotations

from django.db import connection


def gaps_in_histories() -> list[int]:
    """Tickets whose events are not numbered 1, 2, 3 … up to the number that the ticket remembers."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT ticket.id FROM tickets_ticket AS ticket
              LEFT JOIN (SELECT ticket_id, count(*) AS told, max(seq) AS last, min(seq) AS first
                           FROM tickets_ticketevent GROUP BY ticket_id) AS history ON history.ticket_id = ticket.id
             WHERE (told, last, first) IS DISTINCT FROM (ticket.last_event_seq, ticket.last_event_seq, 1)
            """
        )
        return [row[0] for row in cursor.fetchall()]
