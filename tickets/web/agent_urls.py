"""The agents' pages."""

from django.urls import path

from tickets.web.views import acts, bulk, composing, incidents, new_ticket, queue, ticket

urlpatterns = [
    path("tickets/", queue.queue, name="queue"),
    path("tickets/new/", new_ticket.new_ticket, name="new_ticket"),
    path("tickets/bulk/", bulk.bulk, name="bulk"),
    path("search/", queue.search, name="search"),
    path("tickets/<ticket_number:ticket_id>/", ticket.ticket, name="ticket"),
    path("tickets/<ticket_number:ticket_id>/history/", ticket.history, name="history"),
    path("tickets/<ticket_number:ticket_id>/say/", composing.say, name="say"),
    path("tickets/<ticket_number:ticket_id>/draft/", composing.draft, name="draft"),
    path("tickets/<ticket_number:ticket_id>/go/<slug:way>/", queue.neighbour, name="neighbour"),
    path("tickets/<ticket_number:ticket_id>/acts/<slug:act>/", acts.act, name="act"),
    path("incidents/", incidents.incidents, name="incidents"),
    path("incidents/new/", incidents.incident_new, name="incident_new"),
    path("incidents/<int:incident_id>/end/", incidents.incident_end, name="incident_end"),
]
