"""A ticket as the page of an agent needs it: the ticket and the viewer's own marks on it, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, F, IntegerField, OuterRef, Q, Subquery, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import User
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotFound
from tickets.models import Draft, ReadMark, Ticket, TicketLink, Watcher
from tickets.policies import visible_tickets
from tickets.queries.classification import field_rules
from tickets.vocabulary import FieldKind, MessageKind

OWN_COUNTED = 100
"""How far a requester's other tickets are counted; more is told as "99+"."""

_OWN_OPEN = """(SELECT count(*) FROM (
    SELECT 1 FROM tickets_ticket AS own
    WHERE own.requester_id = tickets_ticket.requester_id AND own.status_category IN ('open', 'pending')
    LIMIT %s) AS capped)"""
_OWN_ALL = """(SELECT count(*) FROM (
    SELECT 1 FROM tickets_ticket AS own WHERE own.requester_id = tickets_ticket.requester_id
    LIMIT %s) AS capped)"""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A ticket and what belongs to the viewer on it.

    ``seen_seq`` is how far the viewer had read, ``requester_open`` and ``requester_all`` how many tickets the
    requester has, up to ``OWN_COUNTED``.
    """

    ticket: Ticket
    seen_seq: int
    is_watching: bool
    watcher_names: tuple[str, ...]
    has_links: bool
    reply_draft: str
    note_draft: str
    requester_open: int
    requester_all: int


def get_workspace(ticket_id: int, *, viewer: Actor) -> Workspace:
    """One query. Raises: NotFound when the ticket is absent or not visible."""
    viewer_id = viewer.user_id or 0
    ticket: Any = (
        visible_tickets(viewer)
        .select_related("status", "requester", "assignee", "team", "category", "opened_by", "incident")
        .annotate(
            my_seq=Coalesce(
                Subquery(ReadMark.objects.filter(ticket=OuterRef("pk"), user_id=viewer_id).values("seq")),
                0,
                output_field=IntegerField(),
            ),
            i_watch=Exists(Watcher.objects.filter(ticket=OuterRef("pk"), user_id=viewer_id)),
            watchers_named=ArraySubquery(
                User.objects.filter(pk__in=Watcher.objects.filter(ticket=OuterRef(OuterRef("pk"))).values("user"))
                .order_by("full_name", "username")
                .values_list(Coalesce(NullIf("full_name", Value("")), F("username"), output_field=CharField()))[:20]
            ),
            is_linked=Exists(TicketLink.objects.filter(Q(ticket=OuterRef("pk")) | Q(other=OuterRef("pk")))),
            my_reply=_draft(viewer_id, MessageKind.REPLY),
            my_note=_draft(viewer_id, MessageKind.NOTE),
            # The ORM cannot cap a correlated count; the texts hold no value from outside.
            own_open=RawSQL(_OWN_OPEN, [OWN_COUNTED], output_field=IntegerField()),  # noqa: S611
            own_all=RawSQL(_OWN_ALL, [OWN_COUNTED], output_field=IntegerField()),  # noqa: S611
        )
        .filter(pk=ticket_id)
        .first()
    )
    if ticket is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return Workspace(
        ticket=ticket,
        seen_seq=ticket.my_seq,
        is_watching=ticket.i_watch,
        watcher_names=tuple(ticket.watchers_named),
        has_links=ticket.is_linked,
        reply_draft=ticket.my_reply,
        note_draft=ticket.my_note,
        requester_open=ticket.own_open,
        requester_all=ticket.own_all,
    )


def _draft(viewer_id: int, kind: str) -> Coalesce:
    own = Draft.objects.filter(ticket=OuterRef("pk"), user_id=viewer_id, kind=kind)
    return Coalesce(Subquery(own.values("body")), Value(""), output_field=TextField())


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """An answer of the category's form, with the question as it is asked today."""

    label: str
    text: str
    url: str = ""


def list_form_answers(ticket: Ticket) -> list[FormAnswer]:
    """What the requester answered in the form, in its order. One query, none without answers.

    An answer whose question was taken off the form since is shown under its key. Files hang on the message.
    """
    given = dict(ticket.form_answers)
    if not given:
        return []
    rules = field_rules(ticket.category_id) if ticket.category_id else ()
    answers = []
    for rule in rules:
        value = given.pop(rule.key, None)
        if value not in (None, "", []) and rule.kind != FieldKind.FILE:
            answers.append(_answer(rule.label, value, is_url=rule.kind == FieldKind.URL))
    return answers + [_answer(key, value, is_url=False) for key, value in given.items() if value]


def _answer(label: str, value: Any, *, is_url: bool) -> FormAnswer:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return FormAnswer(label, text, text if is_url and text.startswith(("https://", "http://")) else "")
