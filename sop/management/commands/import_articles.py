"""``manage.py import_articles DIR``: procedures that were kept as Markdown files come to the desk."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from puo_desk.kernel.actor import Actor
from sop.operations.importing import Told, import_articles

NOTES_SHOWN = 20


class Command(BaseCommand):
    help = "Imports a folder of Markdown files as procedures. Running it again takes in what has changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR")
        parser.add_argument(
            "--source", default="", metavar="NAME", help="the name the folder is known by (its own name)"
        )
        parser.add_argument("--publish", action="store_true", help="publish what is imported")
        parser.add_argument(
            "--refused", type=Path, metavar="FILE", help="write refused files with their reasons as CSV"
        )
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="write links that lead nowhere and other notes as CSV"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        directory: Path = options["directory"]
        if not directory.is_dir():
            raise CommandError(f"{directory} is not a directory.")
        summary = import_articles(
            _files(directory),
            source=options["source"] or directory.resolve().name,
            actor=Actor.system("import", source="import"),
            now=timezone.now(),
            publish=options["publish"],
        )
        self._tell_notes(summary.notes, options["report"])
        for refusal in summary.refused:
            self.stderr.write(f"refused  {refusal.path}: {refusal.words}")
        if options["refused"]:
            _write_table(options["refused"], summary.refused)
        self.stdout.write(
            f"{summary.read} read: {summary.written} written ({summary.created} new, {summary.changed} changed),"
            f" {summary.skipped} skipped, {len(summary.refused)} refused; {summary.published} published."
        )

    def _tell_notes(self, notes: Sequence[Told], report: Path | None) -> None:
        if report:
            _write_table(report, notes)
            return
        for note in notes[:NOTES_SHOWN]:
            self.stdout.write(f"note     {note.path}: {note.words}")
        if len(notes) > NOTES_SHOWN:
            self.stdout.write(f"… and {len(notes) - NOTES_SHOWN} more notes; --report FILE writes them all.")


def _files(directory: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(directory.rglob("*")):
        if path.suffix.lower() in {".md", ".markdown"} and path.is_file():
            yield path.relative_to(directory).as_posix(), path.read_bytes()


def _write_table(path: Path, lines: Sequence[Told]) -> None:
    with path.open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(["path", "reason"])
        writer.writerows([line.path, line.words] for line in lines)
