"""How tickets are sorted: categories with their form, statuses, tags, known incidents."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import Team
from tickets.vocabulary import FieldKind, Impact, StatusCategory, Urgency, WaitingOn


class Category(models.Model):
    """One row is a kind of request, in a tree, with the team that takes it and the form it asks for."""

    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("short name"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    default_impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact, default=Impact.LOW)
    default_urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.MEDIUM)
    keywords = models.CharField(
        _("keywords"),
        max_length=300,
        blank=True,
        help_text=_("Words by which a request of this kind is recognised while it is typed, separated by commas."),
    )
    is_sensitive = models.BooleanField(
        _("sensitive media"), default=False, help_text=_("Attachments may be harmful: never previewed.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], nulls_distinct=False, name="one_category_name_per_parent"
            ),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="category_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class FormField(models.Model):
    """One row is a question that a category's form asks. ``options`` are the answers of a choice."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="form_fields")
    key = models.SlugField(_("key"), max_length=40)
    label = models.CharField(_("label"), max_length=120)
    help_text = models.CharField(_("help"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=FieldKind, default=FieldKind.TEXT)
    is_required = models.BooleanField(_("required"), default=False)
    options = models.JSONField(_("options"), default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("form field")
        verbose_name_plural = _("form fields")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["category", "key"], name="one_field_key_per_category")]

    def __str__(self) -> str:
        return self.label


class Status(models.Model):
    """One row is a status as a desk names it, mapped to one of the four categories in code."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=40)
    category = models.CharField(_("category"), max_length=10, choices=StatusCategory)
    waiting_on = models.CharField(_("waiting on"), max_length=12, choices=WaitingOn, blank=True, default="")
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("The status taken when only the category is known.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("status")
        verbose_name_plural = _("statuses")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["category"], condition=models.Q(is_default=True), name="one_default_status_per_category"
            ),
            models.CheckConstraint(
                condition=models.Q(category__in=StatusCategory.values), name="known_status_category"
            ),
            models.CheckConstraint(
                condition=models.Q(waiting_on="") | models.Q(category=StatusCategory.PENDING),
                name="only_pending_waits",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """One row is a word that agents put on tickets, offered when they tag the next one."""

    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class KnownIncident(models.Model):
    """One row is a trouble that many meet: told once, followed by every request about it."""

    title = models.CharField(_("title"), max_length=160)
    public_summary = models.TextField(_("what users are told"), max_length=2000)
    keywords = models.CharField(_("keywords"), max_length=300, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("known incident")
        verbose_name_plural = _("known incidents")
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("started_at")),
                name="incident_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return self.title
