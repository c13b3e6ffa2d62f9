"""Formats as plug-ins: each says which columns it needs and what a row means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from tickets.imports.differ import OPENING_STATUS
from tickets.imports.history import RowFacts
from tickets.imports.refusals import ImportRefused

RowReader = Callable[[int, Sequence[str]], RowFacts]
"""Reads the row that begins on a line. Raises: RowRefused."""


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """What is said about the file: the zone of its times, and a mapping file where the format wants one.

    ``statuses`` are the desk's own: code to category.
    """

    zone: ZoneInfo
    statuses: Mapping[str, str]
    is_zone_given: bool = False
    mapping: Path | None = None


class TicketFormat(Protocol):
    """A kind of file.

    ``source`` is the system it comes from, ``id_column`` the ticket's number there: together they name the ticket
    for good. ``status_codes`` are the statuses its rows may be given.
    """

    source: str
    delimiter: str
    id_column: str

    @property
    def status_codes(self) -> frozenset[str]: ...

    def reader(self, header: Sequence[str]) -> RowReader:
        """How rows under this header are read. Raises: ImportRefused when columns are missing."""
        ...


FormatFactory = Callable[[FormatOptions], TicketFormat]
_factories: dict[str, FormatFactory] = {}


def register_format(name: str) -> Callable[[FormatFactory], FormatFactory]:
    """Offer a format under a name on the command line."""

    def keep(factory: FormatFactory) -> FormatFactory:
        if name in _factories:
            raise ValueError(f"format {name} is registered twice")
        _factories[name] = factory
        return factory

    return keep


def format_names() -> Iterator[str]:
    return iter(sorted(_factories))


def format_named(name: str, options: FormatOptions) -> TicketFormat:
    """Raises: ImportRefused when there is no such format or the options do not suit it."""
    if name not in _factories:
        raise ImportRefused(f"There is no format “{name}”. Choose one of: {', '.join(format_names())}.")
    found = _factories[name](options)
    if unknown := sorted({*found.status_codes, OPENING_STATUS} - options.statuses.keys()):
        raise ImportRefused(
            f"The desk has no status with these codes: {', '.join(unknown)}. It has: {', '.join(options.statuses)}."
        )
    return found


def positions(header: Sequence[str], required: Sequence[str]) -> dict[str, int]:
    """Where each column stands. Raises: ImportRefused, naming all required columns that are missing."""
    if missing := [name for name in required if name not in header]:
        raise ImportRefused(f"The file lacks these columns: {', '.join(missing)}. It has: {', '.join(header)}.")
    return {name: position for position, name in enumerate(header)}
