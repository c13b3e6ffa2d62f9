"""People, teams and tokens for an admin.

Rights change through the operations, so that sessions and tokens end with them.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from puo_desk.accounts import events
from puo_desk.accounts.models import ApiToken, DeskEvent, Membership, PersonEvent, Team, User
from puo_desk.accounts.operations.people import (
    add_person,
    change_role,
    deactivate_person,
    make_service_account,
    reactivate_person,
    set_memberships,
)
from puo_desk.accounts.operations.tokens import revoke_token
from puo_desk.accounts.vocabulary import Role
from puo_desk.accounts.web.admin_site import AuditedAdmin, ReadOnlyAdmin, acting_admin, close_side_door
from puo_desk.kernel.errors import DomainError

close_side_door()
admin.site.site_header = _("PUO Desk settings")
admin.site.site_title = _("PUO Desk")
admin.site.index_title = _("Settings")


class PersonForm(forms.ModelForm):
    """A person's account; the password is optional, because single sign-on and tokens need none."""

    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep it, or for an account that signs in by single sign-on or acts by tokens."),
    )

    class Meta:
        model = User
        fields = (
            "username", "full_name", "email", "job_title", "role", "is_active", "is_service",
            "time_zone", "language",
        )  # fmt: skip

    def clean_new_password(self) -> str:
        password = str(self.cleaned_data["new_password"])
        if password:
            validate_password(password, self.instance)
        return password


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0


@admin.register(User)
class PersonAdmin(admin.ModelAdmin):
    form = PersonForm
    inlines = (MembershipInline,)
    list_display = ("username", "full_name", "email", "role", "is_active", "is_service", "last_login")
    list_filter = ("role", "is_active", "is_service", "teams")
    search_fields = ("username", "full_name", "email")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """People are deactivated: what they did stays told."""
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        """Rights go through their operations; the rest is written as it stands."""
        actor, now = acting_admin(request), timezone.now()
        if password := form.cleaned_data.get("new_password"):
            obj.set_password(password)
        elif not change:
            obj.set_unusable_password()
        if not change:
            add_person(user=obj, actor=actor, now=now)
            return
        role, is_active = Role(obj.role), obj.is_active
        if obj.is_service and "is_service" in form.changed_data:
            make_service_account(user_id=obj.pk, actor=actor, now=now)
        written = [field.name for field in User._meta.fields if field.name in form.changed_data]
        written = [name for name in written if name not in {"role", "is_active"}]
        obj.save(update_fields=[*written, "password"] if password else written)
        # Becoming a service account has an event of its own.
        told = [name for name in written if name != "is_service" or not obj.is_service]
        changes = {name: [form.initial.get(name), getattr(obj, name)] for name in told}
        if password:
            changes["password"] = []  # that it changed, and never to what
        if changes:
            events.record(events.EDITED, user_id=obj.pk, actor=actor, now=now, changes=changes)
        change_role(user_id=obj.pk, role=role, actor=actor, now=now)
        set_active = reactivate_person if is_active else deactivate_person
        set_active(user_id=obj.pk, actor=actor, now=now)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        rows = [row for row in formset.cleaned_data if row and not row.get("DELETE")]
        set_memberships(
            user_id=form.instance.pk,
            leads_by_team={row["team"].pk: row["is_lead"] for row in rows},
            actor=acting_admin(request),
            now=timezone.now(),
        )


@admin.register(Team)
class TeamAdmin(AuditedAdmin):
    list_display = ("name", "slug", "is_active")
    prepopulated_fields = {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Teams are made inactive: their tickets keep them."""
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ("name", "prefix", "user", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    exclude = ("secret_hash",)
    actions = ("revoke",)

    @admin.action(description=_("Revoke the chosen tokens"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        actor, now = acting_admin(request), timezone.now()
        ids = list(queryset.filter(revoked_at=None).values_list("pk", flat=True))
        for token_id in ids:
            revoke_token(token_id=token_id, actor=actor, now=now)
        said = ngettext("%d token is revoked.", "%d tokens are revoked.", len(ids)) % len(ids)
        self.message_user(request, said, messages.SUCCESS)


@admin.register(DeskEvent)
class DeskEventAdmin(ReadOnlyAdmin):
    """What was done to the desk: the record of settings and files."""

    list_display = ("occurred_at", "code", "subject", "subject_label", "actor_label", "source")
    list_filter = ("code", "subject")
    search_fields = ("subject_label", "subject_id", "actor_label", "request_id")
    show_full_result_count = False


@admin.register(PersonEvent)
class PersonEventAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "code", "user", "actor_label", "source")
    list_select_related = ("user",)
    list_filter = ("code",)
    search_fields = ("user__username", "actor_label", "request_id")
