"""The queue: views with live counts, sorted and paged by key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from puo_desk.kernel.http.pagination import Keyset, Page
from tickets.models import ReadMark, Ticket
from tickets.policies import visible_tickets
from tickets.vocabulary import ACTIVE, COUNT_CAP, StatusCategory, ticket_number

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class QueueView:
    """A named part of the queue. ``narrow`` gives its condition for a viewer at an instant."""

    code: str
    label: Any
    icon: str
    narrow: Callable[[Actor, datetime], Q]
    default_sort: str = "due"
    tone: str = ""


_IS_ACTIVE = Q(status_category__in=ACTIVE)
VIEWS: dict[str, QueueView] = {
    view.code: view
    for view in (
        QueueView("mine", _("Mine"), "user", lambda viewer, now: _IS_ACTIVE & Q(assignee_id=viewer.user_id)),
        QueueView("unassigned", _("Unassigned"), "users", lambda viewer, now: _IS_ACTIVE & Q(assignee=None)),
        QueueView("team", _("My team"), "inbox", lambda viewer, now: _IS_ACTIVE & Q(team_id__in=viewer.team_ids)),
        QueueView(
            "at_risk", _("At risk"), "hourglass",
            lambda viewer, now: _IS_ACTIVE & Q(at_risk_at__lte=now, due_order__gte=now), tone="warn",
        ),
        # By due_order, which the index holds: by next_due_at PostgreSQL would look at every open ticket.
        QueueView(
            "breached", _("Breached"), "late", lambda viewer, now: _IS_ACTIVE & Q(due_order__lt=now), tone="breach"
        ),
        QueueView("waiting", _("Waiting"), "pause", lambda viewer, now: Q(status_category=StatusCategory.PENDING)),
        QueueView("open", _("All open"), "list", lambda viewer, now: _IS_ACTIVE),
        QueueView("all", _("All tickets"), "archive", lambda viewer, now: Q(), default_sort="newest"),
    )
}  # fmt: skip
COUNTED_VIEWS = tuple(code for code in VIEWS if code != "all")


@dataclass(frozen=True, slots=True)
class Sort:
    """An order that an index can walk."""

    code: str
    label: Any
    keyset: Keyset


SORTS: dict[str, Sort] = {
    sort.code: sort
    for sort in (
        Sort("due", _("Next due"), Keyset("due_order", "id")),
        Sort("waiting", _("Waiting since"), Keyset("waiting_order", "id")),
        Sort("newest", _("Newest"), Keyset("-id")),
    )
}


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One line of a ticket list: all a template needs, no query behind it."""

    id: int
    subject: str
    preview: str
    status_name: str
    status_code: str
    status_category: str
    waiting_on: str
    priority: int
    channel: str
    requester_id: int
    requester_name: str
    assignee_id: int | None
    assignee_name: str
    team_name: str
    category_name: str
    tag_names: tuple[str, ...]
    opened_at: datetime
    updated_at: datetime
    waiting_since: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_due_at: datetime | None
    next_due_metric: str
    at_risk_at: datetime | None
    version: int
    last_event_seq: int
    is_unread: bool = False

    @property
    def number(self) -> str:
        return ticket_number(self.id)


_PATHS = {
    "status_name": "status__name", "status_code": "status__code", "waiting_on": "status__waiting_on",
    "requester_name": "requester__full_name", "assignee_name": "assignee__full_name",
    "team_name": "team__name", "category_name": "category__name",
}  # fmt: skip
_NAMES = [column.name for column in fields(TicketRow) if column.name != "is_unread"]
_SELECTED = [
    *(_PATHS.get(name, name) for name in _NAMES),
    "requester__username",
    "assignee__username",
    "due_order",
    "waiting_order",
]


def ticket_rows(tickets: QuerySet[Ticket], *, viewer: Actor | None = None) -> list[TicketRow]:
    """The lines for these tickets, in their order. One query, and one for what the viewer has not read."""
    return _as_rows(list(tickets.values(*_SELECTED)), viewer)


def _as_rows(fetched: Sequence[dict[str, Any]], viewer: Actor | None) -> list[TicketRow]:
    seen: dict[int, int] = {}
    if viewer is not None and viewer.user_id is not None and fetched:
        ids = [row["id"] for row in fetched]
        seen = dict(ReadMark.objects.filter(user_id=viewer.user_id, ticket_id__in=ids).values_list("ticket_id", "seq"))
    return [_ticket_row(row, seen, viewer) for row in fetched]


def _ticket_row(row: dict[str, Any], seen: dict[int, int], viewer: Actor | None) -> TicketRow:
    values = {name: row[_PATHS.get(name, name)] for name in _NAMES}
    values["requester_name"] = values["requester_name"] or row["requester__username"]
    values["assignee_name"] = values["assignee_name"] or row["assignee__username"] or ""
    values["team_name"] = values["team_name"] or ""
    values["category_name"] = values["category_name"] or ""
    values["tag_names"] = tuple(values["tag_names"])
    is_unread = viewer is not None and seen.get(row["id"], 0) < row["last_event_seq"]
    return TicketRow(is_unread=is_unread, **values)


def page_of_tickets(
    tickets: QuerySet[Ticket], *, sort: str, viewer: Actor, cursor: str | None = None, size: int = PAGE_ROWS
) -> Page[TicketRow]:
    """A page of tickets by key: as fast at the end of a long list as at its beginning. Two queries.

    Raises: InvalidInput for an unknown sort or a cursor that this order did not give.
    """
    if sort not in SORTS:
        raise InvalidInput({"sort": [_("Choose from %(choices)s.") % {"choices": ", ".join(SORTS)}]})
    page = SORTS[sort].keyset.page(tickets.values(*_SELECTED), cursor=cursor, size=size)
    return Page(rows=_as_rows(page.rows, viewer), next=page.next, previous=page.previous)


def tickets_in_view(code: str, *, viewer: Actor, now: datetime) -> QuerySet[Ticket]:
    """The visible tickets of a queue view. Raises: InvalidInput for an unknown view."""
    if code not in VIEWS:
        raise InvalidInput({"view": [_("Choose from %(choices)s.") % {"choices": ", ".join(VIEWS)}]})
    return visible_tickets(viewer).filter(VIEWS[code].narrow(viewer, now))


def count_views(*, viewer: Actor, now: datetime, codes: Sequence[str] = COUNTED_VIEWS) -> dict[str, int]:
    """How many tickets each view holds, up to ``COUNT_CAP``. One query."""
    parts, params = [], []
    for code in codes:
        capped = tickets_in_view(code, viewer=viewer, now=now).order_by().values("pk")[:COUNT_CAP]
        sql, sql_params = capped.query.get_compiler(DEFAULT_DB_ALIAS, elide_empty=False).as_sql()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS capped)")  # noqa: S608 - made by the ORM from enumerated views
        params.extend(sql_params)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return dict(zip(codes, cursor.fetchone(), strict=True))
