"""Who works on a ticket: assigning, claiming, moving between teams."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import Membership, Team, User
from puo_desk.accounts.vocabulary import STAFF_ROLES
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError, InvalidInput
from tickets.events import TeamChanged, TicketAssigned
from tickets.models import Ticket
from tickets.operations.change import TicketChange, changing_ticket
from tickets.operations.statuses import begin_work


class AlreadyClaimed(DomainError):
    """Somebody else was faster. Facts: ``assignee_id``, ``assignee`` (the name)."""

    code = "already_claimed"

    def __init__(self, winner: User) -> None:
        super().__init__(
            _("%(name)s has taken this ticket already.") % {"name": winner.display_name},
            assignee_id=winner.pk,
            assignee=winner.display_name,
        )


def assign(change: TicketChange, assignee_id: int | None) -> bool:
    """Give the ticket to somebody, or to nobody; False when it is so already."""
    ticket = change.ticket
    old = ticket.assignee_id
    if old == assignee_id:
        return False
    change.record(TicketAssigned(old=old, new=assignee_id))
    change.set(assignee_id=assignee_id, reassigned_count=ticket.reassigned_count + (old is not None))
    return True


def assign_ticket(
    *, ticket_id: int, assignee_id: int | None, actor: Actor, now: datetime, expected_version: int | None = None
) -> Ticket:
    """Give a ticket to an agent, or put it back to nobody (``None``).

    Emits: ticket.assigned. Raises: NotFound, NotPermitted, StaleVersion, InvalidInput.
    """
    with changing_ticket(
        ticket_id, act="ticket.assign", actor=actor, now=now, expected_version=expected_version
    ) as change:
        if assignee_id is not None:
            _working_person(assignee_id)
        assign(change, assignee_id)
    return change.ticket


def claim_ticket(*, ticket_id: int, actor: Actor, now: datetime) -> Ticket:
    """Take a ticket that nobody has. Of two who claim at once one wins, and the other is told who.

    Claiming one's own ticket again changes nothing.
    Emits: ticket.assigned. Raises: NotFound, NotPermitted, AlreadyClaimed, InvalidInput.
    """
    with changing_ticket(ticket_id, act="ticket.claim", actor=actor, now=now) as change:
        holder = change.ticket.assignee_id
        if holder is not None and holder != actor.user_id:
            raise AlreadyClaimed(User.objects.get(pk=holder))
        if actor.user_id is None:
            raise InvalidInput({"assignee": [_("Only a person can claim a ticket.")]})
        assign(change, actor.user_id)
        begin_work(change)
    return change.ticket


def move_to_team(
    *, ticket_id: int, team_id: int | None, actor: Actor, now: datetime, expected_version: int | None = None
) -> Ticket:
    """Move a ticket to another team's queue. An assignee who is not of that team lets go of it.

    Emits: ticket.team_changed, and ticket.assigned when the assignee lets go.
    Raises: NotFound, NotPermitted, StaleVersion, InvalidInput.
    """
    with changing_ticket(
        ticket_id, act="ticket.set_team", actor=actor, now=now, expected_version=expected_version
    ) as change:
        ticket = change.ticket
        if team_id is not None and not Team.objects.filter(pk=team_id, is_active=True).exists():
            raise InvalidInput({"team": [_("There is no active team with this id.")]})
        if ticket.team_id != team_id:
            change.record(TeamChanged(old=ticket.team_id, new=team_id))
            change.set(team_id=team_id)
            if ticket.assignee_id and not _belongs_to(ticket.assignee_id, team_id):
                assign(change, None)
    return change.ticket


def _working_person(user_id: int) -> User:
    person = User.objects.filter(pk=user_id, is_active=True, role__in=STAFF_ROLES).first()
    if person is None:
        raise InvalidInput({"assignee": [_("Choose somebody who works at the desk.")]})
    return person


def _belongs_to(user_id: int, team_id: int | None) -> bool:
    return team_id is not None and Membership.objects.filter(user_id=user_id, team_id=team_id).exists()
