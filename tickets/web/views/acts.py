"""Acts on one ticket: a question (GET), the act (POST), and what stands in its way."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.errors import DomainError, InvalidInput, NotFound, NotPermitted, StaleVersion
from puo_desk.kernel.pages.addresses import address
from tickets.models import Ticket
from tickets.policies import require
from tickets.queries.conversation import EventRow, get_ticket, list_events
from tickets.queries.timeline import history_lines
from tickets.vocabulary import ticket_number
from tickets.web.acts import PAGE_ACTS, Doing, PageAct
from tickets.web.listing import neighbour_id, read_listing
from tickets.web.views.ticket import ticket_parts
from tickets.web.workspace import list_query

_HARMLESS = frozenset({"ticket.replied", "ticket.noted", "ticket.chased"})
"""What is said never conflicts with what is set (P6): a message that arrived meanwhile stops no act."""


@require_http_methods(["GET", "HEAD", "POST"])
@page("queue.view")
def act(request: ReaderRequest, ticket_id: int, act: str) -> HttpResponseBase:
    """Ask what an act needs, or do it."""
    if act not in PAGE_ACTS:
        raise Http404
    wanted = PAGE_ACTS[act]
    if request.method != "POST":
        return _ask(request, wanted, ticket_id)
    try:
        _do(request, wanted, ticket_id)
    except StaleVersion:
        return _stale(request, wanted, ticket_id)
    except (NotFound, NotPermitted):
        raise
    except InvalidInput as refused:
        if wanted.asks is None:
            return _refused(request, ticket_id, refused)
        return _ask(request, wanted, ticket_id, errors=[line for lines in refused.errors.values() for line in lines])
    except DomainError as refused:
        return _refused(request, ticket_id, refused)
    return _done(request, wanted, ticket_id)


def _do(request: ReaderRequest, wanted: PageAct, ticket_id: int) -> None:
    version = _posted_number(request, "version")
    now = timezone.now()
    try:
        wanted.does(Doing(ticket_id, request.actor, now, version, request.POST))
    except StaleVersion as stale:
        if any(event.kind not in _HARMLESS for event in _since_seen(request, ticket_id)):
            raise
        current = int(stale.facts["current_version"])
        wanted.does(Doing(ticket_id, request.actor, now, current, request.POST))


def _since_seen(request: ReaderRequest, ticket_id: int) -> list[EventRow]:
    """What happened after the reader looked; the whole history when the form does not say when that was."""
    ticket = get_ticket(ticket_id, viewer=request.actor)
    return list_events(ticket, viewer=request.actor, after_seq=_posted_number(request, "seq") or 0)


def _posted_number(request: ReaderRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _of_htmx(request: ReaderRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _ticket_url(request: ReaderRequest, ticket_id: int) -> str:
    query = list_query(request)
    return address("tickets:ticket", ticket_id) + (f"?{query}" if query else "")


def _ask(
    request: ReaderRequest, wanted: PageAct, ticket_id: int, *, errors: list[str] | None = None
) -> HttpResponseBase:
    """The question as a dialog, or as a page of its own where no script runs."""
    ticket = get_ticket(ticket_id, viewer=request.actor)
    if wanted.asks is None:
        return redirect(_ticket_url(request, ticket_id))
    require(request.actor, wanted.permission, ticket)
    asked = wanted.asks(ticket, request.actor)
    context = _form_context(request, wanted, ticket) | {"asked": asked, "errors": errors or [], **asked.context}
    return _dialog(request, "ask", context, status=422 if errors else 200)


def _form_context(request: ReaderRequest, wanted: PageAct, ticket: Ticket) -> dict[str, Any]:
    query = list_query(request)
    action = address("tickets:act", ticket.pk, wanted.code)
    return {
        "ticket": ticket,
        "act": wanted,
        "action": f"{action}?{query}" if query else action,
        "back": _ticket_url(request, ticket.pk),
        "version": ticket.version,
        "seq": ticket.last_event_seq,
    }


def _dialog(request: ReaderRequest, name: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    template = f"tickets/_{name}.html" if _of_htmx(request) else "tickets/act.html"
    return render(request, template, {**context, "inside": f"tickets/_{name}_form.html"}, status=status)


def _stale(request: ReaderRequest, wanted: PageAct, ticket_id: int) -> HttpResponseBase:
    """What changed since the reader looked, with the choice kept: one press does it all the same."""
    ticket = get_ticket(ticket_id, viewer=request.actor)
    lines = history_lines(_since_seen(request, ticket_id))
    own = {"version", "seq", "csrfmiddlewaretoken", "since"}
    kept = [(name, value) for name, values in request.POST.lists() if name not in own for value in values]
    context = _form_context(request, wanted, ticket) | {"lines": lines[-8:], "kept": kept}
    return _dialog(request, "stale", context, status=409)


def _refused(request: ReaderRequest, ticket_id: int, refused: DomainError) -> HttpResponseBase:
    """A rule stands in the way: the sentence, and the page as it is now."""
    sentences = [line for lines in getattr(refused, "errors", {}).values() for line in lines] or [str(refused)]
    text = " ".join(sentences)
    if not _of_htmx(request):
        messages.error(request, text)
        return redirect(_ticket_url(request, ticket_id))
    response = ticket_parts(request, ticket_id)
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "icon": "triangle-alert", "seconds": 12}})
    return response


def _done(request: ReaderRequest, wanted: PageAct, ticket_id: int) -> HttpResponseBase:
    said = str(wanted.done) % {"number": ticket_number(ticket_id)} if wanted.done else ""
    if request.POST.get("next"):
        return _go_on(request, ticket_id, said)
    if not _of_htmx(request):
        if said:
            messages.success(request, said)
        return redirect(_ticket_url(request, ticket_id))
    response = ticket_parts(request, ticket_id)
    if said:
        response.headers["HX-Trigger"] = json.dumps({"toast": {"text": said}})
    return response


def _go_on(request: ReaderRequest, ticket_id: int, said: str) -> HttpResponseBase:
    """To the next ticket of the list; to the list when this was its last."""
    messages.success(request, said)
    listing = read_listing(request.GET, viewer=request.actor, now=timezone.now())
    found = neighbour_id(listing, ticket_id, viewer=request.actor, backward=False)
    if found is None:
        found = neighbour_id(listing, ticket_id, viewer=request.actor, backward=True)
    target = address("tickets:ticket", found) if found else address("tickets:queue")
    if not found:
        messages.success(request, _("That was the last one of this list."))
    url = f"{target}?{listing.query}"
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if _of_htmx(request) else redirect(url)
