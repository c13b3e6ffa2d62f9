"""The table of values, as it draws its cells."""

from __future__ import annotations

import re

from django.template.loader import render_to_string


def _cells(row: list[object]) -> list[str]:
    table = {"caption": "Counts", "columns": [{"name": "Team"}, {"name": "Open"}], "rows": [row]}
    drawn = render_to_string("components/table.html", table)
    return re.findall(r'<(?:td|th scope="row")[^>]*>(.*?)</t[dh]>', drawn)


def test_a_cell_is_text_or_named_parts() -> None:
    assert _cells(["Desk", "4"]) == ["Desk", "4"]
    assert _cells([{"text": "Desk"}, {"text": 4, "numeric": True}]) == ["Desk", "4"]


def test_nothing_to_count_is_drawn_as_it_is() -> None:
    assert _cells([{"text": 0}, {"text": 0, "numeric": True}]) == ["0", "0"]
    assert _cells(["Desk", 0]) == ["Desk", "0"]
    assert _cells([{"text": ""}, {"text": ""}]) == ["", ""]
