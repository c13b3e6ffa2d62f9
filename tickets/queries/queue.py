"""The queue: views with live counts, sorted and paged by key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput
from puo_desk.kernel.http.pagination import Keyset, Page
from tickets.models import Ticket
from tickets.policies import visible_tickets
from tickets.queries.rows import TicketRow, rows_of
from tickets.vocabulary import ACTIVE, COUNT_CAP, StatusCategory

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


def page_of_tickets(
    tickets: QuerySet[Ticket], *, sort: str, viewer: Actor, cursor: str | None = None, size: int = PAGE_ROWS
) -> Page[TicketRow]:
    """A page of tickets by key: as fast at the end of a long list as at its beginning. Two queries.

    Raises: InvalidInput for an unknown sort or a cursor that this order did not give.
    """
    if sort not in SORTS:
        raise InvalidInput({"sort": [_("Choose from %(choices)s.") % {"choices": ", ".join(SORTS)}]})
    # First the keys, which an index holds; then what the lines show, for those fifty alone.
    page = SORTS[sort].keyset.page(tickets.values("id", "due_order", "waiting_order"), cursor=cursor, size=size)
    rows = rows_of([keys["id"] for keys in page.rows], viewer=viewer)
    return Page(rows=rows, next=page.next, previous=page.previous)


def tickets_in_view(code: str, *, viewer: Actor, now: datetime) -> QuerySet[Ticket]:
    """The visible tickets of a queue view. Raises: InvalidInput for an unknown view."""
    if code not in VIEWS:
        raise InvalidInput({"view": [_("Choose from %(choices)s.") % {"choices": ", ".join(VIEWS)}]})
    return visible_tickets(viewer).filter(VIEWS[code].narrow(viewer, now))


def count_views(*, viewer: Actor, now: datetime, codes: Sequence[str] = COUNTED_VIEWS) -> dict[str, int]:
    """How many tickets each view holds, up to ``COUNT_CAP``. One query."""
    teams = sorted(viewer.team_ids)
    statement, values = _counting(tuple(codes), COUNT_CAP, viewer.kind, viewer.role, len(teams), viewer.user_id is None)
    known: dict[Any, Any] = {_SOMEBODY: viewer.user_id, _SOMETIME: now}
    known.update(zip(_TEAMS, teams, strict=False))
    with connection.cursor() as cursor:
        cursor.execute(statement, [known.get(value, value) for value in values])
        return dict(zip(codes, cursor.fetchone(), strict=True))


_SOMEBODY, _SOMETIME = -1, datetime(1, 1, 1, tzinfo=UTC)
_TEAMS = range(-2, -1002, -1)
"""They stand in a kept statement where the viewer, the instant and the viewer's teams belong."""


@lru_cache(maxsize=256)
def _counting(
    codes: tuple[str, ...], cap: int, kind: str, role: str, teams: int, is_nobody: bool
) -> tuple[str, tuple[Hashable, ...]]:
    """The statement for all viewers of a role with so many teams: every page counts, and making the statement
    by the ORM costs more than running it.
    """
    user_id = None if is_nobody else _SOMEBODY
    viewer = Actor(kind=kind, label="", user_id=user_id, role=role, team_ids=frozenset(_TEAMS[:teams]))
    parts, values = [], []
    for code in codes:
        capped = tickets_in_view(code, viewer=viewer, now=_SOMETIME).order_by().values("pk")[:cap]
        sql, sql_values = capped.query.get_compiler(DEFAULT_DB_ALIAS, elide_empty=False).as_sql()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS capped)")  # noqa: S608 - made by the ORM from enumerated views
        values.extend(sql_values)
    return f"SELECT {', '.join(parts)}", tuple(values)
