"""The conversation as a page shows it: messages, acts between them told in a line, and where the new begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from puo_desk.kernel.actor import SYSTEM, Actor
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.markup import kept_prose
from puo_desk.kernel.pages.words import per_language
from tickets.models import Ticket
from tickets.queries.conversation import FileRow, MessageRow, list_events, list_messages
from tickets.queries.timeline import Entry, HistoryLine, conversation_entries, history_lines
from tickets.vocabulary import Channel, MessageKind

_QUIET = frozenset({"ticket.opened", "ticket.watched", "ticket.unwatched", "sla.policy_applied", "sla.warned"})
"""Told by the first message, or no news for whoever reads a conversation: the history has them."""
_INNER = frozenset({"ticket.status_changed", "ticket.chased", "ticket.tagged"})
"""How the desk works on it. A requester reads in plain words how the request stands, above the conversation."""


@dataclass(frozen=True, slots=True)
class ShownFile:
    url: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message with its words ready: ``kind`` chooses the paper, ``origin`` says who reads it and how it came."""

    anchor: str
    kind: str
    author: str
    is_me: bool
    origin: str
    sent_at: datetime
    content: SafeString
    files: Sequence[ShownFile]


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """One place of the conversation: a message or a line; ``begins_new`` draws the divider above it."""

    message: ShownMessage | None = None
    line: HistoryLine | None = None
    text: str = ""
    more: Sequence[str] = ()
    begins_new: bool = False


@dataclass(frozen=True, slots=True)
class ShownConversation:
    """``last_seq`` is the newest event that it tells of, ``public_count`` the messages that a requester reads."""

    entries: Sequence[ShownEntry]
    last_seq: int
    public_count: int


def show_conversation(ticket: Ticket, *, viewer: Actor, seen_seq: int, to_requester: bool = False) -> ShownConversation:
    """Messages and acts of a ticket, oldest first. At most four queries."""
    quiet = _QUIET | _INNER if to_requester else _QUIET
    messages = list_messages(ticket, viewer=viewer)
    lines = history_lines(list_events(ticket, viewer=viewer))
    entries = conversation_entries(
        messages, [short for line in lines if (short := _shortened(line, quiet)).sentences], seen_seq=seen_seq
    )
    return ShownConversation(
        entries=list(_shown(_joined(entries), viewer=viewer, seen_seq=seen_seq)),
        last_seq=ticket.last_event_seq,
        public_count=sum(1 for message in messages if not message.is_note),
    )


def _shortened(line: HistoryLine, quiet: frozenset[str]) -> HistoryLine:
    """The line without what is no news in a conversation."""
    kept = [(kind, sentence) for kind, sentence in zip(line.kinds, line.sentences, strict=True) if kind not in quiet]
    return replace(line, kinds=tuple(kind for kind, _s in kept), sentences=tuple(sentence for _k, sentence in kept))


def _joined(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Acts of one person that nothing came between are one line."""
    held: Entry | None = None
    for entry in entries:
        if (
            held
            and held.line
            and entry.line
            and (held.line.actor_id, held.line.actor_label) == (entry.line.actor_id, entry.line.actor_label)
            and held.is_new == entry.is_new
        ):
            joined = replace(
                held.line,
                sentences=held.line.sentences + entry.line.sentences,
                kinds=held.line.kinds + entry.line.kinds,
                at=entry.line.at,
            )
            held = replace(held, line=joined)
            continue
        if held:
            yield held
        held = entry
    if held:
        yield held


def _shown(entries: Iterator[Entry], *, viewer: Actor, seen_seq: int) -> Iterator[ShownEntry]:
    looked_before, divided = seen_seq > 0, False
    for entry in entries:
        by_me = entry.message.author_id == viewer.user_id if entry.message else _is_me(entry.line, viewer)
        begins_new = looked_before and entry.is_new and not divided and not by_me
        divided = divided or begins_new
        if entry.message:
            yield ShownEntry(message=_shown_message(entry.message, viewer), begins_new=begins_new)
        elif entry.line:
            yield _shown_line(entry.line, viewer, begins_new)


def _is_me(line: HistoryLine | None, viewer: Actor) -> bool:
    return line is not None and line.actor_id is not None and line.actor_id == viewer.user_id


def _shown_line(line: HistoryLine, viewer: Actor, begins_new: bool) -> ShownEntry:
    actor = _("You") if _is_me(line, viewer) else _("The desk") if line.source == SYSTEM else line.actor_label
    count = len(line.sentences)
    if count <= 2:
        text = ", ".join(line.sentences)
    else:
        text = ngettext("made %(n)d change", "made %(n)d changes", count) % {"n": count}
    return ShownEntry(
        line=replace(line, actor_label=actor),
        text=text,
        more=line.sentences if count > 2 else (),
        begins_new=begins_new,
    )


def _shown_message(message: MessageRow, viewer: Actor) -> ShownMessage:
    kinds: dict[str, str] = {MessageKind.AUTOMATIC: "reply"}
    is_automatic = message.kind == MessageKind.AUTOMATIC
    return ShownMessage(
        anchor=str(message.id),
        kind=kinds.get(message.kind, message.kind),
        author=_("The desk") if is_automatic else message.author_name,
        is_me=message.author_id is not None and message.author_id == viewer.user_id,
        origin=_origin(message.kind, message.channel),
        sent_at=message.created_at,
        content=kept_prose(message.body_html),
        files=[_shown_file(file) for file in message.files],
    )


@per_language
def _origin(kind: str, channel: str) -> str:
    if kind == MessageKind.REQUESTER:
        channels: dict[str, Any] = dict(Channel.choices)
        return _("Requester, via %(channel)s") % {"channel": str(channels.get(channel, channel)).lower()}
    if kind == MessageKind.REPLY:
        return _("Public reply")
    return _("Sent by itself") if kind == MessageKind.AUTOMATIC else ""


def _shown_file(file: FileRow) -> ShownFile:
    return ShownFile(address("tickets:attachment", file.key), file.file_name, file.size)
