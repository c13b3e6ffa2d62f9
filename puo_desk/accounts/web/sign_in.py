"""Signing in: the form in the desk's words, and who is signed in at each request after it."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import AddEmailForm, LoginForm
from django.core.exceptions import ValidationError
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


class OwnAddressForm(AddEmailForm):  # type: ignore[misc]
    """Adds an address to one's account; one address is one person, so another's is refused while it is typed."""

    def clean_email(self) -> str:
        email = str(super().clean_email())
        if User.objects.filter(email__iexact=email).exclude(pk=self.user.pk).exists():
            raise ValidationError(_("This address cannot be used here. Ask an admin of the desk if it is yours."))
        return email
