"""Settings pages of tickets: categories and their forms, statuses, tags. Tickets themselves are not edited here."""

from __future__ import annotations

from django.contrib import admin

from tickets.models import Category, FormField, KnownIncident, Status, Tag


class FormFieldInline(admin.TabularInline):
    model = FormField
    extra = 0


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ("name", "parent", "team", "default_impact", "default_urgency", "is_active")
    list_filter = ("is_active", "team")
    list_select_related = ("parent", "team")
    search_fields = ("name", "keywords")
    prepopulated_fields = {"slug": ("name",)}
    inlines = [FormFieldInline]


@admin.register(Status)
class StatusAdmin(admin.ModelAdmin):
    list_display = ("name", "code", "category", "waiting_on", "is_default", "is_active")
    list_filter = ("category", "is_active")


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    search_fields = ("name",)


@admin.register(KnownIncident)
class KnownIncidentAdmin(admin.ModelAdmin):
    list_display = ("title", "started_at", "ended_at")
    exclude = ("created_by",)
