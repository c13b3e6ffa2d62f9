"""Rows that stand together make a history; a refused row is a gap; a broken file keeps its last ticket out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import pytest

from tests.support.made_log import COLUMNS, FOUR_LIVES, log_row
from tickets.imports import grouping
from tickets.imports.formats.servicenow_log import ServiceNowLog
from tickets.imports.grouping import Gatherer
from tickets.imports.history import SourceRow, TicketHistory
from tickets.imports.refusals import FileBroken, RefusedRow
from tickets.imports.registry import FormatOptions


def gather(rows: Sequence[Sequence[str]], *, broken: bool = False) -> list[TicketHistory | RefusedRow]:
    def source() -> Iterator[SourceRow]:
        yield from (SourceRow(line, tuple(row)) for line, row in enumerate(rows, start=2))
        if broken:
            raise FileBroken("the file breaks off after line 9")

    reader = ServiceNowLog(FormatOptions(ZoneInfo("UTC"), {})).reader(COLUMNS)
    gatherer = Gatherer(reader, id_position=0)
    gathered = list(gatherer.gather(source()))
    assert bool(gatherer.broken) is broken
    return gathered


def numbers(gathered: Sequence[TicketHistory | RefusedRow]) -> list[tuple[str, int]]:
    return [(one.external_id, len(one.rows)) for one in gathered if isinstance(one, TicketHistory)]


def refusals(gathered: Sequence[TicketHistory | RefusedRow]) -> list[tuple[int, str, str]]:
    return [(one.line, one.external_id, one.reason) for one in gathered if isinstance(one, RefusedRow)]


def test_rows_of_a_ticket_become_one_history() -> None:
    assert numbers(gather(FOUR_LIVES)) == [("INC1", 4), ("INC2", 6), ("INC3", 3), ("INC4", 2)]


def test_a_refused_row_leaves_the_others_of_its_ticket() -> None:
    rows = [list(row) for row in FOUR_LIVES]
    rows[1][1] = "-100"
    gathered = gather(rows)
    assert numbers(gathered)[0] == ("INC1", 3)
    assert refusals(gathered) == [(3, "INC1", "the state is unknown: -100")]


def test_a_ticket_of_refused_rows_alone_is_none() -> None:
    gathered = gather([log_row("INC1", "-100", "1/3/2016 09:00"), log_row("INC2", "New", "1/3/2016 09:00")])
    assert numbers(gathered) == [("INC2", 1)]


def test_where_the_file_breaks_off_the_ticket_may_be_incomplete() -> None:
    gathered = gather(FOUR_LIVES, broken=True)
    assert numbers(gathered) == [("INC1", 4), ("INC2", 6), ("INC3", 3)]
    assert [(line, number) for line, number, _reason in refusals(gathered)] == [(15, "INC4"), (16, "INC4")]
    assert "more of this ticket may be missing" in refusals(gathered)[0][2]


def test_a_ticket_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "LONGEST_HISTORY", 3)
    gathered = gather([log_row("INC1", "New", "1/3/2016 09:00")] * 5)
    assert numbers(gathered) == [("INC1", 3)]
    assert [line for line, _number, _reason in refusals(gathered)] == [5, 6]
