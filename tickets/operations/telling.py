"""Who is told what happens on a ticket.

The requester is told what is said to the requester and how the request stands; an assignee and the
watchers are told what others do. Nobody is told of the own act.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import User
from puo_desk.notifications.extension import register_kind
from puo_desk.notifications.operations.tell import News, tell_many
from tickets.events import subscribe
from tickets.models import TicketEvent, Watcher
from tickets.operations.change import TicketChange
from tickets.policies import may_see
from tickets.vocabulary import MessageKind

_SUBJECT = _("%(subject)s")
_SAID = _("%(subject)s\n\n%(preview)s")

register_kind("ticket.answered", _("%(actor)s answered %(number)s"), _SAID, icon="reply")
register_kind("ticket.desk_wrote", _("The desk wrote on %(number)s"), _SAID, icon="message-square")
register_kind(
    "ticket.requester_wrote", _("%(actor)s wrote on %(number)s"), _SAID, channels=["in_app"], icon="message-square"
)
register_kind("ticket.noted", _("%(actor)s left a note on %(number)s"), _SUBJECT, channels=["in_app"], icon="lock")
register_kind("ticket.assigned", _("%(actor)s assigned %(number)s to you"), _SUBJECT, channels=["in_app"], icon="user")
register_kind(
    "ticket.resolved",
    _("%(number)s is resolved: did it help?"),
    _("%(subject)s\n\nTell us whether it is fixed, or write back and we go on."),
    tone="ok",
    icon="check",
)
register_kind("ticket.closed", _("%(number)s is closed"), _SUBJECT, icon="check")
register_kind(
    "ticket.reopened", _("%(number)s was reopened"), _SUBJECT, channels=["in_app"], tone="warn", icon="refresh-cw"
)
register_kind("ticket.rated", _("%(number)s was rated"), _SUBJECT, channels=["in_app"], icon="star")


@subscribe
def tell_of_change(change: TicketChange) -> None:
    """Queue what people are told of this act: one row each, whatever they do more than once in it."""
    if change.is_new or change.actor.source == "import":
        return
    interested = _interested(change)
    told: dict[int, News] = {}
    for event in change.events:
        for user_id, kind in _audience(change, event, interested).items():
            if user_id != change.actor.user_id:
                told[user_id] = _news(change, event, user_id, kind)
    if told:
        tell_many(list(told.values()), now=change.now)


def _interested(change: TicketChange) -> frozenset[int]:
    """The assignee and the watchers, as far as they may still see the ticket: rights and teams change."""
    kinds = {event.kind for event in change.events}
    if kinds.isdisjoint({"ticket.replied", "ticket.noted", "ticket.reopened", "ticket.rated"}):
        return frozenset()
    ticket = change.ticket
    watches = Q(pk__in=Watcher.objects.filter(ticket=ticket).values("user_id"))
    people = User.objects.filter(watches | Q(pk=ticket.assignee_id)).filter(may_see(ticket))
    return frozenset(people.order_by().values_list("pk", flat=True))


def _audience(change: TicketChange, event: TicketEvent, interested: frozenset[int]) -> dict[int, str]:
    requester = change.ticket.requester_id
    if event.kind == "ticket.replied":
        if event.data["message_kind"] == MessageKind.REQUESTER:
            return dict.fromkeys(interested, "ticket.requester_wrote")
        kind = "ticket.desk_wrote" if event.data["message_kind"] == MessageKind.AUTOMATIC else "ticket.answered"
        return {**dict.fromkeys(interested, kind), requester: kind}
    if event.kind == "ticket.noted":
        return {user_id: "ticket.noted" for user_id in interested if user_id != requester}
    if event.kind == "ticket.assigned":
        return {event.data["new"]: "ticket.assigned"} if event.data["new"] else {}
    if event.kind in ("ticket.resolved", "ticket.closed"):
        return {requester: event.kind}
    if event.kind in ("ticket.reopened", "ticket.rated"):
        return {user_id: event.kind for user_id in interested if user_id != requester}
    return {}


def _news(change: TicketChange, event: TicketEvent, user_id: int, kind: str) -> News:
    ticket = change.ticket
    facts: dict[str, Any] = {
        "number": ticket.number,
        "subject": ticket.subject,
        "actor": change.actor.label,
        "preview": ticket.preview if event.kind == "ticket.replied" else "",
    }
    is_requester = user_id == ticket.requester_id
    return News(
        recipient_id=user_id,
        kind=kind,
        dedupe=f"ticket:{ticket.pk}:{event.seq}",
        about=f"ticket:{ticket.pk}",
        facts=facts,
        url=f"/requests/{ticket.number}/" if is_requester else f"/tickets/{ticket.number}/",
        supersedes_key=f"ticket:{ticket.pk}:status"
        if kind in ("ticket.resolved", "ticket.closed", "ticket.reopened")
        else "",
    )
