"""The auditor on the command line and as a process of its own."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from puo_desk.kernel.auditor import audit_once

SHORTEST, LONGEST = 1.0, 86_400.0
"""Seconds between two looks: below a second the looking would be the load, and a day's silence is no alarm."""


class Command(BaseCommand):
    help = "Report work that is late and rescue what is stuck. Fails when something is late."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on, looking again after this time")

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
        # Asked this way round, "nan" is refused too.
        if every is not None and not SHORTEST <= every <= LONGEST:
            raise CommandError(f"--every takes seconds from {SHORTEST:.0f} to {LONGEST:.0f}, not {every:g}.")
        while every is not None:
            try:
                self._audit()
            except (CommandError, DatabaseError) as error:
                self.stderr.write(str(error))
            connection.close()
            time.sleep(every)
        self._audit()

    def _audit(self) -> None:
        audit = audit_once()
        for table, rows in audit.rescued.items():
            self.stdout.write(f"{table}: {rows} rescued")
        if audit.late:
            raise CommandError("; ".join(f"{w.name}: {w.waiting} late since {w.oldest_due_at}" for w in audit.late))
        self.stdout.write("Nothing is late.")
