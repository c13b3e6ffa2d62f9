"""Filters of ticket lists, written once: pages and API offer the same words with the same meaning."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import NullBooleanField, TextInput
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import Team, User
from tickets.models import Category, Status, Ticket
from tickets.vocabulary import Channel, Priority, StatusCategory


class YesOrNoField(NullBooleanField):
    """Yes, no or nothing said; another word is an error and not nothing."""

    widget = TextInput

    def to_python(self, value: Any) -> Any:
        known = super().to_python(value)
        if known is None and value not in self.empty_values:
            raise ValidationError(_("Say true or false."))
        return known


class YesOrNoFilter(django_filters.BooleanFilter):
    field_class = YesOrNoField


class RowsByCodeFilter(django_filters.ModelMultipleChoiceFilter):
    """Rows named by their code, compared by their key: the code is of the other table."""

    def get_filter_predicate(self, v: Any) -> dict[str, Any]:
        return {str(self.field_name): v}


class TicketFilter(django_filters.FilterSet):
    """What a list of tickets can be narrowed by. Applied to what the viewer may see.

    No filter follows a relation to many rows, so none asks for distinct rows: that would sort every match
    where paging walks an index.
    """

    status = RowsByCodeFilter(
        queryset=Status.objects.all(), to_field_name="code", field_name="status", label=_("Status"), distinct=False
    )
    status_category = django_filters.MultipleChoiceFilter(
        choices=StatusCategory.choices, label=_("Status category"), distinct=False
    )
    priority = django_filters.MultipleChoiceFilter(choices=Priority.choices, label=_("Priority"), distinct=False)
    team = django_filters.ModelMultipleChoiceFilter(queryset=Team.objects.all(), label=_("Team"), distinct=False)
    assignee = django_filters.ModelChoiceFilter(queryset=User.objects.all(), label=_("Assignee"))
    unassigned = YesOrNoFilter(field_name="assignee", lookup_expr="isnull", label=_("Unassigned"))
    requester = django_filters.ModelChoiceFilter(queryset=User.objects.all(), label=_("Requester"))
    category = django_filters.ModelMultipleChoiceFilter(
        queryset=Category.objects.all(), label=_("Category"), distinct=False
    )
    channel = django_filters.MultipleChoiceFilter(choices=Channel.choices, label=_("Channel"), distinct=False)
    tag = django_filters.CharFilter(method="filter_tag", label=_("Tag"))
    incident = django_filters.NumberFilter(field_name="incident_id", label=_("Known incident"))
    external_id = django_filters.CharFilter(field_name="external_id", label=_("External id"))
    opened_after = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte", label=_("Opened from"))
    opened_before = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt", label=_("Opened before"))
    updated_after = django_filters.IsoDateTimeFilter(
        field_name="updated_at", lookup_expr="gte", label=_("Changed from")
    )
    due_before = django_filters.IsoDateTimeFilter(field_name="next_due_at", lookup_expr="lt", label=_("Due before"))

    class Meta:
        model = Ticket
        fields: list[str] = []

    def __init__(self, params: Any, *, queryset: QuerySet[Ticket]) -> None:
        # A form of sixteen fields costs more than the list's query: only what is asked for is made.
        asked = ((name, one) for name, one in type(self).base_filters.items() if name in params)
        self.base_filters = OrderedDict(asked)
        super().__init__(params, queryset=queryset)

    def filter_tag(self, rows: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return rows.filter(tag_names__contains=[value.strip().lower()])

    @classmethod
    def names(cls) -> frozenset[str]:
        """The words a list may be filtered by; anything else is refused by the API."""
        return frozenset(cls.base_filters)


def filter_tickets(rows: QuerySet[Ticket], params: Any) -> tuple[QuerySet[Ticket], TicketFilter]:
    """Narrow tickets by the parameters; the filter is returned for its form and errors.

    When a parameter is not valid the list is empty: a wrong filter never shows more.
    """
    chosen = TicketFilter(params, queryset=rows)
    return (chosen.qs if chosen.is_valid() else rows.none()), chosen
