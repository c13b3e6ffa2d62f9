"""The settings pages at ``/admin/``: who may come in, and what may be looked at but not touched."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.forms.models import _get_foreign_key
from django.http import HttpRequest
from django.utils import timezone

from puo_desk.accounts import events
from puo_desk.accounts.web.access import actor_of
from puo_desk.kernel.actor import Actor


def close_side_door() -> None:
    """Send the admin site's own sign-in form to the desk's sign-in page, where the second factor is asked."""
    admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows to look at: nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


def acting_admin(request: HttpRequest) -> Actor:
    """Who changes a setting. Raises: PermissionDenied for nobody."""
    actor = actor_of(request)
    if actor is None:
        raise PermissionDenied
    return actor


class AuditedAdmin(admin.ModelAdmin):
    """Settings whose every change is kept: who, when, and each value before and after, with the rows of its inlines.

    The record is written where Django writes its own, inside the transaction of the save.
    """

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        if change:
            stored = type(obj)._default_manager.select_for_update(of=("self",)).get(pk=obj.pk)
            _facts_before(request)[obj.pk] = self.facts_of(stored)
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        facts = self.facts_of(type(obj)._default_manager.get(pk=obj.pk))
        self.record(request, events.SETTING_ADDED, obj, {name: [None, value] for name, value in facts.items()})
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        before = _facts_before(request).pop(obj.pk, {})
        after = self.facts_of(type(obj)._default_manager.get(pk=obj.pk))
        changes = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
        if changes:
            self.record(request, events.SETTING_CHANGED, obj, changes)
        return super().log_change(request, obj, message)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self._record_removal(request, obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            for row in queryset:
                self._record_removal(request, row)
            super().delete_queryset(request, queryset)

    def _record_removal(self, request: HttpRequest, row: Model) -> None:
        gone = {name: [value, None] for name, value in self.facts_of(row).items()}
        self.record(request, events.SETTING_REMOVED, row, gone)

    def record(self, request: HttpRequest, code: str, row: Model, changes: dict[str, Any]) -> None:
        """Write down what happened to a row of these settings. Must be called in the transaction that does it."""
        about = events.About(row._meta.label_lower, row.pk, str(row), changes)
        events.record_at_desk(code, [about], actor=acting_admin(request), now=timezone.now())

    def facts_of(self, row: Model) -> dict[str, Any]:
        """The row's values, those it is tied to and the rows of its inlines, as JSON has them."""
        facts: dict[str, Any] = _values(row)
        for relation in row._meta.many_to_many:
            facts[relation.name] = sorted(getattr(row, relation.name).values_list("pk", flat=True))
        for inline in self.inlines:
            above = _get_foreign_key(type(row), inline.model)
            rows = inline.model._default_manager.filter(**{above.name: row}).order_by("pk")
            facts[inline.model._meta.model_name] = [_values(part, without=above.name) for part in rows]
        return json.loads(json.dumps(facts, cls=DjangoJSONEncoder))


def _values(row: Model, *, without: str = "") -> dict[str, Any]:
    fields = (field for field in row._meta.concrete_fields if not field.primary_key and field.name != without)
    return {field.name: field.value_from_object(row) for field in fields}


def _facts_before(request: HttpRequest) -> dict[Any, dict[str, Any]]:
    """What the rows of this request were before it saves them."""
    kept: dict[Any, dict[str, Any]] = request.__dict__.setdefault("desk_facts_before", {})
    return kept
