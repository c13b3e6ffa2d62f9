"""Full-text search over number, subject and messages, through the one door. The newest matches come first.

Two ways lead to the newest matches. The index knows all of them at once: its cost grows with their number.
Walking back from the newest ticket costs the more, the rarer the words are. The planner's estimate of
how many match decides, and it is not trusted: a walk that finds less than it promised gives up, and the index, which
is then asked by words that the planner does not see, cannot be talked out of being used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

from django.db import connection
from django.db.models import BigAutoField, Lookup, QuerySet

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.http.pagination import Page
from puo_desk.kernel.text import fold_for_search
from tickets.models import Ticket
from tickets.policies import sees_everything_of, visible_tickets
from tickets.queries.narrowing import among_visible
from tickets.queries.queue import PAGE_ROWS, SORTS
from tickets.queries.rows import TicketRow, rows_of
from tickets.queries.search_language import regconfig_for
from tickets.vocabulary import COUNT_CAP, parse_ticket_number

MATCHES_AT_MOST = 1_000
FEW = 5_000
"""So many matches are read through the index in a few milliseconds, and counted with it."""
READING_OF_A_WALK = 4
"""What a step back costs, beside a match read through the index: the step reads the whole document."""
PATIENCE = 8
"""How much further than promised a walk goes before it gives up: words that seem common together may never meet."""

_WORDS = "(websearch_to_tsquery('simple', %(text)s) || websearch_to_tsquery(%(language)s::regconfig, %(text)s))"
_ESTIMATE = f"""
EXPLAIN (FORMAT JSON)
SELECT FROM tickets_ticketsearch AS search WHERE search.{{document}} @@ {_WORDS}
UNION ALL SELECT FROM tickets_ticketsearch
"""  # noqa: S608 - the words are parameters, the rest is ours
_WALK = f"""
SELECT search.ticket_id FROM tickets_ticketsearch AS search
 WHERE search.{{document}} @@ {_WORDS} AND search.ticket_id < %(below)s
   AND search.ticket_id > coalesce(%(above)s, (SELECT max(ticket_id) FROM tickets_ticketsearch) - %(reach)s)
 ORDER BY search.ticket_id {{order}} LIMIT %(limit)s
"""  # noqa: S608 - the words are parameters, the rest is ours
_INDEX = f"""
WITH asked AS MATERIALIZED (
    SELECT {_WORDS} AS query
), found AS MATERIALIZED (
    SELECT search.ticket_id FROM tickets_ticketsearch AS search, asked WHERE search.{{document}} @@ asked.query {{own}}
)
SELECT ticket_id, (SELECT count(*) FROM found) FROM found
 WHERE ticket_id > %(above)s AND ticket_id < %(below)s
 ORDER BY ticket_id {{order}} LIMIT %(limit)s
"""  # noqa: S608 - the words are parameters, the rest is ours
_NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class Matches:
    """Ids of matching tickets, nearest first, and how many match in all: None when they are too many to count."""

    ids: list[int]
    total: int | None


@BigAutoField.register_lookup
class AnyOf(Lookup):
    """``pk__any_of=ids``: one array instead of a placeholder for each of a thousand ids."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", (*values, list(self.rhs))


@dataclass(frozen=True)
class _FoundWhenAsked:
    """The ids of a search that is made when a list made from it is read, not before."""

    text: str
    viewer: Actor

    @cached_property
    def ids(self) -> list[int]:
        number = parse_ticket_number(self.text)
        return [*([] if number is None else [number]), *find_ticket_ids(self.text, viewer=self.viewer)]

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids)


def search_tickets(text: str, *, viewer: Actor) -> QuerySet[Ticket]:
    """Visible tickets that match a text, unordered. A ticket's number finds the ticket, and bare digits also
    what was written with them: "502" is an error more often than a ticket.
    """
    return visible_tickets(viewer).filter(pk__any_of=_FoundWhenAsked(text, viewer))


def find_ticket_ids(text: str, *, viewer: Actor) -> list[int]:
    """Ids of the tickets that match, newest first: all, or of more than a thousand the newest thousand.

    A requester's search looks at public words only, so that a match never tells of an internal note, and counts
    own tickets only. At most three queries.
    """
    return _find(text, viewer=viewer, limit=MATCHES_AT_MOST).ids


def page_of_matches(
    text: str, *, viewer: Actor, cursor: str | None = None, size: int = PAGE_ROWS
) -> tuple[Page[TicketRow], int]:
    """A page of everything that matches, newest first, and how many match, up to the cap of all counts.

    At most four queries. Raises: InvalidInput for a cursor that was not given here.
    """
    keyset = SORTS["newest"].keyset
    backward, place = keyset.read(cursor)
    matches = _find(text, viewer=viewer, limit=size + 1, after=place[0] if place else None, backward=backward)
    keys = keyset.window([{"id": ticket_id} for ticket_id in matches.ids], cursor=cursor, size=size)
    rows = rows_of([key["id"] for key in keys.rows], viewer=viewer)
    total = COUNT_CAP if matches.total is None else min(matches.total, COUNT_CAP)
    return Page(rows=rows, next=keys.next, previous=keys.previous), total


def _find(text: str, *, viewer: Actor, limit: int, after: int | None = None, backward: bool = False) -> Matches:
    """The matches nearest to ``after`` (the newest without it): older ones, or ``backward`` newer ones."""
    folded = fold_for_search(text)
    if not folded.strip():
        return Matches([], 0)
    own, own_values = among_visible(viewer, "search.ticket_id")
    parts = {
        "document": "full_document" if sees_everything_of(viewer) else "public_document",
        "order": "ASC" if backward else "DESC",
        "own": own % tuple(f"%(own{place})s" for place in range(len(own_values))),
    }
    values: dict[str, Any] = {"text": folded, "language": regconfig_for(viewer.language), "limit": limit}
    values |= {"above": after or 0, "below": _NEWEST} if backward else {"above": 0, "below": after or _NEWEST}
    with connection.cursor() as cursor:
        if not own:
            ids = _walk(cursor, parts, values, after=after, backward=backward)
            if len(ids) == limit:
                return Matches(ids, None)
        cursor.execute(_INDEX.format(**parts), values | {f"own{place}": one for place, one in enumerate(own_values)})
        found = cursor.fetchall()
    return Matches([ticket_id for ticket_id, _total in found], found[0][1] if found else 0)


def _walk(
    cursor: Any, parts: Mapping[str, str], values: Mapping[str, Any], *, after: int | None, backward: bool
) -> list[int]:
    """The matches by walking from ticket to ticket; fewer than asked for when that is not, or proves not to be,
    the cheaper way.
    """
    cursor.execute(_ESTIMATE.format(**parts), values)
    [([plan],)] = cursor.fetchall()
    matching, tickets = (part["Plan Rows"] for part in plan["Plan"]["Plans"])
    if matching < max(FEW, sqrt(READING_OF_A_WALK * values["limit"] * tickets)):
        return []
    reach = PATIENCE * values["limit"] * tickets // matching
    bounds: dict[str, Any] = {"above": None if after is None else after - reach}
    if backward:
        bounds = {"below": (after or 0) + reach}
    cursor.execute(_WALK.format(**parts), {**values, "reach": reach, **bounds})
    return [ticket_id for (ticket_id,) in cursor.fetchall()]
