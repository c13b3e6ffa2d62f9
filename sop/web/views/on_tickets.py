"""Procedures on a ticket's page: the panel, the picker of the composer, the outcome."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.errors import InvalidInput
from sop.operations.applying import apply_article_to_ticket, record_outcome
from sop.queries.picker import find_for_picker
from sop.vocabulary import parse_article_number
from sop.web.panels import panel_context
from sop.web.showing import whole_percent
from tickets.models import Draft
from tickets.operations.conversation import save_draft
from tickets.queries.conversation import get_ticket
from tickets.vocabulary import MessageKind


@require_safe
@page("article.apply")
def pick(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    """Choose a procedure for a reply: what fits the ticket, or what is searched for."""
    ticket = get_ticket(ticket_id, viewer=request.actor)
    words = request.GET.get("q", "")
    choices = find_for_picker(ticket, viewer=request.actor, now=timezone.now(), words=words)
    context = {
        "ticket": ticket,
        "words": words,
        "choices": [(choice, whole_percent(choice.effect.solved_share)) for choice in choices],
    }
    template = "sop/pick.html"
    if request.htmx:  # type: ignore[attr-defined]
        template = "sop/_pick_rows.html" if "q" in request.GET else "sop/_picker.html"
    return render(request, template, context)


@require_POST
@page("article.apply")
def apply(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    """Record the use and give the text to the composer; without script it goes into the reply's draft."""
    article_id = parse_article_number(request.POST.get("article", ""))
    if article_id is None:
        raise InvalidInput({"article": [_("Choose a procedure.")]})
    now = timezone.now()
    applied = apply_article_to_ticket(
        article_id=article_id, ticket_id=ticket_id, kind=request.POST.get("kind", ""), actor=request.actor, now=now
    )
    if request.htmx:  # type: ignore[attr-defined]
        answer = render(request, "sop/_inserted.html", {"text": applied.text, "title": applied.use.version.title})
        return trigger_client_event(answer, "ticket-changed")
    _add_to_draft(request, ticket_id, applied.text)
    messages.success(request, _("“%(title)s” is in your reply.") % {"title": applied.use.version.title})
    return redirect("tickets:ticket", ticket_id)


def _add_to_draft(request: ReaderRequest, ticket_id: int, text: str) -> None:
    ticket = get_ticket(ticket_id, viewer=request.actor)
    written = Draft.objects.filter(ticket=ticket, user=request.user, kind=MessageKind.REPLY).values_list(
        "body", flat=True
    )
    begun = (written.first() or "").rstrip()
    body = f"{begun}\n\n{text}" if begun else text
    save_draft(ticket=ticket, kind=MessageKind.REPLY, body=body, actor=request.actor, now=timezone.now())


@require_POST
@page("article.record_outcome")
def outcome(request: ReaderRequest, ticket_id: int, use_id: int) -> HttpResponse:
    """Say whether a procedure helped on this ticket."""
    record_outcome(
        use_id=use_id,
        ticket_id=ticket_id,
        outcome=request.POST.get("outcome", ""),
        actor=request.actor,
        now=timezone.now(),
    )
    if request.htmx:  # type: ignore[attr-defined]
        answer = _panel(request, ticket_id)
        return trigger_client_event(answer, "ticket-changed")
    return redirect("tickets:ticket", ticket_id)


@require_safe
@page("article.apply")
def panel(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    """The panel again, after the ticket has changed."""
    return _panel(request, ticket_id)


def _panel(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    ticket = get_ticket(ticket_id, viewer=request.actor)
    context: dict[str, Any] = {**panel_context(ticket, viewer=request.actor, now=timezone.now()), "ticket": ticket}
    return render(request, "sop/_ticket_panel.html", context)
