"""Settings of promises: calendars and policies. What is saved is published at once, as a new version."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from escalations.models import Calendar, CalendarHours, Holiday, SlaPolicy, SlaPolicyVersion, SlaTarget
from escalations.operations.settings import check_calendar, publish_policies_of, publish_policy
from escalations.queries.policies import definition_of
from escalations.queries.preview import promised_by_priority
from escalations.rules.history import Metric
from escalations.web.forms import OFFERED_METRICS, HoursFormSet, PolicyForm, TargetForm, TargetFormSet
from puo_desk.accounts.web.admin_site import AuditedAdmin, ReadOnlyAdmin, acting_admin
from puo_desk.kernel.errors import DomainError, InvalidInput
from puo_desk.kernel.pages.markup import fill, joined
from puo_desk.kernel.pages.times import moment_text, span_text


class PublishingAdmin(AuditedAdmin):
    """Settings that bind somebody once saved: refused as a whole when they could promise nothing."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refused:
            self.message_user(request, _sentence(refused), messages.ERROR)
            return redirect(request.get_full_path())


def _sentence(refused: DomainError) -> str:
    if isinstance(refused, InvalidInput):
        return " ".join(line for lines in refused.errors.values() for line in lines)
    return str(refused)


class HoursInline(admin.TabularInline):
    model = CalendarHours
    formset = HoursFormSet
    extra = 0


class HolidayInline(admin.TabularInline):
    model = Holiday
    extra = 0


@admin.register(Calendar)
class CalendarAdmin(PublishingAdmin):
    list_display = ("name", "time_zone", "is_always_open")
    search_fields = ("name",)
    inlines = (HoursInline, HolidayInline)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Every policy that counts by the calendar becomes a new version with it."""
        super().save_related(request, form, formsets, change)
        actor, now = acting_admin(request), timezone.now()
        check_calendar(calendar_id=form.instance.pk, now=now)
        for version in publish_policies_of(calendar_id=form.instance.pk, actor=actor, now=now):
            self.message_user(request, _("%(version)s holds from now on.") % {"version": version})


class TargetInline(admin.TabularInline):
    model = SlaTarget
    form = TargetForm
    formset = TargetFormSet
    fields = ("priority", "metric", "amount", "unit")
    extra = 0


@admin.register(SlaPolicy)
class PolicyAdmin(PublishingAdmin):
    form = PolicyForm
    list_display = ("name", "position", "is_active", "calendar", "version")
    list_editable = ("position", "is_active")
    list_select_related = ("calendar", "current_version__policy")
    filter_horizontal = ("teams", "categories")
    readonly_fields = ("version", "promised_now")
    inlines = (TargetInline,)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Policies are made inactive: promises made by them keep them."""
        return False

    @admin.display(description=_("in force"))
    def version(self, obj: SlaPolicy) -> str:
        return f"v{obj.current_version.number}" if obj.current_version else "–"

    @admin.display(description=_("a ticket opened now is promised"))
    def promised_now(self, obj: SlaPolicy) -> SafeString | str:
        if obj.current_version_id is None:
            return "–"
        now = timezone.now()
        names = [Metric(metric) for metric, _label in OFFERED_METRICS]
        rows = [
            (f"P{promised.priority}", [_promised(promised.targets.get(m), promised.due_at.get(m), now) for m in names])
            for promised in promised_by_priority(definition_of(obj.current_version_id), now=now)
        ]
        return fill(
            "<table><thead><tr><th></th>{}</tr></thead><tbody>{}</tbody></table>",
            joined(fill("<th>{}</th>", label) for _metric, label in OFFERED_METRICS),
            joined(_row(name, cells) for name, cells in rows),
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        before = form.instance.current_version_id
        version = publish_policy(policy_id=form.instance.pk, actor=acting_admin(request), now=timezone.now())
        if version.pk != before:
            self.message_user(request, _("%(version)s holds from now on.") % {"version": version})


def _row(name: str, cells: list[str]) -> SafeString:
    return fill("<tr><th>{}</th>{}</tr>", name, joined(fill("<td>{}</td>", cell) for cell in cells))


def _promised(seconds: int | None, due_at: Any, now: Any) -> str:
    return "–" if seconds is None else f"{span_text(seconds)}, {moment_text(due_at, now=now)}"


@admin.register(SlaPolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "published_at", "published_by_label")
    list_select_related = ("policy",)
    list_filter = ("policy",)
