"""Build the daily reports of past days."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError
from reports.addresses import FIRST_YEAR, LAST_YEAR
from reports.operations.build import build_daily_reports


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a day. Write it as 2016-03-31.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CommandError(f"{text} is outside the years of reports, {FIRST_YEAR} to {LAST_YEAR}.")
    return day


class Command(BaseCommand):
    help = "Build the daily reports from a day to a day, both included. Days that have one are passed over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="from_day", required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="to_day", required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--rebuild", action="store_true", help="build days that have a report as a new version")

    def handle(self, *args: Any, **options: Any) -> None:
        from_day, to_day = _day(options["from_day"]), _day(options["to_day"])
        if from_day > to_day:
            raise CommandError("The first day lies after the last one.")
        built = passed = 0
        now: datetime = timezone.now()
        days = build_daily_reports(
            from_day=from_day, to_day=to_day, actor=Actor.system("build-command"), now=now, rebuild=options["rebuild"]
        )
        total = (to_day - from_day).days + 1
        try:
            for day, report in days:
                built, passed = built + (report is not None), passed + (report is None)
                word = f"version {report.version}" if report else "has one already"
                self.stderr.write(f"{day}  {word}  ({built + passed} of {total})")
        except DomainError as refused:
            raise CommandError(f"{refused} Built {built}, passed over {passed} of {total} days.") from refused
        except KeyboardInterrupt:
            raise CommandError(
                f"Interrupted. Built {built}, passed over {passed} of {total} days; run it again to go on."
            ) from None
        self.stdout.write(f"read {total} days, written {built}, skipped {passed}, refused 0")
