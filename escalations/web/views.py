"""The promises panel, fetched anew when its ticket changed."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from escalations.web.panels import promises_context
from puo_desk.accounts.web.access import ReaderRequest, page
from tickets.queries.conversation import get_ticket


@require_safe
@page("sla.explain")
def promises(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    """The panel alone; empty when nothing was ever promised."""
    now = timezone.now()
    context = promises_context(get_ticket(ticket_id, viewer=request.actor), viewer=request.actor, now=now)
    return HttpResponse() if context is None else render(request, "escalations/_promises.html", dict(context))
