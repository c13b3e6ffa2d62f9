"""How a ticket is shown: the shape of its status, the mark of its channel, the words of its promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.pages import marks
from puo_desk.kernel.pages.times import span_text
from puo_desk.kernel.pages.words import one_language, per_language
from tickets.extension import badges_for
from tickets.queries.rows import TicketRow
from tickets.vocabulary import ACTIVE, Channel, StatusCategory, WaitingOn
from tickets.web.rows import draw_row

SHIFT = timedelta(hours=8)
"""What is due within it is work of this shift; later work is nobody's hurry."""

METRICS: dict[str, Any] = {
    "first_response": _("First reply"),
    "next_response": _("Next reply"),
    "resolution": _("Resolution"),
    "acknowledge": _("Acknowledgement"),
    "answer": _("Answer"),
}
CHANNEL_ICONS: dict[str, str] = {
    Channel.WEB: "panel-top",
    Channel.API: "code",
    Channel.CHAT: "message-square",
    Channel.IM: "message-circle",
    Channel.MAIL: "mail",
    Channel.PHONE: "phone",
    Channel.SELF_SERVICE: "life-buoy",
    Channel.DIRECT: "user",
    Channel.OTHER: "inbox",
}
_WAITS_FOR: dict[str, Any] = {
    WaitingOn.REQUESTER: _("requester"),
    WaitingOn.THIRD_PARTY: _("third party"),
    WaitingOn.ENGINEERING: _("engineering"),
}


IMPACT_WORDS: dict[int, Any] = {1: _("Many teams"), 2: _("A team"), 3: _("One person")}
URGENCY_WORDS: dict[int, Any] = {1: _("high urgency"), 2: _("medium urgency"), 3: _("low urgency")}


class Promised(Protocol):
    """What a deadline is drawn from: a row of a list, or a ticket."""

    @property
    def status_category(self) -> str: ...
    @property
    def next_due_at(self) -> datetime | None: ...
    @property
    def next_due_metric(self) -> str: ...
    @property
    def at_risk_at(self) -> datetime | None: ...


def status_shape(code: str, category: str, waiting_on: str, *, is_taken: bool) -> str:
    """The drawn shape of a status: its category first, then how far the work is."""
    if category == StatusCategory.PENDING:
        return "handed" if waiting_on == WaitingOn.ENGINEERING else "pending"
    if category != StatusCategory.OPEN:
        return category
    if code == "new":
        return "open" if is_taken else "new"
    return "progress"


@per_language
def metric_label(metric: str) -> str:
    return str(METRICS.get(metric, metric))


def deadline_state(about: Promised, *, now: datetime) -> str:
    """``breached``, ``warning``, ``ok``, ``paused``, or empty when nothing is promised any more."""
    if about.status_category not in ACTIVE:
        return ""
    if about.next_due_at is None:
        return "paused" if about.status_category == StatusCategory.PENDING else ""
    if now > about.next_due_at:
        return "breached"
    return "warning" if about.at_risk_at is not None and now >= about.at_risk_at else "ok"


def deadline_of(about: Promised, *, waiting_on: str, now: datetime, large: bool = False) -> SafeString | str:
    """The mark of the next deadline; empty when there is none."""
    state = deadline_state(about, now=now)
    if not state:
        return ""
    return marks.deadline(
        state,
        due_at=about.next_due_at,
        warn_at=about.at_risk_at,
        now=now,
        reason=str(_WAITS_FOR.get(waiting_on, "")),
        metric=metric_label(about.next_due_metric) if large and state != "paused" else "",
        large=large,
        by=large,
    )


def waiting_words(since: datetime | None, *, now: datetime) -> str:
    """For a narrow column: minutes within the hour, then full hours, then full days."""
    if since is None:
        return ""
    span = max(timedelta(), now - since)
    for unit in (timedelta(days=1), timedelta(hours=1)):
        if span >= unit:
            return span_text(span // unit * unit)
    return span_text(span)


@per_language
def _channel_label(channel: str) -> str:
    return str(dict(Channel.choices).get(channel, channel))


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A line of the list, and how it is drawn."""

    row: TicketRow
    markup: SafeString


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Lines under one heading; without a label the list has no headings."""

    label: Any
    rows: Sequence[ShownRow]


def shown_rows(
    rows: Sequence[TicketRow], *, viewer: Actor, now: datetime, query: str = "", are_chosen: bool = False
) -> list[ShownRow]:
    """Lines ready to stand in the list that ``query`` names. One query for each kind of badge, for all lines."""
    badges: Mapping[int, Sequence[SafeString]] = badges_for(rows, viewer=viewer, now=now)
    with one_language():
        return [
            ShownRow(
                row,
                draw_row(
                    row,
                    query=query,
                    is_chosen=are_chosen,
                    shape=status_shape(
                        row.status_code, row.status_category, row.waiting_on, is_taken=row.assignee_id is not None
                    ),
                    channel=(CHANNEL_ICONS.get(row.channel, "inbox"), _channel_label(row.channel)),
                    deadline=deadline_of(row, waiting_on=row.waiting_on, now=now),
                    metric=_running_metric(row),
                    waiting=waiting_words(row.waiting_since, now=now),
                    is_mine=row.assignee_id is not None and row.assignee_id == viewer.user_id,
                    badges=badges.get(row.id, ()),
                ),
            )
            for row in rows
        ]


def _running_metric(row: TicketRow) -> str:
    return metric_label(row.next_due_metric) if row.next_due_at and row.status_category in ACTIVE else ""


def grouped_rows(rows: Sequence[ShownRow], *, by_need: bool, now: datetime) -> list[RowGroup]:
    """The lines under what they ask for: now, this shift, later, waiting. Order within a group is kept."""
    if not by_need:
        return [RowGroup("", rows)] if rows else []
    groups: dict[str, list[ShownRow]] = {"now": [], "shift": [], "later": [], "waiting": [], "done": []}
    for shown in rows:
        groups[_need(shown.row, now)].append(shown)
    labels = {
        "now": _("Needs action now"),
        "shift": _("This shift"),
        "later": _("Later"),
        "waiting": _("Waiting on others"),
        "done": _("Solved"),
    }
    return [RowGroup(labels[code], found) for code, found in groups.items() if found]


def _need(row: TicketRow, now: datetime) -> str:
    if row.status_category not in ACTIVE:
        return "done"
    if deadline_state(row, now=now) in {"breached", "warning"}:
        return "now"
    if row.status_category == StatusCategory.PENDING:
        return "waiting"
    return "shift" if row.next_due_at is not None and row.next_due_at - now <= SHIFT else "later"
