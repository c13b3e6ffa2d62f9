"""Tags and filters of all pages: icons, marks, times, links that keep their filters."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect
from django.template.loader import get_template, render_to_string
from django.utils import timezone
from django.utils.html import json_script
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from puo_desk.kernel.pages import marks, times
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.markup import fill, joined
from puo_desk.kernel.pages.message import draw_message
from puo_desk.kernel.pages.words import per_language, text_language

register = template.Library()
register.simple_tag(address)
register.simple_tag(text_language)
_serial = itertools.count(1)


def _now(context: template.Context) -> datetime:
    """The instant of this page: what the view passed as ``now``, so that all spans of one page agree."""
    value = context.get("now")
    return value if isinstance(value, datetime) else timezone.now()


@register.simple_tag
def icon(name: str, label: str = "", size: str | int = "") -> SafeString:
    """``{% icon "inbox" %}``; give ``label`` when no word stands beside it."""
    return marks.icon(str(name), str(label), str(size))


@register.simple_tag
def avatar_mark(name: str = "", me: bool = False, size: str | int = "", presence: str = "") -> SafeString:
    return marks.avatar(str(name or ""), bool(me), str(size or ""), str(presence or ""))


@register.simple_tag
def priority_mark(code: str | int, label: str = "") -> SafeString:
    return marks.priority(str(code), str(label or ""))


@register.simple_tag
def status_mark(shape: str, label: str) -> SafeString:
    return marks.status(str(shape), str(label))


@register.simple_tag(takes_context=True)
def deadline_mark(context: template.Context, state: str, **parts: Any) -> SafeString:
    """See ``marks.deadline``: due_at, warn_at, settled_at, reason, metric, large, by, now."""
    given = {name: parts.get(name) or None for name in ("due_at", "warn_at", "settled_at")}
    return marks.deadline(
        str(state),
        now=parts.get("now") or _now(context),
        reason=str(parts.get("reason") or ""),
        metric=str(parts.get("metric") or ""),
        large=bool(parts.get("large")),
        by=bool(parts.get("by")),
        **given,
    )


@register.filter(expects_localtime=False)
def moment(instant: datetime | None, style: str = "") -> SafeString | str:
    """``{{ ticket.opened_at|moment }}``: short time in the reader's zone, the whole of it on hover."""
    if instant is None:
        return ""
    now = timezone.now()
    return fill(
        '<time datetime="{}" title="{}">{}</time>',
        instant.isoformat(),
        times.moment_text(instant, now=now, style="full"),
        times.moment_text(instant, now=now, style=style),
    )


@register.simple_tag
def message_mark(
    sent_at: datetime, undo_url: str = "", csrf_token: str = "", files: Any = (), **parts: Any
) -> SafeString:
    """See ``draw_message``; with ``undo_url`` there is a button that takes the message back."""
    given = {name: value for name, value in parts.items() if value}
    undo = render_to_string("components/_undo.html", {"url": undo_url, "csrf_token": csrf_token}) if undo_url else ""
    return draw_message(sent_at=moment(sent_at), undo=undo, files=files or (), **given)


@register.filter(expects_localtime=False)
def ago(instant: datetime | None) -> SafeString | str:
    """``{{ message.sent_at|ago }}``: the span up to now, kept fresh in the page."""
    return _relative(instant, timezone.now())


@register.simple_tag(takes_context=True)
def relative(context: template.Context, instant: datetime | None, now: datetime | None = None) -> SafeString | str:
    """Like ``ago``, counted from the page's own ``now``."""
    return _relative(instant, now or _now(context))


def _relative(instant: datetime | None, now: datetime) -> SafeString | str:
    if instant is None:
        return ""
    return fill(
        '<desk-relative-time><time datetime="{}" title="{}">{}</time></desk-relative-time>',
        instant.isoformat(),
        times.moment_text(instant, now=now, style="full"),
        times.relative_text(instant, now=now),
    )


@register.filter
def duration(span: timedelta | float | None) -> str:
    """``1 h 05 min`` from a timedelta or a number of seconds; a dash for nothing."""
    return "–" if span is None else times.span_text(span)


@register.filter
def since(instant: datetime | None) -> str:
    """The bare span from an instant to now, for a column named Waiting."""
    return "" if instant is None else times.span_text(timezone.now() - instant)


@register.filter
def initials(name: str) -> str:
    return marks.initials(str(name))


@register.filter
def percent(value: float | None, digits: int = 1) -> str:
    """``96.3`` from the share ``0.963``; the sign is the page's own."""
    return "–" if value is None else f"{value * 100:.{digits}f}"


@register.filter
def lookup(mapping: Mapping[Any, Any], key: Any) -> Any:
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """``{% query sort="newest" cursor=None %}``: this page's query with changes; None and "" remove."""
    request = getattr(context, "request", None) or context.get("request")
    pairs: dict[str, Any] = {name: request.GET.getlist(name) for name in request.GET} if request else {}
    pairs.update(changes)
    kept = {name: value for name, value in pairs.items() if value not in (None, "", [])}
    return f"?{urlencode(kept, doseq=True)}" if kept else "?"


@register.simple_tag(takes_context=True)
def query_without(context: template.Context, name: str, value: Any = None) -> str:
    """This page's query without one parameter, or one value of it: the link of a filter token's cross."""
    request = getattr(context, "request", None) or context.get("request")
    pairs = {key: request.GET.getlist(key) for key in request.GET} if request else {}
    pairs[name] = [] if value is None else [each for each in pairs.get(name, []) if each != str(value)]
    pairs.pop("cursor", None)
    kept = {key: values for key, values in pairs.items() if values}
    return f"?{urlencode(kept, doseq=True)}" if kept else "?"


@register.simple_block_tag(takes_context=True)
def component(context: template.Context, content: str, name: str, **parts: Any) -> str:
    """``{% component "panel" title="Promises" %}…{% endcomponent %}``: a component that has something inside.

    The component sees its named parts, ``content`` and the page's ``now``, and nothing else, as with ``only``.
    """
    inside = {"content": content, "now": context.get("now")} | parts
    return get_template(f"components/{name}.html").render(inside)


@register.simple_tag
def new_id(stem: str = "id") -> str:
    """An element id that no other part of the page has, also when the part is loaded later."""
    return f"{stem}-{next(_serial):x}"


@register.simple_tag
def fixed_part(name: str, **parts: str) -> SafeString:
    """``{% fixed_part "components/_key_sheet.html" %}``: an include that all who read a language see alike.

    Rendered once for each language and set of ``parts`` while the process lives: only for parts that hold nothing
    of the reader, the page or the time.
    """
    return _fixed_part(name, **parts)


@per_language
def _fixed_part(name: str, **parts: str) -> SafeString:
    return joined([get_template(name).render(dict(parts))])


@register.simple_tag
@per_language
def page_words() -> SafeString:
    """All sentences that the page's script says, in the reader's language, as the page carries them."""
    return json_script(_page_words(), "desk-words")


def _page_words() -> dict[str, str]:
    return times.span_words() | {
        "offline": gettext("You are offline. You can read and write; nothing is sent until you are back."),
        "network": gettext("The desk did not answer. What you wrote is still here; try again."),
        "server": gettext("Something failed on our side. What you wrote is still here. Reference %(reference)s."),
        "conflict": gettext("This changed while you were writing. Read what is new, then send again."),
        "forbidden": gettext("You may not do this. If you should, ask an admin of the desk."),
        "gone": gettext("This is no longer here, or you may not see it."),
        "signed_out": gettext("You are signed out. Sign in again in another tab, then send once more."),
        "too_fast": gettext("Too many requests. Wait a moment, then try again."),
        "too_large": gettext("That is larger than the desk takes."),
        "copied": gettext("Copied %(text)s"),
        "new_rows": gettext("%(n)s new"),
        "keys_on": gettext("Keyboard shortcuts are on"),
        "keys_off": gettext("Keyboard shortcuts are off"),
        "selected": gettext("%(n)s selected"),
        "remove_file": gettext("Remove %(name)s"),
        "dismiss": gettext("Dismiss"),
        "undo": gettext("Undo"),
    }


@register.simple_tag(takes_context=True)
def field_facts(context: template.Context, field: Any) -> dict[str, Any]:
    """What the field component must know of a BoundField: its kind, and whether its parts form a group."""
    widget = field.field.widget
    is_group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    kinds = (
        (FileInput, "file"),
        (CheckboxSelectMultiple, "checks"),
        (RadioSelect, "radio"),
        (CheckboxInput, "checkbox"),
    )
    return {
        "kind": next((kind for widget_class, kind in kinds if isinstance(widget, widget_class)), "plain"),
        "group": is_group,
        "optional": not field.field.required,
    }
