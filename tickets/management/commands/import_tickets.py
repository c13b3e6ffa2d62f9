"""``manage.py import_tickets``: tickets and their history from a file of another system."""

from __future__ import annotations

import csv
import io
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

import tickets.imports.formats  # noqa: F401  registers the formats
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.text import csv_cell
from tickets.imports.cells import zone_named
from tickets.imports.grouping import Gatherer
from tickets.imports.reading import name_of, open_source
from tickets.imports.refusals import ImportRefused, RefusedRow
from tickets.imports.registry import FormatOptions, TicketFormat, format_named, format_names
from tickets.operations.import_directory import known_statuses
from tickets.operations.import_tickets import SOURCE, ImportRun, ImportSummary, import_tickets

INTERRUPTED = 130
SECONDS_BETWEEN_REPORTS = 1.0
LONGEST_ROW_SHOWN = 32_000


class Command(BaseCommand):
    """Reads, writes in batches, and says what became of every row. Run again, it goes on where it stopped."""

    help = (
        "Import tickets with their history. What is here already is skipped, so an interrupted import is continued "
        "by the same command. Rows that cannot be understood are left out and listed in a file with the reason."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file, packed with gzip or not")
        parser.add_argument("--format", required=True, dest="format_name", choices=list(format_names()))
        parser.add_argument("--timezone", help="zone of the file's times, e.g. Europe/Lisbon (else the desk's)")
        parser.add_argument("--mapping", type=Path, help="for --format csv: what the columns mean, .json or .toml")
        parser.add_argument("--refused", type=Path, help="where refused rows go (else FILE.refused.csv, here)")
        parser.add_argument("--limit", type=int, help="stop after this many tickets")
        parser.add_argument("--dry-run", action="store_true", help="read and judge everything, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        refused_path = Path(options["refused"] or f"{path.name}.refused.csv")
        if refused_path.exists() and path.exists() and refused_path.samefile(path):
            raise CommandError("--refused names the file to import.")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit must be at least 1.")
        report, refused = _Report(self.stderr.write), _Refused(refused_path)
        try:
            kind = format_named(options["format_name"], _options(options))
            with refused:
                broken = self._import(path, kind, refused, report, options)
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self._summarise(report, refused, options)
            self.stderr.write("Interrupted. Whole batches are kept; the same command goes on from here.")
            sys.exit(INTERRUPTED)
        self._summarise(report, refused, options)
        if broken:
            raise CommandError(f"Not complete: {broken}. What came before is imported; mend the file and run again.")

    def _import(
        self, path: Path, kind: TicketFormat, refused: _Refused, report: _Report, options: dict[str, Any]
    ) -> str:
        with open_source(path, delimiter=kind.delimiter) as file:
            read = kind.reader(file.header)
            gatherer = Gatherer(read, id_position=file.header.index(kind.id_column))
            import_tickets(
                gatherer.gather(file.rows()),
                run=ImportRun(kind.source, name_of(path), is_rehearsal=options["dry_run"]),
                actor=Actor.system(f"import {kind.source}", source=SOURCE),
                now=timezone.now(),
                refuse=refused.add,
                progress=report.show,
                summary=report.summary,
                limit=options["limit"],
            )
            return gatherer.broken

    def _summarise(self, report: _Report, refused: _Refused, options: dict[str, Any]) -> None:
        self.stdout.write(report.table(is_rehearsal=options["dry_run"]))
        if refused.count:
            self.stdout.write(f"Refused rows, with line and reason: {refused.path}")


def _options(options: dict[str, Any]) -> FormatOptions:
    name = options["timezone"]
    statuses = {code: status.category for code, status in known_statuses().items()}
    return FormatOptions(
        zone=zone_named(name or settings.DESK_TIME_ZONE),
        statuses=statuses,
        is_zone_given=bool(name),
        mapping=options["mapping"],
    )


class _Refused:
    """The file of refused rows, made with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: io.TextIOWrapper | None = None

    def __enter__(self) -> _Refused:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: RefusedRow) -> None:
        """Cells are neutralised: the file is opened in a spreadsheet, and what it shows came from outside."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="", buffering=1)
            csv.writer(self._file).writerow(["line", "ticket", "reason", "row"])
        cells = [row.line, row.external_id, row.reason, _as_line(row.cells)]
        csv.writer(self._file).writerow([csv_cell(_printable(cell)) for cell in cells])
        self.count += 1


def _printable(cell: object) -> object:
    return cell.replace("\x00", "\\x00") if isinstance(cell, str) else cell


def _as_line(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()[:LONGEST_ROW_SHOWN]


class _Report:
    """How far the import is, about once a second, and what it came to."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self.summary = ImportSummary()
        self._write = write
        self._begin = self._shown = time.monotonic()

    def show(self, summary: ImportSummary) -> None:
        now = time.monotonic()
        if now - self._shown >= SECONDS_BETWEEN_REPORTS:
            self._shown = now
            self._write(f"{summary.rows_read:,} rows, {summary.tickets_read:,} tickets, {self._rate(now):,.0f} rows/s")

    def table(self, *, is_rehearsal: bool) -> str:
        found = self.summary
        seconds = time.monotonic() - self._begin
        rows = {
            "read": (found.rows_read, found.tickets_read),
            "to write" if is_rehearsal else "written": (found.rows_written, found.tickets_written),
            "skipped": (found.rows_skipped, found.tickets_skipped),
            "refused": (found.rows_refused, found.tickets_refused),
        }
        if not found.adds_up:
            rows["under way"] = found.under_way
        lines = [f"{'':>10}{'rows':>12}{'tickets':>12}"]
        lines += [f"{word:>10}{row_count:>12,}{ticket_count:>12,}" for word, (row_count, ticket_count) in rows.items()]
        lines.append(f"{found.events_written:,} events; {seconds:,.1f} s, {self._rate(time.monotonic()):,.0f} rows/s")
        return "\n".join(lines)

    def _rate(self, now: float) -> float:
        return self.summary.rows_read / max(now - self._begin, 0.001)
