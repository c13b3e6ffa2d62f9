"""The rail at the left of each agent page, filled by the apps that own the pages it leads to.

An app registers one callable in ``AppConfig.ready()``; it is asked once per rendered page, with the request,
and answers with groups for that reader. Fragments never ask: the groups are made when a shell shows them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString

from puo_desk.kernel.pages.marks import icon
from puo_desk.kernel.pages.markup import fill, joined

logger = logging.getLogger(__name__)

Tone = Literal["", "breach", "warn", "accent"]


@dataclass(frozen=True, slots=True)
class RailItem:
    """One entry. ``key`` is what follows ``g`` (or stands alone, such as ``c``, when ``goes`` is off)."""

    label: str
    url: str
    icon: str
    count: int | str | None = None
    current: bool = False
    tone: Tone = ""
    key: str = ""
    goes: bool = True
    tab: str = ""
    """The short word on the phone's tab bar; empty means the entry is found under More."""
    tab_current: bool = False
    """The tab stands for more pages than its own, and this is one of them."""
    in_rail: bool = True
    live_id: str = ""
    """Name of the count, by which a page that stays open keeps it right: in the rail and under More."""


@dataclass(frozen=True, slots=True)
class RailGroup:
    items: Sequence[RailItem]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Rail:
    """What the shell shows: groups for the rail, and at most four tabs for the phone."""

    groups: tuple[RailGroup, ...]
    tabs: tuple[RailItem, ...]
    search_url: str = ""
    """What the palette appends a typed text to, ``/tickets/?q=`` for example."""
    drawn: str = ""
    """The groups as markup, made once: they stand in the rail and again under the phone's More."""


Source = Callable[[HttpRequest], Iterable[RailGroup]]
_sources: list[tuple[int, str, Source]] = []
_search: list[Callable[[HttpRequest], str]] = []


def register_rail(source: Source, *, order: int = 50) -> None:
    """Add a source of groups; lower ``order`` stands higher. A second registration changes nothing."""
    name = f"{source.__module__}.{source.__qualname__}"
    if all(known != name for _, known, _ in _sources):
        _sources.append((order, name, source))
        _sources.sort(key=lambda entry: entry[0])


def register_search(address: Callable[[HttpRequest], str]) -> None:
    """Say where the palette looks for a text that names no page; the last registration holds."""
    _search[:] = [address]


def build_rail(request: HttpRequest) -> Rail:
    """The rail of this reader; a source that fails is left out and logged, the page still comes."""
    groups: list[RailGroup] = []
    for _, name, source in _sources:
        try:
            groups.extend(_mark_current(group, request.path) for group in source(request))
        except Exception:
            logger.exception("rail source failed", extra={"source": name})
    tabs = tuple(entry for group in groups for entry in group.items if entry.tab)[:4]
    shown = tuple(replace(group, items=[e for e in group.items if e.in_rail]) for group in _merged(groups))
    filled = tuple(group for group in shown if group.items)
    return Rail(filled, tabs, _search_url(request), draw_groups(filled))


def draw_groups(groups: Iterable[RailGroup]) -> SafeString:
    """The groups as markup. Drawn in Python, like the marks of a list: every page shows a dozen entries twice."""
    return joined(map(_draw_group, groups))


def _draw_group(group: RailGroup) -> SafeString:
    return fill(
        '<div class="rail__group" data-command-group="{}">{}{}</div>',
        group.label,
        fill('<p class="rail__label">{}</p>', group.label) if group.label else "",
        joined(map(_draw_entry, group.items)),
    )


def _draw_entry(entry: RailItem) -> SafeString:
    return fill(
        '<a class="rail__entry" href="{}" title="{}"{}{}>{}<span class="truncate rail__word">{}</span>{}</a>',
        entry.url,
        entry.label,
        _CURRENT if entry.current else "",
        fill(' data-key="{}{}"', "g " if entry.goes else "", entry.key) if entry.key else "",
        icon(entry.icon),
        entry.label,
        _draw_count(entry),
    )


_CURRENT = fill(' aria-current="page"')


def _draw_count(entry: RailItem) -> SafeString | str:
    if entry.count is None:
        return ""
    return fill(
        '<span class="count{}"{}>{}</span>',
        f" count--{entry.tone}" if entry.tone and entry.count else "",
        fill(' data-count="{}" data-tone="{}"', entry.live_id, entry.tone) if entry.live_id else "",
        entry.count,
    )


def _merged(groups: Iterable[RailGroup]) -> list[RailGroup]:
    """Groups of one label are one group, where the first of them stands: apps share a heading."""
    merged: dict[str, RailGroup] = {}
    for position, group in enumerate(groups):
        name = group.label or f"unnamed {position}"
        known = merged.get(name)
        merged[name] = replace(known, items=[*known.items, *group.items]) if known else group
    return list(merged.values())


def _search_url(request: HttpRequest) -> str:
    try:
        return _search[0](request) if _search else ""
    except Exception:
        logger.exception("rail search address failed")
        return ""


def _mark_current(group: RailGroup, path: str) -> RailGroup:
    """Marks the entry that leads exactly here, unless the source has already marked one itself."""
    if any(entry.current for entry in group.items):
        return group
    return replace(group, items=[replace(e, current=e.url == path) for e in group.items])


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``rail``, made only when a template uses it."""
    return {"rail": SimpleLazyObject(lambda: build_rail(request))}
