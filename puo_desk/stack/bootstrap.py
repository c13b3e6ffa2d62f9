"""Makes `.venv` and keeps it at the lock: `python3 puo_desk/stack/bootstrap.py run|dev`.

Runs under whatever `python3` is there, before anything is installed: standard library only, and syntax that
an old Python can read, so that it can say that it is too old.
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ENVIRONMENT = CHECKOUT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
OLDEST = (3, 11)


def main(kind):
    # type: (str) -> int
    """Install the lock of this kind unless the stamp says that it is installed."""
    if sys.version_info < OLDEST:
        return refuse(f"PUO Desk needs Python 3.11 or later; this python3 is {sys.version.split()[0]}.")
    (CHECKOUT / ".local").mkdir(exist_ok=True)
    with (CHECKOUT / ".local" / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        version = python_version() or make_environment()
        if version is None:
            return 1
        return install(kind, version)


def python_version():
    # type: () -> str | None
    """The version of the environment's Python; None when there is none that runs and is new enough."""
    question = "import sys, pip; assert sys.version_info >= (3, 11); print(sys.version)"
    try:
        asked = subprocess.run([str(PYTHON), "-c", question], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None
    return asked.stdout.decode() if asked.returncode == 0 else None


def make_environment():
    # type: () -> str | None
    """Make `.venv` afresh: the version of its Python; None, with the reason told, when that fails."""
    say("making .venv")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    version = python_version() if made.returncode == 0 else None
    if version is None:
        print(made.stdout.decode(errors="replace").strip())
        refuse("No virtual environment could be made. On Debian and Ubuntu: apt-get install python3-venv python3-pip")
    return version


def install(kind, version):
    # type: (str, str) -> int
    """Install the hashed lock; the stamp is its hash and the Python version."""
    stamps = {name: stamp(name, version) for name in ("run", "dev")}
    if marker(kind).exists() and marker(kind).read_text() == stamps[kind]:
        return 0
    say(f"installing requirements/{kind}.txt (once; a minute at most on a usual line)")
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    if subprocess.run([*command, "-r", str(lock_file(kind))]).returncode != 0:
        return refuse(f"pip could not install requirements/{kind}.txt; its lines above say why.")
    for name in ("run",) if kind == "run" else ("run", "dev"):  # the dev lock holds the run lock
        marker(name).write_text(stamps[name])
    return 0


def lock_file(kind):
    # type: (str) -> Path
    return CHECKOUT / "requirements" / (kind + ".txt")


def marker(kind):
    # type: (str) -> Path
    return ENVIRONMENT / (kind + ".stamp")


def stamp(kind, version):
    # type: (str, str) -> str
    return hashlib.sha256(lock_file(kind).read_bytes() + version.encode()).hexdigest()


def say(sentence):
    # type: (str) -> None
    print(sentence, flush=True)


def refuse(sentence):
    # type: (str) -> int
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
