"""How a day stands in an address: ``2026-11-21``, and only days that a desk can have."""

from __future__ import annotations

from datetime import date

from django.urls import register_converter

FIRST_YEAR, LAST_YEAR = 1970, 2999


class DayConverter:
    """``2026-11-21`` in a path is that date in a view; what is no date is no address."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        day = date.fromisoformat(value)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(value)
        return day

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")
