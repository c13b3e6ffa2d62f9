"""The auditor on the command line and as a process of its own."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from puo_desk.kernel.auditor import audit_once


class Command(BaseCommand):
    help = "Report work that is late and rescue what is stuck. Fails when something is late."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on, looking again after this time")

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
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
