"""When the desk is open, as admins edit it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from escalations.rules.calendar import BusinessCalendar, OpenHours, YearlyHoliday
from escalations.rules.refusals import RuleRefused
from escalations.vocabulary import Weekday
from puo_desk.accounts.models.user import validate_time_zone


def validate_hours(text: str) -> None:
    """Accept opening hours as the rules read them: ``09:00-17:30``, ``22:00-06:00``, ``00:00-24:00``."""
    try:
        OpenHours.parse(text)
    except RuleRefused as refused:
        raise ValidationError(str(refused)) from refused


class Calendar(models.Model):
    """One row is a set of opening hours in a time zone, by which targets count."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    is_always_open = models.BooleanField(_("always open"), default=False)

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CalendarHours(models.Model):
    """One row is a stretch of opening hours on one weekday; a day may have several, or run past midnight."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    hours = models.CharField(_("hours"), max_length=17, validators=[validate_hours])

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "hours"]
        constraints = [models.UniqueConstraint(fields=["calendar", "weekday", "hours"], name="hours_written_once")]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.hours}"


class Holiday(models.Model):
    """One row is a day on which a calendar stays closed, once or every year."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="holidays")
    on = models.DateField(_("date"))
    is_yearly = models.BooleanField(_("every year"), default=False)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["on"]
        constraints = [models.UniqueConstraint(fields=["calendar", "on"], name="holiday_written_once")]

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


def rule_of(calendar: Calendar) -> BusinessCalendar:
    """The calendar as the rules compute with it. Raises: RuleRefused when it never opens."""
    week: list[list[OpenHours]] = [[] for _day in range(7)]
    for row in calendar.hours.all():
        week[row.weekday].append(OpenHours.parse(row.hours))
    holidays = list(calendar.holidays.all())
    return BusinessCalendar(
        zone=calendar.time_zone,
        week=tuple(tuple(sorted(day)) for day in week),
        holidays=frozenset(row.on for row in holidays if not row.is_yearly),
        yearly_holidays=frozenset(YearlyHoliday(row.on.month, row.on.day) for row in holidays if row.is_yearly),
        always_open=calendar.is_always_open,
    )
