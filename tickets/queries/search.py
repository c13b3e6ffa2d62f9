"""Full-text search over number, subject and messages, through the one door.

The matches are collected first, in a step that the planner may not dissolve: otherwise a rare word is
looked for by walking all tickets from the newest down. Of a common word only the newest matches are taken.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.text import fold_for_search
from tickets.models import Ticket
from tickets.policies import sees_everything_of, visible_tickets
from tickets.queries.search_language import regconfig_for
from tickets.vocabulary import parse_ticket_number

MATCHES_AT_MOST = 1_000
RANKED_AT_MOST = 2_000
RARE = 1_001

_SQL = """
WITH asked AS MATERIALIZED (
    SELECT websearch_to_tsquery('simple', %(text)s) || websearch_to_tsquery(%(config)s::regconfig, %(text)s) AS query
), few AS MATERIALIZED (
    SELECT search.ticket_id FROM tickets_ticketsearch AS search, asked
    WHERE search.{document} @@ asked.query LIMIT %(rare)s
), newest AS MATERIALIZED (
    SELECT search.ticket_id FROM tickets_ticketsearch AS search, asked
    WHERE (SELECT count(*) FROM few) = %(rare)s AND search.{document} @@ asked.query
    ORDER BY search.ticket_id DESC LIMIT %(ranked)s
), chosen AS (
    SELECT ticket_id FROM few WHERE (SELECT count(*) FROM few) < %(rare)s
    UNION ALL SELECT ticket_id FROM newest
)
SELECT search.ticket_id
FROM chosen JOIN tickets_ticketsearch AS search USING (ticket_id), asked
ORDER BY ts_rank(search.{document}, asked.query) DESC, search.ticket_id DESC
LIMIT %(limit)s
"""


def find_ticket_ids(text: str, *, viewer: Actor, limit: int = MATCHES_AT_MOST) -> list[int]:
    """Ids of tickets that match, best first, not yet narrowed to what the viewer may see.

    Of a word in more than a thousand tickets the newest two thousand are ranked. A requester's search
    looks at public words only, so that a match never tells of an internal note.
    """
    folded = fold_for_search(text)
    if not folded.strip():
        return []
    document = "full_document" if sees_everything_of(viewer) else "public_document"
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL.format(document=document),
            {
                "text": folded,
                "config": regconfig_for(viewer.language),
                "rare": RARE,
                "ranked": RANKED_AT_MOST,
                "limit": limit,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def search_tickets(text: str, *, viewer: Actor) -> QuerySet[Ticket]:
    """Visible tickets that match a text, unordered. A ticket's number finds the ticket, and bare digits also
    what was written with them: "502" is an error more often than a ticket.
    """
    found = find_ticket_ids(text, viewer=viewer)
    number = parse_ticket_number(text)
    return visible_tickets(viewer).filter(pk__in=found if number is None else [number, *found])
