"""Why a file, a mapping or a row is not imported, in sentences for the person who has the file."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.errors import DomainError


class ImportRefused(DomainError):
    """Nothing of the file can be imported: it, or what describes it, is not usable."""

    code = "import_refused"
    http_status = 400
    message = _("This file cannot be imported.")


class FileBroken(Exception):
    """The file ends where it should not; what came before is good."""


class RowRefused(Exception):
    """One row cannot be understood. The text says why."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is left out: its line in the file, its ticket as far as known, why, and what it said."""

    line: int
    external_id: str
    reason: str
    cells: tuple[str, ...]
