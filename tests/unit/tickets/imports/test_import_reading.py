"""Whatever is in a file, it is read row by row, and what cannot be read has its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tickets.imports import reading
from tickets.imports.history import SourceRow
from tickets.imports.reading import name_of, open_source
from tickets.imports.refusals import FileBroken, ImportRefused, RefusedRow


def rows_of(tmp_path: Path, content: bytes) -> list[SourceRow | RefusedRow]:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with open_source(path) as file:
        return list(file.rows())


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_rows_have_the_line_they_begin_on(tmp_path: Path, pack: type) -> None:
    rows = rows_of(tmp_path, pack(b'a,b\n1,"two\nlines"\n\n3,4'))
    assert rows == [SourceRow(2, ("1", "two\nlines")), SourceRow(5, ("3", "4"))]


def test_a_byte_order_mark_and_dos_lines_are_no_part_of_the_text(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b"\xef\xbb\xbfa,b\r\n1,2\r\n") == [SourceRow(2, ("1", "2"))]


def test_a_row_of_another_width_is_refused_alone(tmp_path: Path) -> None:
    wide, narrow, good = rows_of(tmp_path, b"a,b\n1,2,3\n1\n1,2\n")
    assert (wide.line, narrow.line) == (2, 3)  # type: ignore[union-attr]
    assert isinstance(wide, RefusedRow) and wide.reason == "has 3 columns instead of 2"
    assert isinstance(narrow, RefusedRow) and narrow.reason == "has 1 columns instead of 2"
    assert good == SourceRow(4, ("1", "2"))


def test_an_open_quote_costs_no_more_than_a_cell_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_CELL", 50)
    rows = rows_of(tmp_path, b'a,b\n1,"never closed\n' + b"x,y\n" * 40 + b"1,2\n")
    refused = [row for row in rows if isinstance(row, RefusedRow)]
    assert refused[0].line == 2 and "field limit" in refused[0].reason
    assert rows[-1] == SourceRow(43, ("1", "2"))


def test_a_line_without_end_comes_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 64)
    rows = rows_of(tmp_path, b"a,b\n" + b"x" * 1000 + b"\n1,2\n")
    assert all(isinstance(row, RefusedRow) for row in rows[:-1])
    assert rows[-1] == SourceRow(3, ("1", "2"))


def test_a_truncated_gzip_gives_its_rows_and_then_says_that_it_broke(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    content = b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n * 7919) for n in range(5000))
    path.write_bytes(gzip.compress(content)[:-2000])
    read = []
    with open_source(path) as file, pytest.raises(FileBroken, match="breaks off after line"):
        for row in file.rows():
            read.append(row)
    assert 0 < len(read) < 5000


def test_a_last_line_cut_in_the_middle_breaks_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileBroken, match="in line 3"):
        rows_of(tmp_path, b"a,b,c\n1,2,3\n1,2")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no header"),
        (b"\n\n", "no header"),
        (b"a,b,a\n", "names a column twice: a"),
        (b"\x1f\x8b\x08garbage that is no gzip", "cannot be read"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(ImportRefused, match=reason):
        rows_of(tmp_path, content)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(ImportRefused), open_source(path):
            pass


def test_a_file_is_named_by_its_content(tmp_path: Path) -> None:
    for name, content in (("one", b"a"), ("two", b"a"), ("three", b"b")):
        (tmp_path / name).write_bytes(content)
    assert name_of(tmp_path / "one") == name_of(tmp_path / "two") != name_of(tmp_path / "three")
