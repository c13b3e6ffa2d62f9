"""One act on many tickets: row by row, each refused or done on its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.utils.translation import gettext as _

from puo_desk.kernel.errors import DomainError
from tickets.models import Ticket

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one ticket: ``refusal`` says why nothing was done, and is empty when it was."""

    ticket_id: int
    refusal: str = ""

    @property
    def is_done(self) -> bool:
        return not self.refusal


def act_on_each(ticket_ids: Sequence[int], act: Callable[[int], Any]) -> list[RowResult]:
    """Do an act to each ticket in a transaction of its own, in order; a refusal stops none of the others.

    ``act`` takes the ticket's id and calls one operation, which checks the permission for each ticket anew.
    """
    return [RowResult(ticket_id, _refusal(ticket_id, act)) for ticket_id in dict.fromkeys(ticket_ids)]


def _refusal(ticket_id: int, act: Callable[[int], Ticket]) -> str:
    try:
        act(ticket_id)
    except DomainError as refused:
        lines = [line for found in getattr(refused, "errors", {}).values() for line in found]
        return " ".join(lines) or str(refused)
    except Exception:
        # One bad ticket stops none of the others; its own transaction is undone.
        log.exception("bulk_act_failed", ticket=ticket_id)
        return _("This failed on our side. Nothing was changed; try this ticket alone.")
    return ""
