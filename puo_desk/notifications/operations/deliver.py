"""The life of an undelivered mail: claimed, and then sent, tried again, given up or asked for once more.

A claim is short and takes turns; the sending happens outside, between a claim and its end. Whatever ends
a claim must still hold its token, so that a worker that was thought dead cannot undo its successor's work.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from puo_desk.accounts.policies import require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.models import DueState
from puo_desk.notifications.models import Notification
from puo_desk.notifications.rules.delivery import CHANNEL_WAIT, Fault, gives_up, letter_id, wait_before_next
from puo_desk.notifications.vocabulary import Channel

LEASE = timedelta(minutes=3)
"""How long a claim holds; longer than a sweep may run, so that a living worker never loses one."""

BATCH = 100
"""Due rows claimed at a time; what else waits for the same people comes along."""

_TURN = 0x50554F01
"""Advisory lock of claiming: one letter is never split between two workers."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person: the rows it carries, oldest first, and the claim on them."""

    id: uuid.UUID
    claim_token: uuid.UUID
    recipient_id: int
    rows: tuple[Notification, ...]

    @property
    def row_ids(self) -> list[int]:
        return [row.pk for row in self.rows]


@transaction.atomic
def claim_letters(*, now: datetime, limit: int = BATCH) -> list[Letter]:
    """Claim mails that are due, one letter for each person; attempts are counted here, before the work.

    A letter that may have been sent before keeps its rows and its name; what has never been tried joins
    the same person's other untried rows. Rows of a worker whose claim ran out are due again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
    mails = Notification.objects.select_for_update(skip_locked=True, of=("self",)).filter(channel=Channel.MAIL)
    due = Q(state=DueState.WAITING, due_at__lte=now)
    lost = Q(state=DueState.CLAIMED, claimed_until__lt=now)
    ripe = list(mails.filter(due | lost).order_by("due_at", "id")[:limit])
    if not ripe:
        return []
    together = Q(state=DueState.WAITING, letter=None, recipient_id__in={row.recipient_id for row in ripe})
    begun = {row.letter for row in ripe if row.letter is not None}
    if begun:
        together |= Q(letter__in=begun) & (Q(state=DueState.WAITING) | lost)
    along = mails.filter(together).exclude(pk__in=[row.pk for row in ripe]).order_by("id")[: limit * 10]
    return _claim(sorted([*ripe, *along], key=lambda row: row.pk), now=now)


_CLAIM = """
UPDATE notifications_notification AS held
   SET letter = taken.letter, state = 'claimed', claim_token = %(token)s, claimed_until = %(until)s,
       attempts = held.attempts + 1
  FROM unnest(%(ids)s::bigint[], %(letters)s::uuid[]) AS taken(id, letter)
 WHERE held.id = taken.id
"""


def _claim(rows: Sequence[Notification], *, now: datetime) -> list[Letter]:
    claim_token, until = uuid.uuid4(), now + LEASE
    grouped: dict[tuple[int, uuid.UUID | None], list[Notification]] = defaultdict(list)
    for row in rows:
        grouped[(row.recipient_id, row.letter)].append(row)
    letters = []
    for (recipient_id, known), carried in grouped.items():
        name = known or letter_id(recipient_id, (row.dedupe for row in carried))
        for row in carried:
            row.letter, row.state, row.claim_token = name, DueState.CLAIMED, claim_token
            row.claimed_until = until
            row.attempts += 1
        letters.append(Letter(name, claim_token, recipient_id, tuple(carried)))
    taken: dict[str, list[Any]] = {"ids": [row.pk for row in rows], "letters": [str(row.letter) for row in rows]}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {**taken, "token": str(claim_token), "until": until})
    return letters


def _held(letters: Iterable[Letter]) -> Q:
    held = Q(pk__in=[])
    by_token: dict[uuid.UUID, list[int]] = defaultdict(list)
    for letter in letters:
        by_token[letter.claim_token].extend(letter.row_ids)
    for token, ids in by_token.items():
        held |= Q(pk__in=ids, claim_token=token, state=DueState.CLAIMED)
    return held


_FREE = {"claim_token": None, "claimed_until": None}


def finish_letter(letter: Letter, *, now: datetime) -> bool:
    """Note that a letter was sent. False when the claim was lost meanwhile: then its successor decides."""
    sent = Notification.objects.filter(_held([letter]))
    return bool(sent.update(state=DueState.DONE, sent_at=now, last_error="", **_FREE))


def stop_letter(letter: Letter, *, reason: str) -> bool:
    """Note that a letter is no longer wanted: its reader left, or has no address any more."""
    return bool(Notification.objects.filter(_held([letter])).update(state=DueState.STOPPED, last_error=reason, **_FREE))


@transaction.atomic
def fail_letter(letter: Letter, *, fault: Fault, error: str, now: datetime, surely_unsent: bool = False) -> bool:
    """Note that a letter could not be sent: it waits longer each time, and is set aside in the end.

    ``surely_unsent`` lets its rows join newer ones in another letter; without it the letter keeps its
    name, because the mail server may have taken it. True when any row was set aside.
    """
    held = list(Notification.objects.select_for_update().filter(_held([letter])))
    for row in held:
        given_up = gives_up(fault=fault, attempts=row.attempts, created_at=row.created_at, now=now)
        row.state = DueState.QUARANTINED if given_up else DueState.WAITING
        row.due_at = now + wait_before_next(row.attempts)
        row.claim_token = row.claimed_until = None
        row.last_error = error[:1000]
        if surely_unsent:
            row.letter = None
    fields = ["state", "due_at", "claim_token", "claimed_until", "last_error", "letter"]
    Notification.objects.bulk_update(held, fields, batch_size=500)
    return any(row.state == DueState.QUARANTINED for row in held)


@transaction.atomic
def hold_all_mail(letters: Sequence[Letter], *, error: str, now: datetime) -> None:
    """The mail server cannot be reached: give back what was claimed, and let everything due wait a while.

    Attempts do not count against a letter that was never tried; after 72 hours it is set aside all the same.
    """
    for letter in letters:
        fail_letter(letter, fault=Fault.CHANNEL, error=error, now=now, surely_unsent=letter.rows[0].attempts <= 1)
    waiting = Notification.objects.filter(channel=Channel.MAIL, state=DueState.WAITING, due_at__lte=now)
    waiting.update(due_at=now + CHANNEL_WAIT)


def give_back(letters: Sequence[Letter], *, now: datetime) -> None:
    """Return letters that there was no time to try: they are due at once, and the attempt is not counted."""
    Notification.objects.filter(_held(letters)).update(
        state=DueState.WAITING, due_at=now, attempts=F("attempts") - 1, **_FREE
    )


@transaction.atomic
def replay_notifications(*, actor: Actor, now: datetime, ids: Iterable[int] | None = None) -> int:
    """Try mails again that were set aside, all or those given; returns how many.

    They get a fresh 72 hours and a fresh count of attempts. Raises: NotPermitted.
    """
    require(actor, "notification.replay")
    aside = Notification.objects.filter(channel=Channel.MAIL, state=DueState.QUARANTINED)
    if ids is not None:
        aside = aside.filter(pk__in=list(ids))
    return aside.update(state=DueState.WAITING, due_at=now, attempts=0, last_error="", created_at=now)
