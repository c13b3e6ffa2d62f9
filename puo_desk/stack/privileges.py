"""As which user a server runs that refuses to be root."""

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from puo_desk.stack.errors import StackError

NOBODY = 65534


@dataclass(frozen=True)
class ServerUser:
    """The user a server runs as, and the command prefix that makes it so (empty: the user we are)."""

    uid: int
    gid: int
    prefix: tuple[str, ...]

    def owns(self, directory: Path) -> None:
        """Give one of the server's own directories to its user."""
        if self.prefix:
            os.chown(directory, self.uid, self.gid)

    def without_privileges(self) -> tuple[str, ...]:
        """The prefix for this user with no capability at all: what access(2) lets it do."""
        return tuple(part for part in self.prefix if "caps" not in part)


def server_user(files: Path, death_signal: signal.Signals) -> ServerUser:
    """The user for a server that keeps `files`: ourselves, or instead of root the files' owner or nobody.

    Instead of opening parent directories to that user, it may pass them: one capability, dac_override, for
    this server. setpriv sets the death signal itself, because a change of user clears the one set before.
    """
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid(), ())
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StackError(
            "PostgreSQL does not run as root and `setpriv` (package util-linux) is missing: "
            "install it, work as an ordinary user, or set DATABASE_URL."
        )
    uid, gid = NOBODY, NOBODY
    if files.exists() and files.stat().st_uid != 0:
        uid, gid = files.stat().st_uid, files.stat().st_gid
    user = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    rights = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ServerUser(uid, gid, (setpriv, *user, *rights, f"--pdeathsig={death_signal.name[3:]}", "--"))
