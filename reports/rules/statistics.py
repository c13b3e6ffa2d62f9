"""The few statistics that a report tells, defined once."""

from __future__ import annotations

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which ``share`` (0 to 1) of the values lie, linear between neighbours; None of nothing.

    To the millionth, for what binary fractions add beyond it means nothing. The definition of PostgreSQL's
    ``percentile_cont`` and of NumPy's default, so that anybody can check it.
    """
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return round(ordered[below] + (ordered[above] - ordered[below]) * (place - below), 6)


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean; None of nothing."""
    return sum(values) / len(values) if values else None


def share(part: int, whole: int) -> float | None:
    """A part of a whole as 0 to 1; None of nothing."""
    return part / whole if whole else None
