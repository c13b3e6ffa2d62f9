"""Move active tickets to what the policies promise now. Publishing alone changes no running promise."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from escalations.operations.upkeep import reapply_policy
from escalations.queries.timers import list_ticket_ids
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError
from tickets.vocabulary import parse_ticket_number

BATCH = 500


class Command(BaseCommand):
    help = "Move active tickets to the current policy versions: from their original start, with all pauses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tickets", nargs="*", help="such as PUO-1042; all active ones when none is named")
        parser.add_argument("--from", type=int, default=1, dest="first", help="begin at this ticket")

    def handle(self, *, tickets: list[str], first: int, **options: Any) -> None:
        named = [parse_ticket_number(number) for number in tickets]
        if None in named:
            raise CommandError("Name tickets by their numbers: PUO-1042.")
        self.actor, self.seen, self.moved, self.refused = Actor.system("reapply-policies"), 0, 0, 0
        after = first - 1
        try:
            if named:
                self._reapply([ticket_id for ticket_id in named if ticket_id is not None])
            else:
                while ids := list_ticket_ids(after=after, limit=BATCH, only_active=True):
                    self._reapply(ids)
                    after = ids[-1]
                    self.stderr.write(f"{self.seen} tickets, {self.moved} moved, at PUO-{after}")
        except KeyboardInterrupt:
            self.stderr.write(f"Interrupted. Go on with --from {after + 1}; tickets moved already stay as they are.")
        self.stdout.write(f"{self.seen} active tickets, {self.moved} moved, {self.refused} refused")

    def _reapply(self, ids: list[int]) -> None:
        for ticket_id in ids:
            self.seen += 1
            try:
                self.moved += reapply_policy(ticket_id=ticket_id, actor=self.actor, now=timezone.now())
            except DomainError as refusal:
                self.refused += 1
                self.stderr.write(f"PUO-{ticket_id}: {refusal}")
