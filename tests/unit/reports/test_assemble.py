"""A day small enough to be counted by hand, and laws that hold for every day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.definitions import FIGURES
from reports.rules.assemble import Assembled, assemble
from reports.rules.days import desk_day
from reports.rules.facts import About, DayFacts, Judged, Moved
from reports.rules.statistics import mean, percentile, share

DAY = desk_day(date(2026, 11, 21), time_zone="UTC")


def at(hour: int, minute: int = 0) -> datetime:
    return DAY.starts_at + timedelta(hours=hour, minutes=minute)


def about(
    team: int | None = 1, priority: int = 3, assignee: int | None = None, opened: datetime | None = None
) -> About:
    return About(team, 5, "web", priority, assignee, opened or at(1))


NOTHING = DayFacts([], [], [], [], [], [], [], [], [], [], {})


def a_day() -> Assembled:
    facts = DayFacts(
        opened=[Moved(1, at(1)), Moved(2, at(9)), Moved(3, at(9, 59))],
        resolved=[Moved(1, at(2), 70), Moved(1, at(12), 70), Moved(9, at(3), 71)],
        closed=[Moved(9, at(4))],
        reopened=[Moved(1, at(5)), Moved(1, at(6))],
        reassigned=[Moved(2, at(10)), Moved(2, at(11))],
        answered_first=[Moved(1, at(1, 10)), Moved(2, at(9, 30))],
        replies=[Moved(1, at(1, 10), 70), Moved(1, at(1, 20), 70), Moved(2, at(9, 30), 71)],
        rated=[(Moved(9, at(5)), 2), (Moved(9, at(6)), 4), (Moved(1, at(13)), 5)],
        judged=[
            Judged(1, "first_response", 3, True, at(1, 10)),
            Judged(2, "first_response", 1, False, at(9, 15)),
            Judged(2, "resolution", 1, False, at(20)),
        ],
        backlog=[2, 3],
        about={
            1: about(opened=at(1), assignee=70),
            2: about(team=2, priority=1, opened=at(9)),
            3: about(team=None, opened=at(9, 59)),
            9: about(team=2, opened=at(0) - timedelta(days=2), assignee=71),
        },
    )
    return assemble(facts, DAY)


def test_figures_are_those_counted_by_hand() -> None:
    assert a_day().figures == {
        "opened": 3, "resolved": 2, "closed": 1, "reopened": 1, "reopenings": 2, "backlog": 2, "reassigned": 2,
        "first_response_median": 1200.0, "first_response_p90": pytest.approx(1680.0),
        "resolution_median": (11 * 3600 + 51 * 3600) / 2, "resolution_p90": pytest.approx(11 * 3600 + 0.9 * 40 * 3600),
        "first_response_met": 0.5, "next_response_met": None, "resolution_met": 0.0,
        "breaches": 2, "escalated": 1, "ratings": 2, "rating_mean": 4.5,
    }  # fmt: skip


def test_every_defined_figure_is_counted_and_no_other() -> None:
    assert set(a_day().figures) == {figure.code for figure in FIGURES}


def test_the_tickets_behind_the_numbers() -> None:
    sets = a_day().ticket_sets
    assert sets["opened"] == [1, 2, 3]
    assert sets["resolved"] == [1, 9]
    assert sets["reopenings"] == [1]
    assert sets["breaches"] == [2]
    assert sets["first_response_met"] == [1, 2]
    assert sets["team.2.opened"] == [2]
    assert sets["team.None.backlog"] == [3]
    assert sets["promise.first_response.1.breached"] == [2]
    assert sets["agent.70.resolved"] == [1]
    assert sets["agent.71.ratings"] == [9]
    assert sets["hour.9.opened"] == [2, 3]
    assert sets["hour.12.resolved"] == [1]
    assert "hour.2.resolved" not in sets


def test_tables_are_those_counted_by_hand() -> None:
    tables = a_day().tables
    teams = {row["team"]: row for row in tables["teams"]}
    assert teams[2] == {
        "team": 2, "opened": 1, "resolved": 1, "first_response": 1, "breaches": 2, "backlog": 1,
        "first_response_median": 1800.0,
    }  # fmt: skip
    assert [row["agent"] for row in tables["agents"]] == [70, 71]
    assert tables["agents"][0] == {
        "agent": 70, "resolved": 1, "answered": 1, "replies": 2, "ratings": 1, "rating_mean": 5.0,
    }  # fmt: skip
    assert tables["categories"] == [{"category": 5, "opened": 3}]
    assert [row["count"] for row in tables["scores"]] == [1, 1, 0, 0, 0]


def test_a_day_without_anything_has_zeros_and_unknowns() -> None:
    empty = assemble(NOTHING, DAY)
    assert empty.ticket_sets == {}
    assert empty.figures["opened"] == empty.figures["backlog"] == empty.figures["breaches"] == 0
    assert empty.figures["first_response_met"] is empty.figures["resolution_median"] is None
    assert [row["opened"] for row in empty.tables["hours"]] == [0] * 24
    assert empty.tables["teams"] == []


moved = st.builds(
    Moved,
    ticket_id=st.integers(1, 12),
    at=st.integers(0, 86_399).map(lambda second: DAY.starts_at + timedelta(seconds=second)),
    actor_id=st.sampled_from([None, 70, 71]),
)
judged = st.builds(
    Judged,
    ticket_id=st.integers(1, 12),
    metric=st.sampled_from(["first_response", "next_response", "resolution"]),
    priority=st.integers(1, 4),
    is_met=st.booleans(),
    at=st.just(DAY.starts_at),
)
several = st.lists(moved, max_size=12)
days = st.builds(
    DayFacts,
    opened=st.lists(moved, max_size=12, unique_by=lambda event: event.ticket_id),
    resolved=several,
    closed=several,
    reopened=several,
    reassigned=several,
    answered_first=st.lists(moved, max_size=12, unique_by=lambda event: event.ticket_id),
    replies=several,
    rated=st.lists(st.tuples(moved, st.integers(1, 5)), max_size=8),
    judged=st.lists(judged, max_size=12),
    backlog=st.lists(st.integers(1, 12), unique=True, max_size=12),
    about=st.fixed_dictionaries(
        {
            ticket_id: st.builds(
                About,
                team_id=st.sampled_from([None, 1, 2]),
                category_id=st.sampled_from([None, 5, 6]),
                channel=st.sampled_from(["web", "chat"]),
                priority=st.integers(1, 4),
                assignee_id=st.sampled_from([None, 70]),
                opened_at=st.just(DAY.starts_at - timedelta(hours=3)),
            )
            for ticket_id in range(1, 13)
        }
    ),
)


@given(days)
def test_parts_add_up_to_the_whole(facts: DayFacts) -> None:
    told = assemble(facts, DAY)
    for table in ("teams", "channels"):
        for column in ("opened", "resolved", "breaches", "backlog"):
            assert sum(row[column] for row in told.tables[table]) == told.figures[column], (table, column)
    for column in ("opened", "resolved"):
        assert sum(row[column] for row in told.tables["hours"]) == told.figures[column]
    promises = told.tables["promises"]
    assert sum(row["breached"] for row in promises) == told.figures["breaches"]
    assert sum(row["met"] + row["breached"] for row in promises) == len(facts.judged)
    assert sum(row["count"] for row in told.tables["scores"]) == told.figures["ratings"]
    assert sum(row["resolution_count"] for row in told.tables["priorities"]) == told.figures["resolved"]


@given(days)
def test_sets_are_as_large_as_the_numbers_they_stand_behind(facts: DayFacts) -> None:
    told = assemble(facts, DAY)
    sizes = {key: len(ids) for key, ids in told.ticket_sets.items()}
    for code in ("opened", "resolved", "closed", "reopened", "backlog", "escalated", "ratings"):
        assert sizes.get(code, 0) == told.figures[code]
    for table, part in (("teams", "team"), ("channels", "channel")):
        for row in told.tables[table]:
            for column in ("opened", "resolved", "backlog", "first_response"):
                assert sizes.get(f"{part}.{row[part]}.{column}", 0) == row[column]
    for ids in told.ticket_sets.values():
        assert ids == sorted(set(ids))
        assert ids


@pytest.mark.parametrize(
    ("values", "part", "found"),
    [
        ([], 0.5, None),
        ([7], 0.9, 7),
        ([1, 2], 0.5, 1.5),
        ([3, 1, 2], 0.5, 2),
        (list(range(11)), 0.9, 9.0),
        ([1, 2, 3, 4], 0.9, 3.7),
        ([0.1, 0.2, 0.3, 0.7], 0.9, 0.58),
    ],
)
def test_percentiles_are_those_of_postgresql(values: list[float], part: float, found: float | None) -> None:
    assert percentile(values, part) == found


def test_nothing_has_no_mean_and_no_share() -> None:
    assert mean([]) is None
    assert share(0, 0) is None
    assert share(1, 4) == 0.25
    assert datetime(2026, 11, 21, tzinfo=UTC) == DAY.starts_at
