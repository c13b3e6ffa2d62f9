"""The values that the API tells, as plain dictionaries in the shape of ``tickets.api.serializers``."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from puo_desk.kernel.actor import Actor
from tickets.models import Attachment, Ticket
from tickets.policies import sees_desk_facts_of
from tickets.queries.classification import CategoryRow
from tickets.queries.conversation import EventRow, FileRow, MessageRow
from tickets.rules.forms import FieldRule

JSON = dict[str, Any]


def ticket_json(ticket: Ticket, *, viewer: Actor) -> JSON:
    """A ticket; its related rows must be loaded. A requester is told nothing of how the desk sorts its work."""
    status = ticket.status
    shown = {
        "number": ticket.number,
        "subject": ticket.subject,
        "preview": ticket.preview,
        "status": {
            "code": status.code,
            "name": status.name,
            "category": status.category,
            "waiting_on": status.waiting_on,
        },
        "channel": ticket.channel,
        "requester": {"id": ticket.requester_id, "name": ticket.requester.display_name},
        "category": {"id": ticket.category_id, "name": ticket.category.name} if ticket.category else None,
        "form_answers": ticket.form_answers,
        "opened_at": ticket.opened_at,
        "updated_at": ticket.updated_at,
        "first_replied_at": ticket.first_replied_at,
        "waiting_since": ticket.waiting_since,
        "resolved_at": ticket.resolved_at,
        "closed_at": ticket.closed_at,
        "next_due_at": ticket.next_due_at,
        "next_due_metric": ticket.next_due_metric,
        "reopened_count": ticket.reopened_count,
        "rating": ticket.rating,
        "external_source": ticket.external_source,
        "external_id": ticket.external_id,
        "version": ticket.version,
        "url": f"{settings.DESK_URL}/tickets/{ticket.number}/",
    }
    return shown | _desk_facts(ticket) if sees_desk_facts_of(viewer) else shown


def _desk_facts(ticket: Ticket) -> JSON:
    return {
        "priority": ticket.priority,
        "impact": ticket.impact,
        "urgency": ticket.urgency,
        "assignee": {"id": ticket.assignee_id, "name": ticket.assignee.display_name} if ticket.assignee else None,
        "team": {"id": ticket.team_id, "name": ticket.team.name} if ticket.team else None,
        "tags": list(ticket.tag_names),
    }


def _person(person_id: int | None, name: str) -> JSON | None:
    return None if person_id is None else {"id": person_id, "name": name}


def file_json(file: FileRow | Attachment) -> JSON:
    return {
        "key": str(file.key),
        "file_name": file.file_name,
        "content_type": file.content_type,
        "size": file.size,
        "url": f"{settings.DESK_URL}/attachments/{file.key}/",
    }


def message_json(message: MessageRow) -> JSON:
    return {
        "id": message.id,
        "kind": message.kind,
        "author": _person(message.author_id, message.author_name),
        "body": message.body,
        "body_html": message.body_html,
        "channel": message.channel,
        "created_at": message.created_at,
        "seq": message.event_seq,
        "files": [file_json(file) for file in message.files],
    }


def event_json(event: EventRow) -> JSON:
    return {
        "seq": event.seq,
        "kind": event.kind,
        "actor": _person(event.actor_id, event.actor_label),
        "actor_label": event.actor_label,
        "source": event.source,
        "occurred_at": event.occurred_at,
        "data": event.data,
        "request_id": event.request_id,
    }


def category_json(category: CategoryRow, form: tuple[FieldRule, ...]) -> JSON:
    return {
        "id": category.id,
        "name": category.name,
        "path": list(category.path),
        "parent": category.parent_id,
        "description": category.description,
        "default_impact": category.default_impact,
        "default_urgency": category.default_urgency,
        "form_fields": [
            {
                "key": rule.key,
                "label": rule.label,
                "kind": rule.kind,
                "is_required": rule.is_required,
                "options": list(rule.options),
                "help_text": rule.help_text,
            }
            for rule in form
        ],
    }
