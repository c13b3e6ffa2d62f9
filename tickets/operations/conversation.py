"""Saying something on a ticket: public replies, the requester's messages, internal notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError
from tickets.events import RequesterChased
from tickets.models import Draft, Message, ReadMark, Ticket
from tickets.operations.attachments import claim_files
from tickets.operations.change import TicketChange, changing_ticket
from tickets.operations.search_documents import index_words
from tickets.operations.statuses import act_into, begin_work, find_status, move_to, wake
from tickets.operations.writing import checked_body, write_message
from tickets.policies import require
from tickets.vocabulary import SOLVED, Channel, MessageKind, StatusCategory, WaitingOn


class TicketIsClosed(DomainError):
    """Somebody who does not work on the ticket writes to a closed one; reopening says that it goes on."""

    code = "ticket_is_closed"
    message = _("This ticket is closed. Reopen it, then reply.")


def reply_to_ticket(
    *,
    ticket_id: int,
    body: str,
    actor: Actor,
    now: datetime,
    files: Sequence[UUID] = (),
    set_status: str | None = None,
    channel: str = Channel.WEB,
    external_id: str = "",
    last_seen_seq: int | None = None,
) -> Message:
    """Say something that the requester reads. From the requester it wakes a waiting or resolved ticket.

    ``set_status`` is the status code a reply leaves the ticket in, from those who may set it by itself.
    ``last_seen_seq`` is the newest event the writer saw: when newer public messages have arrived the reply is
    refused once, so that nobody answers past them.
    Emits: ticket.replied, and the status event when the status changes.
    Raises: NotFound, NotPermitted, InvalidInput, TicketIsClosed, NewerMessages, TransitionRefused, ExternalIdTaken.
    """
    text = checked_body(body)
    with changing_ticket(ticket_id, act="ticket.reply", actor=actor, now=now) as change:
        ticket = change.ticket
        is_requester = ticket.requester_id == actor.user_id
        if last_seen_seq is not None:
            _refuse_past_newer(ticket, actor, last_seen_seq)
        if ticket.status_category == StatusCategory.CLOSED and not is_requester:
            raise TicketIsClosed
        kind = MessageKind.REQUESTER if is_requester else MessageKind.REPLY
        message = write_message(change, kind=kind, body=text, channel=channel, external_id=external_id)
        claim_files(message, keys=files, field_keys={}, actor=actor)
        index_words(ticket_id=ticket.pk, text=text, is_public=True, language=actor.language)
        if is_requester:
            _hear_requester(change, set_status)
        else:
            _answer_requester(change, set_status)
        _forget_draft(ticket, actor, MessageKind.REPLY)
    return message


class NewerMessages(DomainError):
    """Messages arrived after the writer looked. Facts: ``count``, ``last_seq``."""

    code = "newer_messages"
    message = _("Newer messages have arrived. Read them, then send again.")


def _refuse_past_newer(ticket: Ticket, actor: Actor, last_seen_seq: int) -> None:
    newer = ticket.messages.filter(event_seq__gt=last_seen_seq).exclude(kind=MessageKind.NOTE)
    newer = newer.exclude(author_id=actor.user_id)
    if count := newer.count():
        raise NewerMessages(count=count, last_seq=ticket.last_event_seq)


def _hear_requester(change: TicketChange, status_code: str | None) -> None:
    """The requester wrote: what was solved or waiting is work again, and the wait for an answer begins.

    Somebody of the desk who asked may say in the same breath where that leaves the ticket.
    """
    ticket = change.ticket
    waits = ticket.status.waiting_on == WaitingOn.REQUESTER
    if ticket.status_category in SOLVED or (waits and not status_code):
        wake(change, reason="requester_wrote")
    change.set(waiting_since=ticket.waiting_since or change.now)
    _leave_in(change, status_code)


def _answer_requester(change: TicketChange, status_code: str | None) -> None:
    ticket = change.ticket
    change.set(first_replied_at=ticket.first_replied_at or change.now, waiting_since=None)
    begin_work(change)
    _leave_in(change, status_code)


def _leave_in(change: TicketChange, status_code: str | None) -> None:
    if status_code:
        status = find_status(status_code)
        require(change.actor, act_into(status), change.ticket)
        move_to(change, status)


def note_on_ticket(
    *,
    ticket_id: int,
    body: str,
    actor: Actor,
    now: datetime,
    files: Sequence[UUID] = (),
    channel: str = Channel.WEB,
    external_id: str = "",
) -> Message:
    """Say something among agents. The requester never sees it on any path.

    Emits: ticket.noted. Raises: NotFound, NotPermitted, InvalidInput, ExternalIdTaken.
    """
    text = checked_body(body)
    with changing_ticket(ticket_id, act="ticket.note", actor=actor, now=now) as change:
        message = write_message(change, kind=MessageKind.NOTE, body=text, channel=channel, external_id=external_id)
        claim_files(message, keys=files, field_keys={}, actor=actor)
        index_words(ticket_id=ticket_id, text=text, is_public=False, language=actor.language)
        _forget_draft(change.ticket, actor, MessageKind.NOTE)
    return message


def tell_requester(change: TicketChange, *, body: str, chase_step: int | None = None) -> Message:
    """A step the desk takes by itself, told to the requester in the conversation.

    It is no answer of a person: it neither counts as a response nor ends the wait for one.
    """
    message = write_message(change, kind=MessageKind.AUTOMATIC, body=body, channel=Channel.OTHER)
    if chase_step is not None:
        change.record(RequesterChased(step=chase_step))
    return message


def _forget_draft(ticket: Ticket, actor: Actor, kind: str) -> None:
    Draft.objects.filter(ticket=ticket, user_id=actor.own_id, kind=kind).delete()


def save_draft(*, ticket: Ticket, kind: str, body: str, actor: Actor, now: datetime) -> None:
    """Keep what somebody has typed; an empty text forgets it."""
    if not body.strip():
        _forget_draft(ticket, actor, kind)
        return
    Draft.objects.update_or_create(
        ticket=ticket, user_id=actor.own_id, kind=kind, defaults={"body": body, "saved_at": now}
    )


def mark_read(*, ticket: Ticket, actor: Actor) -> None:
    """Remember that somebody has seen the ticket as it stands."""
    ReadMark.objects.bulk_create(
        [ReadMark(ticket=ticket, user_id=actor.own_id, seq=ticket.last_event_seq)],
        update_conflicts=True,
        unique_fields=["user", "ticket"],
        update_fields=["seq"],
    )
