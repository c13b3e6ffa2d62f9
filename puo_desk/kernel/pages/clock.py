"""Lays the segments of a clock on a bar of 1000 units, so that a template can draw it without arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

WIDTH = 1000
Kind = Literal["ran", "paused", "late"]


@dataclass(frozen=True, slots=True)
class BarPart:
    kind: Kind
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class ClockBar:
    """Parts from left to right, and the two marks; ``tone`` colours what ran (``warning`` or ``met``)."""

    parts: tuple[BarPart, ...]
    now: int | None
    due: int | None
    tone: str = ""


def clock_bar(
    segments: Iterable[tuple[Kind, datetime, datetime]],
    *,
    due_at: datetime | None,
    now: datetime,
    tone: str = "",
) -> ClockBar | None:
    """The bar from the first segment's start to what comes last: due or now. None when nothing has begun.

    A segment that crosses ``due_at`` while running is shown as ran up to it and as late after it.
    """
    pieces = [piece for each in segments for piece in _split(each, due_at)]
    if not pieces:
        return None
    start = min(begin for _, begin, _ in pieces)
    end = max([finish for _, _, finish in pieces] + ([due_at] if due_at else []))
    whole = (end - start).total_seconds() or 1.0

    def place(instant: datetime) -> int:
        return round(max(0.0, min(1.0, (instant - start).total_seconds() / whole)) * WIDTH)

    parts = tuple(BarPart(kind, place(begin), max(4, place(finish) - place(begin))) for kind, begin, finish in pieces)
    return ClockBar(
        parts=parts,
        now=place(now) if start <= now <= end else None,
        due=place(due_at) if due_at and due_at < end else None,
        tone=tone,
    )


def _split(segment: tuple[Kind, datetime, datetime], due_at: datetime | None) -> list[tuple[Kind, datetime, datetime]]:
    kind, begin, finish = segment
    if kind != "ran" or due_at is None or finish <= due_at:
        return [segment]
    if begin >= due_at:
        return [("late", begin, finish)]
    return [("ran", begin, due_at), ("late", due_at, finish)]
