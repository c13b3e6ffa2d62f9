"""The pages of tickets, mounted by the roof at the root: the requester's and the agents'."""

import importlib.util

import tickets.addresses  # noqa: F401 - registers the ticket number in paths
from tickets.web import portal_urls

app_name = "tickets"
urlpatterns = [*portal_urls.urlpatterns]
if importlib.util.find_spec("tickets.web.agent_urls"):
    from tickets.web import agent_urls

    urlpatterns += agent_urls.urlpatterns
