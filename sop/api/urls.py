"""Mounted by the roof."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
