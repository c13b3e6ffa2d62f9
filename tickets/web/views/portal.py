"""The requester's side: ask, follow, answer, confirm, rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.errors import DomainError, InvalidInput, NotPermitted
from tickets.extension import promise_previews, render_panels, render_request_helps
from tickets.operations import attachments, conversation, opening, statuses
from tickets.policies import visible_tickets
from tickets.queries import classification
from tickets.queries.conversation import get_ticket, last_seen_seq
from tickets.queries.requests import count_open_requests, page_of_requests
from tickets.rules.priority import priority_of
from tickets.vocabulary import SOLVED, Impact, StatusCategory, Urgency
from tickets.web.conversation import show_conversation
from tickets.web.portal_forms import RatingForm, ReplyForm, RequestForm

SHOWN = ("open", "solved", "all")


@page("ticket.view")
@require_safe
def requests(request: ReaderRequest) -> HttpResponse:
    """The reader's own requests, newest first."""
    shown = request.GET.get("shown", "open")
    if shown not in SHOWN:
        shown = "open"
    rows = page_of_requests(viewer=request.actor, shown=shown, cursor=request.GET.get("cursor") or None)
    parts = [
        {"url": f"?shown={code}", "label": label, "chosen": code == shown}
        for code, label in (("open", _("Open")), ("solved", _("Solved")), ("all", _("All")))
    ]
    context = {"rows": rows, "shown": shown, "parts": parts, "incidents": classification.list_open_incidents()}
    return render(request, "requests/request_list.html", _links(request, context))


@require_http_methods(["GET", "HEAD", "POST"])
@page("ticket.open")
def new_request(request: ReaderRequest) -> HttpResponse:
    """Say what is wrong; the category's questions, a known incident and help appear as one goes."""
    categories = classification.list_categories()
    chosen = request.POST.get("choose") or request.POST.get("category") or request.GET.get("category") or ""
    category_id = int(chosen) if chosen.isdecimal() and len(chosen) < 16 else None
    rules = classification.field_rules(category_id) if category_id else ()
    proposed = _proposed(next((row for row in categories if row.id == category_id), None))
    initial: dict[str, Any] = {"category": chosen, "body": request.GET.get("body", "")[:2_000], **proposed}
    is_sent = request.method == "POST" and "choose" not in request.POST
    if request.method == "POST" and not is_sent:
        initial |= {**request.POST.dict(), "category": chosen, **_unless_chosen(proposed, request.POST)}
    sent = (request.POST, request.FILES) if is_sent else (None, None)
    form = RequestForm(*sent, categories=categories, rules=rules, initial=initial)
    if is_sent and form.is_valid():
        try:
            ticket_id = _open(form, request)
        except InvalidInput as refused:
            form.take_refusal(refused)
        else:
            return redirect("tickets:request", ticket_id=ticket_id)
    context = {
        "form": form,
        "proposed": "x".join(map(str, proposed.values())),
        **_aid(request, request.POST.get("body", initial["body"]), category_id),
    }
    return render(request, "requests/request_new.html", _links(request, context), status=422 if is_sent else 200)


def _proposed(category: classification.CategoryRow | None) -> dict[str, int]:
    """How far it reaches and how urgent it is as long as nobody has said."""
    if category is None:
        return {"impact": Impact.LOW.value, "urgency": Urgency.MEDIUM.value}
    return {"impact": category.default_impact, "urgency": category.default_urgency}


def _unless_chosen(proposed: Mapping[str, int], posted: QueryDict) -> dict[str, int]:
    """Those proposals that the person has not put another choice in place of, while another category was shown."""
    before = dict(zip(proposed, posted.get("proposed", "").split("x"), strict=False))
    return {name: level for name, level in proposed.items() if posted.get(name, "") in ("", before.get(name))}


def _open(form: RequestForm, request: ReaderRequest) -> int:
    given = form.cleaned_data
    now = timezone.now()
    answers = form.answer_files()
    keys = _store(given["files"], request)
    field_files = dict(zip(answers, _store(list(answers.values()), request), strict=True))
    ticket = opening.open_ticket(
        opening.NewTicket(
            subject="",
            body=given["body"],
            category_id=int(given["category"]) if given["category"] else None,
            impact=given["impact"],
            urgency=given["urgency"],
            form_answers=form.answers(),
            files=keys,
            field_files=field_files,
            incident_id=given["incident"],
        ),
        actor=request.actor,
        now=now,
    )
    return ticket.pk


def _store(files: Sequence[UploadedFile], request: ReaderRequest) -> list[UUID]:
    now = timezone.now()
    return [attachments.store_upload(file=file, actor=request.actor, now=now).key for file in files]


@page("ticket.open")
@require_POST
def request_aid(request: ReaderRequest) -> HttpResponse:
    """What may solve it now, for what was typed so far: an incident, procedures, the category, the promise."""
    chosen = request.POST.get("category", "")
    category_id = int(chosen) if chosen.isdecimal() and len(chosen) < 16 else None
    return render(request, "requests/_aid.html", _aid(request, request.POST.get("body", ""), category_id))


def _aid(request: ReaderRequest, text: str, category_id: int | None) -> dict[str, Any]:
    text = text[:2_000]
    guesses = classification.find_categories_for(text) if text.strip() and category_id is None else []
    return {
        "now": timezone.now(),
        "incidents": classification.find_incidents_for(text) if text.strip() else [],
        "guess": next((row for row in guesses if not row.has_children), None),
        "helps": render_request_helps(text, viewer=request.actor),
        "promises": _promises(request, category_id),
    }


def _promises(request: ReaderRequest, category_id: int | None) -> list[Mapping[str, Any]]:
    """What would be promised for the request as it is filled in."""
    category = next((row for row in classification.list_categories() if row.id == category_id), None)
    levels = {name: request.POST.get(name, "") for name in ("impact", "urgency")}
    filled = _proposed(category) | {name: int(level) for name, level in levels.items() if level in ("1", "2", "3")}
    made = [
        preview.context(
            category_id=category_id,
            team_id=category.team_id if category else None,
            priority=priority_of(filled["impact"], filled["urgency"]),
            channel="web",
            now=timezone.now(),
        )
        for preview in promise_previews
    ]
    return [context for context in made if context is not None]


@page("ticket.view")
@require_safe
def request_page(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    """One request with its conversation, in plain words."""
    return _request_page(request, ticket_id, ReplyForm())


def _request_page(
    request: ReaderRequest, ticket_id: int, form: ReplyForm, *, status: int = 200, notice: Any = ""
) -> HttpResponse:
    viewer, now = request.actor, timezone.now()
    ticket = get_ticket(ticket_id, viewer=viewer)
    if ticket.requester_id != viewer.user_id:
        return redirect("tickets:ticket", ticket_id=ticket_id)
    seen = last_seen_seq(ticket, viewer=viewer)
    context = {
        "ticket": ticket,
        "conversation": show_conversation(ticket, viewer=viewer, seen_seq=seen, to_requester=True),
        "form": form,
        "rating_form": RatingForm(initial={"score": ticket.rating, "comment": ticket.rating_comment}),
        "is_solved": ticket.status_category in SOLVED,
        "is_resolved": ticket.status_category == StatusCategory.RESOLVED,
        "waits_for_me": ticket.status.waiting_on == "requester",
        "panels": render_panels(ticket, viewer=viewer, now=now, place="promise", request=request),
        "notice": notice,
        "now": now,
    }
    if ticket.last_event_seq > seen:
        conversation.mark_read(ticket=ticket, actor=viewer)
    template = "requests/_request.html" if _wants_fragment(request) else "requests/request_page.html"
    return render(request, template, _links(request, context), status=status)


@page("ticket.reply")
@require_POST
def reply(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    """Add a message to one's own request."""
    _own(request, ticket_id)
    form = ReplyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _request_page(request, ticket_id, form, status=422)
    try:
        conversation.reply_to_ticket(
            ticket_id=ticket_id,
            body=form.cleaned_data["body"],
            files=_store(form.cleaned_data["files"], request),
            actor=request.actor,
            now=timezone.now(),
        )
    except DomainError as refused:
        return _request_page(request, ticket_id, form, status=422, notice=refused.message)
    return _done(request, ticket_id)


@page("ticket.confirm")
@require_POST
def confirm(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    """This fixed it."""
    _own(request, ticket_id)
    statuses.confirm_fix(ticket_id=ticket_id, actor=request.actor, now=timezone.now())
    return _done(request, ticket_id)


@page("ticket.reopen")
@require_POST
def still_broken(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    """It is still broken: what is written says how, and the request is open again."""
    _own(request, ticket_id)
    body = request.POST.get("body", "").strip() or _("It is still broken.")
    conversation.reply_to_ticket(ticket_id=ticket_id, body=body, actor=request.actor, now=timezone.now())
    return _done(request, ticket_id)


@page("ticket.rate")
@require_POST
def rate(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    """Rate the help, from 1 to 5, with a word."""
    _own(request, ticket_id)
    form = RatingForm(request.POST)
    if form.is_valid():
        statuses.rate_ticket(ticket_id=ticket_id, actor=request.actor, now=timezone.now(), **form.cleaned_data)
        return _done(request, ticket_id)
    return _request_page(request, ticket_id, ReplyForm(), status=422, notice=_("Choose from 1 to 5 stars."))


def _own(request: ReaderRequest, ticket_id: int) -> None:
    """These pages are for one's own requests; the desk's acts on others' live on the ticket page."""
    get_ticket(ticket_id, viewer=request.actor)
    if not visible_tickets(request.actor).filter(pk=ticket_id, requester_id=request.actor.own_id).exists():
        raise NotPermitted(_("This is not your own request. Work on it from the ticket page."))


def _done(request: ReaderRequest, ticket_id: int) -> HttpResponse:
    if _wants_fragment(request):
        return _request_page(request, ticket_id, ReplyForm())
    return redirect("tickets:request", ticket_id=ticket_id)


def _wants_fragment(request: ReaderRequest) -> bool:
    return request.headers.get("HX-Target") in ("request", "request-page")


def _links(request: ReaderRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the portal's bar shows beside the page's own context."""
    return {"open_requests": count_open_requests(viewer=request.actor), "path": request.path, **context}
