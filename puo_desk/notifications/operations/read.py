"""Marking notifications as read."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotFound
from puo_desk.notifications.live import announce
from puo_desk.notifications.models import Notification
from puo_desk.notifications.policies import require_own
from puo_desk.notifications.vocabulary import Channel


@transaction.atomic
def mark_read(*, notification_id: int, actor: Actor, now: datetime) -> Notification:
    """Mark one of the actor's notifications as read; reading twice keeps the first instant.

    Raises: NotFound for somebody else's.
    """
    user_id = require_own(actor)
    own = Notification.objects.select_for_update().filter(recipient_id=user_id, channel=Channel.IN_APP)
    notification = own.filter(pk=notification_id).first()
    if notification is None:
        raise NotFound
    if notification.read_at is None:
        notification.read_at = now
        notification.save(update_fields=["read_at"])
        announce({user_id})
    return notification


@transaction.atomic
def mark_all_read(*, actor: Actor, now: datetime, about: str = "") -> int:
    """Mark the actor's notifications as read, all or those about one subject; returns their number."""
    user_id = require_own(actor)
    unread = Notification.objects.filter(recipient_id=user_id, channel=Channel.IN_APP, read_at=None)
    if about:
        unread = unread.filter(about=about)
    marked = unread.update(read_at=now)
    if marked:
        announce({user_id})
    return marked
