"""Small marks that a list shows by the hundred: icon, avatar, priority, status, deadline.

They are written in Python because including a template for each mark of each row would cost more than
the list's query. The components of the same names in ``templates/components/`` call these: one source of markup.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from puo_desk.kernel.pages.markup import fill
from puo_desk.kernel.pages.times import moment_text, span_text, span_words
from puo_desk.kernel.pages.words import per_language

STATUS_SHAPES = {
    "new": "status-new",
    "open": "status-open",
    "progress": "status-progress",
    "pending": "status-pending",
    "handed": "status-handed",
    "resolved": "status-resolved",
    "closed": "status-closed",
}
DEADLINE_ICONS = {
    "ok": "clock",
    "warning": "hourglass",
    "breached": "late",
    "paused": "pause",
    "met": "check",
    "missed": "late",
}


class UnknownIcon(LookupError):
    """The sprite holds no icon of this name; add it to static/icons/names.txt and run make_icon_sprite."""


@cache
def icon_names() -> frozenset[str]:
    """All names of the sprite, in the form ``{% icon %}`` takes."""
    sprite = Path(settings.BASE_DIR) / "static" / "icons" / "sprite.svg"
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite.read_text()))


@lru_cache(maxsize=1024)
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """An icon from the sprite. Without ``label`` it is decoration and hidden from screen readers.

    Raises: UnknownIcon while developing; a deployed desk shows a plain circle instead of an error page.
    """
    if name not in icon_names():
        if settings.DEBUG:
            raise UnknownIcon(name)
        name = "circle"
    return fill(
        '<svg class="icon{}" {}><use href="{}#{}"></use></svg>',
        f" icon--{size}" if size else "",
        fill('role="img" aria-label="{}"', label) if label else fill('aria-hidden="true"'),
        static("icons/sprite.svg"),
        name,
    )


def initials(name: str) -> str:
    """``Jonas Weber`` to ``JW``; one word gives its first two letters, an ideographic name its last two."""
    words = [word for word in re.split(r"[\s._-]+", name.strip()) if word]
    if not words:
        return "?"
    if len(words) == 1:
        word = words[0]
        return word[-2:] if re.match(r"[\u3400-\u9fff\uac00-\ud7af]", word) else word[:2].upper()
    return (words[0][0] + words[-1][0]).upper()


def avatar(name: str, me: bool = False, size: str = "", presence: str = "") -> SafeString:
    """A person as initials; without a name, a dashed ring that says nobody is there yet."""
    if name:
        return _face(name, me, size, presence)
    return _nobody(size)


@per_language
def _nobody(size: str) -> SafeString:
    label = gettext("Nobody assigned")
    return fill(
        '<span class="avatar avatar--none{}" role="img" aria-label="{}" title="{}">{}</span>',
        f" avatar--{size}" if size else "",
        label,
        label,
        icon("user"),
    )


@lru_cache(maxsize=2048)
def _face(name: str, me: bool, size: str, presence: str) -> SafeString:
    return fill(
        '<span class="avatar{}{}" role="img" aria-label="{}" title="{}">{}{}</span>',
        " avatar--me" if me else "",
        f" avatar--{size}" if size else "",
        name,
        name,
        initials(name),
        fill('<span class="avatar__dot avatar__dot--{}"></span>', presence) if presence else "",
    )


def priority(code: str, label: str = "") -> SafeString:
    """``P1`` solid, ``P2`` strong outline, ``P3`` thin outline, ``P4`` plain."""
    return _priority(code[-1:] if code[-1:] in "1234" else "4", label)


@per_language
def _priority(level: str, label: str) -> SafeString:
    title = label or gettext("Priority %(level)s") % {"level": level}
    return fill('<span class="priority priority--{}" title="{}">P{}</span>', level, title, level)


@lru_cache(maxsize=512)
def status(shape: str, label: str) -> SafeString:
    """The category's shape, the status's own word: new open progress pending handed resolved closed."""
    drawn = STATUS_SHAPES.get(shape, "status-open")
    return fill('<span class="status status--{}">{}{}</span>', shape, icon(drawn), label)


def deadline(
    state: str,
    *,
    due_at: datetime | None = None,
    now: datetime,
    warn_at: datetime | None = None,
    settled_at: datetime | None = None,
    reason: str = "",
    metric: str = "",
    large: bool = False,
    by: bool = False,
) -> SafeString:
    """One promise's deadline. A live one ticks in the page and turns to warning and late by itself.

    States: ok, warning, breached (past due, still open), paused, met, missed (settled after it was due).
    """
    css = f"deadline deadline--{state}" + (" deadline--large" if large else "")
    if state == "paused" or due_at is None:
        words = gettext("Paused: %(reason)s") % {"reason": reason} if reason else gettext("Paused")
    elif state == "met":
        spare = span_text(due_at - (settled_at or due_at))
        words = gettext("Met, %(span)s to spare") % {"span": spare} if settled_at else gettext("Met")
    elif state == "missed":
        late = span_text((settled_at or now) - due_at)
        words = gettext("Missed by %(span)s") % {"span": late}
    else:
        return _live(css, state, due_at, now, warn_at, metric, by)
    text = f"{metric} {words[0].lower()}{words[1:]}" if metric else words
    return fill('<span class="{}">{}{}</span>', css, icon(DEADLINE_ICONS[state]), text)


def _live(
    css: str, state: str, due_at: datetime, now: datetime, warn_at: datetime | None, metric: str, by: bool
) -> SafeString:
    remaining = (due_at - now).total_seconds()
    text = span_text(remaining)
    if remaining < 0:
        text = span_words()["late"] % {"span": text}
    tail = gettext(", by %(time)s") % {"time": moment_text(due_at, now=now)} if by and remaining >= 0 else ""
    return fill(
        '<span class="{}" title="{}">{}<span>{}<desk-countdown due="{}"{}>{}</desk-countdown>{}</span></span>',
        css,
        moment_text(due_at, now=now, style="full"),
        icon(DEADLINE_ICONS[state]),
        f"{metric} " if metric else "",
        due_at.isoformat(),
        fill(' warn="{}"', warn_at.isoformat()) if warn_at else "",
        text,
        fill('<span class="deadline__by">{}</span>', tail) if tail else "",
    )
