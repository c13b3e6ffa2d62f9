"""Charts as SVG text: bars by hour, a line by day. Geometry here, ink in ``static/css/components/chart.css``.

Nothing inside needs a style or a script. A chart has a title and a description for those who do not see it,
and stands beside a table of the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from puo_desk.kernel.pages.markup import fill, joined

STEPS = (1, 2, 5, 10)
BAR_AT_LEAST = 1.5
"""A bar that stands for something is never too low to be seen."""


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis of whole numbers: from ``low`` to ``high`` by round steps."""

    low: int
    high: int
    step: int

    @property
    def ticks(self) -> list[int]:
        return list(range(self.low, self.high + 1, self.step))

    def place(self, value: float, *, top: float, bottom: float) -> float:
        """Where a value stands between the bottom and the top of the drawing."""
        return bottom - (value - self.low) / (self.high - self.low) * (bottom - top)


def round_step(span: float, *, ticks: int = 4) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … by which a span takes at most so many steps."""
    wanted = max(1.0, span / ticks)
    power = 10 ** math.floor(math.log10(wanted))
    return next(int(step * power) for step in STEPS if step * power >= wanted)


def scale_from_zero(values: Sequence[float], *, ticks: int = 4) -> Scale:
    """An axis for bars: bars tell by their length, so it begins at zero. Of nothing it goes to one step."""
    highest = max((0.0, *values))
    step = round_step(highest, ticks=ticks)
    return Scale(0, max(1, math.ceil(highest / step)) * step, step)


def scale_around(values: Sequence[float], *, ticks: int = 3) -> Scale:
    """An axis for a line: close around its values, so that its bends are seen; never below zero."""
    if not values:
        return Scale(0, 1, 1)
    lowest, highest = min(values), max(values)
    step = round_step(max(highest - lowest, highest / 10), ticks=ticks)
    low = max(0, math.floor(lowest / step) * step)
    high = math.ceil(highest / step) * step
    return Scale(low, max(high, low + step), step)


def short_number(value: int) -> str:
    """``950``, ``12k``, ``3.5M``: as much as fits beside an axis."""
    for power, word in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= power * 10 or (value >= power and value % (power // 10) == 0):
            return f"{value / power:.1f}".removesuffix(".0") + word
    return str(value)


@dataclass(frozen=True, slots=True)
class Series:
    """One run of bars. ``words`` names a bar for the pointer: ``"09:00: 17 opened"``."""

    css: str
    values: Sequence[int]
    words: Sequence[str]


def bar_chart(
    *,
    key: str,
    title: str,
    description: str,
    labels: Sequence[str],
    series: Sequence[Series],
    width: int = 720,
    height: int = 208,
    label_every: int = 3,
) -> SafeString:
    """Groups of bars side by side, one group for each label; every third label is written."""
    scale = scale_from_zero([value for run in series for value in run.values])
    axis = max(len(short_number(tick)) for tick in scale.ticks) * 8 + 10
    top, bottom, left, right = 10.0, height - 24.0, float(axis), float(width)
    group = (right - left) / max(1, len(labels))
    gap, between = min(10.0, group * 0.26), 2.0
    thick = max(1.0, (group - gap - between * (len(series) - 1)) / max(1, len(series)))
    parts = _grid(scale, top=top, bottom=bottom, left=left, right=right, axis_at_zero=True)
    for position, label in enumerate(labels):
        start = left + position * group + gap / 2
        for turn, run in enumerate(series):
            value = run.values[position]
            if value:
                height_of = max(BAR_AT_LEAST, bottom - scale.place(value, top=top, bottom=bottom))
                parts.append(
                    _bar(run.css, start + turn * (thick + between), bottom, thick, height_of, run.words[position])
                )
        if position % label_every == 0:
            parts.append(_text(label, start + (group - gap) / 2, height - 6, anchor="middle"))
    return _svg(key, title, description, width, height, parts)


def _bar(css: str, x: float, bottom: float, thick: float, tall: float, words: str) -> SafeString:
    """A bar with its upper corners rounded, standing on the axis."""
    inset = 0.5 if css == "bar-2" else 0.0
    left, right = x + inset, x + thick - inset
    top = bottom - tall + inset
    radius = round(min(2.0, (right - left) / 2, bottom - top), 2)
    path = (
        f"M{left:.1f} {bottom:.1f}V{top + radius:.1f}q0 -{radius} {radius} -{radius}"
        f"H{right - radius:.1f}q{radius} 0 {radius} {radius}V{bottom:.1f}z"
    )
    return fill('<path class="{}" d="{}"><title>{}</title></path>', css, path, words)


def line_chart(
    *,
    key: str,
    title: str,
    description: str,
    labels: Sequence[str],
    values: Sequence[int | None],
    words: Sequence[str],
    width: int = 360,
    height: int = 164,
) -> SafeString:
    """A line with its last value written out. Where a value is missing the line has a gap."""
    known = [value for value in values if value is not None]
    scale = scale_around(known)
    axis = max(len(short_number(tick)) for tick in scale.ticks) * 8 + 10
    top, bottom, left, right = 22.0, height - 24.0, float(axis), width - 8.0
    step = (right - left) / max(1, len(values) - 1)
    places = [
        None if value is None else (left + position * step, scale.place(value, top=top, bottom=bottom))
        for position, value in enumerate(values)
    ]
    parts = _grid(scale, top=top, bottom=bottom, left=left, right=float(width))
    for run in _runs(places):
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in run)
        if len(run) > 1:
            area = f"M{path}L{run[-1][0]:.1f} {bottom:.1f}H{run[0][0]:.1f}z"
            parts += [fill('<path class="area" d="{}"/>', area), fill('<path class="line" d="M{}"/>', path)]
        else:
            parts.append(fill('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3"/>', *run[0]))
    parts += _hovered(places, words, top=top, bottom=bottom, step=step)
    if places and (last := places[-1]) is not None:
        x, y = last
        parts.append(fill('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="4"/>', x, y))
        above = y - 10 if y - 10 >= 11 else y + 20
        parts.append(_text(f"{values[-1]:,}", x + 4, above, anchor="end", css="value"))
    parts += _day_labels(labels, left=left, right=right, y=height - 6.0)
    return _svg(key, title, description, width, height, parts)


Place = tuple[float, float]


def _runs(places: Sequence[Place | None]) -> list[list[Place]]:
    """Stretches without a gap."""
    runs: list[list[Place]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return [run for run in runs if run]


def _hovered(
    places: Sequence[Place | None], words: Sequence[str], *, top: float, bottom: float, step: float
) -> list[SafeString]:
    """Unseen columns that name each value to the pointer."""
    return [
        fill(
            '<rect class="hover" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>',
            place[0] - step / 2,
            top,
            step,
            bottom - top,
            said,
        )
        for place, said in zip(places, words, strict=True)
        if place is not None and step < bottom * 10
    ]


def _day_labels(labels: Sequence[str], *, left: float, right: float, y: float) -> list[SafeString]:
    """The first, the middle and the last label: as many as stand apart whatever their length."""
    if not labels:
        return []
    if len(labels) == 1:
        return [_text(labels[0], left, y)]
    found = [_text(labels[0], left, y), _text(labels[-1], right + 4, y, anchor="end")]
    if len(labels) >= 7:
        middle = (len(labels) - 1) // 2
        found.append(_text(labels[middle], left + (right - left) * middle / (len(labels) - 1), y, anchor="middle"))
    return found


def _grid(
    scale: Scale, *, top: float, bottom: float, left: float, right: float, axis_at_zero: bool = False
) -> list[SafeString]:
    parts: list[SafeString] = []
    for tick in scale.ticks:
        y = round(scale.place(tick, top=top, bottom=bottom)) + 0.5
        css = "axis" if axis_at_zero and tick == scale.low else "grid"
        parts.append(fill('<path class="{}" d="M{:.1f} {}H{:.1f}"/>', css, left, y, right))
        parts.append(_text(short_number(tick), left - 10, y + 4, anchor="end"))
    return parts


def _text(text: str, x: float, y: float, *, anchor: str = "start", css: str = "") -> SafeString:
    named = fill(' class="{}"', css) if css else ""
    return fill('<text{} x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>', named, x, y, anchor, text)


def _svg(key: str, title: str, description: str, width: int, height: int, parts: Sequence[SafeString]) -> SafeString:
    """The drawing. ``key`` makes the ids of its title and description; a page shows each key once."""
    return fill(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-words">'
        '<title id="{}-title">{}</title><desc id="{}-words">{}</desc><g aria-hidden="true">{}</g></svg>',
        width, height, key, key, key, title, key, description, joined(parts),
    )  # fmt: skip
