"""An incident log of ServiceNow: one row is the whole incident as it stood after one update.

Its publishers filled ``closed_code``, ``resolved_by``, ``resolved_at`` and ``closed_at`` into every row
afterwards, so nothing here reads them: what happened when is taken from the moves between rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from tickets.imports.cells import (
    day_first_reader,
    external_id_in,
    level_in,
    levels_or_defaults,
    name_in,
    refuse_unclean,
)
from tickets.imports.history import RowFacts, Snapshot
from tickets.imports.refusals import RowRefused
from tickets.imports.registry import FormatOptions, RowReader, positions, register_format
from tickets.vocabulary import SUBJECT_LENGTH, Channel

SOURCE = "servicenow-log"
MISSING = "?"

STATUS_OF_STATE = {
    "New": "new",
    "Active": "in_progress",
    "Awaiting User Info": "waiting_requester",
    "Awaiting Problem": "with_engineering",
    "Awaiting Vendor": "waiting_third_party",
    # Evidence is asked of whoever has it, and that is neither the requester's answer nor engineering's work.
    "Awaiting Evidence": "waiting_third_party",
    "Resolved": "resolved",
    "Closed": "closed",
}
CHANNEL_OF_CONTACT = {
    "phone": Channel.PHONE,
    "ivr": Channel.PHONE,
    "email": Channel.MAIL,
    "self service": Channel.SELF_SERVICE,
    "direct opening": Channel.DIRECT,
    "chat": Channel.CHAT,
}
REQUIRED = ("number", "incident_state", "opened_at", "sys_updated_at")
ANSWERS = {"location": "location", "u_symptom": "symptom", "cmdb_ci": "configuration_item"}
"""What the requester said and no field of a ticket holds: kept as answers under these keys."""

_OPTIONAL = (
    "sys_updated_by", "sys_created_by", "opened_by", "caller_id", "contact_type", "category", "subcategory",
    "u_symptom", "location", "cmdb_ci", "impact", "urgency", "priority", "assignment_group", "assigned_to",
)  # fmt: skip


class ServiceNowLog:
    """Tickets of one ServiceNow instance. Times have no zone in the file: they are taken in the zone given."""

    source = SOURCE
    delimiter = ","
    id_column = "number"

    def __init__(self, options: FormatOptions) -> None:
        self._instant = day_first_reader(options.zone)

    @property
    def status_codes(self) -> frozenset[str]:
        return frozenset(STATUS_OF_STATE.values())

    def reader(self, header: Sequence[str]) -> RowReader:
        """Raises: ImportRefused when a column is missing without which no history can be told."""
        at = positions(header, REQUIRED)
        columns = (*REQUIRED, *_OPTIONAL)
        # A column that the export does not have reads as missing in every row.
        picks = [at.get(name, len(header)) for name in columns]

        def read(line: int, cells: Sequence[str]) -> RowFacts:
            refuse_unclean(cells)
            padded = (*cells, MISSING)
            known = ("" if cell == MISSING else cell for cell in map(padded.__getitem__, picks))
            return self._facts(line, dict(zip(columns, known, strict=True)))

        return read

    def _facts(self, line: int, row: dict[str, str]) -> RowFacts:
        number = external_id_in(row["number"], column="number")
        opened_by = name_in(row["opened_by"] or row["sys_created_by"])
        category = name_in(row["category"])
        return RowFacts(
            external_id=number,
            opened_at=self._instant(row["opened_at"]),
            opened_by=opened_by,
            subject=_subject(number, category, name_in(row["subcategory"]), name_in(row["u_symptom"])),
            requester=name_in(row["caller_id"]),
            channel=CHANNEL_OF_CONTACT.get(row["contact_type"].lower(), Channel.OTHER).value,
            answers={key: name_in(row[column]) for column, key in ANSWERS.items() if row[column]},
            snapshots=(self._snapshot(line, row, category),),
        )

    def _snapshot(self, line: int, row: dict[str, str], category: str) -> Snapshot:
        status = STATUS_OF_STATE.get(row["incident_state"])
        if status is None:
            raise RowRefused(f"the state is unknown: {row['incident_state'][:40] or MISSING}")
        impact, urgency, priority = levels_or_defaults(
            *(_level(row, column, highest) for column, highest in zip(_LEVELS, (3, 3, 4), strict=True))
        )
        path = (category, name_in(row["subcategory"])) if category and row["subcategory"] else (category,)
        return Snapshot(
            at=self._instant(row["sys_updated_at"]),
            by=name_in(row["sys_updated_by"]) or SOURCE,
            status=status,
            impact=impact,
            urgency=urgency,
            priority=priority,
            team=name_in(row["assignment_group"]) or None,
            assignee=name_in(row["assigned_to"]) or None,
            category=path if category else (),
            line=line,
        )


_LEVELS = ("impact", "urgency", "priority")


def _level(row: dict[str, str], column: str, highest: int) -> int | None:
    return level_in(row[column], column=column, highest=highest) if row[column] else None


def _subject(number: str, category: str, subcategory: str, symptom: str) -> str:
    """A log has no words of the requester; what it was sorted under at first is the nearest to them."""
    sorted_under = " / ".join(filter(None, (category, subcategory)))
    return ": ".join(filter(None, (sorted_under, symptom)))[:SUBJECT_LENGTH] or number


@register_format(SOURCE)
def servicenow_log(options: FormatOptions) -> ServiceNowLog:
    return ServiceNowLog(options)
