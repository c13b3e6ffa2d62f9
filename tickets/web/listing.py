"""Which tickets an address asks for: view, search text, filters and order, read once for page, bulk and paging."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.http.pagination import Page
from tickets.models import Ticket
from tickets.policies import visible_tickets
from tickets.queries.filters import TicketFilter, filter_tickets
from tickets.queries.queue import SORTS, VIEWS, page_of_tickets, tickets_in_view
from tickets.queries.rows import TicketRow
from tickets.queries.search import page_of_matches, search_tickets
from tickets.vocabulary import COUNT_CAP, parse_ticket_number

MULTIPLE = frozenset({"status", "status_category", "priority", "team", "category", "channel"})
"""Filters that hold several values at once."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of tickets as an address names it. ``query`` is the address again, without paging."""

    view: str
    sort: str
    text: str
    tickets: QuerySet[Ticket]
    filter: TicketFilter
    pairs: tuple[tuple[str, str], ...]

    @property
    def query(self) -> str:
        return urlencode(self.pairs)

    @property
    def is_bare_search(self) -> bool:
        """Whether every match of the text is wanted, newest first: then only a page of them is looked for."""
        names = {name for name, _value in self.pairs}
        return names == {"view", "q"} and self.view == "all" and parse_ticket_number(self.text) is None

    @property
    def is_narrowed(self) -> bool:
        """Whether text or filters hold, so that the view's own count does not."""
        return bool(self.text) or any(name in TicketFilter.names() for name, _value in self.pairs)

    def without(self, name: str, value: str) -> str:
        """The address without one filter."""
        return urlencode([pair for pair in self.pairs if pair != (name, value)])


def default_view(viewer: Actor, *, text: str) -> str:
    """Where a viewer begins: the own team's work; a search looks everywhere."""
    if text:
        return "all"
    return "team" if viewer.team_ids else "open"


def read_listing(params: QueryDict, *, viewer: Actor, now: datetime) -> Listing:
    """The list that a query string names. Raises: InvalidInput for an unknown view."""
    text = params.get("q", "").strip()[:200]
    view = params.get("view") or default_view(viewer, text=text)
    tickets = tickets_in_view(view, viewer=viewer, now=now)
    if text:
        tickets = search_tickets(text, viewer=viewer).filter(VIEWS[view].narrow(viewer, now))
    asked = params.get("sort", "")
    sort = asked if asked in SORTS else VIEWS[view].default_sort
    tickets, chosen = filter_tickets(tickets, _without_blanks(params))
    pairs = [("view", view)]
    if text:
        pairs.append(("q", text))
    if sort != VIEWS[view].default_sort:
        pairs.append(("sort", sort))
    for name in sorted(TicketFilter.names()):
        pairs += [(name, value) for value in dict.fromkeys(params.getlist(name)) if value]
    return Listing(view, sort, text, tickets, chosen, tuple(pairs))


def _without_blanks(params: QueryDict) -> QueryDict:
    """A form sends each of its fields; one left blank asks for nothing."""
    kept = QueryDict(mutable=True)
    for name, values in params.lists():
        if given := [value for value in values if value]:
            kept.setlist(name, given)
    return kept


def page_of(listing: Listing, *, viewer: Actor, cursor: str | None = None) -> tuple[Page[TicketRow], int | None]:
    """A page of the list, and how many tickets it holds up to the cap of all counts, where that is known with it.

    Raises: InvalidInput for a cursor that this list did not give.
    """
    if listing.is_bare_search:
        return page_of_matches(listing.text, viewer=viewer, cursor=cursor)
    return page_of_tickets(listing.tickets, sort=listing.sort, viewer=viewer, cursor=cursor), None


def count_matching(listing: Listing) -> int:
    """How many tickets the list holds, up to the cap of all live counts. One query."""
    return listing.tickets.order_by().values("pk")[:COUNT_CAP].count()


def listed_ids(listing: Listing, *, limit: int) -> list[int]:
    """The first tickets of the list in its order."""
    keyset = SORTS[listing.sort].keyset
    return [
        row["id"] for row in keyset.page(listing.tickets.values("id", "due_order", "waiting_order"), size=limit).rows
    ]


def neighbour_id(listing: Listing, ticket_id: int, *, viewer: Actor, backward: bool) -> int | None:
    """The ticket after (or before) one in the list's order, wherever that one now stands. Two queries."""
    columns = ("id", "due_order", "waiting_order")
    here = visible_tickets(viewer).filter(pk=ticket_id).values(*columns).first()
    if here is None:
        return None
    keyset = SORTS[listing.sort].keyset
    cursor = keyset.cursor(here, backward=backward)
    found = keyset.page(listing.tickets.exclude(pk=ticket_id).values(*columns), cursor=cursor, size=1).rows
    return found[0]["id"] if found else None


@dataclass(frozen=True, slots=True)
class Token:
    """One filter that holds, as the filter bar shows it."""

    name: str
    value: str
    param: str
    raw: str
    remove_url: str


def tokens_of(listing: Listing, *, address: str) -> list[Token]:
    """The filters that hold, in words. At most one query for each filter that names rows."""
    cleaned: dict[str, Any] = listing.filter.form.cleaned_data if listing.filter.is_valid() else {}
    tokens = []
    for param, raw in listing.pairs:
        if param not in TicketFilter.names():
            continue
        label = listing.filter.filters[param].label or param
        tokens.append(
            Token(
                name=str(label).lower(),
                value=_value_words(listing, param, raw, cleaned.get(param)),
                param=param,
                raw=raw,
                remove_url=f"{address}?{listing.without(param, raw)}",
            )
        )
    return tokens


def _value_words(listing: Listing, param: str, raw: str, cleaned: Any) -> str:
    field = listing.filter.form.fields[param]
    if isinstance(cleaned, Model):
        return str(cleaned)
    if isinstance(cleaned, QuerySet):
        to_field = getattr(field, "to_field_name", None) or "pk"
        return next((str(row) for row in cleaned if str(getattr(row, to_field)) == raw), raw)
    if isinstance(cleaned, bool):
        return "✓" if cleaned else "✗"
    choices: Iterable[tuple[Any, Any]] = getattr(field, "choices", ()) if isinstance(cleaned, list) else ()
    return next((str(label) for value, label in choices if str(value) == raw), raw)
