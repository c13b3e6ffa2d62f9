"""The sign-in form in the desk's words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or email")
        for field in self.fields.values():
            # A placeholder that repeats the label is read twice and vanishes when it is needed.
            field.widget.attrs.pop("placeholder", None)
