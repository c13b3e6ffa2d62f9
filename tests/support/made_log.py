"""Small incident logs made up for tests, in the columns of the real one."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

COLUMNS = [
    "number", "incident_state", "active", "reassignment_count", "reopen_count", "sys_mod_count", "made_sla",
    "caller_id", "opened_by", "opened_at", "sys_created_by", "sys_created_at", "sys_updated_by",
    "sys_updated_at", "contact_type", "location", "category", "subcategory", "u_symptom", "cmdb_ci", "impact",
    "urgency", "priority", "assignment_group", "assigned_to", "knowledge", "u_priority_confirmation", "notify",
    "problem_id", "rfc", "vendor", "caused_by", "closed_code", "resolved_by", "resolved_at", "closed_at",
]  # fmt: skip
_USUAL = {
    "active": "true", "caller_id": "Caller 7", "opened_by": "Opened by  8", "opened_at": "29/2/2016 01:16",
    "sys_updated_by": "Updated by 21", "contact_type": "Phone", "location": "Location 143", "category": "Category 55",
    "subcategory": "Subcategory 170", "u_symptom": "Symptom 72", "impact": "2 - Medium", "urgency": "2 - Medium",
    "priority": "3 - Moderate", "assignment_group": "Group 56",
}  # fmt: skip


def log_row(number: str, state: str, at: str, **cells: str) -> list[str]:
    """One row of the log: the incident in a state after an update at ``at`` (d/m/yyyy hh:mm)."""
    row = {**_USUAL, "number": number, "incident_state": state, "sys_updated_at": at, **cells}
    return [row.get(column, "?") for column in COLUMNS]


def as_csv(rows: Sequence[Sequence[str]], header: Sequence[str] = COLUMNS) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def write_log(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """Write a log, packed when the name ends in .gz."""
    content = as_csv(rows)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


# A plain life, a reopened one, one that begins late and is resolved twice, and one still active.
FOUR_LIVES = [
    log_row("INC1", "New", "29/2/2016 01:23"),
    log_row("INC1", "Active", "29/2/2016 08:00", assigned_to="Resolver 3"),
    log_row("INC1", "Resolved", "29/2/2016 11:29", assigned_to="Resolver 3"),
    log_row("INC1", "Closed", "5/3/2016 12:00", assigned_to="Resolver 3"),
    log_row("INC2", "New", "1/3/2016 09:00", opened_at="1/3/2016 09:00"),
    log_row("INC2", "Resolved", "1/3/2016 10:00", opened_at="1/3/2016 09:00"),
    log_row("INC2", "Active", "2/3/2016 10:00", opened_at="1/3/2016 09:00", assignment_group="Group 9"),
    log_row("INC2", "Resolved", "2/3/2016 10:00", opened_at="1/3/2016 09:00", assignment_group="Group 9"),
    log_row("INC2", "Closed", "9/3/2016 10:00", opened_at="1/3/2016 09:00", assignment_group="Group 9"),
    log_row("INC2", "Closed", "9/3/2016 10:05", opened_at="1/3/2016 09:00", assignment_group="Group 9"),
    log_row("INC3", "Resolved", "3/3/2016 10:00", opened_at="1/3/2016 08:00", caller_id="?"),
    log_row("INC3", "Awaiting User Info", "4/3/2016 10:00", opened_at="1/3/2016 08:00", caller_id="?"),
    log_row("INC3", "Resolved", "5/3/2016 10:00", opened_at="1/3/2016 08:00", caller_id="?"),
    log_row("INC4", "New", "6/3/2016 10:00", opened_at="6/3/2016 09:59", caller_id="Caller 8"),
    log_row("INC4", "Awaiting Vendor", "6/3/2016 10:30", opened_at="6/3/2016 09:59", caller_id="Caller 8",
            priority="1 - Critical", impact="1 - High", urgency="1 - High"),
]  # fmt: skip
