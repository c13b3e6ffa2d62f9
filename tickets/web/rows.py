"""One line of a ticket list, drawn in Python: a list shows them by the hundred, and a template for each would cost more
than all its queries (see ``puo_desk.kernel.pages.marks``, which draws what stands in it)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from puo_desk.kernel.pages import marks
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.markup import fill, joined
from puo_desk.kernel.pages.words import per_language
from puo_desk.kernel.templatetags.desk import moment
from tickets.queries.rows import TicketRow

_ROW = (
    '<div class="queue__row{}" role="row" id="row-{}" data-row="{}" data-version="{}.{}">'
    '<span class="queue__select" role="cell">'
    '<input class="checkbox" type="checkbox" name="ticket" value="{}" data-select aria-label="{}"{}></span>'
    '<span class="queue__priority" role="cell">{}</span>'
    '<span class="queue__number" role="cell">{}</span>'
    '<span class="queue__channel" role="cell">{}</span>'
    '<span class="queue__main" role="cell">'
    '<a class="queue__subject" href="{}?{}" data-open-row>{}<b>{}</b>{}</a>{}</span>'
    '<span class="queue__who" role="cell">{}{}</span>'
    '<span class="queue__assignee" role="cell">{}</span>'
    '<span class="queue__status" role="cell">{}</span>'
    '<span class="queue__due" role="cell">{}{}</span>'
    '<span class="queue__waiting num" role="cell">{}</span>'
    "</div>"
)


@per_language
def _select_words() -> str:
    return _("Select %(number)s")


@per_language
def _unread_mark() -> SafeString:
    return fill('<span class="visually-hidden">{} </span>', _("Unread."))


def draw_row(
    row: TicketRow,
    *,
    query: str,
    is_chosen: bool,
    shape: str,
    channel: tuple[str, str],
    deadline: SafeString | str,
    metric: str,
    waiting: str,
    is_mine: bool,
    badges: Sequence[SafeString],
) -> SafeString:
    """The line as markup. ``query`` names the list it stands in, ``channel`` is an icon and its word."""
    number = row.number
    done_at = row.closed_at or row.resolved_at
    return fill(
        _ROW,
        " is-unread" if row.is_unread else "",
        number,
        row.id,
        row.version,
        int(row.is_unread),
        row.id,
        _select_words() % {"number": number},
        " checked" if is_chosen else "",
        marks.priority(str(row.priority)),
        number,
        marks.icon(*channel),
        address("tickets:ticket", row.id),
        query,
        _unread_mark() if row.is_unread else "",
        row.subject,
        fill('<span class="queue__snippet">{}</span>', row.preview) if row.preview else "",
        joined(badges) if badges else "",
        row.requester_name,
        fill("<span> · {}</span>", row.category_name) if row.category_name else "",
        marks.avatar(row.assignee_name, is_mine),
        marks.status(shape, row.status_name),
        deadline or fill('<span class="meta">{}</span>', moment(done_at) if done_at else "–"),
        fill('<span class="queue__metric">{}</span>', metric) if metric and deadline else "",
        waiting,
    )
