"""Rows of one ticket that stand together make its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tickets.imports.history import RowFacts, Snapshot, SourceRow, TicketHistory
from tickets.imports.refusals import FileBroken, RefusedRow, RowRefused
from tickets.imports.registry import RowReader

LONGEST_HISTORY = 2_000
"""Rows of one ticket; more is no ticket, and would have to be held in memory at once."""


class Gatherer:
    """Turns rows into histories, one ticket in memory at a time. ``broken`` says where the file broke off, if it did.

    A refused row is a gap in its ticket's history; the ticket is imported from its other rows. All rows of a
    ticket are refused when the file breaks off behind it, because the rest of its history may be missing.
    """

    def __init__(self, read: RowReader, *, id_position: int) -> None:
        self._read = read
        self._id_position = id_position
        self._opening: RowFacts | None = None
        self._snapshots: list[Snapshot] = []
        self._rows: list[SourceRow] = []
        self.broken = ""

    def gather(self, rows: Iterable[SourceRow | RefusedRow]) -> Iterator[TicketHistory | RefusedRow]:
        try:
            for row in rows:
                yield from self._take(row)
        except FileBroken as broken:
            self.broken = str(broken)
            yield from self._refuse_all(f"{broken}, so more of this ticket may be missing")
        yield from self._finish()

    def _take(self, row: SourceRow | RefusedRow) -> Iterator[TicketHistory | RefusedRow]:
        if isinstance(row, RefusedRow):
            yield row
            return
        try:
            facts = self._read(row.line, row.cells)
        except RowRefused as refused:
            yield RefusedRow(row.line, row.cells[self._id_position].strip(), str(refused), row.cells)
            return
        if self._opening is None or self._opening.external_id != facts.external_id:
            yield from self._finish()
            self._opening = facts
        elif len(self._rows) >= LONGEST_HISTORY:
            yield RefusedRow(row.line, facts.external_id, f"the ticket has more than {LONGEST_HISTORY} rows", row.cells)
            return
        self._snapshots += facts.snapshots
        self._rows.append(row)

    def _finish(self) -> Iterator[TicketHistory]:
        if self._opening is not None:
            history = TicketHistory(self._opening, tuple(self._snapshots), tuple(self._rows))
            self._clear()
            yield history

    def _refuse_all(self, reason: str) -> Iterator[RefusedRow]:
        if self._opening is not None:
            external_id = self._opening.external_id
            yield from [RefusedRow(row.line, external_id, reason, row.cells) for row in self._rows]
        self._clear()

    def _clear(self) -> None:
        self._opening, self._snapshots, self._rows = None, [], []
