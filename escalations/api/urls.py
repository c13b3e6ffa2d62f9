"""Mounted by the roof below ``/api/v1/``."""

from django.urls import path

import tickets.addresses  # noqa: F401 - registers the ticket number in paths
from escalations.api import views

urlpatterns = [path("tickets/<ticket_number:ticket_id>/sla/", views.PromisesView.as_view(), name="ticket-promises")]
