"""Putting a message on a ticket, whatever act it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puo_desk.kernel.errors import DomainError, InvalidInput
from puo_desk.kernel.pages.markdown import plain_text_preview, render_markdown
from puo_desk.kernel.plain_rows import insert_rows
from puo_desk.kernel.text import normalise_text
from tickets.events import TicketNoted, TicketReplied
from tickets.models import Message
from tickets.operations.change import LABEL_LENGTH, TicketChange
from tickets.vocabulary import BODY_LENGTH, PREVIEW_LENGTH, MessageKind


class ExternalIdTaken(DomainError):
    """What another system calls by this id is here already. Facts: ``external_id``."""

    code = "external_id_taken"
    message = gettext_lazy("This external id was sent before. What it names is here already.")


@contextmanager
def taking_external_id(external_id: str) -> Iterator[None]:
    """Write what another system may send twice: a unique constraint decides, also between two at once.

    Raises: ExternalIdTaken.
    """
    if not external_id:
        yield
        return
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        if "per_external_id" in str(clash):
            raise ExternalIdTaken(external_id=external_id) from clash
        raise


def checked_body(body: str) -> str:
    """The text as it is kept. Raises: InvalidInput when it is empty or too long."""
    text = normalise_text(body).strip()
    if not text:
        raise InvalidInput({"body": [_("Write something first.")]})
    if len(text) > BODY_LENGTH:
        raise InvalidInput({"body": [_("Keep this below %(limit)d characters.") % {"limit": BODY_LENGTH}]})
    return text


def write_message(change: TicketChange, *, kind: str, body: str, channel: str, external_id: str = "") -> Message:
    """Store a message and, but for the one that opens a ticket, record that it was said.

    The opening message carries the sequence of ``ticket.opened`` and is stored with its ticket. Its author is who
    acts, or the requester when somebody else opened the ticket in the requester's name.
    Raises: ExternalIdTaken.
    """
    ticket, actor = change.ticket, change.actor
    speaks_for_requester = kind == MessageKind.REQUESTER and actor.user_id != ticket.requester_id
    message = Message(
        ticket=ticket,
        kind=kind,
        author_id=ticket.requester_id if speaks_for_requester else actor.user_id,
        author_label=(ticket.requester.display_name if speaks_for_requester else actor.label)[:LABEL_LENGTH],
        body=body,
        body_html=str(render_markdown(body)),
        channel=channel,
        external_id=external_id,
        created_at=change.now,
        event_seq=ticket.last_event_seq if change.is_new else ticket.last_event_seq + 1,
    )
    if change.is_new:
        change.first_message = message
    else:
        with taking_external_id(external_id):
            insert_rows([message])
        change.record(
            TicketNoted(message=message.pk)
            if kind == MessageKind.NOTE
            else TicketReplied(message=message.pk, message_kind=kind)
        )
    if kind != MessageKind.NOTE:
        change.set(preview=plain_text_preview(body, PREVIEW_LENGTH))
    return message
