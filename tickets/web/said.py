"""How something said is shown: by whom to whose eyes, its markup, its files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.pages.markdown import trusted_html
from tickets.queries.conversation import MessageRow
from tickets.vocabulary import MessageKind

_LOOKS = {
    MessageKind.REQUESTER.value: "requester",
    MessageKind.REPLY.value: "reply",
    MessageKind.AUTOMATIC.value: "reply",
    MessageKind.NOTE.value: "note",
}


@dataclass(frozen=True, slots=True)
class SaidFile:
    """A file under a message. The names are those of the file component."""

    url: str
    name: str
    size: int
    state: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the message component draws it."""

    anchor: str
    kind: str
    author: Any
    is_me: bool
    origin: str
    sent_at: datetime
    content: SafeString
    files: tuple[SaidFile, ...]


def said(message: MessageRow, *, viewer: Actor, origin: str = "") -> Said:
    """A message for a viewer. What the desk says by itself is signed by the desk."""
    is_automatic = message.kind == MessageKind.AUTOMATIC
    return Said(
        anchor=f"message-{message.id}",
        kind=_LOOKS[message.kind],
        author=_("PUO Desk") if is_automatic else message.author_name,
        is_me=not is_automatic and message.author_id is not None and message.author_id == viewer.user_id,
        origin=origin,
        sent_at=message.created_at,
        content=trusted_html(message.body_html),
        files=tuple(
            SaidFile(reverse("tickets:attachment", args=[file.key]), file.file_name, file.size)
            for file in message.files
        ),
    )
