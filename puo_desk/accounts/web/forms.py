"""Forms of the profile page; each yields the keyword arguments of one operation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import User
from puo_desk.accounts.operations.tokens import NAME_LENGTH
from puo_desk.accounts.rules.zones import places
from puo_desk.accounts.vocabulary import Scope


def _zone_choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in places()]


class ProfileForm(forms.Form):
    """How the desk names a person, and shows time and words to the person."""

    full_name = forms.CharField(label=_("Full name"), max_length=120, required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=_zone_choices, help_text=_("All times are shown in this zone.")
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_(
            "How dates are written, and by which rules your words are found. The desk's own texts are English."
        ),
    )

    @classmethod
    def of(cls, user: User) -> ProfileForm:
        """The form filled with what is kept, even when the kept zone is no longer offered."""
        kept = {name: getattr(user, name) for name in cls.base_fields}
        form = cls(initial=kept)
        form.keep_offering(user.time_zone)
        return form

    def keep_offering(self, zone: str) -> None:
        field = self.fields["time_zone"]
        if isinstance(field, forms.ChoiceField) and zone not in places():
            field.choices = [(zone, zone), *_zone_choices()]


class TokenForm(forms.Form):
    """What a new API token is for, what it opens, and for how long."""

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"placeholder": _("Nightly import"), "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.TICKETS_READ],
    )
    days = forms.TypedChoiceField(
        label=_("Ends after"),
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("1 year"))],
        coerce=int,
        initial=90,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", "token")
        super().__init__(*args, **kwargs)
