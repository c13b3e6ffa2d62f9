"""Promises that run: timers, and the alarms they have given."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from escalations.models.policy import SlaPolicyVersion
from escalations.vocabulary import LIVE, Metric, TimerState
from puo_desk.kernel.models import DueRow
from tickets.models import Ticket

BREACH_LEVEL = 100
"""The level of an alarm that tells of a breach; warnings have their percentage."""


class Timer(DueRow):
    """One row is one promise on one ticket, as replaying the ticket's history projects it.

    ``deadline_at`` is the instant promised (null while paused); ``due_at`` of the due row is when the timer
    wants attention next: at a warning, or just after the deadline. ``priority`` and ``team`` are the
    ticket's when the row was projected, so that the sweep and reports need no look at the ticket.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    metric = models.CharField(max_length=20, choices=Metric)
    cycle = models.PositiveIntegerField()
    policy_version = models.ForeignKey(SlaPolicyVersion, on_delete=models.PROTECT, related_name="+")
    timer_state = models.CharField(max_length=10, choices=TimerState)
    priority = models.PositiveSmallIntegerField()
    target_seconds = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True)
    used_seconds = models.PositiveIntegerField(default=0)
    resumed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    at_risk_at = models.DateTimeField(null=True)
    warnings = models.JSONField(default=list, help_text=_("Pairs of percentage and instant still to come."))

    class Meta(DueRow.Meta):
        verbose_name = _("SLA timer")
        verbose_name_plural = _("SLA timers")
        indexes = [
            *DueRow.Meta.indexes,
            models.Index(fields=["stopped_at"], name="timer_stopped", condition=models.Q(stopped_at__isnull=False)),
            models.Index(fields=["breached_at"], name="timer_breached", condition=models.Q(breached_at__isnull=False)),
        ]
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(fields=["ticket", "metric", "cycle"], name="one_timer_per_cycle"),
            models.UniqueConstraint(
                fields=["ticket", "metric"],
                condition=models.Q(timer_state__in=LIVE),
                name="one_live_timer_per_metric",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.metric} {self.cycle} {self.timer_state}"


class TimerAlarm(models.Model):
    """One row says that a level of a timer was told: a warning's percentage, or 100 for the breach.

    Its uniqueness is what makes an alarm happen once, whoever sweeps and however often.
    """

    timer = models.ForeignKey(Timer, on_delete=models.CASCADE, related_name="alarms")
    level = models.PositiveSmallIntegerField()
    reached_at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["timer", "level"], name="one_alarm_per_level")]

    def __str__(self) -> str:
        return f"{self.timer_id} {self.level}"
