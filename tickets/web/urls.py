"""The pages of tickets, mounted by the roof at the root: the requester's and the agents'."""

import tickets.addresses  # noqa: F401 - registers the ticket number in paths
from tickets.web import agent_urls, portal_urls

app_name = "tickets"
urlpatterns = [*portal_urls.urlpatterns, *agent_urls.urlpatterns]
