"""What the desk promises: policies as admins edit them, and their frozen versions."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from escalations.models.calendar import Calendar
from escalations.vocabulary import Metric
from puo_desk.accounts.models import Team
from tickets.models import Category
from tickets.vocabulary import Priority


def default_pauses() -> list[str]:
    return ["requester", "third_party"]


def default_warnings() -> list[int]:
    return [50, 75, 90]


class SlaPolicy(models.Model):
    """One row is a policy in the desk's order; the first that matches a ticket holds for it.

    Conditions left empty hold for every ticket. What is edited here binds nobody before it is published
    as a version.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+", verbose_name=_("calendar"))
    teams = models.ManyToManyField(Team, related_name="+", blank=True, verbose_name=_("only for teams"))
    categories = models.ManyToManyField(Category, related_name="+", blank=True, verbose_name=_("only for categories"))
    priorities = models.JSONField(_("only for priorities"), default=list, blank=True)
    channels = models.JSONField(_("only for channels"), default=list, blank=True)
    pauses_on = models.JSONField(_("resolution pauses while waiting on"), default=default_pauses, blank=True)
    warn_at = models.JSONField(_("warn at percent of the target"), default=default_warnings, blank=True)
    current_version = models.ForeignKey(
        "SlaPolicyVersion", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class SlaTarget(models.Model):
    """One row is a target of a policy for one priority and metric; no row, no target."""

    policy = models.ForeignKey(SlaPolicy, on_delete=models.CASCADE, related_name="targets")
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    metric = models.CharField(_("metric"), max_length=20, choices=Metric)
    seconds = models.PositiveIntegerField(_("seconds of open time"), validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("SLA target")
        verbose_name_plural = _("SLA targets")
        ordering = ["priority", "metric"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "priority", "metric"], name="one_target_per_metric"),
            models.CheckConstraint(condition=models.Q(seconds__gt=0), name="target_is_positive"),
        ]

    def __str__(self) -> str:
        return f"P{self.priority} {self.get_metric_display()}"


class SlaPolicyVersion(models.Model):
    """One row is a policy as it stood when it was published, with its calendar. Never changed."""

    policy = models.ForeignKey(SlaPolicy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    match = models.JSONField(default=dict)
    definition = models.JSONField()
    published_at = models.DateTimeField()
    published_by_label = models.CharField(max_length=120)

    class Meta:
        ordering = ["policy_id", "number"]
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="policy_versions_are_numbered")]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"
