"""The queue: what to do next, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from puo_desk.accounts.policies import may
from puo_desk.accounts.queries.people import list_assignable_people, list_teams
from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.pages.addresses import address
from tickets.policies import visible_tickets
from tickets.queries.classification import list_categories, list_statuses
from tickets.queries.queue import COUNTED_VIEWS, SORTS, VIEWS
from tickets.queries.rows import rows_of
from tickets.vocabulary import Channel, Priority, parse_ticket_number
from tickets.web.listing import Listing, count_matching, neighbour_id, page_of, read_listing, tokens_of
from tickets.web.rail import capped, view_counts
from tickets.web.showing import grouped_rows, shown_rows

BULK_AT_MOST = 500
LIVE_ROWS_AT_MOST = 200


@require_safe
@page("queue.view")
def queue(request: ReaderRequest) -> HttpResponseBase:
    """A page of the queue; with ``live`` only what has changed of it, for a page that stays open."""
    if found := _named_ticket(request):
        return redirect("tickets:ticket", found)
    now = timezone.now()
    listing = read_listing(request.GET, viewer=request.actor, now=now)
    request.queue_view = listing.view  # type: ignore[attr-defined]
    if "live" in request.GET:
        return _live(request, listing, now)
    window, known = page_of(listing, viewer=request.actor, cursor=request.GET.get("cursor") or None)
    takes_all = "all" in request.GET
    total = _total(request, listing) if known is None else capped(known)
    rows = shown_rows(window.rows, viewer=request.actor, now=now, query=listing.query, are_chosen=takes_all)
    context = {
        "listing": listing,
        "view": VIEWS[listing.view],
        "groups": grouped_rows(rows, by_need=listing.sort == "due" and listing.view != "all", now=now),
        "shown": len(rows),
        "total": total,
        "older": window.next,
        "newer": window.previous,
        "tokens": tokens_of(listing, address=address("tickets:queue")),
        "errors": [line for lines in listing.filter.errors.values() for line in lines],
        "sorts": SORTS.values(),
        "views": VIEWS.values(),
        "empty": None if rows else _empty(listing),
        "takes_all": takes_all,
        "bulk_number": BULK_AT_MOST if not isinstance(total, int) or total > BULK_AT_MOST else total,
        "may_open_for": may(request.actor, "ticket.open_for"),
        "bulk_acts": bulk_acts(request),
        "now": now,
    }
    if "filters" in request.GET:
        context |= _filter_choices(listing)
    return render(request, _template(request), context)


def _template(request: ReaderRequest) -> str:
    if request.headers.get("HX-Request") != "true" or request.headers.get("HX-Boosted") == "true":
        return "tickets/ticket_list.html"
    part = request.headers.get("HX-Target", "")
    return "tickets/_filters.html" if part == "filters" else "tickets/_ticket_rows.html"


def _named_ticket(request: ReaderRequest) -> int | None:
    """The ticket whose whole number was typed, when the reader may see it."""
    text = request.GET.get("q", "").strip()
    number = parse_ticket_number(text) if "-" in text else None
    if number is None or not visible_tickets(request.actor).filter(pk=number).exists():
        return None
    return number


def _total(request: ReaderRequest, listing: Listing) -> int | str:
    if listing.is_narrowed or listing.view not in COUNTED_VIEWS:
        return capped(count_matching(listing))
    return capped(view_counts(request, request.actor)[listing.view])


def bulk_acts(request: ReaderRequest) -> list[tuple[str, str, str, str]]:
    """What the bulk bar offers to this reader: code, word, icon, key."""
    offered = (
        ("assign", "ticket.assign", _("Assign"), "user-plus", "a"),
        ("claim", "ticket.claim", _("Take"), "hand", "i"),
        ("status", "ticket.set_status", _("Status"), "status-progress", "s"),
        ("priority", "ticket.set_priority", _("Priority"), "flag", "p"),
        ("tag", "ticket.tag", _("Tag"), "tag", "l"),
    )
    return [(code, word, icon, key) for code, act, word, icon, key in offered if may(request.actor, act)]


def _filter_choices(listing: Listing) -> dict[str, Any]:
    return {
        "filters_open": True,
        "chosen": {name: [value for key, value in listing.pairs if key == name] for name, _v in listing.pairs},
        "statuses": list_statuses(),
        "priorities": Priority.choices,
        "channels": Channel.choices,
        "teams": list_teams(),
        "people": list_assignable_people(),
        "categories": list_categories(),
    }


def _live(request: ReaderRequest, listing: Listing, now: Any) -> HttpResponse:
    """The rows that a page shows as they are now, how many more the list has, and all counts."""
    shown = {int(word) for word in request.GET.get("rows", "").split(",")[:LIVE_ROWS_AT_MOST] if _is_id(word)}
    first = not request.GET.get("cursor")
    current = {row.id: row for row in page_of(listing, viewer=request.actor)[0].rows} if first else {}
    missing = shown - current.keys()
    rows = [row for row in current.values() if row.id in shown]
    if missing:
        seen = visible_tickets(request.actor).filter(pk__in=missing).values_list("pk", flat=True)
        rows += rows_of(list(seen), viewer=request.actor)
    context = {
        "rows": shown_rows(rows, viewer=request.actor, now=now, query=listing.query),
        "new": len(current.keys() - shown) if len(shown) < 2 * len(current) + 50 else 0,
        "counts": {f"count-{code}": capped(count) for code, count in view_counts(request, request.actor).items()},
        "total": _total(request, listing),
        "listing": listing,
        "now": now,
    }
    return render(request, "tickets/_ticket_rows_live.html", context)


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 16


@dataclass(frozen=True, slots=True)
class Emptiness:
    """What stands where no ticket is, and the next thing to do."""

    title: str
    text: str
    icon: str
    action_label: str = ""
    action_url: str = ""


def _empty(listing: Listing) -> Emptiness:
    home = address("tickets:queue")
    if listing.is_narrowed:
        text = _("Nothing in “%(view)s” matches what you asked for.") % {"view": VIEWS[listing.view].label}
        if listing.view == "all":
            return Emptiness(_("No ticket matches"), text, "search", _("Clear the search"), f"{home}?view=all")
        everywhere = urlencode({"view": "all", "q": listing.text})
        wider = f"{home}?{everywhere}" if listing.text else f"{home}?view={listing.view}"
        label = _("Search all tickets") if listing.text else _("Remove the filters")
        return Emptiness(_("No ticket matches"), text, "search", label, wider)
    unassigned = (_("Show unassigned"), f"{home}?view=unassigned")
    all_open = (_("Show all open"), f"{home}?view=open")
    return {
        "mine": Emptiness(
            _("Nothing is waiting for you"), _("What you take or are given stands here, most urgent first."),
            "circle-check", *unassigned,
        ),
        "unassigned": Emptiness(
            _("Everything is taken"), _("New requests without an agent appear here by themselves."),
            "circle-check", *all_open,
        ),
        "team": Emptiness(
            _("Your team has no open ticket"), _("New requests to your team appear here by themselves."),
            "circle-check", *unassigned,
        ),
        "at_risk": Emptiness(
            _("No promise is at risk"), _("Tickets appear here when most of their time is used."),
            "circle-check", *all_open,
        ),
        "breached": Emptiness(
            _("No promise is broken"), _("A ticket that passes its deadline appears here at once."),
            "circle-check", *all_open,
        ),
        "waiting": Emptiness(
            _("Nothing waits for others"), _("Tickets that wait for an answer from outside stand here."),
            "circle-check", *all_open,
        ),
        "open": Emptiness(
            _("No open ticket"), _("Every request is solved. New ones appear here by themselves."), "circle-check"
        ),
        "all": Emptiness(_("No ticket yet"), _("The first request appears here by itself."), "inbox"),
    }[listing.view]  # fmt: skip


@require_safe
@page("queue.view")
def search(request: ReaderRequest) -> HttpResponseBase:
    """The queue's "All tickets" with a text; a ticket's number leads to the ticket."""
    if found := _named_ticket(request):
        return redirect("tickets:ticket", found)
    query = request.GET.copy()
    query.setdefault("view", "all")
    return redirect(f"{address('tickets:queue')}?{query.urlencode()}")


@require_safe
@page("queue.view")
def neighbour(request: ReaderRequest, ticket_id: int, way: str) -> HttpResponseBase:
    """From a ticket to the next or previous one of the list it was opened from."""
    listing = read_listing(request.GET, viewer=request.actor, now=timezone.now())
    found = neighbour_id(listing, ticket_id, viewer=request.actor, backward=way == "previous")
    if found is None:
        return redirect(f"{address('tickets:queue')}?{listing.query}")
    return redirect(f"{address('tickets:ticket', found)}?{listing.query}")
