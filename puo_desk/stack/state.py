"""What a keeper tells the commands of its place: which servers run, under which URL."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class State:
    """The keeper's number and start, URL and socket of each server that runs, why each other does not."""

    pid: int
    since: str
    urls: dict[str, str]
    sockets: dict[str, str]
    failures: dict[str, str]

    def write(self, path: Path) -> None:
        """Replace the file as a whole: a reader sees the old state or the new one."""
        draft = path.with_name(path.name + ".draft")
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(path)


def read_state(path: Path) -> State | None:
    """The state as last written, or None. Only the keeper's lock tells whether it still holds."""
    try:
        return State(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
