"""Describing a ticket: subject, priority, category, tags."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from puo_desk.kernel.text import normalise_text
from tickets.events import CategoryChanged, PriorityChanged, TicketRenamed, TicketTagged
from tickets.models import Category, Tag, Ticket
from tickets.operations.change import changing_ticket
from tickets.operations.search_documents import index_words
from tickets.rules.priority import priority_of
from tickets.vocabulary import SUBJECT_LENGTH, Impact, Priority, Urgency

TAG_LENGTH = 40
TAGS_AT_MOST = 20


def set_priority(
    *,
    ticket_id: int,
    actor: Actor,
    now: datetime,
    priority: int | None = None,
    impact: int | None = None,
    urgency: int | None = None,
    expected_version: int | None = None,
) -> Ticket:
    """Judge a ticket anew: by impact and urgency, from which the priority follows, or by a priority outright.

    Emits: ticket.priority_changed. Raises: NotFound, NotPermitted, StaleVersion, InvalidInput.
    """
    _known("priority", priority, Priority)
    _known("impact", impact, Impact)
    _known("urgency", urgency, Urgency)
    if priority is None and impact is None and urgency is None:
        raise InvalidInput({"priority": [_("Send a priority, or impact and urgency.")]})
    with changing_ticket(
        ticket_id, act="ticket.set_priority", actor=actor, now=now, expected_version=expected_version
    ) as change:
        ticket = change.ticket
        new_impact, new_urgency = impact or ticket.impact, urgency or ticket.urgency
        new = priority or priority_of(new_impact, new_urgency)
        if (new, new_impact, new_urgency) != (ticket.priority, ticket.impact, ticket.urgency):
            change.record(PriorityChanged(old=ticket.priority, new=int(new), impact=new_impact, urgency=new_urgency))
            change.set(priority=int(new), impact=new_impact, urgency=new_urgency)
    return change.ticket


def _known(name: str, value: int | None, choices: type[Priority] | type[Impact] | type[Urgency]) -> None:
    if value is not None and value not in choices.values:
        raise InvalidInput({name: [_("Choose from %(choices)s.") % {"choices": ", ".join(map(str, choices.values))}]})


def set_category(
    *, ticket_id: int, category_id: int | None, actor: Actor, now: datetime, expected_version: int | None = None
) -> Ticket:
    """Sort a ticket into another category. Team and priority stay as they were judged.

    Emits: ticket.category_changed. Raises: NotFound, NotPermitted, StaleVersion, InvalidInput.
    """
    with changing_ticket(
        ticket_id, act="ticket.set_category", actor=actor, now=now, expected_version=expected_version
    ) as change:
        if category_id is not None and not Category.objects.filter(pk=category_id, is_active=True).exists():
            raise InvalidInput({"category": [_("There is no active category with this id.")]})
        if change.ticket.category_id != category_id:
            change.record(CategoryChanged(old=change.ticket.category_id, new=category_id))
            change.set(category_id=category_id)
    return change.ticket


def rename_ticket(
    *, ticket_id: int, subject: str, actor: Actor, now: datetime, expected_version: int | None = None
) -> Ticket:
    """Give a ticket a better subject.

    Emits: ticket.renamed. Raises: NotFound, NotPermitted, StaleVersion, InvalidInput.
    """
    new = " ".join(normalise_text(subject).split())
    if not new or len(new) > SUBJECT_LENGTH:
        raise InvalidInput(
            {"subject": [_("Write a subject of 1 to %(limit)d characters.") % {"limit": SUBJECT_LENGTH}]}
        )
    with changing_ticket(
        ticket_id, act="ticket.rename", actor=actor, now=now, expected_version=expected_version
    ) as change:
        if change.ticket.subject != new:
            change.record(TicketRenamed(old=change.ticket.subject, new=new))
            change.set(subject=new)
            index_words(ticket_id=ticket_id, text=new, is_public=True, language=actor.language)
    return change.ticket


def tag_ticket(
    *, ticket_id: int, actor: Actor, now: datetime, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Ticket:
    """Put tags on a ticket and take others off. A tag is lower case, without spaces around it.

    Emits: ticket.tagged. Raises: NotFound, NotPermitted, InvalidInput.
    """
    added, removed = _tag_names(add), _tag_names(remove)
    with changing_ticket(ticket_id, act="ticket.tag", actor=actor, now=now) as change:
        ticket = change.ticket
        new = sorted((set(ticket.tag_names) | added) - removed)
        if len(new) > TAGS_AT_MOST:
            raise InvalidInput({"tags": [_("A ticket takes at most %(limit)d tags.") % {"limit": TAGS_AT_MOST}]})
        if new != sorted(ticket.tag_names):
            change.record(
                TicketTagged(
                    added=sorted(set(new) - set(ticket.tag_names)), removed=sorted(set(ticket.tag_names) - set(new))
                )
            )
            change.set(tag_names=new)
            Tag.objects.bulk_create([Tag(name=name) for name in new], ignore_conflicts=True)
    return change.ticket


def _tag_names(names: Iterable[str]) -> set[str]:
    cleaned = {" ".join(normalise_text(name).lower().split()) for name in names}
    cleaned.discard("")
    if any(len(name) > TAG_LENGTH or "," in name for name in cleaned):
        raise InvalidInput(
            {"tags": [_("A tag has at most %(limit)d characters and no comma.") % {"limit": TAG_LENGTH}]}
        )
    return cleaned
