"""How two texts differ, line by line, and within a line word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, ADDED, REMOVED, CHANGED, GAP = "same", "added", "removed", "changed", "gap"
CONTEXT_LINES = 3
ALIKE = 0.5
WORDS_COMPARED = 600
"""Beyond this many words a line is shown as changed altogether: comparing costs the square of it."""
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a line; ``is_changed`` marks what the other side does not have."""

    text: str
    is_changed: bool = False


Line = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A line on both sides. ``old_number`` and ``new_number`` are line numbers, None where a side has no line.

    A gap stands for ``skipped`` equal lines.
    """

    kind: str
    old_number: int | None = None
    new_number: int | None = None
    old: Line = ()
    new: Line = ()
    skipped: int = 0


def diff_texts(old: str, new: str, *, context: int | None = CONTEXT_LINES) -> list[DiffRow]:
    """The rows that lead from one text to the other. Long equal stretches become a gap, unless ``context`` is None."""
    before, after = old.splitlines(), new.splitlines()
    rows = list(_rows(before, after))
    return rows if context is None else list(_with_gaps(rows, context))


def is_same(rows: Sequence[DiffRow]) -> bool:
    """Whether the two texts do not differ."""
    return all(row.kind in (SAME, GAP) for row in rows)


def _rows(before: Sequence[str], after: Sequence[str]) -> Iterator[DiffRow]:
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                line = (Part(before[i]),)
                yield DiffRow(SAME, i + 1, j + 1, line, line)
            continue
        paired = min(i2 - i1, j2 - j1)
        while paired and not _are_alike(before[i1 + paired - 1], after[j1 + paired - 1]):
            paired -= 1
        for step in range(paired):
            i, j = i1 + step, j1 + step
            old, new = diff_words(before[i], after[j])
            yield DiffRow(CHANGED, i + 1, j + 1, old, new)
        for i in range(i1 + paired, i2):
            yield DiffRow(REMOVED, old_number=i + 1, old=(Part(before[i]),))
        for j in range(j1 + paired, j2):
            yield DiffRow(ADDED, new_number=j + 1, new=(Part(after[j]),))


def _are_alike(old: str, new: str) -> bool:
    """Whether one line is the other one edited, rather than another line in its place."""
    return SequenceMatcher(None, _WORD.findall(old), _WORD.findall(new), autojunk=False).quick_ratio() >= ALIKE


def diff_words(old: str, new: str) -> tuple[Line, Line]:
    """The two lines in parts, those that only one of them has marked."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    if len(before) + len(after) > WORDS_COMPARED:
        return (Part(old, True),), (Part(new, True),)
    left: list[Part] = []
    right: list[Part] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if i2 > i1:
            left.append(Part("".join(before[i1:i2]), tag != "equal"))
        if j2 > j1:
            right.append(Part("".join(after[j1:j2]), tag != "equal"))
    return tuple(left), tuple(right)


def _with_gaps(rows: Sequence[DiffRow], context: int) -> Iterator[DiffRow]:
    near = [False] * len(rows)
    for position, row in enumerate(rows):
        if row.kind != SAME:
            for close in range(max(0, position - context), min(len(rows), position + context + 1)):
                near[close] = True
    skipped = 0
    for row, shown in zip(rows, near, strict=True):
        if not shown:
            skipped += 1
            continue
        if skipped:
            yield DiffRow(GAP, skipped=skipped)
            skipped = 0
        yield row
    if skipped:
        yield DiffRow(GAP, skipped=skipped)
