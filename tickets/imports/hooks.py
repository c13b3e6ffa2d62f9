"""What others do when tickets were imported that are still active.

An import tells no subscriber of single changes: most of its tickets ended long ago. Whoever keeps promises
about active tickets registers here and is called once per batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

ImportedHandler = Callable[[Sequence[int], datetime], None]
"""Called with the ids of tickets that are still active, and the instant of the import."""

_handlers: list[ImportedHandler] = []


def on_imported(handler: ImportedHandler) -> ImportedHandler:
    """Call ``handler`` after each batch, in the batch's transaction: it touches the database only.

    Its failure refuses the batch, which is then imported ticket by ticket.
    """
    _handlers.append(handler)
    return handler


def tell_imported(ticket_ids: Sequence[int], now: datetime) -> None:
    """Pass the active tickets of a batch to everybody who asked."""
    if ticket_ids:
        for handler in _handlers:
            handler(ticket_ids, now)
