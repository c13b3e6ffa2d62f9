"""A ticket as the page of an agent needs it: the ticket and the viewer's own marks on it, in one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import Team, User
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotFound
from puo_desk.kernel.plain_rows import columns_of, take_row
from tickets.models import Category, KnownIncident, Status, Ticket
from tickets.policies import visible_tickets
from tickets.queries.conversation import LinkRow
from tickets.queries.narrowing import among_visible
from tickets.vocabulary import FieldKind, MessageKind

NAMED_AT_MOST = 20
"""How many watchers are named."""
OWN_COUNTED = 100
"""How far a requester's other tickets are counted; more is told as "99+"."""


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


# In SQL, because the ORM takes ten times as long to make this statement as PostgreSQL to run it.
_SQL = f"""
SELECT {columns_of(Ticket, "ticket")}, {columns_of(Status, "status")}, {columns_of(User, "requester")},
       {columns_of(User, "assignee")}, {columns_of(Team, "team")}, {columns_of(Category, "category")},
       {columns_of(User, "opener")}, {columns_of(KnownIncident, "incident")},
       coalesce((SELECT seq FROM tickets_readmark WHERE ticket_id = ticket.id AND user_id = %s), 0),
       EXISTS (SELECT FROM tickets_watcher WHERE ticket_id = ticket.id AND user_id = %s),
       ARRAY(SELECT coalesce(nullif(person.full_name, ''), person.username)
               FROM tickets_watcher AS watch JOIN accounts_user AS person ON person.id = watch.user_id
              WHERE watch.ticket_id = ticket.id ORDER BY person.full_name, person.username LIMIT {NAMED_AT_MOST}),
       ARRAY(SELECT json_build_object('ticket_id', other.id, 'subject', other.subject,
                                      'status_category', other.status_category, 'kind', link.kind)
               FROM tickets_ticketlink AS link JOIN tickets_ticket AS other ON other.id = link.other_id
              WHERE link.ticket_id = ticket.id {{other_seen}} ORDER BY link.id),
       ARRAY(SELECT json_build_object('ticket_id', other.id, 'subject', other.subject,
                                      'status_category', other.status_category, 'kind', link.kind)
               FROM tickets_ticketlink AS link JOIN tickets_ticket AS other ON other.id = link.ticket_id
              WHERE link.other_id = ticket.id {{other_seen}} ORDER BY link.id),
       ARRAY(SELECT json_build_object('key', field.key, 'label', field.label, 'kind', field.kind)
               FROM tickets_formfield AS field WHERE field.category_id = ticket.category_id
              ORDER BY field.position, field.id),
       coalesce((SELECT body FROM tickets_draft WHERE ticket_id = ticket.id AND user_id = %s AND kind = %s), ''),
       coalesce((SELECT body FROM tickets_draft WHERE ticket_id = ticket.id AND user_id = %s AND kind = %s), ''),
       (SELECT count(*) FROM (
           SELECT FROM tickets_ticket AS own WHERE own.requester_id = ticket.requester_id
              AND own.status_category IN ('open', 'pending') LIMIT {OWN_COUNTED}) AS capped),
       (SELECT count(*) FROM (
           SELECT FROM tickets_ticket AS own WHERE own.requester_id = ticket.requester_id
            LIMIT {OWN_COUNTED}) AS capped)
  FROM tickets_ticket AS ticket
  JOIN tickets_status AS status ON status.id = ticket.status_id
  JOIN accounts_user AS requester ON requester.id = ticket.requester_id
  LEFT JOIN accounts_user AS assignee ON assignee.id = ticket.assignee_id
  LEFT JOIN accounts_team AS team ON team.id = ticket.team_id
  LEFT JOIN tickets_category AS category ON category.id = ticket.category_id
  LEFT JOIN accounts_user AS opener ON opener.id = ticket.opened_by_id
  LEFT JOIN tickets_knownincident AS incident ON incident.id = ticket.incident_id
 WHERE ticket.id = %s {{seen}}
"""  # noqa: S608 - our own columns; the conditions are those of the one door


def get_workspace(ticket_id: int, *, viewer: Actor) -> Workspace:
    """One query. Raises: NotFound when the ticket is absent or not visible."""
    seen, seen_values = among_visible(viewer, "ticket.id")
    other_seen, other_values = among_visible(viewer, "other.id")
    me = viewer.own_id
    asked = [
        me, me, *other_values, *other_values, me, MessageKind.REPLY.value, me, MessageKind.NOTE.value,
        ticket_id, *seen_values,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(seen=seen, other_seen=other_seen), asked)
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    values = iter(row)
    ticket = _take_ticket(values)
    seen_seq, is_watching, watchers, links_out, links_in, questions, reply, note, own_open, own_all = values
    return Workspace(
        ticket=ticket,
        seen_seq=seen_seq,
        is_watching=is_watching,
        watcher_names=tuple(watchers),
        links=(
            *(LinkRow(**link, is_outgoing=True) for link in links_out),
            *(LinkRow(**link, is_outgoing=False) for link in links_in),
        ),
        answers=tuple(_answers(ticket.form_answers, questions)),
        reply_draft=reply,
        note_draft=note,
        requester_open=own_open,
        requester_all=own_all,
    )


def _take_ticket(values: Iterator[Any]) -> Ticket:
    """The ticket with what its page names, from the statement's columns."""
    ticket: Any = take_row(Ticket, values)
    ticket.status = take_row(Status, values)
    ticket.requester = take_row(User, values)
    ticket.assignee = take_row(User, values)
    ticket.team = take_row(Team, values)
    ticket.category = take_row(Category, values)
    ticket.opened_by = take_row(User, values)
    ticket.incident = take_row(KnownIncident, values)
    return ticket


def get_version(ticket_id: int, *, viewer: Actor) -> int:
    """The ticket's version alone, for a page that asks whether it is still current. Raises: NotFound."""
    version = visible_tickets(viewer).filter(pk=ticket_id).values_list("version", flat=True).first()
    if version is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return version


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
