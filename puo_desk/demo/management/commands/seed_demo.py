"""Fills an empty desk with two weeks of believable work."""

from __future__ import annotations

import os
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from puo_desk.accounts.models import User
from puo_desk.demo.seed import seed

WORKERS = min(2, os.cpu_count() or 1)


class Command(BaseCommand):
    help = "Fill an empty desk with demo people and two weeks of tickets. A desk with people is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            self.stdout.write("This desk has people already: nothing is added to it.")
            return
        began = time.monotonic()
        seeded = seed(now=timezone.now().replace(microsecond=0), say=self._say, workers=WORKERS)
        self.stdout.write(
            f"{seeded.people} people, {seeded.tickets} tickets ({seeded.active} active), "
            f"{seeded.reports} daily reports in {time.monotonic() - began:.1f} s. Everybody's password is “demo”."
        )

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
