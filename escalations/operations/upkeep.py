"""Bringing promises to what they should be, on purpose: after a policy changed, or when a row was damaged."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from escalations.models import Timer
from escalations.operations.promises import apply_policy, promise, stated, store_timers
from escalations.queries.history import clock_events
from escalations.queries.projection import next_due, replay
from escalations.queries.timers import stored_timers
from puo_desk.accounts.policies import require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.plain_rows import Writes
from tickets.models import Ticket
from tickets.operations.change import TicketChange, changing_ticket


def reapply_policy(*, ticket_id: int, actor: Actor, now: datetime) -> bool:
    """Move a ticket to what the desk's policies promise now; False when that holds already, or it is solved.

    Recomputed from the original start, with all pauses; what is kept or missed already stays. A promise
    that is late only by this is dated at its due instant and told by the next sweep.
    Emits: sla.policy_applied. Raises: NotFound, NotPermitted.
    """
    require(actor, "sla.manage")
    with changing_ticket(ticket_id, act="ticket.view", actor=actor, now=now) as change:
        return change.ticket.is_active and apply_policy(change, clock_events(ticket_id))


def repair_timers(*, ticket_id: int, actor: Actor, now: datetime) -> int:
    """Write what the history says over what is stored; returns how many rows were wrong.

    The history is not touched: nothing happened to the ticket. A timer of which the history knows nothing is
    removed.
    Raises: NotPermitted.
    """
    require(actor, "sla.manage")
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)
        events = clock_events(ticket_id)
        views = replay(events, now=now)
        stored = stored_timers([ticket_id]).get(ticket_id, {})
        unknown = stored.keys() - {(view.metric.value, view.cycle) for view in views}
        Timer.objects.filter(pk__in=[stored[key].row.pk for key in unknown]).delete()
        writes = Writes()
        wrong = len(unknown) + store_timers(ticket_id, views, events=events, stored=stored, now=now, writes=writes)
        writes.send()
        before = stated(ticket)
        due = next_due(views)
        if before != (due.next_due_at, due.metric, due.at_risk_at):
            change = TicketChange(ticket, actor=actor, now=now)
            promise(change, views)
            ticket.save(update_fields=["next_due_at", "next_due_metric", "at_risk_at"])
            wrong += 1
    return wrong
