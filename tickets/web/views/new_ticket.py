"""Opening a ticket in somebody's name: a call, a word in the corridor."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puo_desk.accounts.queries.people import PersonChoice, find_people
from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.errors import InvalidInput
from tickets.models import Ticket
from tickets.operations.attachments import store_upload
from tickets.operations.opening import NewTicket, open_ticket
from tickets.queries.classification import field_rules, list_categories
from tickets.web.agent_forms import AgentTicketForm


@require_http_methods(["GET", "HEAD", "POST"])
@page("ticket.open_for")
def new_ticket(request: ReaderRequest) -> HttpResponseBase:
    """Show the form, look for the requester, or open the ticket."""
    sent = request.POST if request.method == "POST" else request.GET
    sought = sent.get("who", "").strip()[:120]
    people = find_people(sought, also=_number(sent.get("requester", ""))) if sought or sent.get("requester") else []
    category = sent.get("category", "")
    options: dict[str, Any] = {
        "categories": list_categories(),
        "rules": field_rules(int(category)) if category.isdecimal() and len(category) < 16 else (),
        "people": people,
    }
    if request.method != "POST" or "find" in request.POST:
        initial: dict[str, Any] = {name: sent.get(name) for name in sent}
        if len(people) == 1:
            initial["requester"] = people[0].id
        return _page(request, AgentTicketForm(initial=initial, **options), people, sought)
    form = AgentTicketForm(request.POST, request.FILES, **options)
    if form.is_valid():
        try:
            ticket = _open(request, form)
        except InvalidInput as refused:
            form.take_refusal(refused)
        else:
            messages.success(request, _("%(number)s is open") % {"number": ticket.number})
            return redirect("tickets:ticket", ticket.pk)
    return _page(request, form, people, sought, status=422)


def _open(request: ReaderRequest, form: AgentTicketForm) -> Ticket:
    given = form.cleaned_data
    return open_ticket(
        NewTicket(
            subject=given["subject"],
            body=given["body"],
            category_id=_number(given["category"]),
            impact=given["impact"],
            urgency=given["urgency"],
            requester_id=given["requester"],
            channel=given["channel"],
            form_answers=form.answers(),
            files=[_stored(request, file) for file in given["files"]],
            field_files={key: _stored(request, file) for key, file in form.answer_files().items()},
        ),
        actor=request.actor,
        now=timezone.now(),
    )


def _stored(request: ReaderRequest, file: UploadedFile) -> UUID:
    return store_upload(file=file, actor=request.actor, now=timezone.now()).key


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _page(
    request: ReaderRequest, form: AgentTicketForm, people: list[PersonChoice], sought: str, *, status: int = 200
) -> HttpResponseBase:
    context = {"form": form, "people": people, "sought": sought}
    finds = request.headers.get("HX-Target") == "requester-found"
    template = "tickets/_requester_found.html" if finds else "tickets/ticket_new.html"
    return render(request, template, context, status=status)
