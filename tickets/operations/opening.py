"""Opening a ticket: the first thing the desk promises anything about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from puo_desk.accounts.models import User
from puo_desk.accounts.policies import may, require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from puo_desk.kernel.pages.markdown import plain_text_preview
from puo_desk.kernel.text import normalise_text
from tickets.events import IncidentFollowed, TicketOpened
from tickets.models import KnownIncident, Ticket
from tickets.operations.attachments import claim_files
from tickets.operations.change import TicketChange
from tickets.operations.search_documents import index_new_ticket
from tickets.operations.writing import checked_body, taking_external_id, write_message
from tickets.queries.classification import field_rules
from tickets.queries.opening import Premises, premises_of
from tickets.rules.forms import judge_answers
from tickets.rules.priority import priority_of
from tickets.vocabulary import SUBJECT_LENGTH, Channel, Impact, MessageKind, Urgency


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What somebody asks for. ``files`` are keys of uploads of the actor; ``field_files`` names the form field
    that a file answers. Without ``impact`` and ``urgency`` the category's defaults are taken."""

    subject: str
    body: str
    category_id: int | None = None
    impact: int | None = None
    urgency: int | None = None
    requester_id: int | None = None
    team_id: int | None = None
    channel: str = Channel.WEB
    form_answers: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[UUID] = ()
    field_files: Mapping[str, UUID] = field(default_factory=dict)
    incident_id: int | None = None
    external_source: str = ""
    external_id: str = ""


def subject_from(body: str) -> str:
    """The first sentence or line of what was said, as a subject."""
    line = next((line.strip() for line in body.splitlines() if line.strip()), "")
    sentence = plain_text_preview(line, len(line)).split(". ")[0] or line
    return sentence if len(sentence) <= SUBJECT_LENGTH else sentence[: SUBJECT_LENGTH - 1].rstrip() + "…"


def open_ticket(new: NewTicket, *, actor: Actor, now: datetime) -> Ticket:
    """Open a ticket, for oneself or (with the permission) for somebody else.

    Emits: ticket.opened, and ticket.incident_followed when it is about a known incident.
    Raises: NotPermitted; ExternalIdTaken; InvalidInput with a sentence per field.
    """
    with taking_external_id(new.external_id), transaction.atomic():
        _require_rights(new, actor)
        premises = premises_of(
            requester_id=new.requester_id or actor.own_id, category_id=new.category_id, team_id=new.team_id
        )
        requester, category, status = _checked(premises, new), premises.category, premises.status
        subject, body = _words(new)
        incident = _incident(new.incident_id)
        answers = _answers(premises, new)
        impact = new.impact or (category.default_impact if category else Impact.LOW)
        urgency = new.urgency or (category.default_urgency if category else Urgency.MEDIUM)
        on_own_behalf = requester.works_at_desk and requester.pk == actor.user_id
        ticket = Ticket(
            pk=premises.ticket_id,
            subject=subject,
            requester=requester,
            opened_by_id=actor.user_id,
            team=premises.team,
            category=category,
            status=status,
            status_category=status.category,
            impact=impact,
            urgency=urgency,
            priority=priority_of(impact, urgency),
            channel=new.channel,
            form_answers=answers,
            incident=incident,
            opened_at=now,
            updated_at=now,
            waiting_since=None if on_own_behalf else now,
            external_source=new.external_source,
            external_id=new.external_id,
            # Among the ids of all, one that is taken would tell who asks that somebody else has sent it.
            external_scope=None if may(actor, "ticket.open_for") else actor.user_id,
        )
        change = TicketChange(ticket, actor=actor, now=now, is_new=True)
        change.record(_opened(ticket, on_own_behalf=on_own_behalf))
        if incident is not None:
            change.record(IncidentFollowed(incident=incident.pk))
        message = write_message(change, kind=MessageKind.REQUESTER, body=body, channel=new.channel)
        index_new_ticket(ticket, body=body, language=requester.language, writes=change.beside)
        change.write()
        claim_files(message, keys=new.files, field_keys=new.field_files, actor=actor)
    return ticket


def _opened(ticket: Ticket, *, on_own_behalf: bool) -> TicketOpened:
    return TicketOpened(
        subject=ticket.subject,
        requester=ticket.requester_id,
        assignee=ticket.assignee_id,
        team=ticket.team_id,
        category=ticket.category_id,
        status=ticket.status.code,
        status_category=ticket.status_category,
        waiting_on=ticket.status.waiting_on,
        impact=ticket.impact,
        urgency=ticket.urgency,
        priority=ticket.priority,
        channel=ticket.channel,
        on_own_behalf=on_own_behalf,
    )


def _require_rights(new: NewTicket, actor: Actor) -> None:
    require(actor, "ticket.open")
    if (new.requester_id or actor.own_id) != actor.own_id or new.team_id is not None:
        require(actor, "ticket.open_for")


def _checked(premises: Premises, new: NewTicket) -> User:
    """The requester, when all that was asked for is there. Raises: InvalidInput."""
    if premises.requester is None:
        raise InvalidInput({"requester": [_("There is no active person with this id.")]})
    if new.team_id is not None and premises.team is None:
        raise InvalidInput({"team": [_("There is no active team with this id.")]})
    if new.category_id is not None and premises.category is None:
        raise InvalidInput({"category": [_("There is no active category with this id.")]})
    return premises.requester


def _incident(incident_id: int | None) -> KnownIncident | None:
    if incident_id is None:
        return None
    incident = KnownIncident.objects.filter(pk=incident_id, ended_at=None).first()
    if incident is None:
        raise InvalidInput({"incident": [_("This incident has ended. Send the request without it.")]})
    return incident


def _words(new: NewTicket) -> tuple[str, str]:
    body = checked_body(new.body)
    subject = " ".join(normalise_text(new.subject).split()) or subject_from(body)
    if len(subject) > SUBJECT_LENGTH:
        raise InvalidInput({"subject": [_("Keep this below %(limit)d characters.") % {"limit": SUBJECT_LENGTH}]})
    return subject, body


def _answers(premises: Premises, new: NewTicket) -> dict[str, Any]:
    rules = field_rules(premises.category.pk) if premises.category and premises.has_form else ()
    judged = judge_answers(rules, new.form_answers, files=frozenset(new.field_files))
    if judged.errors:
        raise InvalidInput({f"form_answers.{key}": lines for key, lines in judged.errors.items()})
    return judged.answers
