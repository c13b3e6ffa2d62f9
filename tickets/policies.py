"""Who may see which tickets, and do what to them.

``visible_tickets`` is the only door: pages, search, export, API, live updates and mail go through it.
What a viewer may not see is not found; what a viewer sees but may not do is not permitted.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from puo_desk.accounts.models import User
from puo_desk.accounts.policies import ADMINS, DESK, EVERYBODY, STAFF, declare, declare_scopes, may
from puo_desk.accounts.vocabulary import DESK_ROLES, Role, Scope
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotPermitted
from tickets.models import Attachment, Message, Ticket
from tickets.vocabulary import MessageKind

declare(
    {
        "ticket.view": EVERYBODY,
        "ticket.open": EVERYBODY,
        "ticket.open_for": DESK,
        "ticket.reply": EVERYBODY,
        "ticket.note": STAFF,
        "ticket.view_notes": STAFF,
        "ticket.claim": STAFF,
        "ticket.assign": DESK,
        "ticket.set_status": STAFF,
        "ticket.resolve": STAFF,
        "ticket.close": DESK,
        "ticket.reopen": EVERYBODY,
        "ticket.set_priority": DESK,
        "ticket.set_category": DESK,
        "ticket.set_team": DESK,
        "ticket.rename": DESK,
        "ticket.tag": STAFF,
        "ticket.watch": STAFF,
        "ticket.link": STAFF,
        "ticket.confirm": EVERYBODY,
        "ticket.rate": EVERYBODY,
        "ticket.follow_incident": EVERYBODY,
        "ticket.import": ADMINS,
        "queue.view": STAFF,
        "category.view": EVERYBODY,
        "incident.manage": DESK,
    },
    scope=Scope.TICKETS_WRITE,
)
declare_scopes(
    {
        "ticket.view": Scope.TICKETS_READ,
        "ticket.view_notes": Scope.TICKETS_READ,
        "queue.view": Scope.TICKETS_READ,
        "category.view": Scope.TICKETS_READ,
    }
)

_REQUESTERS_OWN = frozenset({"ticket.confirm", "ticket.rate", "ticket.follow_incident"})
"""Acts that belong to the one who asked, whatever the role."""

PUBLIC_EVENT_KINDS = frozenset(
    {
        "ticket.opened", "ticket.replied", "ticket.status_changed", "ticket.resolved", "ticket.closed",
        "ticket.reopened", "ticket.confirmed", "ticket.rated", "ticket.chased", "ticket.incident_followed",
    }
)  # fmt: skip
"""What a requester is shown of the history; everything else is the desk's own business."""


def visible_tickets(viewer: Actor) -> QuerySet[Ticket]:
    """The tickets that the viewer may know of: the desk all, engineers their teams', everybody own ones."""
    if viewer.is_system or viewer.role in DESK_ROLES:
        return Ticket.objects.all()
    own = Q(requester_id=viewer.user_id)
    if viewer.role == Role.ENGINEER:
        own |= Q(team_id__in=viewer.team_ids) | Q(assignee_id=viewer.user_id)
    return Ticket.objects.filter(own)


def may_see(ticket: Ticket) -> Q:
    """The same door from the other side: the condition on people that they may know of the ticket."""
    people = Q(role__in=DESK_ROLES) | Q(pk=ticket.requester_id)
    engineers = Q(pk=ticket.assignee_id) | Q(memberships__team_id=ticket.team_id, memberships__team_id__isnull=False)
    return people | Q(Exists(User.objects.filter(engineers, pk=OuterRef("pk"), role=Role.ENGINEER)))


def sees_everything_of(viewer: Actor) -> bool:
    """Whether internal notes, agents' names and the full history are for the viewer."""
    return viewer.is_system or may(viewer, "ticket.view_notes")


def sees_desk_facts_of(viewer: Actor) -> bool:
    """Whether a ticket's assignee, team, tags and priority are for the viewer, whatever a token is limited to."""
    return viewer.is_system or viewer.role in STAFF


def visible_messages(viewer: Actor) -> QuerySet[Message]:
    """Messages on visible tickets, without internal notes for those who may not read them."""
    messages = Message.objects.filter(ticket__in=visible_tickets(viewer))
    return messages if sees_everything_of(viewer) else messages.exclude(kind=MessageKind.NOTE)


def visible_attachments(viewer: Actor) -> QuerySet[Attachment]:
    """Files on visible messages, and the viewer's own that are not sent yet."""
    unsent = Q(message=None, uploader_id=viewer.user_id) if viewer.user_id else Q(pk=None)
    return Attachment.objects.filter(Q(message__in=visible_messages(viewer)) | unsent)


def can(actor: Actor, code: str, ticket: Ticket) -> bool:
    """Whether the actor may do the act to this ticket, which the actor is known to see."""
    if not may(actor, code):
        return False
    return actor.is_system or code not in _REQUESTERS_OWN or ticket.requester_id == actor.user_id


def require(actor: Actor, code: str, ticket: Ticket) -> None:
    """Raises: NotPermitted, naming the act, when ``can`` says no."""
    if not can(actor, code, ticket):
        raise NotPermitted(act=code)
