"""When an undelivered mail is tried again, and when it is given up."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from puo_desk.notifications.vocabulary import KEPT_FOR

MOST_ATTEMPTS = 5
"""How often a mail that is itself at fault is tried before it is set aside (promise P10)."""

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)
CHANNEL_WAIT = timedelta(seconds=30)
"""How long all mail waits after the mail server could not be reached."""

_NAMESPACE = uuid.UUID("5f0f4f5e-8d0c-5c35-9d0a-7e1f2f0c9b11")


class Fault(enum.Enum):
    """Whose fault a failed delivery is."""

    CHANNEL = "channel"
    """The mail server is away or asks to come again: keep trying for as long as promised."""
    LETTER = "letter"
    """This mail or this address is refused: trying for ever would help nobody."""


def wait_before_next(attempts: int) -> timedelta:
    """30 s after the first attempt, doubling, never more than half an hour."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(attempts, 1) - 1, 12))


def gives_up(*, fault: Fault, attempts: int, created_at: datetime, now: datetime) -> bool:
    """Whether a mail that failed now is set aside rather than tried again.

    Any fault gives up at 72 hours (``now - created_at >= KEPT_FOR``); a fault of the letter after the
    fifth attempt.
    """
    return now - created_at >= KEPT_FOR or (fault is Fault.LETTER and attempts >= MOST_ATTEMPTS)


def letter_id(recipient_id: int, dedupe_keys: Iterable[str]) -> uuid.UUID:
    """The name of the mail that carries these rows: the same rows always give the same name.

    It becomes the Message-ID, so a mail that is sent twice after a crash is recognised as one.
    """
    return uuid.uuid5(_NAMESPACE, "\n".join([str(recipient_id), *sorted(dedupe_keys)]))
