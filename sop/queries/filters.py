"""Filters of procedure lists, written once: pages and API offer the same words with the same meaning."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import User
from sop.models import Article
from sop.vocabulary import ArticleState
from tickets.models import Category


class ArticleFilter(django_filters.FilterSet):
    """What a list of procedures can be narrowed by. Applied to what the viewer may see."""

    state = django_filters.ChoiceFilter(choices=ArticleState.choices, label=_("State"), empty_label=_("Any state"))
    category = django_filters.ModelChoiceFilter(
        queryset=Category.objects.all(), label=_("Category"), empty_label=_("Any category")
    )
    owner = django_filters.ModelChoiceFilter(queryset=User.objects.all(), label=_("Owner"), empty_label=_("Any owner"))
    is_public = django_filters.BooleanFilter(label=_("Shown to requesters"))

    class Meta:
        model = Article
        fields: list[str] = []

    @classmethod
    def names(cls) -> frozenset[str]:
        """The words a list may be filtered by; anything else is refused by the API."""
        return frozenset(cls.base_filters)


def filter_articles(rows: QuerySet[Article], params: Any) -> tuple[QuerySet[Article], ArticleFilter]:
    """Narrow procedures by the parameters; the filter is returned for its form and errors.

    When a parameter is not valid the list is empty: a wrong filter never shows more.
    """
    chosen = ArticleFilter(params, queryset=rows)
    return (chosen.qs if chosen.is_valid() else rows.none()), chosen
