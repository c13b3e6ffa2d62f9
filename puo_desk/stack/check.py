"""`make check`: every check that needs no test, all of them run, the failed ones shown in full."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from puo_desk.stack.environment import servers
from puo_desk.stack.place import CHECKOUT, test_place

PASSED, FAILED, SKIPPED = "passed", "FAILED", "not run"

# What pip-audit says when the vulnerability service cannot be asked: no verdict on the packages.
UNREACHABLE = (
    "ConnectionError",
    "Max retries exceeded",
    "ServiceError",
    "Failed to establish",
    "timed out",
    "HTTPError",
)

UNKNOWN = "could not be audited"


@dataclass(frozen=True)
class Check:
    """One command that must exit with 0. `needs` is a path without which there is nothing to check."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: str = "."
    may_be_unreachable: bool = False


def all_checks() -> list[Check]:
    """The checks, the quick ones first."""
    manage = [sys.executable, "manage.py"]
    audit = [_tool("pip-audit"), "--requirement", "requirements/run.txt", "--require-hashes", "--disable-pip"]
    return [
        Check("ruff check", [_tool("ruff"), "check", "."]),
        Check("ruff format", [_tool("ruff"), "format", "--check", "."]),
        Check("import contracts", [_tool("lint-imports")]),
        Check("template lint", [_tool("djlint"), "templates", "--lint", "--quiet"], needs="templates"),
        Check("mypy", [_tool("mypy")]),
        Check("migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check(
            "deployment settings",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            production_like(),
        ),
        Check("API schema", [*manage, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull]),
        Check("known vulnerabilities", [*audit, "--progress-spinner", "off"], may_be_unreachable=True),
    ]


def production_like() -> dict[str, str]:
    """The environment of a deployment, for `check --deploy`."""
    return {
        "PUO_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "desk.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://desk.example.org",
        "DESK_URL": "https://desk.example.org",
    }


def run(check: Check) -> tuple[str, str]:
    """Run one check: how it ended, and what it said."""
    if not (CHECKOUT / check.needs).exists():
        return SKIPPED, f"there is no {check.needs}"
    finished = subprocess.run(
        check.command,
        cwd=CHECKOUT,
        env=dict(os.environ) | dict(check.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if check.may_be_unreachable and (unknown := finished.stdout.count(UNKNOWN)) and finished.returncode == 0:
        return SKIPPED, f"the vulnerability service does not know {unknown} of our packages: it is no full mirror"
    if finished.returncode == 0:
        return PASSED, finished.stdout
    if check.may_be_unreachable and any(sign in finished.stdout for sign in UNREACHABLE):
        return SKIPPED, "the vulnerability service cannot be reached from here"
    return FAILED, finished.stdout


def main() -> int:
    """Run all checks on the test servers; 1 when any failed."""
    verdicts = []
    with servers(test_place()):
        for check in all_checks():
            began = time.monotonic()
            verdict, said = run(check)
            verdicts.append(verdict)
            reason = f": {said}" if verdict == SKIPPED else ""
            show(f"{verdict:>8}  {check.name} ({time.monotonic() - began:.1f} s){reason}")
            if verdict == FAILED:
                show("\n".join(f"          {line}" for line in said.strip().splitlines()))
    show("check: " + ", ".join(f"{verdicts.count(kind)} {kind}" for kind in (PASSED, FAILED, SKIPPED)))
    return 1 if FAILED in verdicts else 0


def show(sentence: str) -> None:
    """One line for the person at the terminal."""
    print(sentence, flush=True)


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


if __name__ == "__main__":
    sys.exit(main())
