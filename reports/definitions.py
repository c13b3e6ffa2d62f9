"""What each figure of the daily report means. The one place: page, API and help read it from here.

A figure counts over a desk day, the half-open span from cutoff to cutoff. Figures come from the events of
tickets at the instants when things happened, and from promises; not from how tickets stand when the report
is built. Change a meaning, and raise ``DEFINITIONS_VERSION``: reports keep the version they were built by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from reports.vocabulary import Better, Unit

DEFINITIONS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the report. ``has_tickets``: it opens exactly the tickets it was counted from."""

    code: str
    label: Any
    meaning: Any
    unit: Unit = Unit.COUNT
    better: Better = Better.NEITHER
    has_tickets: bool = True
    is_headline: bool = False


FIGURES: tuple[Figure, ...] = (
    Figure("opened", _("Opened"), _("Tickets whose opening lies in the day."), is_headline=True),
    Figure(
        "resolved",
        _("Resolved"),
        _("Tickets that came to a resolved status in the day at least once, from any other status."),
        better=Better.HIGHER,
        is_headline=True,
    ),
    Figure("closed", _("Closed"), _("Tickets that came to a closed status in the day at least once.")),
    Figure(
        "reopened",
        _("Reopened"),
        _("Tickets that went from resolved or closed back to work in the day at least once."),
        better=Better.LOWER,
        is_headline=True,
    ),
    Figure(
        "reopenings",
        _("Reopenings"),
        _("How often tickets went from resolved or closed back to work in the day; a ticket may do so twice."),
        better=Better.LOWER,
    ),
    Figure(
        "backlog",
        _("Open at the end"),
        _("Tickets opened before the end of the day that were neither resolved nor closed at that instant."),
        better=Better.LOWER,
        is_headline=True,
    ),
    Figure(
        "first_response_median",
        _("First reply, median"),
        _(
            "Half of the tickets first answered in the day had waited at most so long since their opening, in elapsed time."
        ),
        unit=Unit.SECONDS,
        better=Better.LOWER,
    ),
    Figure(
        "first_response_p90",
        _("First reply, 9 of 10"),
        _(
            "Nine of ten tickets first answered in the day had waited at most so long since their opening, in elapsed time."
        ),
        unit=Unit.SECONDS,
        better=Better.LOWER,
    ),
    Figure(
        "resolution_median",
        _("Resolution, median"),
        _(
            "Half of the tickets resolved in the day had been open at most so long, in elapsed time from opening to the last resolving in the day."
        ),
        unit=Unit.SECONDS,
        better=Better.LOWER,
    ),
    Figure(
        "resolution_p90",
        _("Resolution, 9 of 10"),
        _(
            "Nine of ten tickets resolved in the day had been open at most so long, in elapsed time from opening to the last resolving in the day."
        ),
        unit=Unit.SECONDS,
        better=Better.LOWER,
    ),
    Figure(
        "first_response_met",
        _("First reply in time"),
        _(
            "Share of first replies promised that were kept: timers met in the day, of those met or breached in the day."
        ),
        unit=Unit.SHARE,
        better=Better.HIGHER,
        is_headline=True,
    ),
    Figure(
        "next_response_met",
        _("Next reply in time"),
        _("Share of promised next replies that were kept: timers met in the day, of those met or breached in it."),
        unit=Unit.SHARE,
        better=Better.HIGHER,
    ),
    Figure(
        "resolution_met",
        _("Resolved in time"),
        _("Share of promised resolutions that were kept: timers met in the day, of those met or breached in it."),
        unit=Unit.SHARE,
        better=Better.HIGHER,
        is_headline=True,
    ),
    Figure(
        "breaches",
        _("Promises broken"),
        _("Deadlines of any promise that passed unmet in the day, at the instant of the deadline."),
        better=Better.LOWER,
    ),
    Figure(
        "reassigned",
        _("Reassigned"),
        _("How often a ticket went from one assignee to another, or to nobody, in the day."),
        better=Better.LOWER,
    ),
    Figure(
        "escalated",
        _("Escalated"),
        _("Tickets carried to a team's lead in the day, because a promise on them was broken."),
        better=Better.LOWER,
    ),
    Figure("ratings", _("Ratings"), _("Tickets rated by their requesters in the day.")),
    Figure(
        "rating_mean",
        _("Rating"),
        _("Mean of the ratings given in the day, from 1 to 5; the last one of each ticket counts."),
        unit=Unit.SCORE,
        better=Better.HIGHER,
    ),
)
BY_CODE: dict[str, Figure] = {figure.code: figure for figure in FIGURES}
HEADLINES: tuple[Figure, ...] = tuple(figure for figure in FIGURES if figure.is_headline)
METRICS: tuple[str, ...] = ("first_response", "next_response", "resolution")
TOP_CATEGORIES = 10
