"""One act on all selected tickets: the question, then a result for each row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from puo_desk.accounts.policies import require
from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.pages.addresses import address
from tickets.models import Status, Ticket
from tickets.operations.bulk import RowResult, act_on_each
from tickets.policies import visible_tickets
from tickets.vocabulary import StatusCategory, ticket_number
from tickets.web.acts import PAGE_ACTS, Asked, Doing, PageAct
from tickets.web.listing import listed_ids, read_listing
from tickets.web.views.queue import BULK_AT_MOST

_BULK_ACTS = ("assign", "claim", "status", "priority", "tag")


@require_POST
@page("queue.view")
def bulk(request: ReaderRequest) -> HttpResponseBase:
    """Ask what the act needs, or do it to each selected ticket and say what became of each."""
    code = request.POST.get("act", "")
    if code not in _BULK_ACTS:
        raise Http404
    act = PAGE_ACTS[code]
    require(request.actor, act.permission)
    ticket_ids = _selected(request)
    if not ticket_ids:
        return redirect(_back(request))
    if act.asks is not None and not request.POST.get("chosen"):
        return _ask(request, act, ticket_ids)
    return _do(request, act, ticket_ids)


def _selected(request: ReaderRequest) -> list[int]:
    """The chosen tickets, or all that match the list; the viewer's own sight narrows both."""
    if request.POST.get("all"):
        listing = read_listing(QueryDict(request.POST.get("listing", "")), viewer=request.actor, now=timezone.now())
        return listed_ids(listing, limit=BULK_AT_MOST)
    asked = [word for word in request.POST.getlist("ticket") if word.isascii() and word.isdigit() and len(word) < 16]
    return [int(word) for word in dict.fromkeys(asked)][:BULK_AT_MOST]


def _ask(request: ReaderRequest, act: PageAct, ticket_ids: Sequence[int]) -> HttpResponseBase:
    asked = act.asks(_anything(), request.actor) if act.asks else Asked()
    context = {
        "act": act,
        "asked": asked,
        "ticket_ids": ticket_ids,
        "listing_query": request.POST.get("listing", ""),
        "takes_all": request.POST.get("all", ""),
        "back": _back(request),
        **asked.context,
    }
    template = "tickets/_bulk_ask.html" if _of_htmx(request) else "tickets/bulk_page.html"
    return render(request, template, {**context, "inside": "tickets/_bulk_form.html"})


def _anything() -> Ticket:
    """What a question is asked about when many are chosen: nothing is current, everything can be chosen."""
    return Ticket(
        status=Status(code="", category=StatusCategory.OPEN),
        status_category=StatusCategory.OPEN,
        impact=0,
        urgency=0,
        tag_names=[],
    )


def _do(request: ReaderRequest, act: PageAct, ticket_ids: Sequence[int]) -> HttpResponseBase:
    now = timezone.now()

    def one(ticket_id: int) -> Any:
        return act.does(Doing(ticket_id, request.actor, now, None, request.POST))

    results = act_on_each(ticket_ids, one)
    context = {
        "act": act,
        "done": sum(1 for result in results if result.is_done),
        "refused": _named(request, [result for result in results if not result.is_done]),
        "back": _back(request),
        "capped": bool(request.POST.get("all")) and len(ticket_ids) == BULK_AT_MOST,
        "most": BULK_AT_MOST,
    }
    if not _of_htmx(request):
        return render(request, "tickets/bulk_page.html", {**context, "inside": "tickets/_bulk_result.html"})
    response = render(request, "tickets/_bulk_done.html", context)
    said = _("%(n)d changed") % {"n": context["done"]}
    triggers: dict[str, Any] = {"queue-changed": {}}
    if not context["refused"]:
        triggers["toast"] = {"text": said}
    response.headers["HX-Trigger"] = json.dumps(triggers)
    return response


def _named(request: ReaderRequest, refused: Sequence[RowResult]) -> list[dict[str, Any]]:
    subjects = dict(
        visible_tickets(request.actor)
        .filter(pk__in=[result.ticket_id for result in refused])
        .values_list("pk", "subject")
    )
    return [
        {
            "id": result.ticket_id,
            "number": ticket_number(result.ticket_id),
            "subject": subjects.get(result.ticket_id, ""),
            "why": result.refusal,
        }
        for result in refused
    ]


def _back(request: ReaderRequest) -> str:
    query = QueryDict(request.POST.get("listing", "")).urlencode()
    return f"{address('tickets:queue')}?{query}" if query else address("tickets:queue")


def _of_htmx(request: ReaderRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
