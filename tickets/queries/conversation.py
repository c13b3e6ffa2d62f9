"""One ticket with its conversation and history, for the page and the API."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.vocabulary import DESK_ROLES
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotFound
from tickets.models import Attachment, Draft, ReadMark, Ticket, Watcher
from tickets.policies import PUBLIC_EVENT_KINDS, sees_everything_of, visible_attachments, visible_tickets
from tickets.queries.narrowing import among_visible
from tickets.rules.files import shows_inline
from tickets.vocabulary import MessageKind, ticket_number

MESSAGES_AT_MOST = 500
EVENTS_AT_MOST = 2_000


def get_ticket(ticket_id: int, *, viewer: Actor) -> Ticket:
    """A ticket with what its page names, in one query. Raises: NotFound when absent or not visible."""
    ticket = (
        visible_tickets(viewer)
        .select_related("status", "requester", "assignee", "team", "category", "opened_by", "incident")
        .filter(pk=ticket_id)
        .first()
    )
    if ticket is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return ticket


@dataclass(frozen=True, slots=True)
class FileRow:
    key: UUID
    file_name: str
    content_type: str
    size: int
    field_key: str

    @property
    def is_image(self) -> bool:
        return shows_inline(self.content_type)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """Something said. ``side`` is "requester", "desk" or "note"."""

    id: int
    kind: str
    author_id: int | None
    author_name: str
    body: str
    body_html: str
    channel: str
    created_at: datetime
    event_seq: int
    files: tuple[FileRow, ...]

    @property
    def is_note(self) -> bool:
        return self.kind == MessageKind.NOTE


# In SQL, because making these statements by the ORM costs more than running them.
_MESSAGES = """
SELECT message.id, message.kind, message.author_id, message.author_label, message.body, message.body_html,
       message.channel, message.created_at, message.event_seq,
       ARRAY(SELECT json_build_object('key', file.key, 'file_name', file.file_name, 'content_type', file.content_type,
                                      'size', file.size, 'field_key', file.field_key)
               FROM tickets_attachment AS file WHERE file.message_id = message.id ORDER BY file.id)
  FROM tickets_message AS message
 WHERE message.ticket_id = %s AND (%s OR message.kind <> %s) {seen}
 ORDER BY message.id DESC LIMIT %s
"""
_EVENTS = """
SELECT event.seq, event.kind, event.actor_id, event.actor_label, event.source, event.occurred_at, event.data::text,
       event.request_id
  FROM tickets_ticketevent AS event
 WHERE event.ticket_id = %s AND event.seq > %s AND (%s OR event.kind = ANY(%s)) {seen}
 ORDER BY event.seq LIMIT %s
"""


def list_messages(ticket: Ticket, *, viewer: Actor) -> list[MessageRow]:
    """The conversation, oldest first, without notes for those who may not read them. One query.

    A requester reads the desk's replies under the names that wrote them.
    """
    seen, values = among_visible(viewer, "message.ticket_id")
    asked = [ticket.pk, sees_everything_of(viewer), MessageKind.NOTE.value, *values, MESSAGES_AT_MOST]
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES.format(seen=seen), asked)
        newest = cursor.fetchall()
    return [_message_row(list(row)) for row in reversed(newest)]


def _message_row(values: list[Any]) -> MessageRow:
    values[-1] = tuple(map(_file_row, values[-1]))
    return MessageRow(*values)


def _file_row(facts: dict[str, Any]) -> FileRow:
    return FileRow(**{**facts, "key": UUID(facts["key"])})


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened. ``data`` has the names of ``tickets.events``."""

    seq: int
    kind: str
    actor_id: int | None
    actor_label: str
    source: str
    occurred_at: datetime
    data: dict[str, Any]
    request_id: str


def list_events(ticket: Ticket, *, viewer: Actor, after_seq: int = 0, limit: int = EVENTS_AT_MOST) -> list[EventRow]:
    """The history in order, as far as it is for the viewer. One query, and one more for ties to other tickets."""
    seen, values = among_visible(viewer, "event.ticket_id")
    shows_all = sees_everything_of(viewer)
    with connection.cursor() as cursor:
        cursor.execute(
            _EVENTS.format(seen=seen),
            [ticket.pk, after_seq, shows_all, list(PUBLIC_EVENT_KINDS), *values, limit],
        )
        events = [_event_row(*row, shows_all=shows_all) for row in cursor.fetchall()]
    return _without_hidden_tickets(events, viewer)


_TIES = frozenset({"ticket.linked", "ticket.unlinked"})


def _without_hidden_tickets(events: list[EventRow], viewer: Actor) -> list[EventRow]:
    """The same events; a tie names its other ticket to those alone who may know of it."""
    named = {event.data["other"] for event in events if event.kind in _TIES}
    if not named or viewer.is_system or viewer.role in DESK_ROLES:
        return events
    seen = set(visible_tickets(viewer).filter(pk__in=named).values_list("pk", flat=True))
    return [
        replace(event, data={**event.data, "other": None})
        if event.kind in _TIES and event.data["other"] not in seen
        else event
        for event in events
    ]


_DESK_ONLY_FACTS = frozenset({"assignee", "team", "impact", "urgency", "priority", "reason"})


def _event_row(
    seq: int,
    kind: str,
    actor_id: int | None,
    actor_label: str,
    source: str,
    occurred_at: datetime,
    text: str,
    request_id: str,
    *,
    shows_all: bool,
) -> EventRow:
    facts = json.loads(text)
    if not shows_all:
        facts = {key: value for key, value in facts.items() if key not in _DESK_ONLY_FACTS}
    return EventRow(seq, kind, actor_id, actor_label, source, occurred_at, facts, request_id)


def find_attachment(key: UUID, *, viewer: Actor) -> Attachment:
    """A file the viewer may open, with its message's ticket and category. Raises: NotFound."""
    file = visible_attachments(viewer).select_related("message__ticket__category").filter(key=key).first()
    if file is None:
        raise NotFound
    return file


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A tie to another visible ticket. ``is_outgoing`` tells which way it points."""

    ticket_id: int
    subject: str
    status_category: str
    kind: str
    is_outgoing: bool

    @property
    def number(self) -> str:
        return ticket_number(self.ticket_id)


def is_watching(ticket: Ticket, *, viewer: Actor) -> bool:
    return Watcher.objects.filter(ticket=ticket, user_id=viewer.own_id).exists()


def drafts_of(ticket: Ticket, *, viewer: Actor) -> dict[str, str]:
    """What the viewer has typed and not sent, by kind of message."""
    return dict(Draft.objects.filter(ticket=ticket, user_id=viewer.own_id).values_list("kind", "body"))


def last_seen_seq(ticket: Ticket, *, viewer: Actor) -> int:
    """How far the viewer had read the ticket; 0 for the first time."""
    seq = ReadMark.objects.filter(ticket=ticket, user_id=viewer.own_id).values_list("seq", flat=True).first()
    return seq or 0
