"""The pages of tickets, mounted by the roof at the root."""

from django.urls.resolvers import URLPattern

import tickets.addresses  # noqa: F401 - registers the ticket number in paths

app_name = "tickets"
urlpatterns: list[URLPattern] = []
