"""Where a pair of embedded servers keeps its files, sockets, locks and logs."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from puo_desk.stack.errors import StackError

CHECKOUT = Path(__file__).resolve().parents[2]

# sun_path holds 108 bytes on Linux and 104 on macOS; PostgreSQL adds ".s.PGSQL.5432.lock" beside its socket.
LONGEST_SOCKET_PATH = 100
LONGEST_SOCKET_NAME = "/.s.PGSQL.5432.lock"


@dataclass(frozen=True)
class Place:
    """One directory for one PostgreSQL and one Valkey; `durable`: rows must outlive a power cut."""

    directory: Path
    durable: bool

    @property
    def postgresql_files(self) -> Path:
        return self.directory / "postgresql"

    @property
    def valkey_files(self) -> Path:
        return self.directory / "valkey"

    @property
    def logs(self) -> Path:
        return self.directory / "log"

    @property
    def wishes(self) -> Path:
        """One empty file per server that somebody asked the keeper for."""
        return self.directory / "wanted"

    @property
    def state_file(self) -> Path:
        return self.directory / "servers.json"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper for as long as it lives."""
        return self.directory / "stack.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by every command that uses the servers; whoever has it alone may stop them."""
        return self.directory / "users.lock"

    @property
    def start_lock(self) -> Path:
        """Held while one command looks for a keeper and starts one."""
        return self.directory / "start.lock"

    @property
    def sockets(self) -> Path:
        """The directory of both sockets: in the place itself, or a short one when the path is too long."""
        near = self.directory / "run"
        if len(os.fsencode(f"{near}{LONGEST_SOCKET_NAME}")) <= LONGEST_SOCKET_PATH:
            return near
        import hashlib  # 4 MB of OpenSSL that the keeper would hold for good

        digest = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"puo-desk-{os.geteuid()}-{digest}"

    def make_directories(self) -> None:
        """Make what must exist before locks and sockets.

        Raises: StackError when the place belongs to somebody else.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            for directory in (self.logs, self.wishes):
                directory.mkdir(exist_ok=True)
            _make_private(self.sockets)
            for lock in (self.keeper_lock, self.users_lock, self.start_lock):
                lock.touch(mode=0o600, exist_ok=True)
        except PermissionError as refusal:
            raise StackError(
                f"No right to write {refusal.filename}: it was made by another user. "
                "Work as that user, or set PUO_LOCAL to a directory of your own."
            ) from refusal


def _make_private(directory: Path) -> None:
    """Make the directory for this user alone: the servers trust whoever reaches their sockets."""
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.lstat()
    if directory.is_symlink() or status.st_uid not in (0, os.geteuid()):
        raise StackError(f"{directory} belongs to somebody else; remove it or set PUO_LOCAL to another directory.")
    if status.st_mode & 0o077 and status.st_uid == os.geteuid():
        directory.chmod(0o700)


def local_directory() -> Path:
    """Where everything lives that belongs to this checkout alone and is never committed."""
    return Path(os.environ.get("PUO_LOCAL") or CHECKOUT / ".local").absolute()


def desk_place() -> Place:
    """The place of the running desk: durable."""
    return Place(local_directory() / "desk", durable=True)


def test_place() -> Place:
    """The place of the test suite: apart from the desk's, so that both run at once; not durable."""
    return Place(local_directory() / "test", durable=False)
