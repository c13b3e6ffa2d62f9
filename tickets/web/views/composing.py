"""Writing on a ticket: replies, notes and their drafts."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.errors import DomainError, InvalidInput, NotFound, NotPermitted
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.times import moment_text
from tickets.models import Attachment
from tickets.operations.attachments import store_upload
from tickets.operations.conversation import (
    NewerMessages,
    note_on_ticket,
    reply_to_ticket,
    save_draft,
)
from tickets.policies import require, visible_attachments
from tickets.queries.classification import default_of, list_statuses
from tickets.queries.conversation import get_ticket
from tickets.queries.workspace import get_workspace
from tickets.vocabulary import BODY_LENGTH, MessageKind, StatusCategory
from tickets.web.views.ticket import ticket_parts
from tickets.web.workspace import composer_context, head_context, list_query

_SEND_INTO = {"pending": StatusCategory.PENDING, "resolved": StatusCategory.RESOLVED}


@require_POST
@page("queue.view")
def say(request: ReaderRequest, ticket_id: int) -> HttpResponseBase:
    """Send a reply or add a note, with its files; a refusal brings back all that was typed."""
    is_note = request.POST.get("kind") == "note"
    body = request.POST.get("note" if is_note else "reply", "")
    ticket = get_ticket(ticket_id, viewer=request.actor)
    require(request.actor, "ticket.note" if is_note else "ticket.reply", ticket)
    files: list[UUID] = []
    try:
        if not body.strip():
            raise InvalidInput({"body": [_("Write something first.")]})
        files = _stored_files(request)
        if is_note:
            note_on_ticket(ticket_id=ticket_id, body=body, actor=request.actor, now=timezone.now(), files=files)
        else:
            _reply(request, ticket_id, body, files)
    except (NotFound, NotPermitted):
        raise
    except DomainError as refused:
        return _composer_again(request, ticket_id, refused, files)
    return _said(request, ticket_id, is_note=is_note)


def _reply(request: ReaderRequest, ticket_id: int, body: str, files: list[UUID]) -> None:
    into = _SEND_INTO.get(request.POST.get("set_status", ""))
    seen = request.POST.get("last_seen_seq", "")
    reply_to_ticket(
        ticket_id=ticket_id,
        body=body,
        actor=request.actor,
        now=timezone.now(),
        files=files,
        set_status=default_of(into, list_statuses()).code if into else None,
        last_seen_seq=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None,
    )


def _stored_files(request: ReaderRequest) -> list[UUID]:
    """The files of this form, kept: those sent now, and those of an attempt that was refused."""
    stored = [
        store_upload(file=file, actor=request.actor, now=timezone.now()).key for file in request.FILES.getlist("files")
    ]
    return _kept_keys(request) + stored


def _kept_keys(request: ReaderRequest) -> list[UUID]:
    keys = []
    for text in request.POST.getlist("kept"):
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return keys


def _kept_files(request: ReaderRequest, keys: list[UUID]) -> list[Attachment]:
    return list(visible_attachments(request.actor).filter(key__in=keys, message=None)) if keys else []


def _said(request: ReaderRequest, ticket_id: int, *, is_note: bool) -> HttpResponseBase:
    if request.headers.get("HX-Request") != "true":
        query = list_query(request)
        url = address("tickets:ticket", ticket_id)
        return redirect(f"{url}?{query}#composer" if query else f"{url}#composer")
    text = _("Note added") if is_note else _("Sent")
    response = ticket_parts(request, ticket_id, extra=_fresh_composer(request, ticket_id))
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text}, "composer-sent": {}})
    return response


def _fresh_composer(request: ReaderRequest, ticket_id: int) -> dict[str, Any]:
    space = get_workspace(ticket_id, viewer=request.actor)
    composer = composer_context(space, request=request, last_seen_seq=space.ticket.last_event_seq)
    return {"with_composer": True, **composer}


def _composer_again(
    request: ReaderRequest, ticket_id: int, refused: DomainError, files: list[UUID]
) -> HttpResponseBase:
    """The composer with the texts as typed, the files kept, and what stands in the way."""
    space = get_workspace(ticket_id, viewer=request.actor)
    context = {
        "space": space,
        **head_context(space, request=request, now=timezone.now()),
        **composer_context(
            space,
            request=request,
            last_seen_seq=space.ticket.last_event_seq,
            mode=request.POST.get("kind", "reply"),
        ),
        "reply_text": request.POST.get("reply", ""),
        "note_text": request.POST.get("note", ""),
        "kept_files": _kept_files(request, files),
    }
    if isinstance(refused, NewerMessages):
        count = int(refused.facts["count"])
        context["notice"] = ngettext(
            "%(n)d newer message arrived. Read it before you send.",
            "%(n)d newer messages arrived. Read them before you send.",
            count,
        ) % {"n": count}
        status = 409
    else:
        context["errors"] = [line for lines in getattr(refused, "errors", {}).values() for line in lines] or [
            str(refused)
        ]
        status = 422
    if request.headers.get("HX-Request") == "true":
        response = render(request, "tickets/_composer.html", context, status=status)
        response.headers["HX-Trigger-After-Settle"] = "ticket-changed"
        return response
    return render(request, "tickets/composer_page.html", context, status=status)


@require_POST
@page("queue.view")
def draft(request: ReaderRequest, ticket_id: int) -> HttpResponseBase:
    """Keep what is being typed; the answer says when it was kept."""
    kind = MessageKind.NOTE if request.POST.get("kind") == "note" else MessageKind.REPLY
    ticket = get_ticket(ticket_id, viewer=request.actor)
    require(request.actor, f"ticket.{kind.value}", ticket)
    body = request.POST.get("note" if kind == MessageKind.NOTE else "reply", "")
    now = timezone.now()
    save_draft(ticket=ticket, kind=kind.value, body=body[:BODY_LENGTH], actor=request.actor, now=now)
    if request.headers.get("HX-Request") != "true":
        messages.success(request, _("Draft saved"))
        return redirect("tickets:ticket", ticket_id)
    said = _("Draft saved %(time)s") % {"time": moment_text(now, now=now, style="time")} if body.strip() else ""
    return HttpResponse(said, content_type="text/plain; charset=utf-8")
