"""A ticket as the page of an agent needs it: the ticket and the viewer's own marks on it, in one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, F, IntegerField, OuterRef, Subquery, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import User
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotFound
from tickets.models import Draft, FormField, ReadMark, Ticket, TicketLink, Watcher
from tickets.policies import visible_tickets
from tickets.queries.conversation import LinkRow
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
class FormAnswer:
    """An answer of the category's form, with the question as it is asked today."""

    label: str
    text: str
    url: str = ""


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
    links: tuple[LinkRow, ...]
    answers: tuple[FormAnswer, ...]
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
            links_out=_links("ticket", "other", viewer),
            links_in=_links("other", "ticket", viewer),
            questions=ArraySubquery(
                FormField.objects.filter(category=OuterRef("category"))
                .order_by("position", "id")
                .values_list(JSONObject(key="key", label="label", kind="kind"))
            ),
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
        links=(
            *(LinkRow(**link, is_outgoing=True) for link in ticket.links_out),
            *(LinkRow(**link, is_outgoing=False) for link in ticket.links_in),
        ),
        answers=tuple(_answers(ticket.form_answers, ticket.questions)),
        reply_draft=ticket.my_reply,
        note_draft=ticket.my_note,
        requester_open=ticket.own_open,
        requester_all=ticket.own_all,
    )


def get_version(ticket_id: int, *, viewer: Actor) -> int:
    """The ticket's version alone, for a page that asks whether it is still current. Raises: NotFound."""
    version = visible_tickets(viewer).filter(pk=ticket_id).values_list("version", flat=True).first()
    if version is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return version


def _draft(viewer_id: int, kind: str) -> Coalesce:
    own = Draft.objects.filter(ticket=OuterRef("pk"), user_id=viewer_id, kind=kind)
    return Coalesce(Subquery(own.values("body")), Value(""), output_field=TextField())


def _links(here: str, there: str, viewer: Actor) -> ArraySubquery:
    """Ties in one direction, to tickets that the viewer sees."""
    ties = TicketLink.objects.filter(**{here: OuterRef("pk"), f"{there}__in": visible_tickets(viewer)})
    facts = {"ticket_id": there, "subject": f"{there}__subject", "status_category": f"{there}__status_category"}
    return ArraySubquery(ties.order_by("id").values_list(JSONObject(**facts, kind="kind")))


def _answers(given: dict[str, Any], questions: Iterable[dict[str, str]]) -> Iterator[FormAnswer]:
    """What the form was answered, in its order.

    An answer whose question was taken off the form since is shown under its key. Files hang on the message.
    """
    left = dict(given)
    for question in questions:
        value = left.pop(question["key"], None)
        if value not in (None, "", []) and question["kind"] != FieldKind.FILE:
            yield _answer(question["label"], value, is_url=question["kind"] == FieldKind.URL)
    for key, value in left.items():
        if value:
            yield _answer(key, value, is_url=False)


def _answer(label: str, value: Any, *, is_url: bool) -> FormAnswer:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return FormAnswer(label, text, text if is_url and text.startswith(("https://", "http://")) else "")
