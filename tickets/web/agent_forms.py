"""What agents fill in: a ticket in somebody's name, a known incident. Each yields the arguments of one operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.queries.people import PersonChoice
from tickets.queries.classification import CategoryRow
from tickets.vocabulary import BODY_LENGTH, SUBJECT_LENGTH, Channel, Impact, Urgency
from tickets.web.portal_forms import RequestForm

_AS_THE_CATEGORY = [("", _("As the category says"))]
_AGENT_CHANNELS = [Channel.PHONE, Channel.CHAT, Channel.IM, Channel.MAIL, Channel.DIRECT, Channel.WEB, Channel.OTHER]


def _number(value: str) -> int | None:
    return int(value) if value else None


class AgentTicketForm(RequestForm):
    """A ticket that an agent opens for somebody."""

    field_order = ("requester", "subject", "body", "category", "channel", "impact", "urgency", "files")

    requester = forms.TypedChoiceField(label=_("For whom?"), coerce=int, widget=forms.RadioSelect, required=True)
    subject = forms.CharField(
        label=_("Subject"),
        max_length=SUBJECT_LENGTH,
        required=False,
        help_text=_("Empty: the first sentence of what is wrong."),
    )
    body = forms.CharField(
        label=_("What is going wrong?"),
        max_length=BODY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Say what is going wrong.")},
    )
    category = forms.ChoiceField(
        label=_("What is it about?"),
        required=False,
        widget=forms.Select(
            attrs={
                "hx-get": reverse_lazy("tickets:new_ticket"),
                "hx-params": "category",
                "hx-target": "#questions",
                "hx-select": "#questions",
                "hx-swap": "outerHTML",
            }
        ),
    )
    channel = forms.ChoiceField(
        label=_("How did it come?"), choices=[(one.value, one.label) for one in _AGENT_CHANNELS], initial=Channel.PHONE
    )
    impact = forms.TypedChoiceField(
        label=_("Who is affected?"),
        choices=[*_AS_THE_CATEGORY, *Impact.choices],
        coerce=_number,
        empty_value=None,
        required=False,
    )
    urgency = forms.TypedChoiceField(
        label=_("Can they keep working?"),
        choices=[*_AS_THE_CATEGORY, *Urgency.choices],
        coerce=_number,
        empty_value=None,
        required=False,
    )

    def __init__(
        self, *args: Any, people: Sequence[PersonChoice], categories: Sequence[CategoryRow], **options: Any
    ) -> None:
        super().__init__(*args, categories=categories, **options)
        named = [(person.id, f"{person.name} ({person.username})") for person in people]
        self.fields["requester"].choices = named  # type: ignore[attr-defined]


class IncidentForm(forms.Form):
    """A trouble that many meet, told once."""

    title = forms.CharField(label=_("What is going wrong?"), max_length=160)
    public_summary = forms.CharField(
        label=_("What users are told"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    keywords = forms.CharField(
        label=_("Words by which it is recognised"),
        max_length=300,
        required=False,
        help_text=_("Separated by commas. A request that holds one of them is shown this incident before it is sent."),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)

    def __init__(self, *args: Any, categories: Sequence[CategoryRow], **options: Any) -> None:
        super().__init__(*args, **options)
        named = [("", _("Any category")), *((str(row.id), row.label) for row in categories)]
        self.fields["category"].choices = named  # type: ignore[attr-defined]
