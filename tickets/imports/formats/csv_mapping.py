"""Any CSV file, with a mapping file (JSON or TOML) that says what its columns mean.

    source = "old-desk"                  # names the other system; with ``id`` it names a ticket for good
    zone = "Europe/Berlin"               # of times without an offset; --timezone wins
    date_format = "%d.%m.%Y %H:%M"       # strptime; ISO 8601 when absent
    delimiter = ";"
    missing = ["", "n/a"]                # cells that say nothing

    [fields]                             # field = "column"
    id = "Ticket"
    subject = "Title"
    status = "State"
    opened_at = "Created"

    [values.status]                      # cell = status code; codes themselves are always understood
    "In work" = "in_progress"
    [values.priority]
    "Urgent" = 1

    [defaults]                           # for cells that say nothing
    channel = "mail"

A row is a ticket as it stands: ``resolved_at`` and ``closed_at`` date its way there, ``updated_at`` whatever
else is not dated. When rows of one ticket stand together they are a log, each as the ticket stood then.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tickets.imports.cells import (
    external_id_in,
    level_in,
    levels_or_defaults,
    name_in,
    pattern_reader,
    refuse_unclean,
    text_in,
    zone_named,
)
from tickets.imports.history import RowFacts, Snapshot
from tickets.imports.refusals import ImportRefused, RowRefused
from tickets.imports.registry import FormatOptions, RowReader, positions, register_format
from tickets.vocabulary import BODY_LENGTH, SUBJECT_LENGTH, Channel, StatusCategory

REQUIRED_FIELDS = ("id", "subject", "status", "opened_at")
FIELDS = (
    *REQUIRED_FIELDS, "body", "requester", "opened_by", "updated_by", "team", "assignee", "category", "subcategory",
    "impact", "urgency", "priority", "channel", "updated_at", "resolved_at", "closed_at",
)  # fmt: skip
LEVELS = {"impact": 3, "urgency": 3, "priority": 4}
CODES = ("status", "channel")
_SETTINGS = {"source": str, "zone": str, "date_format": str, "delimiter": str, "missing": list, "fields": dict,
             "values": dict, "defaults": dict}  # fmt: skip
_LONGEST_SOURCE = 40
_RESOLVED = "resolved"
_WORD_OF_TYPE: dict[type, str] = {str: "a text", list: "a list", dict: "a table"}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A mapping file, checked."""

    source: str
    zone: str
    date_format: str | None
    delimiter: str
    missing: frozenset[str]
    fields: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    defaults: Mapping[str, str]


def load_mapping(path: Path) -> ColumnMapping:
    """Read a mapping file. Raises: ImportRefused, with everything that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise ImportRefused(f"The mapping {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"The mapping {path} is not {path.suffix.lstrip('.') or 'JSON'}: {error}") from error
    return check_mapping(found)


def check_mapping(found: Any) -> ColumnMapping:
    """Raises: ImportRefused, with everything that is wrong."""
    if not isinstance(found, dict):
        raise ImportRefused("The mapping must be a table with “fields” in it.")
    if wrong := _wrong_settings(found) or _wrong_fields(found) or _wrong_values(found):
        raise ImportRefused("The mapping is not usable: " + "; ".join(wrong) + ".")
    return ColumnMapping(
        source=found.get("source", "csv"),
        zone=found.get("zone", ""),
        date_format=found.get("date_format"),
        delimiter=found.get("delimiter", ","),
        missing=frozenset(map(str, found.get("missing", [""]))) | {""},
        fields=found["fields"],
        values={
            name: {cell: str(value) for cell, value in table.items()} for name, table in found.get("values", {}).items()
        },
        defaults={name: str(value) for name, value in found.get("defaults", {}).items()},
    )


def _wrong_settings(found: Mapping[str, Any]) -> list[str]:
    wrong = [f"“{name}” is not a setting ({', '.join(_SETTINGS)})" for name in found if name not in _SETTINGS]
    wrong += [
        f"“{name}” must be {_WORD_OF_TYPE[kind]}"
        for name, kind in _SETTINGS.items()
        if name in found and not isinstance(found[name], kind)
    ]
    if wrong:
        return wrong
    if not 0 < len(found.get("source", "csv").strip()) <= _LONGEST_SOURCE:
        wrong.append(f"“source” needs 1 to {_LONGEST_SOURCE} characters")
    if len(found.get("delimiter", ",")) != 1 or found.get("delimiter") in ('"', "\n", "\r"):
        wrong.append("“delimiter” must be one character")
    if "%" not in found.get("date_format", "%"):
        wrong.append("“date_format” needs directives such as %d.%m.%Y %H:%M")
    return wrong


def _wrong_fields(found: Mapping[str, Any]) -> list[str]:
    fields, defaults = found.get("fields", {}), found.get("defaults", {})
    wrong = [f"“{name}” is not a field ({', '.join(FIELDS)})" for name in (*fields, *defaults) if name not in FIELDS]
    wrong += [f"“fields.{name}” must name a column" for name, column in fields.items() if not isinstance(column, str)]
    wrong += [
        f"the field “{name}” has no column"
        for name in REQUIRED_FIELDS
        if name not in fields and not (name == "status" and name in defaults)
    ]
    if "subcategory" in fields and "category" not in fields:
        wrong.append("“subcategory” needs “category”")
    return wrong


def _wrong_values(found: Mapping[str, Any]) -> list[str]:
    wrong = []
    for name, table in found.get("values", {}).items():
        if name not in (*CODES, *LEVELS) or not isinstance(table, dict):
            wrong.append(f"“values.{name}” must be a table for one of: {', '.join((*CODES, *LEVELS))}")
            continue
        wrong += [
            f"“values.{name}” gives {value!r} for “{cell}”, which is not {_expected(name)}"
            for cell, value in table.items()
            if not _is_possible(name, value)
        ]
    wrong += [
        f"“defaults.{name}” is {value!r}, which is not {_expected(name)}"
        for name, value in found.get("defaults", {}).items()
        if not _is_possible(name, value)
    ]
    return wrong


def _is_possible(name: str, value: Any) -> bool:
    if name in LEVELS:
        return str(value).isdecimal() and 1 <= int(str(value)[:3]) <= LEVELS[name]
    if name == "channel":
        return value in Channel.values
    return isinstance(value, str)


def _expected(name: str) -> str:
    if name in LEVELS:
        return f"1 to {LEVELS[name]}"
    return f"one of {', '.join(Channel.values)}" if name == "channel" else "a text"


class MappedCsv:
    """A CSV file as its mapping describes it."""

    def __init__(self, mapping: ColumnMapping, zone: ZoneInfo, statuses: Mapping[str, str]) -> None:
        self._mapping = mapping
        self._statuses = statuses
        self._instant = pattern_reader(mapping.date_format, zone)
        self.source = mapping.source.strip()
        self.delimiter = mapping.delimiter
        self.id_column = mapping.fields["id"]

    @property
    def status_codes(self) -> frozenset[str]:
        named = {_RESOLVED, *self._mapping.values.get("status", {}).values()}
        if default := self._mapping.defaults.get("status"):
            named.add(default)
        return frozenset(named)

    def reader(self, header: Sequence[str]) -> RowReader:
        at = positions(header, tuple(self._mapping.fields.values()))
        places = {name: at[column] for name, column in self._mapping.fields.items()}

        def read(line: int, cells: Sequence[str]) -> RowFacts:
            refuse_unclean(cells)
            return self._facts(line, _Cells(self._mapping, cells, places))

        return read

    def _facts(self, line: int, row: _Cells) -> RowFacts:
        subject = " ".join(text_in(row["subject"]).split())
        body = text_in(row["body"])
        if not subject:
            raise RowRefused("the subject is missing")
        if len(body) > BODY_LENGTH:
            raise RowRefused(f"the body is longer than {BODY_LENGTH} characters")
        opened_at = self._instant(row["opened_at"])
        return RowFacts(
            external_id=external_id_in(row["id"], column=self.id_column),
            opened_at=opened_at,
            opened_by=name_in(row["opened_by"] or row["requester"]),
            subject=subject if len(subject) <= SUBJECT_LENGTH else subject[: SUBJECT_LENGTH - 1] + "…",
            requester=name_in(row["requester"]),
            channel=self._channel(row),
            body=body,
            snapshots=self._snapshots(line, row, opened_at),
        )

    def _channel(self, row: _Cells) -> str:
        channel = row["channel"] or Channel.OTHER.value
        if channel not in Channel.values:
            raise RowRefused(f"the channel is unknown: {channel[:40]}")
        return channel

    def _snapshots(self, line: int, row: _Cells, opened_at: datetime) -> tuple[Snapshot, ...]:
        """The ticket as it stands, and before that as it was resolved when the row dates both."""
        resolved_at, closed_at = (
            self._instant(row[name]) if row[name] else None for name in ("resolved_at", "closed_at")
        )
        status = row["status"]
        category = self._statuses.get(status)
        if category is None:
            raise RowRefused(f"the status is unknown: {status[:40] or 'missing'}")
        updated_at = self._instant(row["updated_at"]) if row["updated_at"] else None
        ended_at = {StatusCategory.RESOLVED.value: resolved_at, StatusCategory.CLOSED.value: closed_at}.get(category)
        last = self._snapshot(line, row, status, ended_at or updated_at or resolved_at or opened_at)
        if category == StatusCategory.CLOSED and resolved_at is not None and resolved_at <= last.at:
            return (replace(last, status=_RESOLVED, at=resolved_at), last)
        return (last,)

    def _snapshot(self, line: int, row: _Cells, status: str, at: datetime) -> Snapshot:
        impact, urgency, priority = levels_or_defaults(
            *(
                level_in(row[name], column=name, highest=highest) if row[name] else None
                for name, highest in LEVELS.items()
            )
        )
        category = tuple(filter(None, (name_in(row["category"]), name_in(row["subcategory"]))))
        return Snapshot(
            at=at,
            by=name_in(row["updated_by"] or row["assignee"]) or self.source,
            status=status,
            impact=impact,
            urgency=urgency,
            priority=priority,
            team=name_in(row["team"]) or None,
            assignee=name_in(row["assignee"]) or None,
            category=category if row["category"] else (),
            line=line,
        )


class _Cells:
    """A row's cells by field: missing ones as "", or as the default; mapped ones as their value."""

    __slots__ = ("_cells", "_mapping", "_places")

    def __init__(self, mapping: ColumnMapping, cells: Sequence[str], places: Mapping[str, int]) -> None:
        self._mapping, self._cells, self._places = mapping, cells, places

    def __getitem__(self, name: str) -> str:
        place = self._places.get(name)
        cell = "" if place is None else self._cells[place].strip()
        if cell in self._mapping.missing:
            return self._mapping.defaults.get(name, "")
        return self._mapping.values.get(name, {}).get(cell, cell)


@register_format("csv")
def mapped_csv(options: FormatOptions) -> MappedCsv:
    if options.mapping is None:
        raise ImportRefused("The format “csv” needs --mapping FILE, which says what the columns mean.")
    mapping = load_mapping(options.mapping)
    is_own_zone = bool(mapping.zone) and not options.is_zone_given
    return MappedCsv(mapping, zone_named(mapping.zone) if is_own_zone else options.zone, options.statuses)
