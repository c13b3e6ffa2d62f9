"""The ticket page: what was said, what is promised, what can be done."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from puo_desk.accounts.policies import may
from puo_desk.accounts.web.access import ReaderRequest, page
from tickets.extension import render_panels
from tickets.operations.conversation import mark_read
from tickets.queries.conversation import get_ticket, list_events
from tickets.queries.timeline import history_lines
from tickets.queries.workspace import get_version, get_workspace
from tickets.web.workspace import composer_context, head_context, parts_context, side_context


@require_safe
@page("ticket.view")
def ticket(request: ReaderRequest, ticket_id: int) -> HttpResponseBase:
    """The page; with ``part=all`` its parts as they are now, for a page that stays open."""
    if not may(request.actor, "queue.view"):
        return redirect("tickets:request", get_ticket(ticket_id, viewer=request.actor).pk)
    now = timezone.now()
    if request.GET.get("part") == "all":
        return ticket_parts(request, ticket_id)
    context = parts_context(request, ticket_id, now=now)
    space = context["space"]
    context |= composer_context(
        space, request=request, last_seen_seq=space.ticket.last_event_seq, mode=request.GET.get("mode", "")
    )
    context["panels"] = render_panels(space.ticket, viewer=request.actor, now=now, request=request)
    if space.seen_seq < space.ticket.last_event_seq:
        mark_read(ticket=space.ticket, actor=request.actor)
    return render(request, "tickets/ticket.html", context)


def ticket_parts(
    request: ReaderRequest, ticket_id: int, *, extra: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The parts of the page to be swapped in by their ids. Nothing (204) when the page has this version already."""
    since = request.POST.get("since") or request.GET.get("since", "")
    since_seq = int(since) if since.isascii() and since.isdigit() and len(since) < 10 else None
    if request.method == "GET" and request.GET.get("have") == str(get_version(ticket_id, viewer=request.actor)):
        return HttpResponse(status=204)
    context = parts_context(request, ticket_id, now=timezone.now(), since_seq=since_seq)
    space = context["space"]
    if space.seen_seq < space.ticket.last_event_seq:
        mark_read(ticket=space.ticket, actor=request.actor)
    response = render(request, "tickets/_ticket_parts.html", {**context, **(extra or {}), "oob": True}, status=status)
    response.headers["HX-Trigger-After-Settle"] = "ticket-changed"
    return response


@require_safe
@page("queue.view")
def history(request: ReaderRequest, ticket_id: int) -> HttpResponseBase:
    """Everything that ever happened to the ticket, in order."""
    now = timezone.now()
    space = get_workspace(ticket_id, viewer=request.actor)
    lines = history_lines(list_events(space.ticket, viewer=request.actor))
    context = {
        "space": space,
        **head_context(space, request=request, now=now),
        **side_context(space, request=request),
        "lines": lines,
        "line_count": len(lines),
        "panels": [],
    }
    return render(request, "tickets/ticket_history.html", context)
