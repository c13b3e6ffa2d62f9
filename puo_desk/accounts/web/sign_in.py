"""Signing in: the form in the desk's words, and who is signed in at each request after it."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import User
from puo_desk.accounts.queries.readers import find_reader


class DeskBackend(AuthenticationBackend):  # type: ignore[misc]
    """Finds people by user name or address, as their library does, and afterwards with their teams."""

    def get_user(self, user_id: Any) -> User | None:
        user = find_reader(user_id)
        return user if user is not None and user.is_active else None


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or email")
        for field in self.fields.values():
            # A placeholder that repeats the label is read twice and vanishes when it is needed.
            field.widget.attrs.pop("placeholder", None)
