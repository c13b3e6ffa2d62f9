"""Words for instants and spans; ``static/js/time.js`` says the same words while a page stays open."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from puo_desk.kernel.pages.words import per_language

MINUTE, HOUR, DAY = 60, 3600, 86400


@per_language
def span_words() -> dict[str, str]:
    """The patterns of a span in the reader's language, for Python and for the page's script."""
    return {
        "seconds": pgettext("span", "%(s)s s"),
        "minutes": pgettext("span", "%(m)s min"),
        "hours": pgettext("span", "%(h)s h"),
        "hours_minutes": pgettext("span", "%(h)s h %(m)s min"),
        "days": pgettext("span", "%(d)s d"),
        "days_hours": pgettext("span", "%(d)s d %(h)s h"),
        "late": gettext("%(span)s late"),
        "ago": gettext("%(span)s ago"),
        "in": gettext("in %(span)s"),
        "now": gettext("just now"),
    }


def span_text(span: timedelta | float, *, words: dict[str, str] | None = None) -> str:
    """``1 h 05 min``: two units at most, rounded down, no sign; from ten hours on minutes are not said."""
    words = words or span_words()
    seconds = int(abs(span.total_seconds() if isinstance(span, timedelta) else span))
    days, hours, minutes = seconds // DAY, seconds % DAY // HOUR, seconds % HOUR // MINUTE
    if seconds < MINUTE:
        return words["seconds"] % {"s": seconds}
    if seconds < HOUR:
        return words["minutes"] % {"m": minutes}
    if days == 0:
        pattern = words["hours_minutes"] if minutes and hours < 10 else words["hours"]
        return pattern % {"h": hours, "m": f"{minutes:02d}"}
    pattern = words["days_hours"] if hours and days < 10 else words["days"]
    return pattern % {"d": days, "h": hours}


def relative_text(instant: datetime, *, now: datetime) -> str:
    """``5 min ago``, ``in 2 h``, or ``just now`` within a minute on either side."""
    words = span_words()
    delta = (now - instant).total_seconds()
    if abs(delta) < MINUTE:
        return words["now"]
    return words["ago" if delta > 0 else "in"] % {"span": span_text(delta, words=words)}


def moment_text(instant: datetime, *, now: datetime, style: str = "") -> str:
    """Short time in the reader's zone: ``08:41`` today, ``21 Nov, 08:41`` this year, else with the year.

    ``style`` forces one form: ``time``, ``date``, ``day`` (with the weekday) or ``full``.
    """
    local = timezone.localtime(instant)
    if style == "time":
        return f"{local:%H:%M}"
    if style == "day":
        return _day_text(local.date(), "l j F Y")
    if style == "full":
        return f"{_day_text(local.date(), 'l j F Y')}, {local:%H:%M:%S} {local.tzname() or ''}".strip()
    today = timezone.localtime(now)
    day = _day_text(local.date(), "j M" if local.year == today.year else "j M Y")
    if style == "date":
        return day
    clock = f"{local:%H:%M}"
    return clock if local.date() == today.date() else f"{day}, {clock}"


@per_language
def _day_text(day: date, pattern: str) -> str:
    return date_format(day, pattern)
