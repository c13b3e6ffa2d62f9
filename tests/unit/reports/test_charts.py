"""The drawing: round axes, bars in their place, words that cannot break out, nothing to run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules.charts import (
    Series,
    bar_chart,
    line_chart,
    round_step,
    scale_around,
    scale_from_zero,
    short_number,
)

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def bars(opened: Sequence[int], resolved: Sequence[int], *, labels: Sequence[str] | None = None) -> str:
    names = labels or [f"{hour:02}" for hour in range(len(opened))]
    return bar_chart(
        key="hours",
        title="By hour",
        description="All of it.",
        labels=names,
        series=(Series("bar-1", opened, names), Series("bar-2", resolved, names)),
    )


@pytest.mark.parametrize(
    ("span", "step"),
    [
        (0, 1),
        (1, 1),
        (4, 1),
        (5, 2),
        (8, 2),
        (9, 5),
        (17, 5),
        (20, 5),
        (21, 10),
        (95, 50),
        (400, 100),
        (4_000_001, 2_000_000),
    ],
)
def test_steps_are_round(span: float, step: int) -> None:
    assert round_step(span) == step


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([], [0, 1]),
        ([0, 0], [0, 1]),
        ([1], [0, 1]),
        ([17, 3], [0, 5, 10, 15, 20]),
        ([20], [0, 5, 10, 15, 20]),
        ([10**9], [0, 500_000_000, 10**9]),
    ],
)
def test_bars_begin_at_zero(values: list[int], ticks: list[int]) -> None:
    scale = scale_from_zero(values)
    assert scale.ticks[0] == 0
    assert scale.ticks == ticks
    assert scale.high >= max([0, *values])


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([], 0, 1), ([0], 0, 1), ([128, 148], 120, 150), ([5, 5], 5, 6), ([3], 3, 4), ([1_000, 1_001], 1_000, 1_050)],
)
def test_lines_stay_close_to_their_values(values: list[int], low: int, high: int) -> None:
    scale = scale_around(values)
    assert (scale.low, scale.high) == (low, high)


@given(st.lists(st.integers(0, 10**12), max_size=30))
def test_scales_hold_their_values_in_few_ticks(values: list[int]) -> None:
    for scale in (scale_from_zero(values), scale_around(values)):
        assert scale.low < scale.high
        assert 2 <= len(scale.ticks) <= 8
        assert (scale.low + scale.step * (len(scale.ticks) - 1)) == scale.high
        for value in values:
            assert scale.low <= value <= scale.high
            assert 10.0 <= scale.place(value, top=10.0, bottom=100.0) <= 100.0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (1_000, "1k"), (1_500, "1.5k"), (12_000, "12k"), (3_500_000, "3.5M"), (2 * 10**9, "2G")],
)
def test_numbers_beside_an_axis_are_short(value: int, text: str) -> None:
    assert short_number(value) == text


def test_bars_stand_where_they_belong() -> None:
    root = parsed(bars([4, 0, 2], [0, 3, 1]))
    drawn = [path for path in root.iter(f"{SVG}path") if path.get("class", "").startswith("bar")]
    assert [path.get("class") for path in drawn] == ["bar-1", "bar-2", "bar-1", "bar-2"]
    width, height = (float(size) for size in root.get("viewBox", "").split()[2:])
    for path in drawn:
        numbers = [float(number) for number in re.findall(r"[MHV](-?[\d.]+)", path.get("d", ""))]
        assert all(0 <= number <= max(width, height) for number in numbers)
        assert path.find(f"{SVG}title") is not None


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=25))
def test_whatever_the_numbers_the_drawing_is_sound(pairs: list[tuple[int, int]]) -> None:
    root = parsed(bars([one for one, _two in pairs], [two for _one, two in pairs]))
    drawn = [path for path in root.iter(f"{SVG}path") if path.get("class", "").startswith("bar")]
    assert len(drawn) == sum(value > 0 for pair in pairs for value in pair)
    assert "nan" not in ElementTree.tostring(root, encoding="unicode").lower()


def test_words_are_escaped_and_nothing_runs() -> None:
    label = "<script>alert(1)</script>\"'&"
    for svg in (
        bars([1], [1], labels=[label]),
        line_chart(key='k" x="', title=label, description=label, labels=[label], values=[1], words=[label]),
    ):
        parsed(svg)
        assert "<script" not in svg
        assert "style=" not in svg
        assert " on" not in svg.replace(" on ", "")


def test_a_drawing_has_a_name_and_a_description() -> None:
    root = parsed(bars([1], [2]))
    assert root.get("role") == "img"
    title, words = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and words is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}"
    assert (title.text, words.text) == ("By hour", "All of it.")


def test_a_line_has_a_gap_where_a_day_has_no_report() -> None:
    days = [f"{day} Nov" for day in range(1, 6)]
    svg = line_chart(key="backlog", title="Open", description="", labels=days, values=[5, 6, None, 8, 9], words=days)
    lines = [path for path in parsed(svg).iter(f"{SVG}path") if path.get("class") == "line"]
    assert len(lines) == 2
    assert [text.text for text in parsed(svg).iter(f"{SVG}text")][-2:] == ["1 Nov", "5 Nov"]


@pytest.mark.parametrize("values", [[], [None], [7], [0, 0], [10**12] * 14, [None, None, 3]])
def test_a_line_of_little_or_much_is_drawn(values: list[int | None]) -> None:
    days = [str(number) for number in range(len(values))]
    parsed(line_chart(key="b", title="", description="", labels=days, values=values, words=days))
