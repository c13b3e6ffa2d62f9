"""What each figure of the daily report means. The one place: page, API and help read it from here.

A figure counts over a desk day, the half-open span from cutoff to cutoff. Figures come from the events of
tickets at the instants when things happened, and from promises; not from how tickets stand when the report
is built. Change a meaning, and raise ``DEFINITIONS_VERSION``: reports keep the version they were built by,
and are compared only with reports of the same version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from reports.vocabulary import Better, Unit

DEFINITIONS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the report. Its code names the tickets it was counted from.

    ``counts``: it counts what happened, which may happen to one ticket more than once.
    """

    code: str
    label: Any
    meaning: Any
    unit: Unit = Unit.COUNT
    better: Better = Better.NEITHER
    counts: Any = ""


FIGURES: tuple[Figure, ...] = (
    Figure("opened", _("Opened"), _("Tickets whose opening lies in the day.")),
    Figure(
        "resolved",
        _("Resolved"),
        _("Tickets that came to a resolved status in the day at least once, from any other status."),
    ),
    Figure(
        "backlog",
        _("Open at the end"),
        _("Tickets opened before the end of the day that were neither resolved nor closed at that instant."),
        better=Better.LOWER,
    ),
    Figure(
        "first_response_met",
        _("First reply in time"),
        _(
            "Share of first replies promised that were kept: those met in the day, of those met or broken in the day. "
            "A promise is met at the instant of the reply, and broken at its deadline."
        ),
        unit=Unit.SHARE,
        better=Better.HIGHER,
        counts=_("promises"),
    ),
    Figure(
        "resolution_met",
        _("Resolved in time"),
        _(
            "Share of promised resolutions that were kept: those met in the day, of those met or broken in the day. "
            "A ticket that is reopened is judged again by the same promise."
        ),
        unit=Unit.SHARE,
        better=Better.HIGHER,
        counts=_("promises"),
    ),
    Figure(
        "reopened",
        _("Reopened"),
        _("Tickets that went from resolved or closed back to work in the day at least once."),
        better=Better.LOWER,
    ),
    Figure("closed", _("Closed"), _("Tickets that came to a closed status in the day at least once.")),
    Figure(
        "reopenings",
        _("Reopenings"),
        _("How often tickets went from resolved or closed back to work in the day; a ticket may do so twice."),
        better=Better.LOWER,
        counts=_("reopenings"),
    ),
    Figure(
        "first_response_median",
        _("First reply, median"),
        _(
            "Half of the tickets first answered in the day had waited at most so long since their opening, in elapsed "
            "time. Tickets that an agent opened on own behalf wait for no answer."
        ),
        unit=Unit.SECONDS,
        better=Better.LOWER,
    ),
    Figure(
        "first_response_p90",
        _("First reply, 9 of 10"),
        _("Nine of ten tickets first answered in the day had waited at most so long since their opening."),
        unit=Unit.SECONDS,
        better=Better.LOWER,
    ),
    Figure(
        "resolution_median",
        _("Resolution, median"),
        _(
            "Half of the tickets resolved in the day had been open at most so long, in elapsed time from opening to "
            "the last resolving in the day."
        ),
        unit=Unit.SECONDS,
        better=Better.LOWER,
    ),
    Figure(
        "resolution_p90",
        _("Resolution, 9 of 10"),
        _("Nine of ten tickets resolved in the day had been open at most so long, counted the same way."),
        unit=Unit.SECONDS,
        better=Better.LOWER,
    ),
    Figure(
        "next_response_met",
        _("Next reply in time"),
        _("Share of promised next replies that were kept: those met in the day, of those met or broken in it."),
        unit=Unit.SHARE,
        better=Better.HIGHER,
        counts=_("promises"),
    ),
    Figure(
        "breaches",
        _("Promises broken"),
        _("Deadlines of any promise that passed unmet in the day, at the instant of the deadline."),
        better=Better.LOWER,
        counts=_("promises broken"),
    ),
    Figure(
        "escalated",
        _("Escalated"),
        _("Tickets carried to their assignee and team lead because a promise on them was broken in the day."),
        better=Better.LOWER,
    ),
    Figure(
        "reassigned",
        _("Reassignments"),
        _("How often a ticket went from one assignee to another, or to nobody, in the day."),
        better=Better.LOWER,
        counts=_("reassignments"),
    ),
    Figure("ratings", _("Ratings"), _("Tickets rated by their requesters in the day.")),
    Figure(
        "rating_mean",
        _("Rating, mean"),
        _("Mean of the ratings given in the day, from 1 to 5; the last one of each ticket counts."),
        unit=Unit.SCORE,
        better=Better.HIGHER,
    ),
)
BY_CODE: dict[str, Figure] = {figure.code: figure for figure in FIGURES}
HEADLINES: tuple[Figure, ...] = FIGURES[:6]
METRICS: tuple[str, ...] = ("first_response", "next_response", "resolution")
TOP_CATEGORIES = 10

TABLES: tuple[tuple[Any, Any], ...] = (
    (
        _("By hour"),
        _(
            "Each ticket once: in the hour of its opening, and in the hour of its last resolving. Hours are counted "
            "from the beginning of the day, and named by the clock of the desk."
        ),
    ),
    (
        _("By team, channel, priority and category"),
        _("What the ticket was at the end of the day. Promises are counted under the priority they were made for."),
    ),
    (
        _("By agent"),
        _(
            "Resolved and answered: tickets, by whoever resolved them or wrote a public reply. Replies: each of them. "
            "Ratings: those of tickets that were the agent's at the end of the day."
        ),
    ),
    (
        _("Compared with"),
        _(
            "The day before, and the mean over the seven days before that have a report, as they were reported when "
            "this report was built. What was not counted on any of them is not compared."
        ),
    ),
    (
        _("Median and 9 of 10"),
        _("Percentiles, linear between neighbours: the definition of PostgreSQL's percentile_cont."),
    ),
)
