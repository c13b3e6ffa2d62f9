"""Following up by itself: chasing a silent requester, resolving, closing. Each step is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.due_work import claim_due, fail
from puo_desk.kernel.models import DueState
from tickets.events import subscribe
from tickets.models import FollowUp, Ticket
from tickets.operations.change import TicketChange, changing_ticket
from tickets.operations.conversation import tell_requester
from tickets.operations.statuses import default_status, move_to
from tickets.rules.follow_up import FollowUpPlan, NextStep, first_step, step_after
from tickets.rules.replay import STATUS_KINDS
from tickets.vocabulary import FollowUpKind, StatusCategory

ACTOR = "follow-up"


def plan() -> FollowUpPlan:
    """How patient this desk is, from its settings (days)."""
    chases = tuple(timedelta(days=days) for days in settings.CHASE_AFTER_DAYS)
    return FollowUpPlan(
        chase_after=chases,
        resolve_after=timedelta(days=settings.RESOLVE_SILENT_AFTER_DAYS),
        close_after=timedelta(days=settings.CLOSE_RESOLVED_AFTER_DAYS),
    )


@subscribe
def plan_follow_up(change: TicketChange) -> None:
    """Arm or disarm the next step whenever a ticket's status changes or the requester writes."""
    statuses = [event for event in change.events if event.kind in STATUS_KINDS]
    if not statuses:
        return
    facts = statuses[-1].data
    _arm(
        change.ticket,
        first_step(plan(), category=facts["new_category"], waiting_on=facts["waiting_on"], since=change.now),
    )


def _arm(ticket: Ticket, step: NextStep | None) -> None:
    if step is None:
        FollowUp.objects.filter(ticket=ticket).delete()
        return
    FollowUp.objects.update_or_create(
        ticket=ticket,
        defaults={
            "kind": step.kind, "step": step.step, "due_at": step.due_at,
            "state": DueState.WAITING, "attempts": 0, "claim_token": None, "claimed_until": None, "last_error": "",
        },
    )  # fmt: skip


def run_due_follow_ups(*, now: datetime, limit: int = 100) -> int:
    """Take the steps that are due, each in a transaction of its own; the number taken.

    A step is claimed before its ticket is locked, and looked at again under the ticket's lock: an answer
    that arrives at the same moment wins.
    """
    taken = 0
    for step in claim_due(FollowUp, limit=limit, now=now):
        try:
            taken += take_step(step, now=now)
        except Exception as error:
            fail(step, error, now=now)
    return taken


def take_step(step: FollowUp, *, now: datetime) -> bool:
    """Take one claimed step: tell the requester, then chase again later, resolve or close. False when it is off.

    Emits: ticket.chased, ticket.resolved or ticket.closed.
    """
    actor = Actor.system(ACTOR)
    with changing_ticket(step.ticket_id, act="ticket.set_status", actor=actor, now=now) as change:
        if not FollowUp.objects.filter(pk=step.pk, claim_token=step.claim_token).exists():
            return False
        with translation.override(change.ticket.requester.language):
            body = _words(step.kind)
        tell_requester(change, body=body, chase_step=step.step if step.kind == FollowUpKind.CHASE else None)
        if step.kind == FollowUpKind.RESOLVE:
            move_to(change, default_status(StatusCategory.RESOLVED), reason="no_answer")
        elif step.kind == FollowUpKind.CLOSE:
            move_to(change, default_status(StatusCategory.CLOSED), reason="no_answer")
        else:
            _arm(change.ticket, step_after(plan(), kind=step.kind, step=step.step, now=now))
    return True


def _words(kind: str) -> str:
    if kind == FollowUpKind.CHASE:
        return _("We are waiting for your answer to go on. Please write here, or tell us that it is solved.")
    if kind == FollowUpKind.RESOLVE:
        return _("We have not heard from you, so we take this as solved. Write here and it is open again.")
    return _("This request is closed now. If the trouble comes back, write here and it is open again.")
