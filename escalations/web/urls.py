"""Mounted by the roof."""

from django.urls import path

import tickets.addresses  # noqa: F401 - registers the ticket number in paths
from escalations.web import views

app_name = "escalations"

urlpatterns = [path("tickets/<ticket_number:ticket_id>/promises/", views.promises, name="promises")]
