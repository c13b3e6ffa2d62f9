"""The logs of the servers: appended to, and never beyond two files of a few megabytes."""

from pathlib import Path
from typing import IO

LARGEST_LOG = 4 * 1_048_576


def open_log(path: Path) -> IO[bytes]:
    """The log for appending; one that has grown large becomes `<name>.old` first."""
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_name(path.name + ".old"))
    return path.open("ab")


def last_lines(path: Path, count: int) -> str:
    """The end of a log, for a message to a person; empty when there is none."""
    try:
        return "\n".join(path.read_text(errors="replace")[-8000:].splitlines()[-count:])
    except OSError:
        return ""
