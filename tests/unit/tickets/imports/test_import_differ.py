"""Laws of the differ: folding what it says gives the last snapshot, and it says nothing that did not change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tickets.imports.differ import Step, steps_of
from tickets.imports.history import Directory, RowFacts, Snapshot, SourceRow, StatusFacts, TicketHistory
from tickets.rules.replay import PastEvent, TicketState, fold

STATUSES = {
    code: StatusFacts(number, code, category, waiting_on)
    for number, (code, category, waiting_on) in enumerate(
        [
            ("new", "open", ""),
            ("in_progress", "open", ""),
            ("waiting_requester", "pending", "requester"),
            ("resolved", "resolved", ""),
            ("closed", "closed", ""),
        ],
        start=1,
    )
}
PATHS = [("Mail",), ("Mail", "Spam"), ("Network",)]
DIRECTORY = Directory(
    people={"Ada": 1, "Bo": 2, "Cy": 3, "Unknown requester": 4},
    teams={"One": 11, "Two": 12},
    categories={path: 20 + number for number, path in enumerate(PATHS)},
    statuses=STATUSES,
)
START = datetime(2016, 3, 1, tzinfo=UTC)
SOLVED = {"resolved", "closed"}

snapshots = st.lists(
    st.builds(
        Snapshot,
        # Instants may stand still or go back: the order is that of the file.
        at=st.integers(-60, 5_000).map(lambda minutes: START + timedelta(minutes=minutes)),
        by=st.sampled_from(["Updated by 1", "Updated by 2"]),
        status=st.sampled_from(sorted(STATUSES)),
        impact=st.integers(1, 3),
        urgency=st.integers(1, 3),
        priority=st.integers(1, 4),
        team=st.sampled_from([None, "One", "Two"]),
        assignee=st.sampled_from([None, "Bo", "Cy"]),
        category=st.sampled_from([(), *PATHS]),
    ),
    min_size=1,
    max_size=12,
)


def history_of(shots: list[Snapshot], requester: str = "Ada") -> TicketHistory:
    opening = RowFacts("X-1", START, "", "Subject", requester, "phone", (shots[0],))
    rows = tuple(SourceRow(line, ()) for line in range(2, len(shots) + 2))
    return TicketHistory(opening, tuple(shots), rows)


def folded(steps: list[Step]) -> TicketState:
    return fold(PastEvent(seq, step.kind, step.at, step.data) for seq, step in enumerate(steps, start=1))


@given(snapshots)
def test_folding_the_events_gives_the_last_snapshot(shots: list[Snapshot]) -> None:
    state, last = folded(steps_of(history_of(shots), DIRECTORY)), shots[-1]
    assert (state.status, state.status_category) == (last.status, STATUSES[last.status].category)
    assert (state.impact, state.urgency, state.priority) == (last.impact, last.urgency, last.priority)
    assert state.team == (DIRECTORY.teams[last.team] if last.team else None)
    assert state.assignee == (DIRECTORY.people[last.assignee] if last.assignee else None)
    assert state.category == (DIRECTORY.categories[last.category] if last.category else None)
    assert (state.opened_at, state.requester, state.subject) == (START, 1, "Subject")


@given(snapshots)
def test_moves_are_counted_as_the_definitions_count_them(shots: list[Snapshot]) -> None:
    steps = steps_of(history_of(shots), DIRECTORY)
    moves = list(zip(["new", *(shot.status for shot in shots)], shots, strict=False))
    for kind, expected in {
        "ticket.resolved": [s.at for was, s in moves if s.status == "resolved" != was],
        "ticket.closed": [s.at for was, s in moves if s.status == "closed" != was],
        "ticket.reopened": [s.at for was, s in moves if was in SOLVED and s.status not in SOLVED],
    }.items():
        assert [step.at for step in steps if step.kind == kind] == expected
    assert [step.at for step in steps if step.kind == "ticket.opened"] == [START]


@given(snapshots)
def test_saying_the_same_again_adds_nothing(shots: list[Snapshot]) -> None:
    once = steps_of(history_of(shots), DIRECTORY)
    again = steps_of(history_of([*shots, shots[-1]]), DIRECTORY)
    assert [step.data for step in again] == [step.data for step in once]


@given(snapshots)
def test_every_change_is_one_and_starts_where_the_last_ended(shots: list[Snapshot]) -> None:
    known: dict[str, object] = {}
    for step in steps_of(history_of(shots), DIRECTORY)[1:]:
        group = "status" if "new_category" in step.data else step.kind
        assert group == "ticket.priority_changed" or step.data["old"] != step.data["new"]
        assert known.get(group, step.data["old"]) == step.data["old"]
        known[group] = step.data["new"]


def test_a_history_that_begins_late_is_opened_first() -> None:
    late = START + timedelta(days=2)
    shot = Snapshot(late, "Updated by 1", "resolved", 2, 2, 3, team="One", assignee="Bo", line=7)
    opened, resolved = steps_of(history_of([shot], requester=""), DIRECTORY)
    assert (opened.kind, opened.at, opened.by, opened.line) == ("ticket.opened", START, "Updated by 1", 7)
    assert (opened.data["status"], opened.data["team"], opened.data["assignee"], opened.data["requester"]) == (
        "new",
        11,
        2,
        4,
    )
    assert (resolved.kind, resolved.at, resolved.line) == ("ticket.resolved", late, 7)
    told = [resolved.data[name] for name in ("old", "new", "old_category", "new_category", "waiting_on", "reason")]
    assert told == ["new", "resolved", "open", "resolved", "", ""]


def test_who_opened_a_ticket_is_named_when_the_file_says_it() -> None:
    shot = Snapshot(START, "Updated by 1", "new", 2, 2, 3)
    opening = RowFacts("X-1", START, "Opened by 8", "Subject", "Ada", "phone", (shot,))
    (opened,) = steps_of(TicketHistory(opening, (shot,), (SourceRow(2, ()),)), DIRECTORY)
    assert opened.by == "Opened by 8"
