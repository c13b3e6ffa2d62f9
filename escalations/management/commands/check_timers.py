"""Are the stored timers what the histories say?"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from escalations.operations.upkeep import repair_timers
from escalations.queries.timers import Difference, list_ticket_ids, verify_many, verify_timers
from puo_desk.kernel.actor import Actor
from tickets.models import Ticket

BATCH = 500
SHOWN_AT_MOST = 20


class Command(BaseCommand):
    help = "Replay every ticket's history and compare the stored timers with it. Fails when any differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="write what the history says over what differs")
        parser.add_argument("--from", type=int, default=1, dest="first", help="begin at this ticket")

    def handle(self, *, repair: bool, first: int, **options: Any) -> None:
        after, checked, wrong, repaired = first - 1, 0, 0, 0
        try:
            while ids := list_ticket_ids(after=after, limit=BATCH):
                for ticket_id in self._suspects(ids):
                    differences = self._differences(ticket_id)
                    if not differences:
                        continue
                    wrong += 1
                    if wrong <= SHOWN_AT_MOST:
                        self._show(differences)
                    if repair:
                        repair_timers(ticket_id=ticket_id, actor=Actor.system("check-timers"), now=timezone.now())
                        repaired += 1
                after, checked = ids[-1], checked + len(ids)
                if checked % (10 * BATCH) == 0:
                    self.stderr.write(f"{checked} tickets checked, at PUO-{after}, {wrong} differ")
        except KeyboardInterrupt:
            self.stderr.write(f"Interrupted. Go on with --from {after + 1}")
        self.stdout.write(f"{checked} tickets checked, {wrong} differ, {repaired} repaired")
        if wrong > repaired:
            raise CommandError("Stored timers differ from the history. Run with --repair to write what it says.")

    def _suspects(self, ids: list[int]) -> list[int]:
        return sorted({difference.ticket_id for difference in verify_many(ids, now=timezone.now())})

    def _differences(self, ticket_id: int) -> list[Difference]:
        """Once more under the ticket's lock: somebody may have written between the first look's queries."""
        with transaction.atomic():
            Ticket.objects.select_for_update(of=("self",)).filter(pk=ticket_id).first()
            return verify_timers(ticket_id, now=timezone.now())

    def _show(self, differences: list[Difference]) -> None:
        for one in differences:
            timer = f"{one.metric} {one.cycle}" if one.metric else "ticket"
            self.stdout.write(f"PUO-{one.ticket_id} {timer}: {one.name} is {one.stored}, should be {one.replayed}")
