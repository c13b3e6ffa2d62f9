"""The words of promises about time, with their names for people. The values are those of the rules."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Metric(models.TextChoices):
    """What is promised."""

    FIRST_RESPONSE = "first_response", _("First reply")
    NEXT_RESPONSE = "next_response", _("Next reply")
    RESOLUTION = "resolution", _("Resolution")
    ACKNOWLEDGE = "acknowledge", _("Acknowledgement")
    ANSWER = "answer", _("Answer")


class TimerState(models.TextChoices):
    """Where a timer stands. A live timer may be breached already: that is an instant, not a state."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    MET = "met", _("Met")
    MISSED = "missed", _("Missed")
    CANCELLED = "cancelled", _("Cancelled")


LIVE = (TimerState.RUNNING.value, TimerState.PAUSED.value)


class SegmentPhase(models.TextChoices):
    """Whether a timer counted in a segment of its life."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")


class SegmentReason(models.TextChoices):
    """What began a segment, as an explanation says it."""

    OPENED = "opened", _("Ticket opened")
    REQUESTER_WROTE = "requester_wrote", _("Requester wrote")
    HAND_OFF_SENT = "hand_off_sent", _("Handed to engineering")
    WORK_RESUMED = "work_resumed", _("Work resumed")
    REOPENED = "reopened", _("Reopened")
    POLICY_CHANGED = "policy_changed", _("Policy changed")
    WAITING_ON_REQUESTER = "waiting_on_requester", _("Waiting on requester")
    WAITING_ON_THIRD_PARTY = "waiting_on_third_party", _("Waiting on third party")
    WAITING_ON_ENGINEERING = "waiting_on_engineering", _("Waiting on engineering")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


class Weekday(models.IntegerChoices):
    """Days as calendars count them: Monday is 0."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


DEFAULT_WARN_AT = (50, 75, 90)
"""Percentages of a target at which a new policy warns."""
