"""Reading single cells: names, numbers, local times."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from puo_desk.kernel.text import has_forbidden_characters, normalise_text
from tickets.imports.refusals import ImportRefused, RowRefused
from tickets.rules.priority import priority_of
from tickets.vocabulary import Impact, Urgency

NAME_LENGTH = 80
EXTERNAL_ID_LENGTH = 80
FIRST_YEAR, LAST_YEAR = 1970, 2100
_REMEMBERED = 65_536
"""Cells of a log repeat from row to row; what was read once is known. Bounded, so memory is."""
_LEADING_NUMBER = re.compile(r"\s*([1-9])(?!\d)")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})", re.ASCII)

ReadInstant = Callable[[str], datetime]


def zone_named(name: str) -> ZoneInfo:
    """Raises: ImportRefused when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ImportRefused(f"There is no time zone “{name}”. Use a name such as Europe/Lisbon.") from error


@lru_cache(_REMEMBERED)
def name_in(cell: str, *, longest: int = NAME_LENGTH) -> str:
    """A name without the padding some exports put into it. Raises: RowRefused."""
    if len(cell) > longest:
        raise RowRefused(f"a name is longer than {longest} characters: {cell[:40]}…")
    return " ".join(cell.split())


def text_in(cell: str) -> str:
    return normalise_text(cell).strip()


def external_id_in(cell: str, *, column: str) -> str:
    """The other system's number of a ticket. Raises: RowRefused when it is missing or no number."""
    number = cell.strip()
    if not number:
        raise RowRefused(f"{column} is missing")
    if len(number) > EXTERNAL_ID_LENGTH:
        raise RowRefused(f"{column} is longer than {EXTERNAL_ID_LENGTH} characters")
    return number


def refuse_unclean(cells: Sequence[str]) -> None:
    """Raises: RowRefused when a cell holds what no text has: NUL, other control characters, broken UTF-8."""
    line = "".join(cells)
    if line.isascii() and line.isprintable():
        return
    if "\x00" in line:
        raise RowRefused("contains a NUL character")
    if any("\udc80" <= letter <= "\udcff" for letter in line):
        raise RowRefused("is not valid UTF-8")
    if has_forbidden_characters(line):
        raise RowRefused("contains control characters")


@lru_cache(1_024)
def level_in(cell: str, *, column: str, highest: int) -> int:
    """The number that a level such as "2 - High" begins with. Raises: RowRefused."""
    found = _LEADING_NUMBER.match(cell)
    if found is None or int(found[1]) > highest:
        raise RowRefused(f"{column} is not one of 1 to {highest}: {cell[:40]}")
    return int(found[1])


def levels_or_defaults(impact: int | None, urgency: int | None, priority: int | None) -> tuple[int, int, int]:
    """Impact, urgency and priority: what the file says, then what follows from it, then the desk's own default."""
    known_impact, known_urgency = impact or Impact.LOW, urgency or Urgency.MEDIUM
    return int(known_impact), int(known_urgency), int(priority or priority_of(known_impact, known_urgency))


def day_first_reader(zone: ZoneInfo) -> ReadInstant:
    """A reader of ``d/m/yyyy hh:mm``, the day first, in a zone. It raises RowRefused."""

    @lru_cache(_REMEMBERED)
    def read(cell: str) -> datetime:
        found = _DAY_FIRST.fullmatch(cell.strip())
        if found is None:
            raise RowRefused(f"not a time like 31/12/2016 23:59: {cell[:40]}")
        day, month, year, hour, minute = map(int, found.groups())
        try:
            return _instant(datetime(year, month, day, hour, minute, tzinfo=zone))
        except ValueError as refused:
            raise RowRefused(f"no such time: {cell[:40]}") from refused

    return read


def pattern_reader(pattern: str | None, zone: ZoneInfo) -> ReadInstant:
    """A reader of times in a ``strptime`` pattern, or else in ISO 8601. An offset in the cell wins over the zone."""

    @lru_cache(_REMEMBERED)
    def read(cell: str) -> datetime:
        try:
            text = cell.strip()
            wall = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007
            return _instant(wall if wall.tzinfo else wall.replace(tzinfo=zone))
        except (ValueError, OverflowError) as refused:
            raise RowRefused(f"not a time in the format {pattern or 'ISO 8601'}: {cell[:40]}") from refused

    return read


def _instant(wall: datetime) -> datetime:
    """Raises: ValueError when the year shows that this is no time of a ticket."""
    if not FIRST_YEAR < wall.year < LAST_YEAR:
        raise ValueError
    return wall.astimezone(UTC)
