"""What a person was told in the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from puo_desk.kernel.actor import Actor
from puo_desk.notifications.extension import find_kind
from puo_desk.notifications.models import Notification
from puo_desk.notifications.policies import require_own
from puo_desk.notifications.vocabulary import UNREAD_CAP, Channel
from puo_desk.notifications.wording import word


@dataclass(frozen=True, slots=True)
class UnreadCount:
    """How many are unread, counted up to the cap."""

    number: int

    @property
    def label(self) -> str:
        return f"{UNREAD_CAP}+" if self.number > UNREAD_CAP else str(self.number)


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """One notification in the reader's words."""

    id: int
    title: str
    body: str
    tone: str
    icon: str
    url: str
    about: str
    created_at: datetime
    is_unread: bool

    @property
    def lines(self) -> list[str]:
        """The body by its lines: a subject does not run into what was said about it."""
        return [line for line in self.body.splitlines() if line.strip()]


# On every page: in SQL, because making the statement by the ORM costs more than its answer.
_COUNT_UNREAD = """
SELECT count(*) FROM (
    SELECT FROM notifications_notification WHERE recipient_id = %s AND channel = %s AND read_at IS NULL LIMIT %s
) AS capped
"""


def count_unread(*, viewer: Actor) -> UnreadCount:
    """The viewer's unread notifications. One query that stops counting just past the cap."""
    user_id = require_own(viewer)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_UNREAD, [user_id, Channel.IN_APP.value, UNREAD_CAP + 1])
        return UnreadCount(cursor.fetchone()[0])


def list_notifications(
    *, viewer: Actor, limit: int = 30, before_id: int | None = None, unread_only: bool = False
) -> list[NotificationRow]:
    """The viewer's notifications, newest first, older than ``before_id`` when one is given. One query."""
    user_id = require_own(viewer)
    own = Notification.objects.filter(recipient_id=user_id, channel=Channel.IN_APP).order_by("-id")
    if before_id is not None:
        own = own.filter(pk__lt=before_id)
    if unread_only:
        own = own.filter(read_at=None)
    return [_row(notification) for notification in own[:limit]]


def _row(notification: Notification) -> NotificationRow:
    wording, kind = word(notification.kind, notification.facts), find_kind(notification.kind)
    return NotificationRow(
        id=notification.pk,
        title=wording.title,
        body=wording.body,
        tone=kind.tone.value if kind else "",
        icon=kind.icon if kind else "bell",
        url=notification.url,
        about=notification.about,
        created_at=notification.created_at,
        is_unread=notification.read_at is None,
    )
