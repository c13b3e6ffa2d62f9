"""Tables that are committed beside their test: a change of the house shows as a diff that somebody accepts."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

ACCEPT = "PUO_ACCEPT"


def agrees_with(path: Path, lines: Iterable[str], *, what: str) -> None:
    """Fail with the difference when the lines are not those of the file; with ``PUO_ACCEPT=1`` they become them."""
    found = "".join(f"{line.rstrip()}\n" for line in lines)
    if os.environ.get(ACCEPT) == "1":
        path.write_text(found)
        return
    kept = path.read_text() if path.exists() else ""
    if found == kept:
        return
    difference = "\n".join(
        difflib.unified_diff(kept.splitlines(), found.splitlines(), f"committed {path.name}", "as it is", "", "", 1, "")
    )
    pytest.fail(
        f"{what} changed:\n{difference}\n"
        f"If that is wanted: {ACCEPT}=1 .venv/bin/python -m pytest tests/architecture, then look at git diff.",
        pytrace=False,
    )


def as_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Lines with aligned columns."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(len(cells[place]) for cells in table) for place in range(len(table[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) for cells in table]
