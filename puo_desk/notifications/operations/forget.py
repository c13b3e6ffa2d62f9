"""Letting go of old notifications, so that the outbox does not grow for ever."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from puo_desk.kernel.models import DueState
from puo_desk.notifications.models import Notification
from puo_desk.notifications.vocabulary import FORGOTTEN_AFTER

AT_ONCE = 5_000


@transaction.atomic
def forget_old_notifications(*, now: datetime) -> int:
    """Delete the oldest rows that are over and older than 90 days; returns how many, at most 5,000 a call.

    What is not yet delivered, or was set aside and waits for a person, stays.
    """
    ends = (DueState.DONE, DueState.STOPPED)
    oldest = Notification.objects.order_by("pk").values_list("pk", "state", "created_at")[:AT_ONCE]
    old = [pk for pk, state, created_at in oldest if state in ends and created_at < now - FORGOTTEN_AFTER]
    deleted, _tables = Notification.objects.filter(pk__in=old).delete()
    return deleted
