"""The profile page: preferences, ways to sign in, API tokens."""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from puo_desk.accounts.operations.people import change_preferences
from puo_desk.accounts.operations.tokens import create_token, revoke_token
from puo_desk.accounts.queries.people import list_linked_accounts, list_team_names, list_tokens
from puo_desk.accounts.web.access import ReaderRequest, page, shell_for
from puo_desk.accounts.web.forms import ProfileForm, TokenForm
from puo_desk.kernel.errors import InvalidInput


@require_http_methods(["GET", "HEAD", "POST"])
@page("profile.edit")
def profile(request: ReaderRequest) -> HttpResponseBase:
    """Show the reader's own profile; a post changes the preferences."""
    if request.method != "POST":
        return _profile_page(request)
    form = ProfileForm(request.POST)
    form.keep_offering(request.user.time_zone)
    if form.is_valid():
        try:
            user = change_preferences(
                user_id=request.user.pk, actor=request.actor, now=timezone.now(), **form.cleaned_data
            )
        except InvalidInput as refused:
            for name, lines in refused.errors.items():
                form.add_error(name, lines)
        else:
            with override(user.language):
                messages.success(request, _("Your profile is saved."))
            return redirect("accounts:profile")
    return _profile_page(request, form=form, status=422)


@never_cache
@require_POST
@page("token.manage")
def token_create(request: ReaderRequest) -> HttpResponseBase:
    """Make a token; the page that answers is the only place where its text is ever shown."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, token_form=form, status=422)
    try:
        token, text = create_token(
            user=request.user,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            lifetime=timedelta(days=form.cleaned_data["days"]),
            actor=request.actor,
            now=timezone.now(),
        )
    except InvalidInput as refused:
        for name, lines in refused.errors.items():
            form.add_error(name if name in form.fields else None, lines)
        return _profile_page(request, token_form=form, status=422)
    return render(
        request, "accounts/token_created.html", {"token": token, "text": text, "shell": shell_for(request.actor)}
    )


@require_POST
@page("token.manage")
def token_revoke(request: ReaderRequest, token_id: int) -> HttpResponseBase:
    """End one of the reader's tokens."""
    token = revoke_token(token_id=token_id, actor=request.actor, now=timezone.now())
    messages.success(request, _("The token “%s” is revoked.") % token.name)
    return redirect("accounts:profile")


def _profile_page(
    request: HttpRequest,
    *,
    form: ProfileForm | None = None,
    token_form: TokenForm | None = None,
    status: int = 200,
) -> HttpResponse:
    reader: ReaderRequest = request  # type: ignore[assignment]
    context = {
        "form": form or ProfileForm.of(reader.user),
        "token_form": token_form or TokenForm(),
        "tokens": list_tokens(viewer=reader.actor, now=timezone.now()),
        "team_names": list_team_names(reader.actor.team_ids),
        "linked_accounts": list_linked_accounts(viewer=reader.actor),
        "mfa_enabled": is_mfa_enabled(reader.user),
        "has_password": reader.user.has_usable_password(),
        "shell": shell_for(reader.actor),
    }
    return render(request, "accounts/profile.html", context, status=status)
