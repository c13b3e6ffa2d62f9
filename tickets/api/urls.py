"""Mounted by the roof below ``/api/v1/``."""

from django.urls import path

import tickets.addresses  # noqa: F401 - registers the ticket number in paths
from tickets.api import views

urlpatterns = [
    path("tickets/", views.TicketListView.as_view(), name="ticket-list"),
    path("tickets/<ticket_number:ticket_id>/", views.TicketView.as_view(), name="ticket"),
    path("tickets/<ticket_number:ticket_id>/messages/", views.MessageListView.as_view(), name="ticket-messages"),
    path("tickets/<ticket_number:ticket_id>/events/", views.EventListView.as_view(), name="ticket-events"),
    path("tickets/<ticket_number:ticket_id>/links/", views.LinkView.as_view(), name="ticket-links"),
    path("tickets/<ticket_number:ticket_id>/claim/", views.ClaimView.as_view(), name="ticket-claim"),
    path("tickets/<ticket_number:ticket_id>/resolve/", views.ResolveView.as_view(), name="ticket-resolve"),
    path("tickets/<ticket_number:ticket_id>/close/", views.CloseView.as_view(), name="ticket-close"),
    path("tickets/<ticket_number:ticket_id>/confirm/", views.ConfirmView.as_view(), name="ticket-confirm"),
    path("tickets/<ticket_number:ticket_id>/reopen/", views.ReopenView.as_view(), name="ticket-reopen"),
    path("tickets/<ticket_number:ticket_id>/rating/", views.RateView.as_view(), name="ticket-rating"),
    path("tickets/<ticket_number:ticket_id>/watch/", views.WatchView.as_view(), name="ticket-watch"),
    path("tickets/<ticket_number:ticket_id>/unwatch/", views.UnwatchView.as_view(), name="ticket-unwatch"),
    path("attachments/", views.UploadView.as_view(), name="upload"),
    path("attachments/<uuid:key>/", views.AttachmentView.as_view(), name="attachment"),
    path("categories/", views.CategoryListView.as_view(), name="category-list"),
    path("statuses/", views.StatusListView.as_view(), name="status-list"),
    path("incidents/", views.IncidentListView.as_view(), name="incident-list"),
]
