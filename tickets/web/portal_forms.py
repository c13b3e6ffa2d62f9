"""What a requester fills in. The questions of a category come from its form; the rules about answers are the API's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from puo_desk.kernel.errors import InvalidInput
from tickets.queries.classification import CategoryRow
from tickets.rules.forms import FieldRule
from tickets.vocabulary import BODY_LENGTH, FieldKind, Impact, Urgency

ANSWER = "answer_"


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Any number of files; the value is a list."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(SeveralFilesField, self).clean(file, initial) for file in given]


class RadioWithHelp(forms.RadioSelect):
    """Choices that carry a sentence each, in ``helps`` by value."""

    def __init__(self, helps: Mapping[int, Any]) -> None:
        super().__init__()
        self.helps = helps

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **options)
        option["attrs"]["help"] = self.helps.get(int(value)) if str(value).isdecimal() else None
        return option


_IMPACT = [(Impact.LOW, _("Only me")), (Impact.MEDIUM, _("My team")), (Impact.HIGH, _("Many teams"))]
_IMPACT_HELP = {1: _("A site or region"), 2: _("2 to 50 people"), 3: _("One person")}
_URGENCY = [(Urgency.LOW, _("Yes")), (Urgency.MEDIUM, _("Partly")), (Urgency.HIGH, _("No, we are stopped"))]
_URGENCY_HELP = {1: _("Content goes unreviewed"), 2: _("There is a way around"), 3: _("It is a nuisance")}


_ASKS_AGAIN = {
    "hx-get": reverse_lazy("tickets:new_request"),
    "hx-params": "category",
    "hx-target": "#questions",
    "hx-select": "#questions",
    "hx-swap": "outerHTML",
}
"""Another category asks other questions: they come in place, and what was typed stays."""


class RequestForm(forms.Form):
    """A new request: what is wrong, then what the category asks."""

    body = forms.CharField(
        label=_("What is going wrong?"),
        max_length=BODY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
        error_messages={"required": _("Say what is going wrong.")},
    )
    category = forms.ChoiceField(label=_("What is it about?"), required=False, widget=forms.Select(attrs=_ASKS_AGAIN))
    impact = forms.TypedChoiceField(
        label=_("Who is affected?"), choices=_IMPACT, coerce=int, widget=RadioWithHelp(_IMPACT_HELP)
    )
    urgency = forms.TypedChoiceField(
        label=_("Can you keep working?"), choices=_URGENCY, coerce=int, widget=RadioWithHelp(_URGENCY_HELP)
    )
    files = SeveralFilesField(label=_("Screenshot"), required=False)  # type: ignore[assignment]
    incident = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        categories: Sequence[CategoryRow],
        rules: Sequence[FieldRule] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.rules = rules
        choices = [(str(row.id), row.label) for row in categories if not row.has_children]
        self.fields["category"].choices = [("", _("I am not sure")), *choices]  # type: ignore[attr-defined]
        for rule in rules:
            self.fields[f"{ANSWER}{rule.key}"] = answer_field(rule)

    @property
    def answer_fields(self) -> list[forms.BoundField]:
        return [self[f"{ANSWER}{rule.key}"] for rule in self.rules]

    def answers(self) -> dict[str, Any]:
        """What was answered, by key of the question; files apart."""
        kept = {}
        for rule in self.rules:
            value = self.cleaned_data.get(f"{ANSWER}{rule.key}")
            if rule.kind != FieldKind.FILE and value not in ("", None, []):
                kept[rule.key] = value
        return kept

    def answer_files(self) -> dict[str, UploadedFile]:
        """The files that answer a question, by its key."""
        named = {rule.key: self.cleaned_data.get(f"{ANSWER}{rule.key}") for rule in self.rules}
        return {key: file for key, file in named.items() if isinstance(file, UploadedFile)}

    def take_refusal(self, refused: InvalidInput) -> None:
        """Put the sentences of a refusal beside the fields they are about."""
        for name, lines in refused.errors.items():
            field = f"{ANSWER}{name.removeprefix('form_answers.')}" if name.startswith("form_answers.") else name
            for line in lines:
                self.add_error(field if field in self.fields else None, line)


def answer_field(rule: FieldRule) -> forms.Field:
    """The form field of one question. What is typed into it is judged by the rules of forms alone, as the API's is."""
    common: dict[str, Any] = {"label": rule.label, "help_text": rule.help_text, "required": rule.is_required}
    choices = [(option, option) for option in rule.options]
    if rule.kind == FieldKind.CHOICE:
        return forms.ChoiceField(choices=[("", _("Choose…")), *choices], **common)
    if rule.kind == FieldKind.MULTI_CHOICE:
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
    if rule.kind == FieldKind.DATE:
        return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), **common)
    if rule.kind == FieldKind.URL:
        return forms.CharField(widget=forms.URLInput, **common)
    if rule.kind == FieldKind.FILE:
        return forms.FileField(**common)
    return forms.CharField(max_length=2_000, **common)


class ReplyForm(forms.Form):
    """What a requester adds to a request."""

    body = forms.CharField(
        label=_("Your message"),
        max_length=BODY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("Write a message"), "aria-label": _("Your message")}),
        error_messages={"required": _("Write something first.")},
    )
    files = SeveralFilesField(required=False)  # type: ignore[assignment]


class RatingForm(forms.Form):
    """How helpful it was."""

    score = forms.TypedChoiceField(
        label=_("How was our help?"),
        coerce=int,
        choices=[(1, _("Bad")), (2, _("Poor")), (3, _("Fair")), (4, _("Good")), (5, _("Very good"))],
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=_("What could be better?"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
