"""One sweep of the outbox: claim what is due, send it outside any transaction, write down how it went."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from puo_desk.accounts.models import User
from puo_desk.notifications.channels.mail import compose, fault_of, lost_the_line, send
from puo_desk.notifications.operations.deliver import (
    Letter,
    claim_letters,
    fail_letter,
    finish_letter,
    give_back,
    hold_all_mail,
    stop_letter,
)
from puo_desk.notifications.rules.delivery import Fault

log = structlog.get_logger(__name__)

SECONDS = 40.0
"""A sweep stops claiming after this long, below the time limit of a task and the lease of a claim."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How a sweep went, in letters."""

    sent: int = 0
    failed: int = 0
    stopped: int = 0
    server_away: bool = False

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.sent + other.sent,
            self.failed + other.failed,
            self.stopped + other.stopped,
            self.server_away or other.server_away,
        )


def sweep(*, clock: Callable[[], datetime], seconds: float = SECONDS) -> Swept:
    """Send everything that is due, in batches, until nothing is or the time is over."""
    swept, until = Swept(), time.monotonic() + seconds
    while time.monotonic() < until:
        letters = claim_letters(now=clock())
        if not letters:
            break
        swept += _send_batch(letters, clock=clock, until=until)
        if swept.server_away:
            break
    return swept


def _send_batch(letters: Sequence[Letter], *, clock: Callable[[], datetime], until: float) -> Swept:
    connection = get_connection(fail_silently=False)
    try:
        connection.open()
    except Exception as error:
        log.warning("mail_server_away", error=type(error).__name__, letters=len(letters))
        hold_all_mail(letters, error=_told(error), now=clock())
        return Swept(failed=len(letters), server_away=True)
    readers = User.objects.in_bulk({letter.recipient_id for letter in letters})
    swept = Swept()
    try:
        for position, letter in enumerate(letters):
            if time.monotonic() > until:
                give_back(letters[position:], now=clock())
                break
            outcome, usable = _send_letter(letter, readers.get(letter.recipient_id), connection, clock=clock)
            swept += outcome
            if not usable:
                give_back(letters[position + 1 :], now=clock())
                return swept + Swept(server_away=True)
    finally:
        connection.close()
    return swept


def _send_letter(
    letter: Letter, reader: User | None, connection: BaseEmailBackend, *, clock: Callable[[], datetime]
) -> tuple[Swept, bool]:
    """How one letter went, and whether the connection is still of use."""
    if reader is None or not reader.is_active or not reader.email:
        stop_letter(letter, reason="The reader left the desk or has no address.")
        return Swept(stopped=1), True
    try:
        message = compose(letter, reader)
    except Exception as error:
        log.exception("letter_not_composed", letter=letter.id.hex)
        fail_letter(letter, fault=Fault.LETTER, error=_told(error), now=clock(), surely_unsent=True)
        return Swept(failed=1), True
    try:
        send(message, connection)
    except Exception as error:
        fault = fault_of(error)
        log.warning("letter_not_sent", letter=letter.id.hex, fault=fault.value, error=type(error).__name__)
        fail_letter(letter, fault=fault, error=_told(error), now=clock())
        return Swept(failed=1), not lost_the_line(error)
    if not finish_letter(letter, now=clock()):
        log.warning("letter_sent_after_claim_was_lost", letter=letter.id.hex)
    return Swept(sent=1), True


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
