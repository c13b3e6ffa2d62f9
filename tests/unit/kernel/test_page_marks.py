"""What every page shows by the hundred: spans, moments, marks, and the bar of a clock."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpRequest
from django.template import Context, Template
from django.utils import timezone

from puo_desk.kernel.pages import marks, rail, times
from puo_desk.kernel.pages.clock import clock_bar

NOW = datetime(2026, 11, 22, 8, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (-359, "5 min"),
        (3600, "1 h"),
        (3900, "1 h 05 min"),
        (35_999, "9 h 59 min"),
        (36_300, "10 h"),
        (86_400, "1 d"),
        (97_200, "1 d 3 h"),
        (950_400, "11 d"),
    ],
)
def test_a_span_is_said_in_at_most_two_units_rounded_down(seconds: float, text: str) -> None:
    assert times.span_text(seconds) == text


def test_a_moment_says_only_what_the_reader_does_not_know() -> None:
    with timezone.override("Europe/Berlin"):
        assert times.moment_text(NOW, now=NOW) == "09:58"
        assert times.moment_text(NOW - timedelta(days=1), now=NOW) == "21 Nov, 09:58"
        assert times.moment_text(datetime(2025, 6, 1, 8, tzinfo=UTC), now=NOW) == "1 Jun 2025, 10:00"
        assert times.moment_text(NOW, now=NOW, style="full") == "Sunday 22 November 2026, 09:58:00 CET"
        # 23:30 UTC is already tomorrow for this reader.
        late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
        assert times.moment_text(late, now=NOW) == "23 Nov, 00:30"


def test_relative_words_are_calm_within_a_minute() -> None:
    assert times.relative_text(NOW - timedelta(seconds=59), now=NOW) == "just now"
    assert times.relative_text(NOW - timedelta(minutes=5), now=NOW) == "5 min ago"
    assert times.relative_text(NOW + timedelta(hours=2), now=NOW) == "in 2 h"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jonas Weber", "JW"),
        ("ana", "AN"),
        ("Tomás de la Cruz", "TC"),
        ("mei.lin", "ML"),
        ("林美玲", "美玲"),
        (" ", "?"),
    ],
)
def test_initials(name: str, expected: str) -> None:
    assert marks.initials(name) == expected


def test_marks_escape_what_people_typed() -> None:
    for markup in (
        marks.avatar("<b>x</b> y"),
        marks.status("open", "<b>x</b>"),
        marks.deadline("paused", now=NOW, reason="<b>x</b>"),
        marks.priority("P1", "<b>x</b>"),
    ):
        assert "<b>x" not in markup


def test_a_deadline_says_its_state_in_words() -> None:
    def shown(state: str, **parts: object) -> str:
        return marks.deadline(state, now=NOW, **parts)  # type: ignore[arg-type]

    late = shown("breached", due_at=NOW - timedelta(minutes=6))
    assert "6 min late" in late
    assert 'due="2026-11-22T08:52:00+00:00"' in late
    with timezone.override("UTC"):
        large = shown("warning", due_at=NOW + timedelta(minutes=13), by=True, metric="Next reply")
        assert "by 09:11" in large
    assert "Paused: requester" in shown("paused", reason="requester")
    spare = {"due_at": NOW, "settled_at": NOW - timedelta(minutes=24)}
    assert "Met, 24 min to spare" in shown("met", **spare)
    missed = {"due_at": NOW, "settled_at": NOW + timedelta(minutes=3)}
    assert "First reply missed by 3 min" in shown("missed", metric="First reply", **missed)


def test_the_bar_turns_late_exactly_at_the_due_instant() -> None:
    start = NOW - timedelta(minutes=20)
    bar = clock_bar([("ran", start, NOW)], due_at=start + timedelta(minutes=15), now=NOW)
    assert bar is not None
    assert [(part.kind, part.x, part.width) for part in bar.parts] == [("ran", 0, 750), ("late", 750, 250)]
    assert (bar.due, bar.now) == (750, 1000)


def test_the_bar_leaves_room_for_what_is_left_and_hatches_pauses() -> None:
    start = NOW - timedelta(minutes=50)
    segments = [
        ("ran", start, start + timedelta(minutes=20)),
        ("paused", start + timedelta(minutes=20), NOW),
    ]
    bar = clock_bar(segments, due_at=NOW + timedelta(minutes=50), now=NOW)  # type: ignore[arg-type]
    assert bar is not None
    assert [(part.kind, part.x, part.width) for part in bar.parts] == [("ran", 0, 200), ("paused", 200, 300)]
    assert (bar.due, bar.now) == (None, 500)
    assert clock_bar([], due_at=NOW, now=NOW) is None


def request(path: str = "/tickets/", query: str = "") -> HttpRequest:
    made = HttpRequest()
    made.path = path
    made.GET = made.GET.__class__(query)
    return made


def render(source: str, **values: object) -> str:
    return Template("{% load desk %}" + source).render(Context(values))


def test_links_keep_the_filters_of_the_page() -> None:
    asked = request(query="status=open&status=new&cursor=abc")
    kept = render('{% query sort="newest" cursor=None %}', request=asked)
    assert kept == "?status=open&amp;status=new&amp;sort=newest"
    assert render('{% query_without "status" "open" %}', request=asked) == "?status=new"
    assert render('{% query_without "status" %}', request=asked) == "?"


def test_a_component_sees_its_parts_and_nothing_else() -> None:
    shown = render(
        '{% component "panel" title="Promises" %}<p>{{ inner }}</p>{% endcomponent %}', inner="in", meta="out"
    )
    assert "<h2>Promises</h2>" in shown
    assert "<p>in</p>" in shown
    assert "out" not in shown


def test_a_failing_source_leaves_the_rail_standing(monkeypatch: pytest.MonkeyPatch) -> None:
    def works(_: HttpRequest) -> list[rail.RailGroup]:
        entry = rail.RailItem("Queue", "/tickets/", "inbox", tab="Queue")
        new = rail.RailItem("New ticket", "/tickets/new/", "plus", tab="New", in_rail=False)
        return [rail.RailGroup([entry, new])]

    def fails(_: HttpRequest) -> list[rail.RailGroup]:
        raise RuntimeError

    monkeypatch.setattr(rail, "_sources", [(10, "a", fails), (20, "b", works)])
    built = rail.build_rail(request())
    assert [[(e.label, e.current) for e in group.items] for group in built.groups] == [[("Queue", True)]]
    assert [tab.tab for tab in built.tabs] == ["Queue", "New"]
