"""The history as people read it: sentences made when read, acts grouped by who did them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.queries.conversation import EventRow, MessageRow
from tickets.vocabulary import ticket_number

Names = Mapping[str, Mapping[Any, str]]
Sentence = Callable[[Mapping[str, Any], Names], str]


def _change(label: Any, kind: str) -> Sentence:
    def sentence(facts: Mapping[str, Any], names: Names) -> str:
        old, new = names[kind].get(facts["old"]), names[kind].get(facts["new"])
        if new is None:
            return _("removed the %(label)s, was %(old)s") % {"label": label, "old": old or "?"}
        if old is None:
            return _("set the %(label)s to %(new)s") % {"label": label, "new": new}
        return _("changed the %(label)s from %(old)s to %(new)s") % {"label": label, "old": old, "new": new}

    return sentence


def _assigned(facts: Mapping[str, Any], names: Names) -> str:
    if facts["new"] is None:
        return _("unassigned the ticket, was %(old)s") % {"old": names["person"].get(facts["old"], "?")}
    return _("assigned the ticket to %(new)s") % {"new": names["person"].get(facts["new"], "?")}


def _tagged(facts: Mapping[str, Any], names: Names) -> str:
    parts = [_("tagged %(tag)s") % {"tag": tag} for tag in facts["added"]]
    return ", ".join(parts + [_("removed the tag %(tag)s") % {"tag": tag} for tag in facts["removed"]])


def _plain(text: Any) -> Sentence:
    return lambda facts, names: str(text)


def _linked(text: Any) -> Sentence:
    def sentence(facts: Mapping[str, Any], names: Names) -> str:
        other = facts["other"]
        return str(text) % {"number": _("another ticket") if other is None else ticket_number(other)}

    return sentence


_SENTENCES: dict[str, Sentence] = {
    "ticket.opened": _plain(gettext_lazy("opened the ticket")),
    "ticket.assigned": _assigned,
    "ticket.team_changed": _change(gettext_lazy("team"), "team"),
    "ticket.category_changed": _change(gettext_lazy("category"), "category"),
    "ticket.renamed": lambda facts, names: _("changed the subject, was “%(old)s”") % {"old": facts["old"]},
    "ticket.priority_changed": lambda facts, names: _("changed the priority from P%(old)s to P%(new)s") % facts,
    "ticket.status_changed": _change(gettext_lazy("status"), "status"),
    "ticket.resolved": _plain(gettext_lazy("resolved")),
    "ticket.closed": _plain(gettext_lazy("closed")),
    "ticket.reopened": _plain(gettext_lazy("reopened")),
    "ticket.confirmed": _plain(gettext_lazy("confirmed that it is fixed")),
    "ticket.rated": lambda facts, names: _("rated %(score)s of 5") % facts,
    "ticket.tagged": _tagged,
    "ticket.watched": _plain(gettext_lazy("watches")),
    "ticket.unwatched": _plain(gettext_lazy("watches no longer")),
    "ticket.linked": _linked(gettext_lazy("linked to %(number)s")),
    "ticket.unlinked": _linked(gettext_lazy("removed the link to %(number)s")),
    "ticket.chased": lambda facts, names: _("reminded the requester, time %(step)s") % facts,
    "ticket.incident_followed": lambda facts, names: (
        _("about the known incident “%(title)s”") % {"title": names["incident"].get(facts["incident"], "?")}
    ),
}
_SILENT = frozenset({"ticket.replied", "ticket.noted"})
"""Told by the message itself."""


def register_sentence(kind: str, sentence: Sentence) -> None:
    """Let an app say in words what its own events mean. Called from ``AppConfig.ready()``."""
    _SENTENCES[kind] = sentence


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One act in words: who, what, when. ``kinds`` are the events it was made of."""

    actor_label: str
    sentences: tuple[str, ...]
    at: datetime
    source: str
    seq: int
    kinds: tuple[str, ...]
    actor_id: int | None = None


def history_lines(events: Sequence[EventRow]) -> list[HistoryLine]:
    """The history in words, one line for each act. At most one query, whatever the number of events."""
    names = _names(events)
    lines: list[HistoryLine] = []
    request_id = ""
    for event in events:
        sentence = _sentence(event, names)
        if sentence is None:
            continue
        if lines and event.request_id == request_id and lines[-1].actor_label == event.actor_label:
            last = lines[-1]
            lines[-1] = replace(
                last, sentences=(*last.sentences, sentence), seq=event.seq, kinds=(*last.kinds, event.kind)
            )
        else:
            lines.append(
                HistoryLine(
                    event.actor_label,
                    (sentence,),
                    event.occurred_at,
                    event.source,
                    event.seq,
                    (event.kind,),
                    event.actor_id,
                )
            )
        request_id = event.request_id
    return lines


def _sentence(event: EventRow, names: Names) -> str | None:
    if event.kind in _SILENT:
        return None
    if event.kind == "ticket.assigned" and event.actor_id is not None and event.data["new"] == event.actor_id:
        return _("took the ticket")
    make = _SENTENCES.get(event.kind)
    return make(event.data, names) if make else event.kind


_NAMED_BY: dict[str, str] = {
    "ticket.assigned": "person",
    "ticket.team_changed": "team",
    "ticket.category_changed": "category",
    "ticket.incident_followed": "incident",
    "ticket.status_changed": "status",
}


def _names(events: Iterable[EventRow]) -> dict[str, dict[Any, str]]:
    """The names of what the events mention, by kind of thing. One query, or none when nothing is mentioned."""
    mentioned: dict[str, set[Any]] = {kind: set() for kind in _NAMED_BY.values()}
    for event in events:
        if kind := _NAMED_BY.get(event.kind):
            mentioned[kind] |= {event.data.get("old"), event.data.get("new"), event.data.get("incident")} - {None}
    asked = [(_NAMES[kind], sorted(keys)) for kind, keys in mentioned.items() if keys]
    names: dict[str, dict[Any, str]] = {kind: {} for kind in mentioned}
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statement for statement, _ in asked), [keys for _, keys in asked])
            for kind, key, name in cursor.fetchall():
                names[kind][key if kind == "status" else int(key)] = name
    return names


_NAMES = {
    "person": "SELECT 'person', id::text, coalesce(nullif(full_name, ''), username) FROM accounts_user"
    " WHERE id = ANY(%s)",
    "team": "SELECT 'team', id::text, name FROM accounts_team WHERE id = ANY(%s)",
    "category": "SELECT 'category', id::text, name FROM tickets_category WHERE id = ANY(%s)",
    "incident": "SELECT 'incident', id::text, title FROM tickets_knownincident WHERE id = ANY(%s)",
    "status": "SELECT 'status', code, name FROM tickets_status WHERE code = ANY(%s)",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in the conversation: something said, or an act told in a line."""

    seq: int
    message: MessageRow | None = None
    line: HistoryLine | None = None
    is_new: bool = False


def conversation_entries(messages: Sequence[MessageRow], lines: Sequence[HistoryLine], *, seen_seq: int) -> list[Entry]:
    """Messages and history lines in one order; ``is_new`` marks what came after the viewer last looked."""
    entries = [Entry(message.event_seq, message=message, is_new=message.event_seq > seen_seq) for message in messages]
    entries += [Entry(line.seq, line=line, is_new=line.seq > seen_seq) for line in lines]
    return sorted(entries, key=lambda entry: (entry.seq, entry.line is not None))
