"""Keeping full-text search up to date, in the transaction of the words themselves."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from puo_desk.kernel.plain_rows import Writes
from puo_desk.kernel.text import fold_for_search
from tickets.models import Ticket
from tickets.queries.search_language import regconfig_for

INDEXED_CHARACTERS = 20_000
"""As much of a text as search knows; a document beyond a megabyte would be refused by PostgreSQL."""

_VECTOR = (
    "setweight(to_tsvector('simple', %s), '{heading}') || setweight(to_tsvector('simple', %s), '{body}')"
    " || setweight(to_tsvector(%s::regconfig, %s), '{body}')"
)
# The parts are constants of this module; all values are parameters.
_OPEN_SQL = f"""
INSERT INTO tickets_ticketsearch (ticket_id, public_document, full_document)
SELECT %s, document, document FROM (SELECT {_VECTOR.format(heading="A", body="C")} AS document) AS made
ON CONFLICT (ticket_id) DO UPDATE
SET public_document = EXCLUDED.public_document, full_document = EXCLUDED.full_document
"""  # noqa: S608
_OPEN_MANY_SQL = """
INSERT INTO tickets_ticketsearch (ticket_id, public_document, full_document)
SELECT ticket_id, document, document
FROM (
    SELECT ticket_id,
        setweight(to_tsvector('simple', heading), 'A') || setweight(to_tsvector('simple', body), 'C')
        || setweight(to_tsvector(%s::regconfig, body), 'C') AS document
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS words (ticket_id, heading, body)
) AS made
"""
INDEXED_BYTES = 1_000_000
"""PostgreSQL keeps no document beyond 1,048,575 bytes. Words that no longer fit are not found; they are said all the
same. Concatenating with nothing unpacks a stored document, so that its size is the one that counts."""

_ADD_SQL = f"""
UPDATE tickets_ticketsearch AS search
SET full_document = search.full_document || made.document,
    public_document = CASE WHEN %s THEN search.public_document || made.document ELSE search.public_document END
FROM (SELECT setweight(to_tsvector('simple', %s) || to_tsvector(%s::regconfig, %s), 'C') AS document) AS made
WHERE search.ticket_id = %s
  AND pg_column_size(search.full_document || ''::tsvector) + pg_column_size(made.document) < {INDEXED_BYTES}
"""  # noqa: S608


def index_new_ticket(ticket: Ticket, *, body: str, language: str, writes: Writes) -> None:
    """Make a ticket findable by its number, its subject and its first message, once ``writes`` are sent."""
    heading = fold_for_search(f"{ticket.number} {ticket.pk} {ticket.subject}")
    text = fold_for_search(f"{ticket.subject}\n{body}"[:INDEXED_CHARACTERS])
    writes.add(_OPEN_SQL, [ticket.pk, heading, text, regconfig_for(language), text])


def index_new_tickets(words: Mapping[int, tuple[str, str]], *, language: str) -> None:
    """Make many tickets findable at once. ``words`` has a ticket's heading (number, subject) and text by its id."""
    headings = [fold_for_search(heading) for heading, _text in words.values()]
    texts = [fold_for_search(text[:INDEXED_CHARACTERS]) for _heading, text in words.values()]
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_MANY_SQL, [regconfig_for(language), list(words), headings, texts])


def index_words(*, ticket_id: int, text: str, is_public: bool, language: str) -> None:
    """Add words to a ticket's document; those of an internal note are found by the desk only."""
    folded = fold_for_search(text[:INDEXED_CHARACTERS])
    with connection.cursor() as cursor:
        cursor.execute(_ADD_SQL, [is_public, folded, regconfig_for(language), folded, ticket_id])
