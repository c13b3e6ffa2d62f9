"""A message as markup. Drawn in Python, like the marks of a list: a conversation shows them by the dozen.

The component of the same name calls it: one source of markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from puo_desk.kernel.pages.marks import avatar, icon
from puo_desk.kernel.pages.markup import fill, joined
from puo_desk.kernel.pages.words import per_language

_MESSAGE = (
    '<article class="message message--{}{}"{}><div class="message__face">{}</div><div class="message__body">'
    '<header class="message__head"><span class="message__author">{}</span>{}{}{}{}{}</header>'
    '<div class="message__text prose">{}</div>{}</div></article>'
)


def draw_message(
    *,
    kind: str,
    author: str,
    sent_at: SafeString | str,
    content: SafeString,
    me: bool = False,
    origin: str = "",
    files: Iterable[Any] = (),
    id: str = "",  # noqa: A002 - the attribute's name
    sending: str = "",
    undo: SafeString | str = "",
) -> SafeString:
    """One message. Who can see it decides how it looks: ``kind`` is requester, reply or note.

    ``sent_at`` is the instant as markup, ``content`` safe markup, ``files`` have url, name, size and state.
    """
    attached = [_draw_file(file) for file in files]
    return fill(
        _MESSAGE,
        kind,
        " message--sending" if sending else "",
        fill(' id="{}"', id) if id else "",
        avatar(author, me),
        _you() if me else author,
        _note_mark() if kind == "note" else "",
        fill("<span>{}</span>", origin) if origin else "",
        fill("<span>{}</span>", sending) if sending else "",
        sent_at,
        undo,
        content,
        fill('<div class="message__files">{}</div>', joined(attached)) if attached else "",
    )


@per_language
def _you() -> str:
    return gettext("You")


@per_language
def _note_mark() -> SafeString:
    return fill(
        '<span class="message__only">{}<span>{}<span class="message__why">{}</span></span></span>',
        icon("lock"),
        gettext("Internal note"),
        gettext(", the requester never sees this"),
    )


def _draw_file(file: Any) -> str:
    facts = {name: _part(file, name) for name in ("url", "name", "size", "state")}
    return get_template("components/file.html").render(facts)


def _part(file: Any, name: str) -> Any:
    return file.get(name, "") if isinstance(file, dict) else getattr(file, name, "")
