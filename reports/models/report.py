"""Daily reports as they were built: frozen numbers, frozen sets of tickets."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.models import DueRow
from reports.vocabulary import DESK_SCOPE


class DailyReport(models.Model):
    """One row is the report of a day as built once. Building the day again makes a new version; none changes.

    ``figures`` maps figure codes to numbers (null when there was nothing to count), ``compared`` maps them
    to the numbers of the day before and the mean of the seven days before, ``tables`` has the breakdowns.
    """

    day = models.DateField(_("day"))
    scope = models.CharField(max_length=40, default=DESK_SCOPE)
    version = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64)
    definitions_version = models.PositiveIntegerField()
    built_at = models.DateTimeField()
    built_by_label = models.CharField(max_length=120)
    figures = models.JSONField()
    compared = models.JSONField()
    tables = models.JSONField()

    class Meta:
        verbose_name = _("daily report")
        verbose_name_plural = _("daily reports")
        ordering = ["-day", "-version"]
        constraints = [models.UniqueConstraint(fields=["scope", "day", "version"], name="report_versions_are_numbered")]

    def __str__(self) -> str:
        return f"{self.day} {self.scope} v{self.version}"


class ReportTicketSet(models.Model):
    """One row is exactly which tickets a number of a report was counted from.

    ``key`` names the number: a figure's code (``opened``), or one of a breakdown (``team.3.opened``).
    """

    report = models.ForeignKey(DailyReport, on_delete=models.CASCADE, related_name="ticket_sets")
    key = models.CharField(max_length=80)
    ticket_ids = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "key"], name="one_ticket_set_per_number")]

    def __str__(self) -> str:
        return self.key


class ReportRun(DueRow):
    """One row is a day's report that is to be built once, when the day is over."""

    day = models.DateField()
    scope = models.CharField(max_length=40, default=DESK_SCOPE)

    class Meta(DueRow.Meta):
        verbose_name = _("report run")
        verbose_name_plural = _("report runs")
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(fields=["scope", "day"], name="one_run_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.scope}"
