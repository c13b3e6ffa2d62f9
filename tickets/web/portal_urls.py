"""The requester's pages and files."""

from django.urls import path

from tickets.web.views import attachments, portal

urlpatterns = [
    path("requests/", portal.requests, name="requests"),
    path("requests/new/", portal.new_request, name="new_request"),
    path("requests/new/aid/", portal.request_aid, name="request_aid"),
    path("requests/<ticket_number:ticket_id>/", portal.request_page, name="request"),
    path("requests/<ticket_number:ticket_id>/reply/", portal.reply, name="request_reply"),
    path("requests/<ticket_number:ticket_id>/confirm/", portal.confirm, name="request_confirm"),
    path("requests/<ticket_number:ticket_id>/still-broken/", portal.still_broken, name="request_still_broken"),
    path("requests/<ticket_number:ticket_id>/rating/", portal.rate, name="request_rate"),
    path("uploads/", attachments.upload, name="upload"),
    path("attachments/<uuid:key>/", attachments.attachment, name="attachment"),
]
