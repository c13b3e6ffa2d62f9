"""Try mails again that were set aside."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from puo_desk.kernel.actor import Actor
from puo_desk.notifications.operations.deliver import replay_notifications


class Command(BaseCommand):
    help = "Tries mails again that were set aside after 72 hours or five refusals: all, or those given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, help="ids of notifications; none means all")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("replay_notifications")
        replayed = replay_notifications(actor=actor, now=timezone.now(), ids=options["ids"] or None)
        self.stdout.write(f"{replayed} set free; they go with the next sweep.")
