"""How sign-in through allauth follows the desk's rules.

Accounts are made by an admin or by single sign-on. A single sign-on account is found by its provider and
the provider's own subject, never by mail: whoever can write a mail address into a directory must not
become somebody here.
"""

from __future__ import annotations

import re
from typing import Any, cast

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import filter_users_by_email
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from puo_desk.accounts.models import User
from puo_desk.accounts.rules.names import cleaned_name
from puo_desk.accounts.vocabulary import Role
from puo_desk.accounts.web.single_sign_on.provider import NotTrusted

log = structlog.get_logger(__name__)
_ERROR_CODE = re.compile(r'"error" ?: ?"([a-z_]{1,40})"')


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed unless the deployment opens it with ``ACCOUNTS_SIGNUP``; new people are requesters."""
        return bool(getattr(settings, "ACCOUNTS_SIGNUP", False))

    def pre_login(self, request: HttpRequest, user: User, **told: Any) -> HttpResponse | None:
        """A service account acts through tokens; nobody signs in as one, not even after a password reset."""
        if user.is_service:
            return cast(HttpResponse, self.respond_user_inactive(request, user))
        return cast("HttpResponse | None", super().pre_login(request, user, **told))


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Whoever the directory vouches for becomes a requester, unless ``SSO_SIGNUP`` is off."""
        return bool(getattr(settings, "SSO_SIGNUP", True))

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: Any) -> bool:
        return True

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Take the name, and the address only when nobody here has it: one address is one person."""
        user: User = super().populate_user(request, sociallogin, data)
        given = " ".join(part for part in (data.get("first_name"), data.get("last_name")) if part)
        user.full_name = cleaned_name(str(data.get("name") or given)[:120])
        user.role = Role(settings.SSO_ROLE)
        if user.email and filter_users_by_email(user.email):
            user.email = ""
            sociallogin.email_addresses = []
        return user

    def on_authentication_error(self, request: HttpRequest, provider: Any, **told: Any) -> None:
        """Say in the log what the page does not: an admin needs it, and it may be of use to a forger."""
        refused = told.get("exception")
        code = _ERROR_CODE.search(str(refused)) or _ERROR_CODE.search(f'"error":"{request.GET.get("error", "")}"')
        reason = str(refused) if isinstance(refused, NotTrusted) else type(refused).__name__
        log.warning("sign_in.single_sign_on_failed", reason=reason, said=code[1] if code else "")
