"""What the parts of a ticket's page are made from, once for the page, its fragments and its refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puo_desk.accounts.policies import may
from puo_desk.accounts.web.access import ReaderRequest
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.pages.addresses import address
from tickets import extension
from tickets.models import Ticket
from tickets.policies import can
from tickets.queries.conversation import LinkRow
from tickets.queries.workspace import OWN_COUNTED, Workspace, get_workspace
from tickets.vocabulary import SOLVED, Channel, LinkKind
from tickets.web.conversation import show_conversation
from tickets.web.showing import CHANNEL_ICONS, IMPACT_WORDS, URGENCY_WORDS, deadline_of, status_shape

_ACTS = (
    "reply", "note", "assign", "claim", "set_team", "set_category", "set_status", "set_priority", "tag", "rename",
    "resolve", "close", "reopen", "watch", "link",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offered:
    """A button that another app put on the page."""

    code: str
    label: Any
    icon: str
    url: str
    key: str


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A tie to another ticket, in words that fit its direction."""

    ticket_id: int
    number: str
    subject: str
    kind: str
    words: str
    may_untie: bool


_INCOMING: dict[str, Any] = {
    LinkKind.DUPLICATE: gettext_lazy("Has the duplicate"),
    LinkKind.PARENT: gettext_lazy("Part of"),
    LinkKind.CAUSED_BY: gettext_lazy("Cause of"),
}


def _shown_link(link: LinkRow) -> ShownLink:
    words = LinkKind(link.kind).label if link.is_outgoing else _INCOMING.get(link.kind, LinkKind(link.kind).label)
    return ShownLink(
        link.ticket_id,
        link.number,
        link.subject,
        link.kind,
        str(words),
        link.is_outgoing or link.kind == LinkKind.RELATED,
    )


def allowed_acts(ticket: Ticket, viewer: Actor) -> dict[str, bool]:
    """Which buttons are for this viewer on this ticket, by the verb."""
    return {verb: can(viewer, f"ticket.{verb}", ticket) for verb in _ACTS}


def list_query(request: HttpRequest) -> str:
    """The list that the ticket was opened from, as its address says; what belongs to the page itself is left out."""
    kept = request.GET.copy()
    for own in ("part", "have", "since", "mode"):
        kept.pop(own, None)
    return kept.urlencode()


def head_context(space: Workspace, *, request: ReaderRequest, now: datetime) -> dict[str, Any]:
    """The bar above a ticket: what it is, by when, and the acts."""
    ticket = space.ticket
    return {
        "ticket": ticket,
        "status_shape": status_shape(
            ticket.status.code,
            ticket.status.category,
            ticket.status.waiting_on,
            is_taken=ticket.assignee_id is not None,
        ),
        "deadline": deadline_of(ticket, waiting_on=ticket.status.waiting_on, now=now, large=True),
        "may": allowed_acts(ticket, request.actor),
        "is_mine": ticket.assignee_id is not None and ticket.assignee_id == request.actor.user_id,
        "is_solved": ticket.status_category in SOLVED,
        "is_watching": space.is_watching,
        "actions": _offered(extension.actions, ticket, request.actor),
        "query": list_query(request),
        "viewer": request.actor,
        "may_publish": may(request.actor, "incident.manage"),
        "now": now,
    }


def side_context(space: Workspace, *, request: ReaderRequest) -> dict[str, Any]:
    """The column beside the conversation: properties, requester, ties."""
    ticket = space.ticket
    zone = ticket.requester.time_zone
    return {
        "judged": f"{IMPACT_WORDS[ticket.impact]} × {URGENCY_WORDS[ticket.urgency]}",
        "channel_icon": CHANNEL_ICONS.get(ticket.channel, "inbox"),
        "channel_label": dict(Channel.choices).get(ticket.channel, ticket.channel),
        "answers": space.answers,
        "links": [_shown_link(link) for link in space.links],
        "watcher_names": space.watcher_names,
        "requester_zone": zone,
        "requester_open": _own_count(space.requester_open),
        "requester_all": _own_count(space.requester_all),
    }


def _own_count(count: int) -> str:
    return str(count) if count < OWN_COUNTED else f"{OWN_COUNTED - 1}+"


def conversation_context(space: Workspace, *, viewer: Actor, seen_seq: int) -> dict[str, Any]:
    return {"conversation": show_conversation(space.ticket, viewer=viewer, seen_seq=seen_seq), "since_seq": seen_seq}


def composer_context(
    space: Workspace, *, request: ReaderRequest, last_seen_seq: int, mode: str = "reply"
) -> dict[str, Any]:
    """The composer with what the viewer had begun. ``last_seen_seq`` is what the writer has read up to."""
    ticket = space.ticket
    may_reply, may_note = can(request.actor, "ticket.reply", ticket), can(request.actor, "ticket.note", ticket)
    return {
        "reply_text": space.reply_draft,
        "note_text": space.note_draft,
        "mode": "note" if mode == "note" and may_note else "reply",
        "may_reply": may_reply,
        "may_note": may_note,
        "last_seen_seq": last_seen_seq,
        "tools": _offered(extension.composer_tools, ticket, request.actor),
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "to": _("to %(name)s") % {"name": ticket.requester.get_short_name()},
    }


def _offered(parts: Sequence[Any], ticket: Ticket, viewer: Actor) -> list[Offered]:
    found = []
    for part in parts:
        if may(viewer, part.act):
            try:
                found.append(Offered(part.code, part.label, part.icon, address(part.url_name, ticket.pk), part.key))
            except NoReverseMatch:
                extension.log.exception("offered part has no address", part=part.code)
    return found


def parts_context(
    request: ReaderRequest, ticket_id: int, *, now: datetime, since_seq: int | None = None
) -> dict[str, Any]:
    """All parts but the composer and the panels of other apps. ``since_seq`` keeps the divider in its place."""
    space = get_workspace(ticket_id, viewer=request.actor)
    seen = space.seen_seq if since_seq is None else since_seq
    return {
        "space": space,
        **head_context(space, request=request, now=now),
        **side_context(space, request=request),
        **conversation_context(space, viewer=request.actor, seen_seq=seen),
        "local_now": timezone.now(),
    }
