"""The auditor that needs no Celery: it says what is late, and frees what a vanished worker holds."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from puo_desk.kernel import due_work


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
        for table, rows in due_work.rescue_stuck_work().items():
            self.stdout.write(f"{table}: {rows} rescued")
        late = due_work.audit_due_work()
        if late:
            raise CommandError("; ".join(f"{w.name}: {w.waiting} late since {w.oldest_due_at}" for w in late))
        due_work.beat("auditor")
        self.stdout.write("Nothing is late.")
