"""What higher apps may add to tickets without tickets knowing them.

Register from ``AppConfig.ready()``; the registry closes with the first request. A panel or badge that
fails costs its own place on the page and a line in the log, nothing more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import structlog
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from puo_desk.accounts.policies import may
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.pages.addresses import address
from tickets.models import Ticket
from tickets.queries.rows import TicketRow

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PanelContext:
    """What a panel is made from."""

    ticket: Ticket
    viewer: Actor
    now: datetime


class TicketPanel(ABC):
    """A section beside the conversation. ``place`` is "side" (ticket page) or "promise" (request page).

    A heavy panel names in ``loads_from`` the route (with the ticket's id) that answers with it: the page then
    comes with its title, and the panel follows.
    """

    code: ClassVar[str]
    title: ClassVar[Any]
    template: ClassVar[str]
    act: ClassVar[str] = "ticket.view_notes"
    place: ClassVar[str] = "side"
    position: ClassVar[int] = 100
    loads_from: ClassVar[str] = ""

    @abstractmethod
    def context(self, about: PanelContext) -> Mapping[str, Any] | None:
        """The template's context; None hides the panel. A few queries at most: a heavy panel returns the
        address it loads itself from."""


class TicketBadge(ABC):
    """A mark on the rows of a list: one query for all of them."""

    code: ClassVar[str]
    template: ClassVar[str]

    @abstractmethod
    def for_rows(self, rows: Sequence[TicketRow], viewer: Actor, now: datetime) -> Mapping[int, Mapping[str, Any]]:
        """The template's context by ticket id; tickets without the mark are left out."""


@dataclass(frozen=True, slots=True)
class TicketAction:
    """An act that another app offers on the ticket page: a button that opens ``url_name`` for the ticket."""

    code: str
    label: Any
    icon: str
    url_name: str
    act: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class ComposerTool:
    """A button in the composer that opens a picker which inserts text into a reply."""

    code: str
    label: Any
    icon: str
    url_name: str
    act: str
    key: str = ""


class RequestHelp(ABC):
    """Help shown to a requester while typing: procedures, known fixes."""

    code: ClassVar[str]
    template: ClassVar[str]

    @abstractmethod
    def context(self, text: str, viewer: Actor) -> Mapping[str, Any] | None:
        """The template's context for what was typed so far; None when there is nothing to offer."""


class PromisePreview(ABC):
    """What would be promised for a new request: shown before it is sent."""

    template: ClassVar[str]

    @abstractmethod
    def context(
        self, *, category_id: int | None, team_id: int | None, priority: int, channel: str, now: datetime
    ) -> Mapping[str, Any] | None: ...


panels: list[TicketPanel] = []
badges: list[TicketBadge] = []
actions: list[TicketAction] = []
composer_tools: list[ComposerTool] = []
request_helps: list[RequestHelp] = []
promise_previews: list[PromisePreview] = []


def register(part: TicketPanel | TicketBadge | TicketAction | ComposerTool | RequestHelp | PromisePreview) -> None:
    """Add a part. Codes are unique within their kind."""
    kinds: tuple[tuple[type, list[Any]], ...] = (
        (TicketPanel, panels),
        (TicketBadge, badges),
        (TicketAction, actions),
        (ComposerTool, composer_tools),
        (RequestHelp, request_helps),
        (PromisePreview, promise_previews),
    )
    for kind, registered in kinds:
        if isinstance(part, kind):
            registered.append(part)
            registered.sort(key=lambda one: getattr(one, "position", 100))
            return
    raise TypeError(f"{part!r} is nothing that tickets can be extended by")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A panel's place on the page. ``html`` is None when the panel failed."""

    code: str
    title: Any
    html: SafeString | None


def render_panels(
    ticket: Ticket, *, viewer: Actor, now: datetime, place: str = "side", request: Any = None
) -> list[Rendered]:
    """The panels of a place that the viewer may see, each rendered on its own."""
    about = PanelContext(ticket, viewer, now)
    shown = (panel for panel in panels if panel.place == place and may(viewer, panel.act))
    return [rendered for panel in shown if (rendered := _render_panel(panel, about, request)) is not None]


def _render_panel(panel: TicketPanel, about: PanelContext, request: Any) -> Rendered | None:
    try:
        if panel.loads_from:
            later = {"title": panel.title, "url": address(panel.loads_from, about.ticket.pk)}
            return Rendered(panel.code, panel.title, render_to_string("components/panel_loading.html", later))
        context = panel.context(about)
        if context is None:
            return None
        html = render_to_string(panel.template, {**context, "ticket": about.ticket, "now": about.now}, request=request)
        return Rendered(panel.code, panel.title, html)
    except Exception:
        log.exception("panel failed", panel=panel.code, ticket=about.ticket.pk)
        return Rendered(panel.code, panel.title, None)


def badges_for(rows: Sequence[TicketRow], *, viewer: Actor, now: datetime) -> dict[int, list[SafeString]]:
    """The rendered marks of each row, by ticket id."""
    marks: dict[int, list[SafeString]] = {}
    for badge in badges:
        try:
            for ticket_id, context in badge.for_rows(rows, viewer, now).items():
                marks.setdefault(ticket_id, []).append(render_to_string(badge.template, {**context, "now": now}))
        except Exception:
            log.exception("badge failed", badge=badge.code)
    return marks


def render_request_helps(text: str, *, viewer: Actor) -> list[SafeString]:
    """What may help somebody who is typing a request, from every app that knows something."""
    shown: list[SafeString] = []
    for part in request_helps:
        try:
            context = part.context(text, viewer)
            if context is not None:
                shown.append(render_to_string(part.template, dict(context)))
        except Exception:
            log.exception("request help failed", help=part.code)
    return shown
