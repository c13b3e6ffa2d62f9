"""Settings pages of tickets: categories and their forms, statuses, tags. Tickets themselves are not edited here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from puo_desk.accounts.events import SETTING_CHANGED
from puo_desk.accounts.web.admin_site import AuditedAdmin
from tickets.models import Category, FormField, KnownIncident, Status, Tag, Ticket


class FormFieldInline(admin.TabularInline):
    model = FormField
    extra = 0


class CategoryForm(forms.ModelForm):
    class Meta:
        model = Category
        fields = "__all__"  # noqa: DJ007 - an admin settles all of a category

    def clean_parent(self) -> Category | None:
        """A category stands below no category that stands below it: both would vanish from every list."""
        parent: Category | None = self.cleaned_data["parent"]
        if self.instance.pk is not None and any(above.pk == self.instance.pk for above in _up_from(parent)):
            raise ValidationError(_("This would put the category below itself."))
        return parent


def _up_from(category: Category | None) -> Iterator[Category]:
    seen: set[int] = set()
    while category is not None and category.pk not in seen:
        yield category
        seen.add(category.pk)
        category = category.parent


class StatusForm(forms.ModelForm):
    class Meta:
        model = Status
        fields = "__all__"  # noqa: DJ007 - an admin settles all of a status

    def _get_validation_exclusions(self) -> set[str]:
        """All rules but that of the one default: saving another default takes it from the one before."""
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]

    def clean(self) -> dict[str, Any] | None:
        """The desk works on: each kind of status keeps its default, and no ticket changes its kind unseen."""
        asked = super().clean() or self.cleaned_data
        if self.instance.pk is None:
            return asked
        before = Status.objects.get(pk=self.instance.pk)
        is_moved = asked.get("category") != before.category
        if before.is_default and (is_moved or not asked.get("is_default") or not asked.get("is_active")):
            raise ValidationError(_("This is the default of its kind. Make another status the default first."))
        if is_moved and Ticket.objects.filter(status=before).exists():
            raise ValidationError(_("Tickets have this status. Make a new status of the other kind instead."))
        return asked


@admin.register(Category)
class CategoryAdmin(AuditedAdmin):
    form = CategoryForm
    list_display = ("name", "parent", "team", "default_impact", "default_urgency", "is_active")
    list_filter = ("is_active", "team")
    list_select_related = ("parent", "team")
    search_fields = ("name", "keywords")
    prepopulated_fields = {"slug": ("name",)}
    inlines = [FormFieldInline]


@admin.register(Status)
class StatusAdmin(AuditedAdmin):
    list_display = ("name", "code", "category", "waiting_on", "is_default", "is_active")
    list_filter = ("category", "is_active")
    form = StatusForm
    actions = None

    def save_model(self, request: HttpRequest, obj: Status, form: forms.ModelForm, change: bool) -> None:
        if obj.is_default:
            defaults = Status.objects.select_for_update().filter(category=obj.category, is_default=True)
            for before in defaults.exclude(pk=obj.pk):
                Status.objects.filter(pk=before.pk).update(is_default=False)
                self.record(request, SETTING_CHANGED, before, {"is_default": [True, False]})
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The default of a kind stays: new tickets, or those that are resolved, would have no status."""
        return not (isinstance(obj, Status) and obj.is_default) and super().has_delete_permission(request, obj)


@admin.register(Tag)
class TagAdmin(AuditedAdmin):
    search_fields = ("name",)


@admin.register(KnownIncident)
class KnownIncidentAdmin(AuditedAdmin):
    list_display = ("title", "started_at", "ended_at")
    exclude = ("created_by", "ended_by")
