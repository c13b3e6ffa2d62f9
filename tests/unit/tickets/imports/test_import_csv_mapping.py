"""Any CSV by a mapping file: what it means, and how a wrong mapping is explained."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tickets.imports.formats.csv_mapping import check_mapping
from tickets.imports.history import RowFacts
from tickets.imports.refusals import ImportRefused, RowRefused
from tickets.imports.registry import FormatOptions, TicketFormat, format_named

STATUSES = {"new": "open", "in_progress": "open", "resolved": "resolved", "closed": "closed", "archived": "closed"}
HEADER = ["Ticket", "Title", "State", "Created", "Resolved", "Closed", "Priority", "Who", "Text", "Agent"]
TOML = """
source = "old-desk"
zone = "Europe/Berlin"
date_format = "%d.%m.%Y %H:%M"
missing = ["n/a"]
[fields]
id = "Ticket"
subject = "Title"
status = "State"
opened_at = "Created"
resolved_at = "Resolved"
closed_at = "Closed"
priority = "Priority"
requester = "Who"
body = "Text"
assignee = "Agent"
[values.status]
"In work" = "in_progress"
"Done" = "closed"
[values.priority]
"Urgent" = 1
[defaults]
channel = "mail"
"""


def made(tmp_path: Path, mapping: str = TOML, *, zone: str | None = None) -> TicketFormat:
    path = tmp_path / ("mapping.toml" if "[fields]" in mapping else "mapping.json")
    path.write_text(mapping)
    return format_named("csv", FormatOptions(ZoneInfo(zone or "UTC"), STATUSES, zone is not None, path))


def read(tmp_path: Path, row: list[str], zone: str | None = None) -> RowFacts:
    return made(tmp_path, zone=zone).reader(HEADER)(2, row)


ROW = ["T-1", " Mail  is slow ", "Done", "01.03.2016 09:00", "02.03.2016 10:00", "03.03.2016 11:00", "Urgent",
       "ada@example.org", "It takes\nminutes.", "n/a"]  # fmt: skip


def test_a_row_is_a_ticket_and_its_dated_way(tmp_path: Path) -> None:
    facts = read(tmp_path, ROW)
    assert (facts.external_id, facts.subject, facts.body) == ("T-1", "Mail is slow", "It takes\nminutes.")
    assert (facts.requester, facts.channel) == ("ada@example.org", "mail")
    assert facts.opened_at == datetime(2016, 3, 1, 8, 0, tzinfo=UTC)
    assert [(s.status, s.at, s.priority, s.assignee) for s in facts.snapshots] == [
        ("resolved", datetime(2016, 3, 2, 9, 0, tzinfo=UTC), 1, None),
        ("closed", datetime(2016, 3, 3, 10, 0, tzinfo=UTC), 1, None),
    ]


def test_the_zone_of_the_command_wins(tmp_path: Path) -> None:
    assert read(tmp_path, ROW, zone="UTC").opened_at == datetime(2016, 3, 1, 9, 0, tzinfo=UTC)


def test_an_open_ticket_is_as_it_was_opened(tmp_path: Path) -> None:
    facts = read(tmp_path, [*ROW[:2], "In work", ROW[3], "n/a", "", "", *ROW[7:9], "bo"])
    (snapshot,) = facts.snapshots
    assert (snapshot.status, snapshot.at, snapshot.priority) == ("in_progress", facts.opened_at, 4)
    assert (snapshot.assignee, snapshot.by) == ("bo", "bo")


def test_a_status_code_needs_no_value_map(tmp_path: Path) -> None:
    assert read(tmp_path, [*ROW[:2], "archived", *ROW[3:]]).snapshots[-1].status == "archived"


@pytest.mark.parametrize(
    ("position", "cell", "reason"),
    [
        (0, "", "Ticket is missing"),
        (1, " ", "the subject is missing"),
        (2, "Lost", "the status is unknown: Lost"),
        (2, "", "the status is unknown: missing"),
        (3, "2016-03-01", "not a time in the format %d.%m.%Y %H:%M"),
        (6, "5", "priority is not one of 1 to 4"),
    ],
)
def test_a_row_that_cannot_be_understood_is_refused(tmp_path: Path, position: int, cell: str, reason: str) -> None:
    with pytest.raises(RowRefused, match=reason):
        read(tmp_path, [*ROW[:position], cell, *ROW[position + 1 :]])


def test_json_means_the_same(tmp_path: Path) -> None:
    fields = {"id": "Ticket", "subject": "Title", "status": "State", "opened_at": "Created"}
    kind = made(tmp_path, json.dumps({"fields": fields}))
    facts = kind.reader(HEADER)(2, ["T-1", "Slow", "new", "2016-03-01T09:00+02:00", *[""] * 6])
    assert (kind.source, facts.opened_at) == ("csv", datetime(2016, 3, 1, 7, 0, tzinfo=UTC))


GOOD: dict[str, Any] = {"fields": {"id": "a", "subject": "b", "status": "c", "opened_at": "d"}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fields": {"id": "a"}}, "the field “subject” has no column; the field “status” has no column"),
        ({"fields": {**GOOD["fields"], "colour": "x"}}, "“colour” is not a field"),
        ({"fields": {**GOOD["fields"], "team": 3}}, "“fields.team” must name a column"),
        ({"fields": {**GOOD["fields"], "subcategory": "x"}}, "“subcategory” needs “category”"),
        ({"fields": "id"}, "“fields” must be a table"),
        ({"columns": {}}, "“columns” is not a setting"),
        ({"values": {"priority": {"Urgent": 5}}}, "gives 5 for “Urgent”, which is not 1 to 4"),
        ({"values": {"channel": {"Fax": "fax"}}}, "which is not one of web, api"),
        ({"values": {"team": {}}}, "“values.team” must be a table for one of"),
        ({"defaults": {"impact": 0}}, "“defaults.impact” is 0, which is not 1 to 3"),
        ({"date_format": "dd.mm.yyyy"}, "needs directives"),
        ({"delimiter": "::"}, "must be one character"),
        ({"source": ""}, "1 to 40 characters"),
        ({"zone": 2}, "“zone” must be a text"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        check_mapping({**GOOD, **change})
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("m.json", "{", "is not json"),
        ("m.toml", "[fields", "is not toml"),
        ("m.json", "[1]", "must be a table"),
        ("m.json", json.dumps({**GOOD, "zone": "Mars/Base"}), "no time zone “Mars/Base”"),
        ("m.json", json.dumps({**GOOD, "values": {"status": {"x": "gone"}}}), "no status with these codes: gone"),
    ],
)
def test_an_unusable_mapping_file_is_refused(tmp_path: Path, name: str, content: str, reason: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ImportRefused, match=reason):
        format_named("csv", FormatOptions(ZoneInfo("UTC"), STATUSES, mapping=tmp_path / name))


def test_the_mapping_itself_is_needed() -> None:
    with pytest.raises(ImportRefused, match="needs --mapping"):
        format_named("csv", FormatOptions(ZoneInfo("UTC"), STATUSES))


def test_a_column_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="lacks these columns: Agent"):
        made(tmp_path).reader(HEADER[:-1])
