"""What an admin fills in about promises: targets in minutes and hours, conditions as choices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from escalations.models import SlaPolicy, SlaTarget
from escalations.vocabulary import Metric
from puo_desk.kernel.pages.times import HOUR, MINUTE
from tickets.vocabulary import Channel, Priority, WaitingOn

UNITS = [(MINUTE, _("minutes")), (HOUR, _("hours")), (1, _("seconds"))]
OFFERED_METRICS = [
    (metric.value, metric.label) for metric in (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.RESOLUTION)
]
LONGEST = 366 * 24 * HOUR


class PercentagesField(forms.CharField):
    """Percentages as people write them: ``50, 75, 90``."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(percent) for percent in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        percents = [part.strip() for part in text.split(",") if part.strip()]
        if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= 99 for part in percents):
            raise ValidationError(_("Write whole numbers from 1 to 99 with commas between: 50, 75, 90."))
        return sorted({int(part) for part in percents})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != self.prepare_value(data))


class PolicyForm(forms.ModelForm):
    priorities = forms.TypedMultipleChoiceField(
        label=_("Only for priorities"),
        choices=Priority.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    channels = forms.MultipleChoiceField(
        label=_("Only for channels"), choices=Channel.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    pauses_on = forms.MultipleChoiceField(
        label=_("Resolution pauses while waiting on"),
        choices=[choice for choice in WaitingOn.choices if choice[0]],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The first and the next reply never pause."),
    )
    warn_at = PercentagesField(
        label=_("Warn at percent of the target"),
        required=False,
        help_text=_("The assignee is told once at each. From 75 percent on, a ticket counts as at risk."),
    )

    class Meta:
        model = SlaPolicy
        fields = (
            "name", "is_active", "position", "calendar", "teams", "categories", "priorities", "channels",
            "pauses_on", "warn_at",
        )  # fmt: skip


class TargetForm(forms.ModelForm):
    """One target. The stored seconds are shown in the largest unit that needs no fraction."""

    metric = forms.ChoiceField(label=_("Promise"), choices=OFFERED_METRICS)
    amount = forms.IntegerField(
        label=_("Within"),
        min_value=1,
        error_messages={"min_value": _("A promise needs some time. Remove the line to promise nothing.")},
    )
    unit = forms.TypedChoiceField(label=_("Unit"), choices=UNITS, coerce=int)

    class Meta:
        model = SlaTarget
        fields = ("priority", "metric")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if seconds := self.instance.seconds:
            unit = next(size for size in (HOUR, MINUTE, 1) if seconds % size == 0)
            self.initial.update(amount=seconds // unit, unit=unit)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("amount") and given.get("unit"):
            self.instance.seconds = given["amount"] * given["unit"]
            if self.instance.seconds > LONGEST:
                self.add_error("amount", _("Promise something within a year."))
        return given


class TargetFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        if not _kept(self):
            raise ValidationError(_("Set at least one target."))


class HoursFormSet(BaseInlineFormSet):
    """Opening hours, of which a calendar needs some unless it is always open."""

    def clean(self) -> None:
        super().clean()
        if not _kept(self) and not self.instance.is_always_open:
            raise ValidationError(_("A calendar that never opens promises nothing: add hours, or keep it always open."))


def _kept(formset: BaseInlineFormSet) -> list[Any]:
    """The lines that stay once this is saved. Lines with a fault count: the fault is told by itself."""
    lines = [form for form in formset.forms if form.has_changed() or form.instance.pk]
    return [form for form in lines if not form["DELETE"].data]
