"""Known incidents: told once to everybody who is about to ask the same."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from puo_desk.accounts.policies import may
from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.errors import InvalidInput
from tickets.operations.incidents import end_incident, publish_incident
from tickets.policies import visible_tickets
from tickets.queries.classification import list_categories, list_incidents
from tickets.vocabulary import parse_ticket_number
from tickets.web.agent_forms import IncidentForm


@require_safe
@page("queue.view")
def incidents(request: ReaderRequest) -> HttpResponseBase:
    """What goes on, and what has ended lately, each with the number of tickets about it."""
    rows = list_incidents(viewer=request.actor)
    context = {"incidents": rows, "may_manage": may(request.actor, "incident.manage")}
    return render(request, "tickets/incident_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page("incident.manage")
def incident_new(request: ReaderRequest) -> HttpResponseBase:
    """Publish an incident; from a ticket's page its words are there already."""
    number = parse_ticket_number(request.GET.get("ticket", ""))
    ticket = visible_tickets(request.actor).filter(pk=number).first() if number else None
    categories = list_categories()
    if request.method != "POST":
        initial = {"title": ticket.subject[:160], "category": ticket.category_id} if ticket else {}
        form = IncidentForm(categories=categories, initial=initial)
        return render(request, "tickets/incident_new.html", {"form": form, "ticket": ticket})
    form = IncidentForm(request.POST, categories=categories)
    if form.is_valid():
        try:
            incident = publish_incident(
                title=form.cleaned_data["title"],
                public_summary=form.cleaned_data["public_summary"],
                keywords=form.cleaned_data["keywords"],
                category_id=int(form.cleaned_data["category"]) if form.cleaned_data["category"] else None,
                actor=request.actor,
                now=timezone.now(),
            )
        except InvalidInput as refused:
            for name, lines in refused.errors.items():
                form.add_error(name if name in form.fields else None, lines)
        else:
            messages.success(request, _("Users are told of “%(title)s”") % {"title": incident.title})
            return redirect("tickets:incidents")
    return render(request, "tickets/incident_new.html", {"form": form, "ticket": ticket}, status=422)


@require_POST
@page("incident.manage")
def incident_end(request: ReaderRequest, incident_id: int) -> HttpResponseBase:
    """The trouble is over: it is offered to nobody any more."""
    incident = end_incident(incident_id=incident_id, actor=request.actor, now=timezone.now())
    messages.success(request, _("“%(title)s” has ended") % {"title": incident.title})
    return redirect("tickets:incidents")
