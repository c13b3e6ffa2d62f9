"""Moving a ticket through its life: status, resolve, confirm, reopen, close, rate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError, InvalidInput
from tickets.events import STATUS_PAYLOADS, FixConfirmed, TicketRated
from tickets.models import Status, Ticket
from tickets.operations.change import TicketChange, changing_ticket
from tickets.rules.transitions import can_transition, event_kind, is_reopening
from tickets.vocabulary import SOLVED, StatusCategory

RATING_COMMENT_LENGTH = 2_000
_ACT_INTO = {StatusCategory.RESOLVED.value: "ticket.resolve", StatusCategory.CLOSED.value: "ticket.close"}


class TransitionRefused(DomainError):
    """The status cannot follow the one the ticket has. Facts: ``old``, ``new`` (categories)."""

    code = "transition_refused"
    message = _("A ticket cannot go from this status to that one. A closed ticket can be reopened.")


class NotSolvedYet(DomainError):
    code = "not_solved_yet"
    message = _("This request is not resolved yet, so there is nothing to confirm or rate.")


def default_status(category: str) -> Status:
    """The status a desk takes when only the category is known."""
    return Status.objects.get(category=category, is_default=True)


def working_status() -> Status:
    """The status of a ticket that somebody works on: the first open one after the status of new tickets."""
    statuses = Status.objects.filter(category=StatusCategory.OPEN, is_active=True).order_by("is_default", "position")
    return statuses[0]


def begin_work(change: TicketChange) -> None:
    """A new ticket that somebody takes or answers is new no longer."""
    if change.ticket.status.category == StatusCategory.OPEN and change.ticket.status.is_default:
        move_to(change, working_status())


def wake(change: TicketChange, *, reason: str) -> None:
    """Bring a waiting or solved ticket back to work; as new when nobody has answered it yet."""
    has_answer = change.ticket.first_replied_at is not None
    move_to(change, working_status() if has_answer else default_status(StatusCategory.OPEN), reason=reason)


def find_status(code: str) -> Status:
    """Raises: InvalidInput when no active status has this code."""
    status = Status.objects.filter(code=code, is_active=True).first()
    if status is None:
        raise InvalidInput({"status": [_("There is no status “%(code)s”.") % {"code": code[:40]}]})
    return status


def act_into(status: Status) -> str:
    """The permission that putting a ticket into this status asks for, whichever way it is done."""
    return _ACT_INTO.get(status.category, "ticket.set_status")


def move_to(change: TicketChange, status: Status, *, reason: str = "") -> bool:
    """Put the ticket into a status and record it; False when it has that status already.

    Raises: TransitionRefused.
    """
    ticket, old = change.ticket, change.ticket.status
    if old.pk == status.pk:
        return False
    if not can_transition(old.category, status.category):
        raise TransitionRefused(old=old.category, new=status.category)
    kind = event_kind(old.category, status.category)
    change.record(
        STATUS_PAYLOADS[kind](
            old=old.code,
            new=status.code,
            old_category=old.category,
            new_category=status.category,
            waiting_on=status.waiting_on,
            reason=reason,
        )
    )
    values: dict[str, Any] = {"status": status, "status_category": status.category}
    if is_reopening(old.category, status.category):
        values |= {"resolved_at": None, "closed_at": None, "reopened_count": ticket.reopened_count + 1}
    elif status.category == StatusCategory.RESOLVED:
        values |= {"resolved_at": change.now, "waiting_since": None}
    elif status.category == StatusCategory.CLOSED:
        values |= {"closed_at": change.now, "waiting_since": None}
    change.set(**values)
    return True


def set_status(
    *, ticket_id: int, status: str, actor: Actor, now: datetime, expected_version: int | None = None, reason: str = ""
) -> Ticket:
    """Put a ticket into the status with this code.

    Emits: ticket.status_changed, ticket.resolved, ticket.closed or ticket.reopened.
    Raises: NotFound, NotPermitted, StaleVersion, InvalidInput, TransitionRefused.
    """
    wanted = find_status(status)
    with changing_ticket(
        ticket_id, act=act_into(wanted), actor=actor, now=now, expected_version=expected_version
    ) as change:
        move_to(change, wanted, reason=reason)
    return change.ticket


def resolve_ticket(*, ticket_id: int, actor: Actor, now: datetime, expected_version: int | None = None) -> Ticket:
    """Say that the work is done. Emits: ticket.resolved. Raises: as ``set_status``."""
    with changing_ticket(
        ticket_id, act="ticket.resolve", actor=actor, now=now, expected_version=expected_version
    ) as change:
        move_to(change, default_status(StatusCategory.RESOLVED))
    return change.ticket


def close_ticket(
    *, ticket_id: int, actor: Actor, now: datetime, expected_version: int | None = None, reason: str = ""
) -> Ticket:
    """End a ticket for good. Emits: ticket.closed. Raises: as ``set_status``."""
    with changing_ticket(
        ticket_id, act="ticket.close", actor=actor, now=now, expected_version=expected_version
    ) as change:
        move_to(change, default_status(StatusCategory.CLOSED), reason=reason)
    return change.ticket


def reopen_ticket(
    *, ticket_id: int, actor: Actor, now: datetime, expected_version: int | None = None, reason: str = ""
) -> Ticket:
    """Bring a solved ticket back to work. Emits: ticket.reopened. Raises: as ``set_status``, NotSolvedYet."""
    with changing_ticket(
        ticket_id, act="ticket.reopen", actor=actor, now=now, expected_version=expected_version
    ) as change:
        if change.ticket.status_category not in SOLVED:
            raise NotSolvedYet
        wake(change, reason=reason)
    return change.ticket


def confirm_fix(*, ticket_id: int, actor: Actor, now: datetime) -> Ticket:
    """The requester says "this fixed it": the ticket closes. Confirming twice is confirming once.

    Emits: ticket.confirmed, ticket.closed. Raises: NotFound, NotPermitted, NotSolvedYet.
    """
    with changing_ticket(ticket_id, act="ticket.confirm", actor=actor, now=now) as change:
        if change.ticket.status_category == StatusCategory.CLOSED:
            return change.ticket
        if change.ticket.status_category != StatusCategory.RESOLVED:
            raise NotSolvedYet
        change.record(FixConfirmed())
        move_to(change, default_status(StatusCategory.CLOSED), reason="confirmed")
    return change.ticket


def rate_ticket(*, ticket_id: int, score: int, comment: str, actor: Actor, now: datetime) -> Ticket:
    """The requester rates the help from 1 (bad) to 5 (very good); a later rating replaces the earlier.

    Emits: ticket.rated. Raises: NotFound, NotPermitted, NotSolvedYet, InvalidInput.
    """
    if not 1 <= score <= 5:
        raise InvalidInput({"score": [_("Choose from 1 to 5.")]})
    if len(comment) > RATING_COMMENT_LENGTH:
        raise InvalidInput({"comment": [_("Keep this below %(limit)d characters.") % {"limit": RATING_COMMENT_LENGTH}]})
    with changing_ticket(ticket_id, act="ticket.rate", actor=actor, now=now) as change:
        if change.ticket.status_category not in SOLVED:
            raise NotSolvedYet
        if (change.ticket.rating, change.ticket.rating_comment) != (score, comment):
            change.record(TicketRated(score=score, has_comment=bool(comment)))
            change.set(rating=score, rating_comment=comment, rated_at=now)
    return change.ticket
