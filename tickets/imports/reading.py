"""Reading a file row by row, whatever is in it, with the memory of one row."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tickets.imports.history import SourceRow
from tickets.imports.refusals import FileBroken, ImportRefused, RefusedRow

LONGEST_LINE = 1_048_576
LONGEST_CELL = 200_000
_GZIP_MAGIC = b"\x1f\x8b"
_NAMED_BY_FIRST = 1_048_576


@dataclass(slots=True)
class SourceFile:
    """A CSV file, packed or not. ``header`` is known once ``open_source`` gives it; ``rows`` reads the rest."""

    header: list[str]
    width: int
    _lines: _Lines
    _records: Iterator[list[str]] = field(repr=False)

    def rows(self) -> Iterator[SourceRow | RefusedRow]:
        """Each row with the line it begins on; a blank line is none. Raises: FileBroken where the file breaks off."""
        while True:
            line = self._lines.read + 1
            try:
                cells = next(self._records)
            except StopIteration:
                return
            except csv.Error as error:
                yield RefusedRow(line, "", f"not readable as CSV: {error}", ())
                continue
            except (EOFError, OSError, zlib.error) as error:
                raise FileBroken(f"the file breaks off after line {self._lines.read}: {error}") from error
            if not cells:
                continue
            if len(cells) == self.width:
                yield SourceRow(line, tuple(cells))
            elif self._lines.is_cut:
                raise FileBroken(f"the file breaks off in line {line}")
            else:
                reason = f"has {len(cells)} columns instead of {self.width}"
                yield RefusedRow(line, "", reason, tuple(cells[: self.width]))


class _Lines:
    """The lines of a text, counted. A line beyond the limit comes in parts, so that no line can fill the memory."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self.read = 0
        self.is_cut = False

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(LONGEST_LINE):
            is_whole = line.endswith(("\n", "\r"))
            self.is_cut = not is_whole and len(line) < LONGEST_LINE
            self.read += is_whole
            yield line


@contextmanager
def open_source(path: Path, *, delimiter: str = ",") -> Iterator[SourceFile]:
    """Open a file for reading, packed with gzip or not. Raises: ImportRefused when it is none or has no header."""
    try:
        with path.open("rb") as raw, _unpacked(raw) as unpacked:
            text = io.TextIOWrapper(unpacked, encoding="utf-8-sig", errors="surrogateescape", newline="")
            csv.field_size_limit(LONGEST_CELL)
            lines = _Lines(text)
            records = csv.reader(iter(lines), delimiter=delimiter)
            header = _header(records, path)
            yield SourceFile(header, len(header), lines, records)
    except FileNotFoundError as error:
        raise ImportRefused(f"There is no file {path}.") from error
    except (IsADirectoryError, PermissionError) as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror}.") from error


def _unpacked(raw: io.BufferedReader) -> gzip.GzipFile | io.BufferedReader:
    packed = raw.peek(2)[:2] == _GZIP_MAGIC
    return gzip.GzipFile(fileobj=raw) if packed else raw


def _header(records: Iterator[list[str]], path: Path) -> list[str]:
    try:
        header = next(records, [])
    except (csv.Error, EOFError, OSError, zlib.error) as error:
        raise ImportRefused(f"The first line of {path} cannot be read: {error}.") from error
    names = [name.strip() for name in header]
    if not any(names):
        raise ImportRefused(f"{path} has no header line.")
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ImportRefused(f"{path} names a column twice: {', '.join(doubled)}.")
    return names


def name_of(path: Path) -> str:
    """A short name for a file's content: the same when the same file is read again, wherever it lies."""
    digest = hashlib.sha256(str(path.stat().st_size).encode())
    with path.open("rb") as raw:
        digest.update(raw.read(_NAMED_BY_FIRST))
    return digest.hexdigest()[:12]
