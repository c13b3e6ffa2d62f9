"""The front door: each role is led to where its work lies."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from puo_desk.accounts.vocabulary import Role
from puo_desk.accounts.web.access import page


@require_safe
@page("ticket.view")
def home(request: HttpRequest) -> HttpResponse:
    """Requesters to their requests, leads to the queue of their teams, everybody else to the queue."""
    if request.actor.role == Role.REQUESTER:  # type: ignore[attr-defined]
        return redirect("tickets:requests")
    return redirect("tickets:queue")
