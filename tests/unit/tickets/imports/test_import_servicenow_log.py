"""What a row of an incident log means, and which rows mean nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.made_log import COLUMNS, log_row
from tickets.imports.formats.servicenow_log import STATUS_OF_STATE
from tickets.imports.history import RowFacts
from tickets.imports.refusals import ImportRefused, RowRefused
from tickets.imports.registry import FormatOptions, format_named

STATUSES = {
    "new": "open", "in_progress": "open", "waiting_requester": "pending", "waiting_third_party": "pending",
    "with_engineering": "pending", "resolved": "resolved", "closed": "closed",
}  # fmt: skip


def read(row: list[str], zone: str = "UTC") -> RowFacts:
    options = FormatOptions(zone=ZoneInfo(zone), statuses=STATUSES)
    return format_named("servicenow-log", options).reader(COLUMNS)(12, row)


def test_a_row_is_the_ticket_as_it_stood() -> None:
    facts = read(log_row("INC0000045", "Active", "29/2/2016 08:53", assigned_to="Resolver 125"))
    assert facts.external_id == "INC0000045"
    assert facts.opened_at == datetime(2016, 2, 29, 1, 16, tzinfo=UTC)
    assert facts.opened_by == "Opened by 8"
    assert facts.subject == "Category 55 / Subcategory 170: Symptom 72"
    assert facts.requester == "Caller 7"
    assert facts.channel == "phone"
    assert facts.answers == {"location": "Location 143", "symptom": "Symptom 72"}
    (snapshot,) = facts.snapshots
    assert (snapshot.at, snapshot.by) == (datetime(2016, 2, 29, 8, 53, tzinfo=UTC), "Updated by 21")
    assert (snapshot.status, snapshot.impact, snapshot.urgency, snapshot.priority) == ("in_progress", 2, 2, 3)
    assert (snapshot.team, snapshot.assignee) == ("Group 56", "Resolver 125")
    assert (snapshot.category, snapshot.line) == (("Category 55", "Subcategory 170"), 12)


def test_missing_cells_say_nothing() -> None:
    facts = read(
        log_row(
            "INC1",
            "New",
            "1/3/2016 09:00",
            caller_id="?",
            opened_by="?",
            category="?",
            u_symptom="?",
            location="?",
            assignment_group="?",
            impact="?",
            urgency="?",
            priority="?",
            contact_type="?",
        )
    )
    (snapshot,) = facts.snapshots
    assert (facts.requester, facts.opened_by, facts.channel, facts.answers) == ("", "", "other", {})
    assert facts.subject == "Subcategory 170"
    assert (snapshot.team, snapshot.assignee, snapshot.category) == (None, None, ())
    assert (snapshot.impact, snapshot.urgency, snapshot.priority) == (3, 2, 4)


def test_times_are_local_to_the_zone_given() -> None:
    summer = read(log_row("INC1", "New", "1/7/2016 09:00"), "Europe/Lisbon").snapshots[0].at
    skipped = read(log_row("INC1", "New", "27/3/2016 01:30"), "Europe/Lisbon").snapshots[0].at
    twice = read(log_row("INC1", "New", "30/10/2016 01:30"), "Europe/Lisbon").snapshots[0].at
    assert summer == datetime(2016, 7, 1, 8, 0, tzinfo=UTC)
    assert skipped == datetime(2016, 3, 27, 1, 30, tzinfo=UTC)
    assert twice == datetime(2016, 10, 30, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("state", "code"), STATUS_OF_STATE.items())
def test_every_state_of_the_log_has_a_status(state: str, code: str) -> None:
    assert read(log_row("INC1", state, "1/3/2016 09:00")).snapshots[0].status == code


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"number": "?"}, "number is missing"),
        ({"number": " "}, "number is missing"),
        ({"number": "9" * 81}, "longer than 80"),
        ({"incident_state": "-100"}, "the state is unknown: -100"),
        ({"incident_state": "?"}, "the state is unknown: ?"),
        ({"sys_updated_at": "2016-03-01 09:00"}, "not a time like"),
        ({"sys_updated_at": "?"}, "not a time like"),
        ({"opened_at": "31/2/2016 09:00"}, "no such time"),
        ({"opened_at": "29/2/2016 24:00"}, "no such time"),
        ({"opened_at": "29/2/0001 00:00"}, "no such time"),
        ({"opened_at": "٢٩/2/2016 00:00"}, "not a time like"),
        ({"priority": "high"}, "priority is not one of 1 to 4"),
        ({"impact": "4 - None"}, "impact is not one of 1 to 3"),
        ({"caller_id": "Caller\x00"}, "NUL"),
        ({"caller_id": "Caller\x1b[2J"}, "control characters"),
        ({"caller_id": "Caller \udce9"}, "not valid UTF-8"),
        ({"assignment_group": "x" * 81}, "longer than 80"),
    ],
)
def test_a_row_that_cannot_be_understood_is_refused_with_a_reason(cells: dict[str, str], reason: str) -> None:
    with pytest.raises(RowRefused, match=reason):
        read(log_row(**{"number": "INC1", "state": "New", "at": "1/3/2016 09:00", **cells}))  # type: ignore[arg-type]


def test_a_file_without_the_columns_of_a_history_is_refused_by_name() -> None:
    options = FormatOptions(zone=ZoneInfo("UTC"), statuses=STATUSES)
    with pytest.raises(ImportRefused, match="lacks these columns: opened_at, sys_updated_at"):
        format_named("servicenow-log", options).reader(["number", "incident_state"])


def test_columns_that_are_not_needed_may_be_missing_and_stand_anywhere() -> None:
    options = FormatOptions(zone=ZoneInfo("UTC"), statuses=STATUSES)
    reader = format_named("servicenow-log", options).reader(["sys_updated_at", "opened_at", "number", "incident_state"])
    facts = reader(2, ["1/3/2016 09:01", "1/3/2016 09:00", "INC1", "New"])
    assert (facts.external_id, facts.subject, facts.snapshots[0].by) == ("INC1", "INC1", "servicenow-log")


def test_a_desk_that_lacks_a_status_is_told_which() -> None:
    with pytest.raises(ImportRefused, match="no status with these codes: closed"):
        format_named(
            "servicenow-log", FormatOptions(ZoneInfo("UTC"), {c: s for c, s in STATUSES.items() if c != "closed"})
        )


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ImportRefused, match="csv, servicenow-log"):
        format_named("zendesk", FormatOptions(ZoneInfo("UTC"), STATUSES))
