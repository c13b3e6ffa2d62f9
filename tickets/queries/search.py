"""Full-text search over number, subject and messages, through the one door.

The matches are collected first, in a step that the planner may not dissolve: otherwise a rare word is
looked for by walking all tickets from the newest down. Of a common word only the newest matches are taken, as
lists are in the order of time: ranking thousands of documents would cost more than the rest of the page.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import BigAutoField, Lookup, QuerySet

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.text import fold_for_search
from tickets.models import Ticket
from tickets.policies import sees_everything_of, visible_tickets
from tickets.queries.narrowing import among_visible
from tickets.queries.search_language import regconfig_for
from tickets.vocabulary import parse_ticket_number

MATCHES_AT_MOST = 1_000
RARE = MATCHES_AT_MOST + 1
NEWEST_REACH = 200_000
"""How many tickets back the newest matches are looked for: words that seem common together may hardly ever meet."""

_WORDS = "(websearch_to_tsquery('simple', %s) || websearch_to_tsquery(%s::regconfig, %s))"
# First the index is asked for a few matches, by words that the planner does not see: whatever it would think of them,
# it takes the index, whose cost grows with the matches alone. Only a common word comes to the second step. There the
# planner sees the words, and finds what every second ticket holds by walking from the newest down, not too far.
_SQL = f"""
WITH asked AS MATERIALIZED (
    SELECT {_WORDS} AS query
), few AS MATERIALIZED (
    SELECT search.ticket_id FROM tickets_ticketsearch AS search, asked
    WHERE search.{{document}} @@ asked.query {{own}} LIMIT {{rare}}
), newest AS MATERIALIZED (
    SELECT search.ticket_id FROM tickets_ticketsearch AS search
    WHERE (SELECT count(*) FROM few) = {{rare}} AND search.{{document}} @@ {_WORDS} {{own}}
      AND search.ticket_id > (SELECT max(ticket_id) FROM tickets_ticketsearch) - {{reach}}
    ORDER BY search.ticket_id DESC LIMIT {{matches}}
)
SELECT ticket_id FROM newest
UNION SELECT ticket_id FROM few WHERE (SELECT count(*) FROM newest) < {{matches}}
"""  # noqa: S608 - the words are parameters, the rest is ours


@BigAutoField.register_lookup
class AnyOf(Lookup):
    """``pk__any_of=[…]``: one array instead of a placeholder for each of a thousand ids."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", (*values, list(self.rhs))


def find_ticket_ids(text: str, *, viewer: Actor) -> list[int]:
    """Ids of tickets that match, in no order: all of them, or of a word in more than a thousand the newest thousand.

    A requester's search looks at public words only, so that a match never tells of an internal note, and counts
    own tickets only. One query.
    """
    folded = fold_for_search(text)
    if not folded.strip():
        return []
    own, own_values = among_visible(viewer, "search.ticket_id")
    document = "full_document" if sees_everything_of(viewer) else "public_document"
    asked = [folded, regconfig_for(viewer.language), folded]
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL.format(document=document, own=own, rare=RARE, matches=MATCHES_AT_MOST, reach=NEWEST_REACH),
            [*asked, *own_values, *asked, *own_values],
        )
        return [row[0] for row in cursor.fetchall()]


def search_tickets(text: str, *, viewer: Actor) -> QuerySet[Ticket]:
    """Visible tickets that match a text, unordered. A ticket's number finds the ticket, and bare digits also
    what was written with them: "502" is an error more often than a ticket.
    """
    found = find_ticket_ids(text, viewer=viewer)
    number = parse_ticket_number(text)
    return visible_tickets(viewer).filter(pk__any_of=found if number is None else [number, *found])
